"""What a plan says of leads, in one statement: each one's first rule, who comes before any rule, who had it before."""

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string
from psycopg2.extensions import AsIs

from leads import conditions
from leads.models.stage import OPEN_STAGES
from leads.routing.ways import ACCOUNT_OWNER, Plan, Way
from revops.lib import bulk
from revops.lib.errors import Invalid

if TYPE_CHECKING:
    from leads.rehearsal import Beside

log = logging.getLogger("revops.routing")
OPEN = [str(stage.value) for stage in OPEN_STAGES]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who comes before any rule. `about`: the named list."""

    cause: str
    user: int
    away: bool
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Matched:
    """`rule`: of the plan's first that holds, None for the fallback. `owner`: the account's, when active and here."""

    lead_id: int
    company: int | None
    rule: int | None
    owner: int | None
    candidates: tuple[Candidate, ...]
    previous: frozenset[int]


# On leave at %(as_of)s, or taken out of rotation before it.
AWAY = """({user}.benched_at <= %(as_of)s OR EXISTS (SELECT FROM teams_leave a
          WHERE a.user_id = {user}.id AND a.starts_at <= %(as_of)s AND a.ends_at > %(as_of)s)) IS TRUE"""
LISTED = """
    LEFT JOIN LATERAL (
        SELECT coalesce(n.owner_id, y.owner_id) AS owner, y.name
          FROM leads_namedaccount n JOIN leads_accountlist y ON y.id = n.list_id
         WHERE (n.domain <> '' AND n.domain = c.domain)
            OR (n.domain = '' AND n.name_key <> '' AND n.name_key = c.name_key)
         ORDER BY n.id LIMIT 1) listed ON true"""
FORMER_CYCLE = """(SELECT f.owner_id FROM leads_lead f
    WHERE f.person_id = l.person_id AND f.cycle < l.cycle AND f.owner_id IS NOT NULL AND f.stage <> 'merged'
      AND f.created_at >= %(as_of)s::timestamptz - %(sticky)s ORDER BY f.cycle DESC LIMIT 1)"""
SAME_ACCOUNT = {
    "now": """(SELECT f.owner_id FROM leads_lead f WHERE f.company_id = l.company_id AND f.id <> l.id
        AND f.owner_id IS NOT NULL AND f.stage = ANY (%(open)s) ORDER BY f.assigned_at DESC, f.id DESC LIMIT 1)""",
    "then": """(SELECT w.owner_id FROM leads_lead f JOIN leads_ownership w ON w.lead_id = f.id
        WHERE f.company_id = l.company_id AND f.id <> l.id AND w.from_at < %(as_of)s
          AND (w.to_at IS NULL OR w.to_at > %(as_of)s)
          AND least(f.rejected_at, f.recycled_at, f.disqualified_at, f.opportunity_at) > %(as_of)s IS NOT FALSE
        ORDER BY w.from_at DESC, f.id DESC LIMIT 1)""",
}


def match(lead_ids: Sequence[int], plan: Plan, *, at: datetime, beside: "Beside | None" = None) -> list[Matched]:
    """As things stand, in the order given. `beside`: an enquiry that is not kept (leads.rehearsal)."""
    text, params = _statement(plan, "now")
    text = f"{beside.text if beside else ''}{text} WHERE l.id = ANY (%(ids)s)"
    rows = bulk.query(text, {**params, **(beside.params if beside else {}), "ids": list(lead_ids), "as_of": at})
    found = {row[0]: _read(row) for row in rows}
    return [found[lead] for lead in dict.fromkeys(lead_ids) if lead in found]


def match_then(asked: Sequence[tuple[int, datetime]], plan: Plan) -> list[Matched]:
    """The same of past moments, one a lead, by what was known then; as they are ordered by moment and id."""
    source = "unnest(%(ids)s::bigint[], %(ats)s::timestamptz[]) asked(id, at) JOIN leads_lead l ON l.id = asked.id"
    text, params = _statement(plan, "then", source)
    bound = {"ids": [pk for pk, _ in asked], "ats": [at for _, at in asked], "as_of": AsIs("asked.at")}
    return [_read(row) for row in bulk.query(f"{text} ORDER BY asked.at, l.id", {**params, **bound})]


def _statement(plan: Plan, moment: str, source: str = "leads_lead l") -> tuple[str, dict[str, Any]]:
    first, params = _first(plan.ways.values(), moment)
    asked, joins = _before_rules(plan, moment)
    params |= {"open": OPEN, "sticky": timedelta(days=plan.sticky_days or 0)}
    candidates = "NULL::text"
    if asked:
        values = ", ".join(f"({n}, '{cause}', {user}, {about})" for n, (cause, user, about) in enumerate(asked))
        candidates = f"""(SELECT json_agg(json_build_array(k.cause, u.id, {AWAY.format(user="u")}, k.about)
                                          ORDER BY k.n)::text
             FROM (VALUES {values}) k(n, cause, user_id, about)
             JOIN teams_user u ON u.id = k.user_id AND u.is_active AND NOT u.is_service)"""
    earlier = "" if moment == "now" else " AND w.from_at < %(as_of)s"
    return (
        f"""
        SELECT l.id, l.company_id, {first}, CASE WHEN NOT {AWAY.format(user="owner")} THEN owner.id END, {candidates},
               (SELECT array_agg(w.owner_id) FROM leads_ownership w WHERE w.lead_id = l.id{earlier})
          FROM {source} JOIN leads_person p ON p.id = l.person_id
          LEFT JOIN leads_company c ON c.id = p.company_id
          LEFT JOIN teams_user owner ON owner.id = c.owner_id AND owner.is_active AND NOT owner.is_service {joins}""",
        params,
    )


def _before_rules(plan: Plan, moment: str) -> tuple[list[tuple[str, str, str]], str]:
    """(cause, SQL of the user, SQL of what it is about) in the order asked, and the joins they read."""
    asked, joins = [], ""
    if plan.deal_owner and (path := getattr(settings, "DEAL_OWNER", "")):
        asked.append(("deal_owner", import_string(path), "NULL::text"))
    if plan.named_accounts and plan.has_lists:
        asked.append(("named_account", "listed.owner", "listed.name::text"))
        joins = LISTED
    if plan.account_owner:
        asked.append(("account_owner", "owner.id", "NULL::text"))
    if plan.sticky_days:
        asked.append(("sticky", FORMER_CYCLE, "NULL::text"))
    if plan.account_sticky:
        asked.append(("account_sticky", SAME_ACCOUNT[moment], "NULL::text"))
    return asked, joins


def _first(ways: Iterable[Way], moment: str) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = {}
    cases = []
    for way in ways:
        compiled = _readable(way, moment) if way.rule is not None else None
        if compiled is None:
            continue
        also = f" AND NOT {AWAY.format(user='owner')} AND owner.id IS NOT NULL" if way.to == ACCOUNT_OWNER else ""
        cases.append(f"WHEN ({compiled.text}) IS TRUE{also} THEN %(rule_{way.rule})s")
        params |= {**compiled.params, f"rule_{way.rule}": way.rule}
    return (f"CASE {' '.join(cases)} END" if cases else "NULL::bigint"), params


def _readable(way: Way, moment: str) -> conditions.Sql | None:
    """A rule that can no longer be read must not stop leads from coming in: it matches nothing and is reported."""
    try:
        return _compiled(f"r{way.rule}", way.condition, moment)
    except Invalid as error:
        log.error("Routing rule %s is passed over: %s", way.rule, error.detail)
        return None


@lru_cache(maxsize=512)
def _compiled(prefix: str, condition: str, moment: str) -> conditions.Sql:
    return conditions.compile(json.loads(condition), prefix=prefix, moment=moment)


def _read(row: Sequence[Any]) -> Matched:
    lead, company, rule, owner, candidates, previous = row
    asked = tuple(Candidate(*one) for one in json.loads(candidates or "[]"))
    return Matched(lead, company, rule, owner, asked, frozenset(previous or ()))
