"""Stage and reason codes: one vocabulary for pages, REST, journal and KPIs (DOMAIN 2.2, 2.4)."""

from django.db import models


class Stage(models.TextChoices):
    INQUIRY = "inquiry", "Inquiry"
    MQL = "mql", "MQL"
    SAL = "sal", "SAL"
    SQL = "sql", "SQL"
    OPPORTUNITY = "opportunity", "Opportunity"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    REJECTED = "rejected", "Rejected"
    RECYCLED = "recycled", "Recycled"
    DISQUALIFIED = "disqualified", "Disqualified"
    MERGED = "merged", "Merged"  # a tombstone: it goes on as another lead


OPEN_STAGES = [Stage.INQUIRY, Stage.MQL, Stage.SAL, Stage.SQL]
# `disqualified` is not here: it opens a new cycle only after somebody reopened it.
RETURNING_STAGES = [Stage.LOST, Stage.REJECTED, Stage.RECYCLED]


class Reason(models.TextChoices):
    BAD_DATA = "bad_data", "Bad data"
    NOT_ICP_SIZE = "not_icp_size", "Not our size"
    NOT_ICP_INDUSTRY = "not_icp_industry", "Not our industry"
    NOT_ICP_GEO = "not_icp_geo", "Not our region"
    NO_NEED = "no_need", "No need"
    NO_AUTHORITY = "no_authority", "No authority"
    NO_BUDGET = "no_budget", "No budget"
    TIMING = "timing", "Timing"
    UNABLE_TO_REACH = "unable_to_reach", "Unable to reach"
    USING_COMPETITOR = "using_competitor", "Using a competitor"
    NO_FIT_PRODUCT = "no_fit_product", "Product does not fit"
    DUPLICATE = "duplicate", "Duplicate"
    EXISTING_OPPORTUNITY = "existing_opportunity", "Existing opportunity"
    EXISTING_CUSTOMER = "existing_customer", "Existing customer"
    SPAM = "spam", "Spam"
    STUDENT = "student", "Student"
    COMPETITOR = "competitor", "Competitor"
    DO_NOT_CONTACT = "do_not_contact", "Do not contact"
    OUT_OF_TERRITORY = "out_of_territory", "Out of territory for good"
    OTHER = "other", "Other"


_R = Reason
REJECT_REASONS = [
    _R.BAD_DATA, _R.NOT_ICP_SIZE, _R.NOT_ICP_INDUSTRY, _R.NOT_ICP_GEO, _R.NO_NEED, _R.NO_AUTHORITY,
    _R.NO_FIT_PRODUCT, _R.DUPLICATE, _R.EXISTING_OPPORTUNITY, _R.EXISTING_CUSTOMER, _R.OTHER,
]  # fmt: skip
RECYCLE_REASONS = [_R.NO_BUDGET, _R.TIMING, _R.UNABLE_TO_REACH, _R.USING_COMPETITOR, _R.NO_NEED, _R.NO_AUTHORITY]
DISQUALIFY_REASONS = [_R.SPAM, _R.STUDENT, _R.COMPETITOR, _R.DO_NOT_CONTACT, _R.OUT_OF_TERRITORY]
# What a reason asks somebody to look at (DOMAIN 2.4).
POINTS_AT = {
    _R.BAD_DATA: "data quality", _R.NOT_ICP_SIZE: "fit model", _R.NOT_ICP_INDUSTRY: "fit model",
    _R.NOT_ICP_GEO: "fit model", _R.NO_NEED: "definition", _R.NO_AUTHORITY: "persona", _R.NO_BUDGET: "nurture",
    _R.TIMING: "nurture", _R.UNABLE_TO_REACH: "cadence", _R.USING_COMPETITOR: "competitive content",
    _R.NO_FIT_PRODUCT: "product marketing", _R.DUPLICATE: "intake, not quality",
    _R.EXISTING_OPPORTUNITY: "intake, not quality", _R.EXISTING_CUSTOMER: "intake, not quality", _R.SPAM: "filters",
    _R.STUDENT: "filters", _R.COMPETITOR: "filters", _R.DO_NOT_CONTACT: "filters",
    _R.OUT_OF_TERRITORY: "filters", _R.OTHER: "review",
}  # fmt: skip
# Days before a recycled person may qualify again without raising a hand (DOMAIN 2.4).
COOL_DOWN_DAYS = {
    _R.NO_NEED: 180, _R.NO_AUTHORITY: 180, _R.NO_BUDGET: 90, _R.TIMING: 90, _R.UNABLE_TO_REACH: 60,
    _R.USING_COMPETITOR: 180,
}  # fmt: skip
TRACKS = ["newsletter", "nurture-late", "competitive", "product-education"]
