"""What a deal can be, and why one is lost: codes shared by pages, REST, journal and KPIs."""

from django.db import models


class DealStage(models.TextChoices):
    OPEN = "open", "Open"
    WON = "won", "Won"
    LOST = "lost", "Lost"


class DealKind(models.TextChoices):
    """New business counts in win rates and deal sizes of acquisition; the other two are with customers."""

    NEW = "new", "New business"
    EXPANSION = "expansion", "Expansion"
    RENEWAL = "renewal", "Renewal"


class LossReason(models.TextChoices):
    NO_DECISION = "no_decision", "No decision"
    COMPETITOR = "competitor", "Lost to a competitor"
    PRICE = "price", "Price"
    NO_BUDGET = "no_budget", "No budget"
    TIMING = "timing", "Timing"
    NO_FIT = "no_fit", "Product does not fit"
    NO_NEED = "no_need", "No need any more"
    OTHER = "other", "Other"
