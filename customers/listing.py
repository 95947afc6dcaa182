"""Customers by who needs us first: what asks for somebody is counted, in one statement for the whole list."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from customers import accounts, health
from customers.models import Customer
from revops.lib import bulk, words
from revops.lib.errors import Invalid
from teams.models import Organisation, Role

SIZE = 50
RENEWS_WITHIN = timedelta(days=90)
VALUE_WITHIN = timedelta(days=30)

STATUSES = {"": "Current", "onboarding": "Onboarding", "active": "Active", "churned": "Churned", "all": "All"}
COLOURS = {"": "Any health", "red": "Red", "yellow": "Yellow", "green": "Green", "unknown": "Never read"}

# Each reason is a yes or no, so that "who needs us first" is counted and not weighed.
WHY = {
    "nobody": "nobody looks after them",
    "red": "health is red",
    "promise": "a promise is late",
    "steps": "late steps",
    "value": "no first value yet",
    "renewal": "renews soon",
}
ROWS = """
    WITH newest AS (
        SELECT DISTINCT ON (customer_id, component) customer_id, component, value FROM customers_healthreading
         WHERE at <= %(as_of)s ORDER BY customer_id, component, at DESC, id DESC),
    health AS (
        SELECT n.customer_id, sum(w.weight * n.value)::numeric / sum(w.weight) AS score
          FROM newest n JOIN customers_healthweight w USING (component) WHERE w.weight > 0 GROUP BY 1),
    late AS (
        SELECT customer_id, count(*) AS n FROM customers_onboardingstep
         WHERE done_at IS NULL AND dropped_at IS NULL AND due_on < %(today)s GROUP BY 1),
    term AS (
        SELECT customer_id, min(renews_on) AS renews_on FROM customers_term WHERE ended_at IS NULL GROUP BY 1),
    promise AS (
        SELECT d.company_id, count(*) AS n, count(*) FILTER (WHERE p.due_on < %(today)s) AS late
          FROM customers_promisemade p JOIN deals_deal d ON d.id = p.deal_id
         WHERE p.kept_at IS NULL AND p.dropped_at IS NULL AND d.stage = 'won' GROUP BY 1),
    told AS (
        SELECT c.id, c.company_id, o.name, c.status, c.csm_id, u.name AS csm, c.since, c.first_value_at, c.churned_at,
               c.history, h.score, COALESCE(l.n, 0) AS late_steps, t.renews_on, COALESCE(p.n, 0) AS promises,
               COALESCE(p.late, 0) AS late_promises,
               c.status <> 'churned' AND c.csm_id IS NULL AND NOT c.history AS nobody,
               c.status <> 'churned' AND h.score < 50 AS red,
               c.status <> 'churned' AND COALESCE(p.late, 0) > 0 AS promise,
               c.status <> 'churned' AND COALESCE(l.n, 0) > 0 AS steps,
               c.status = 'onboarding' AND c.first_value_at IS NULL AND c.since < %(value_since)s AS value,
               c.status <> 'churned' AND t.renews_on <= %(renews_until)s AS renewal
          FROM customers_customer c JOIN leads_company o ON o.id = c.company_id
          LEFT JOIN teams_user u ON u.id = c.csm_id
          LEFT JOIN health h ON h.customer_id = c.id LEFT JOIN late l ON l.customer_id = c.id
          LEFT JOIN term t ON t.customer_id = c.id LEFT JOIN promise p ON p.company_id = c.company_id
         WHERE {where}),
    needy AS (
        SELECT *, (nobody::int + COALESCE(red, false)::int + promise::int + steps::int + value::int
                   + COALESCE(renewal, false)::int) AS need, COALESCE(renews_on, 'infinity'::date) AS soon FROM told)
    SELECT *, count(*) OVER () AS total FROM needy"""
COLUMNS = """id company_id name status csm_id csm since first_value_at churned_at history score late_steps renews_on
promises late_promises nobody red promise steps value renewal need soon total""".split()


@dataclass(slots=True)
class Row:
    """A customer in the list. `why`: the reasons that ask for somebody, in words. `monthly`: minor units, None when
    nothing is known."""

    id: int
    company_id: int
    name: str
    status: str
    csm_id: int | None
    csm: str
    since: datetime
    first_value_at: datetime | None
    score: float | None
    colour: str
    late_steps: int
    promises: int
    late_promises: int
    renews_on: date | None
    need: int
    why: list[str]
    monthly: int | None = None


@dataclass(slots=True)
class Page:
    rows: list[Row]
    total: int
    after: str = ""


def page(
    *, now: datetime, status: str = "", csm: str = "", colour: str = "", text: str = "", me: int | None = None,
    after: str = "", size: int = SIZE,
) -> Page:  # fmt: skip
    """`status`, `colour`: as in STATUSES, COLOURS; `csm`: me, nobody, or an id; `after`: from the page before. Two
    queries more for what the rows pay a month. Raises Invalid for a cursor that nobody gave out."""
    organisation = Organisation.get()
    today = organisation.today(now)
    params: dict[str, Any] = {
        "as_of": now, "today": today, "value_since": now - VALUE_WITHIN, "renews_until": today + RENEWS_WITHIN,
        "size": size + 1,
    }  # fmt: skip
    where, outer = ["true"], ["true"]
    if status in ("onboarding", "active", "churned"):
        where.append("c.status = %(status)s")
        params["status"] = status
    elif status != "all":
        where.append("c.status <> 'churned'")
    if csm == "nobody":
        where.append("c.csm_id IS NULL")
    elif csm == "me" or csm.isdecimal():
        where.append("c.csm_id = %(csm)s")
        params["csm"] = me if csm == "me" else min(int(csm), 2**62)
    if text:
        where.append("o.name ILIKE %(text)s")
        params["text"] = f"%{_escaped(text)}%"
    if colour in COLOURS and colour:
        outer.append({
            "red": "score < 50", "yellow": "score >= 50 AND score < 75", "green": "score >= 75",
            "unknown": "score IS NULL",
        }[colour])  # fmt: skip
    beyond = ""
    if after:
        need, soon, pk = _decoded(after)
        beyond = """ WHERE need < %(need)s OR (need = %(need)s AND (soon, id) > (%(soon)s::date, %(id)s))"""
        params |= {"need": need, "soon": soon, "id": pk}
    inner = ROWS.format(where=" AND ".join(where)) + f" WHERE {' AND '.join(outer)}"
    found = [
        dict(zip(COLUMNS, row, strict=True))
        for row in bulk.query(
            f"SELECT {', '.join('soon::text' if c == 'soon' else c for c in COLUMNS)} FROM ({inner}) x{beyond}"
            " ORDER BY need DESC, x.soon, id LIMIT %(size)s",
            params,
        )
    ]
    more, found = len(found) > size, found[:size]
    rows = [_row(one, today) for one in found]
    paid = accounts.monthly([r.company_id for r in rows], currency=organisation.currency, as_of=now) if rows else {}
    for row in rows:
        row.monthly = paid.get(row.company_id)
    last = found[-1] if found else None
    cursor = _encoded(last["need"], last["soon"], last["id"]) if more and last else ""
    return Page(rows, found[0]["total"] if found else 0, cursor)


def owed_count(user: Any) -> int:
    """For the bar of a success manager: hand-overs that wait for them, and customers that nobody looks after."""
    if getattr(user, "role", "") != Role.SUCCESS:
        return 0
    [(count,)] = bulk.query(
        """SELECT (SELECT count(*) FROM customers_handover h JOIN deals_deal d ON d.id = h.deal_id
                    WHERE h.csm_id = %s AND h.state = 'open' AND d.stage = 'open')
                + (SELECT count(*) FROM customers_customer
                    WHERE csm_id IS NULL AND status <> 'churned' AND NOT history)""",
        [user.pk],
    )
    return count


def waiting(user: Any) -> list[dict[str, Any]]:
    """Hand-overs that wait for this person to accept or return them, oldest first; one query."""
    return [
        {"id": pk, "name": name, "company": company or name, "owner": owner, "asked_at": at, "close_on": close_on}
        for pk, name, company, owner, at, close_on in bulk.query(
            """SELECT d.id, d.name, o.name, u.name, h.opened_at, d.close_on
                 FROM customers_handover h JOIN deals_deal d ON d.id = h.deal_id
                 LEFT JOIN leads_company o ON o.id = d.company_id LEFT JOIN teams_user u ON u.id = d.owner_id
                WHERE h.csm_id = %s AND h.state = 'open' AND d.stage = 'open' ORDER BY d.close_on, d.id LIMIT 20""",
            [user.pk],
        )
    ]


def managers() -> list[tuple[int, str]]:
    """Who looks after somebody, by name, for the filter."""
    rows = Customer.objects.exclude(csm=None).order_by("csm__name").values_list("csm_id", "csm__name").distinct()
    return [(pk, name) for pk, name in rows if pk is not None]


def _row(one: dict[str, Any], today: date) -> Row:
    why = {**WHY, "steps": words.plural(one["late_steps"], "late step")}
    if one["renews_on"] and one["renews_on"] < today:
        why["renewal"] = "was to renew"
    score = None if one["score"] is None else float(one["score"])
    return Row(
        id=one["id"], company_id=one["company_id"], name=one["name"], status=one["status"], csm_id=one["csm_id"],
        csm=one["csm"] or "", since=one["since"], first_value_at=one["first_value_at"], score=score,
        colour=health.colour(one["score"]), late_steps=one["late_steps"], promises=one["promises"],
        late_promises=one["late_promises"], renews_on=one["renews_on"], need=one["need"],
        why=[said for key, said in why.items() if one[key]],
    )  # fmt: skip


def _encoded(need: int, soon: str, pk: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([need, soon, pk]).encode()).decode().rstrip("=")


def _decoded(text: str) -> Sequence[Any]:
    try:
        need, soon, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if soon != "infinity":
            soon = date.fromisoformat(soon).isoformat()
        if not (type(need) is int and type(pk) is int and 0 <= need < 100 and 0 <= pk < 2**63):
            raise ValueError
    except (ValueError, TypeError):
        raise Invalid("This page of the list isn’t there.", code="invalid_cursor", field="after") from None
    return need, soon, pk


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
