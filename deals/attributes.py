"""What deals offer to conditions: the company's standing. SQL over the alias `c` (leads_company) alone."""

from leads.attributes import Attribute

_OPEN = "EXISTS (SELECT 1 FROM deals_deal d WHERE d.company_id = c.id AND d.stage = 'open')"
_WON = "EXISTS (SELECT 1 FROM deals_deal d WHERE d.company_id = c.id AND d.stage = 'won')"
_OPEN_THEN = (
    "EXISTS (SELECT 1 FROM deals_deal d WHERE d.company_id = c.id AND d.created_at <= %(as_of)s"
    " AND (d.closed_at IS NULL OR d.closed_at > %(as_of)s))"
)
_WON_THEN = (
    "EXISTS (SELECT 1 FROM deals_deal d WHERE d.company_id = c.id AND d.stage = 'won' AND d.closed_at <= %(as_of)s)"
)

OFFERED = [
    Attribute("company.has_open_deal", "the company has an open deal", "yes_no", _OPEN, past=_OPEN_THEN),
    Attribute("company.is_customer", "the company is a customer", "yes_no", _WON, past=_WON_THEN),
]
