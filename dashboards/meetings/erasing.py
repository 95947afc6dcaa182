"""The reviews' part in an erasure: who decided what by when stays; what was written over the person's deals goes.

Screens keep people of the buyer by id, so nothing of them has to be searched but words somebody typed.
"""

from collections.abc import Sequence
from datetime import datetime

from leads.models import Person
from revops.lib import bulk

GONE = "Erased on request"
DEALS = """
SELECT d.id FROM deals_deal d
 WHERE d.person_id = ANY (%(people)s) OR d.lead_id = ANY (%(leads)s)
    OR d.id IN (SELECT r.deal_id FROM deals_contactrole r WHERE r.person_id = ANY (%(people)s))"""


def erase(person_ids: Sequence[int], lead_ids: Sequence[int], *, at: datetime) -> None:
    """Asked before the deals forget whose they were. Decisions that name the person elsewhere go too."""
    asked = {"people": list(person_ids), "leads": list(lead_ids)}
    people = Person.objects.filter(pk__in=person_ids).values_list("first_name", "last_name", "email")
    names = {
        name
        for first, last, email in people
        for name in (f"{first} {last}".strip() if first and last else "", email or "")
        if len(name) > 4
    }
    bulk.query(
        f"""UPDATE dashboards_decision SET text = %(gone)s
             WHERE deal_id IN ({DEALS}) OR text ILIKE ANY (%(named)s::text[]) RETURNING id""",
        {**asked, "gone": GONE, "named": [f"%{_plain(name)}%" for name in names]},
    )
    # A note on a monthly slide may quote why somebody was handed over: it goes, its number stays.
    for name in names:
        bulk.query(
            """UPDATE dashboards_slide s SET facts = (
                 SELECT jsonb_agg(CASE WHEN f ->> 'note' ILIKE %(named)s THEN jsonb_set(f, '{note}', '""') ELSE f END)
                   FROM jsonb_array_elements(s.facts) f)
                WHERE s.facts::text ILIKE %(named)s RETURNING id""",
            {"named": f"%{_plain(name)}%"},
        )


def _plain(text: str) -> str:
    """A name with a percent sign stands for itself."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
