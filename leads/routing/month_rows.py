"""What became of a run over past leads, for its page: by member, by rule, and the leads behind each number."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from leads.models import RoutingRun
from leads.routing.why import WORDS, why_sentence
from revops.lib import bulk
from teams.models import Organisation, User

LENGTH = 50
# Which leads are behind a number. `user` and `rule` are bound where they are asked for.
BEHIND = {
    "all": "TRUE",
    "moved": "r.differs AND r.gets_id IS NOT NULL",
    "same": "NOT r.differs",
    "held": "r.cause = 'nobody'",
    "queued": "r.cause = 'claim'",
    "had": "r.had_id = %(user)s",
    "against": "r.against_id = %(user)s",
    "gets": "r.gets_id = %(user)s",
    "lost": "r.against_id = %(user)s AND r.gets_id IS DISTINCT FROM r.against_id",
    "won": "r.gets_id = %(user)s AND r.gets_id IS DISTINCT FROM r.against_id",
    "rule": "r.cause IN ('rule', 'claim') AND (r.why ->> 'rule')::bigint = %(rule)s",
    "fallback": "r.cause IN ('fallback', 'claim') AND NOT r.why ? 'rule'",
    "before": "r.cause = %(cause)s",
}


def summary(run: RoutingRun) -> dict[str, Any]:
    """Of a run that is done: {"people": [{"user", "had", "against", "gets", "difference"}], "rules", "before":
    [(cause, words, n)]}. One query."""
    result = run.result or {}
    users = User.objects.select_related("team").in_bulk([one["user"] for one in result.get("people", [])])
    people = [
        {**one, "user": users[one["user"]], "difference": one["gets"] - one["against"]}
        for one in result.get("people", [])
        if one["user"] in users
    ]
    causes = result.get("causes", {})
    return {
        "people": sorted(people, key=lambda one: (-abs(one["difference"]), -one["gets"], str(one["user"]))),
        "rules": [{**one, "of": "rule" if one["rule"] else "fallback"} for one in result.get("rules", [])],
        "before": [
            (cause, WORDS[cause], causes[cause])
            for cause in ("deal_owner", "named_account", "account_owner", "sticky", "account_sticky")
            if causes.get(cause)
        ],
    }  # fmt: skip


def behind(
    run: RoutingRun, of: str, *, user: int | None = None, rule: int | None = None, cause: str = "", after: int = 0
) -> list[dict[str, Any]]:
    """[{"id", "lead", "person", "company", "at", "had", "against", "gets", "why"}] in the order of hand-over, people
    as names; one more than LENGTH where there are more. Two queries."""
    rows = bulk.query(
        f"""
        SELECT r.id, r.lead_id, trim(concat_ws(' ', p.first_name, p.last_name)), coalesce(c.name, ''), r.at, r.had_id,
               r.against_id, r.gets_id, r.cause, r.why::text
          FROM leads_routingrunlead r JOIN leads_lead l ON l.id = r.lead_id JOIN leads_person p ON p.id = l.person_id
          LEFT JOIN leads_company c ON c.id = l.company_id
         WHERE r.run_id = %(run)s AND r.id > %(after)s AND ({BEHIND[of]})
         ORDER BY r.id LIMIT %(limit)s""",
        {"run": run.pk, "after": after, "user": user, "rule": rule, "cause": cause, "limit": LENGTH + 1},
    )
    people = User.objects.in_bulk({pk for row in rows for pk in row[5:8] if pk})
    return [
        {
            "id": pk, "lead": lead, "person": person or "no name", "company": company, "at": at,
            "had": people.get(had), "against": people.get(against), "gets": people.get(gets), "cause": cause,
            "why": why_sentence(bulk.loads(why)),
        }
        for pk, lead, person, company, at, had, against, gets, cause, why in rows
    ]  # fmt: skip


def begins(day: Any) -> datetime:
    """The first moment of a day in the organisation's zone."""
    zone = ZoneInfo(Organisation.get().timezone)
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def last_days(now: datetime, days: int) -> tuple[datetime, datetime]:
    """So many whole days and what there is of today, to the full hour, so that it is the same run all that hour."""
    zone = ZoneInfo(Organisation.get().timezone)
    today = now.astimezone(zone).date()
    return begins(today - timedelta(days=days)), now.replace(minute=0, second=0, microsecond=0)
