"""Which rows keep an import from being undone, with the page that shows each."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from leads.importing.undoing import Blocker
from revops.lib import bulk

HOW = {
    "changed": "was changed since",
    "gone": "was removed since",
    "used": "something newer belongs to it",
}
# Each answers [(row, name, id of the page)] of rows of its table; the address takes the id.
PAGES = {
    "leads_lead": ("/leads/{}/", "Lead", """SELECT l.id, concat_ws(' ', p.first_name, p.last_name), l.id
                     FROM leads_lead l JOIN leads_person p ON p.id = l.person_id WHERE l.id = ANY (%s)"""),
    "leads_person": ("/leads/{}/", "Person", """SELECT p.id, concat_ws(' ', p.first_name, p.last_name),
                     (SELECT max(l.id) FROM leads_lead l WHERE l.person_id = p.id)
                     FROM leads_person p WHERE p.id = ANY (%s)"""),
    "leads_company": ("/leads/{}/", "Company", """SELECT c.id, c.name,
                     (SELECT max(l.id) FROM leads_lead l JOIN leads_person p ON p.id = l.person_id
                       WHERE p.company_id = c.id) FROM leads_company c WHERE c.id = ANY (%s)"""),
    "leads_touch": ("/leads/{}/", "Touch of", """SELECT t.id, concat_ws(' ', p.first_name, p.last_name),
                     coalesce(t.lead_id, (SELECT max(l.id) FROM leads_lead l WHERE l.person_id = p.id))
                     FROM leads_touch t JOIN leads_person p ON p.id = t.person_id WHERE t.id = ANY (%s)"""),
}  # fmt: skip
# Rows of rooms above: their page is known by its address alone.
ADDRESSES = {"deals_deal": ("Deal", "/deals/{}/")}
WORDS = {
    "leads_ownership": "Owner of a lead", "leads_personkey": "Mail, phone or id of a person",
    "leads_attributefact": "Attribute of somebody", "sla_clock": "Clock", "leads_qualification": "Qualification",
}  # fmt: skip


def told(rows: Sequence[Blocker]) -> list[dict[str, Any]]:
    """{what, how, href} in the given order, each page once; `href` empty where no page shows the row."""
    by_table: dict[str, list[int]] = defaultdict(list)
    for one in rows:
        if one.table in PAGES and one.row.isdigit():
            by_table[one.table].append(int(one.row))
    named: dict[tuple[str, str], tuple[str, str]] = {}
    for table, ids in by_table.items():
        address, word, text = PAGES[table]
        for row, name, page in bulk.query(text, [ids]):
            named[table, str(row)] = f"{word} {name}".strip(), address.format(page) if page else ""
    shown, seen = [], set()
    for one in rows:
        if one.table in ADDRESSES and one.how != "gone":
            word, address = ADDRESSES[one.table]
            named[one.table, one.row] = f"{word} {one.row}", address.format(one.row)
        other = WORDS.get(one.table) or one.table.split("_", 1)[-1].capitalize()
        what, href = named.get((one.table, one.row), (f"{other} {one.row}", ""))
        if (what, href, one.how) not in seen:
            seen.add((what, href, one.how))
            shown.append({"what": what, "how": HOW.get(one.how, one.how), "href": href})
    return shown
