"""The paths of deals out of the touches: eligible ones, one a person and session, in one statement (DOMAIN 5.1).

Eligible: of a person on the deal, from `look_back` days before the deal was opened up to, not including, the moment it
closed; something a buyer did (or, for sales, a person of ours), not the opening of an e-mail, which programs do.
Touches of one person less than 30 minutes apart are one, at the strongest of their kinds.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from dashboards.attribution.paths import Path, Step

SESSION = "30 minutes"
# From the strongest: what tells most about wanting to buy. Others come after, in no order of their own.
STRENGTH = (
    "demo_request", "contact_request", "trial_start", "meeting", "call", "form", "webinar", "event", "download", "chat",
    "invite", "feature_use", "intent", "email", "sms", "linkedin", "ad_click", "email_click", "page_view",
)  # fmt: skip
MAPPINGS = {
    "account": "everybody of the firm, and whoever has a role",
    "roles": "people with a role on the deal, and its contact",
    "primary": "the primary contact",
}
TEAMS = {"marketing": "marketing’s touches", "all": "all teams’ touches"}

COUNTS = "t.kind NOT IN ('email_open', 'note') AND t.standing IN ('', 'approved')"
BUYERS = f"(t.side <> 'sales' AND t.direction = 'in' AND {COUNTS})"
MARKETINGS = f"(t.side = 'marketing' AND t.direction = 'in' AND {COUNTS})"
SELLERS = f"(t.side = 'sales' AND NOT t.automatic AND {COUNTS})"

# {deal}: an alias with id, person_id, company_id and `until`. A role given after that moment brings nothing.
_CONTACT = "SELECT {deal}.person_id AS person WHERE {deal}.person_id IS NOT NULL"
_ROLES = "SELECT r.person_id FROM deals_contactrole r WHERE r.deal_id = {deal}.id AND r.added_at < {deal}.until"
_FIRM = "SELECT p.id FROM leads_person p WHERE p.company_id = {deal}.company_id"
_PRIMARY = """SELECT COALESCE((SELECT r.person_id FROM deals_contactrole r WHERE r.deal_id = {deal}.id AND r.is_primary
                              AND r.added_at < {deal}.until), {deal}.person_id) AS person"""
PEOPLE = {
    "account": f"{_CONTACT} UNION {_ROLES} UNION {_FIRM}",
    "roles": f"{_CONTACT} UNION {_ROLES}",
    "primary": _PRIMARY,
}


def people(mapping: str, deal: str) -> str:
    """SQL: the people (`person`) of the deal with this alias, each once."""
    return PEOPLE[mapping].format(deal=deal)


def paths(deals: str, params: Mapping[str, Any], *, mapping: str, teams: str, look_back: int) -> list[Path]:
    """`deals`: SQL giving id, opened, until, person_id, company_id, amount, won. A path for each, in order of ids;
    those without an eligible touch have no steps."""
    text = f"""{_best(deals, mapping, teams)}
      SELECT d.id, d.opened, d.until, d.amount, d.won, b.ids, b.ats, b.kinds, b.channels, b.people, b.sides,
             b.campaigns, b.assets
        FROM d LEFT JOIN (
             SELECT deal, array_agg(id ORDER BY at, id) AS ids, array_agg(at ORDER BY at, id) AS ats,
                    array_agg(kind ORDER BY at, id) AS kinds, array_agg(channel ORDER BY at, id) AS channels,
                    array_agg(person ORDER BY at, id) AS people, array_agg(side ORDER BY at, id) AS sides,
                    array_agg(campaign_id ORDER BY at, id) AS campaigns, array_agg(asset ORDER BY at, id) AS assets
               FROM best GROUP BY deal) b ON b.deal = d.id
       ORDER BY d.id"""
    with connection.cursor() as cursor:
        cursor.execute(text, {**params, "session": SESSION, "look_back": look_back})
        return [
            Path(pk, opened, until, list(map(Step, *columns)) if columns[0] else [], amount, won)
            for pk, opened, until, amount, won, *columns in cursor.fetchall()
        ]


# What a step is called at each level, of `best`; the same as `crediting.key_of` says of a Step.
KEYS = {
    "channel": "channel",
    "campaign": "CASE WHEN channel = 'sales' THEN channel ELSE COALESCE(campaign_id::text, '') END",
    "asset": "CASE WHEN channel = 'sales' THEN channel ELSE asset END",
}


def journeys(
    deals: str, params: Mapping[str, Any], *, level: str, mapping: str, teams: str, look_back: int
) -> dict[tuple[str, ...], int]:
    """{the keys of a deal's path in order: how many deals went that way}; of deals with a touch. For many deals of
    which no more is asked."""
    text = f"""{_best(deals, mapping, teams)}
      SELECT way, count(*) FROM (SELECT array_agg({KEYS[level]} ORDER BY at, id) AS way FROM best GROUP BY deal) w
       GROUP BY way"""
    with connection.cursor() as cursor:
        cursor.execute(text, {**params, "session": SESSION, "look_back": look_back})
        return {tuple(way): n for way, n in cursor.fetchall()}


def _best(deals: str, mapping: str, teams: str) -> str:
    """SQL: `d`, the deals, and `best`, their eligible touches, one a person, side and session."""
    which = MARKETINGS if teams == "marketing" else f"({BUYERS} OR {SELLERS})"
    strength = " ".join(f"WHEN '{kind}' THEN {place}" for place, kind in enumerate(STRENGTH))
    return f"""
      WITH d AS MATERIALIZED ({deals}),
      hit AS (
        SELECT d.id AS deal, t.id, t.occurred_at AS at, t.kind, t.person_id AS person, t.side, t.asset, t.campaign_id,
               CASE WHEN t.side = 'sales' THEN 'sales' ELSE COALESCE(t.channel_id, '') END AS channel,
               COALESCE(t.occurred_at - lag(t.occurred_at) OVER w > %(session)s::interval, true) AS begins
          FROM d CROSS JOIN LATERAL ({people(mapping, "d")}) m
          JOIN leads_touch t ON t.person_id = m.person AND t.occurred_at < d.until
               AND t.occurred_at >= d.opened - make_interval(days => %(look_back)s) AND {which}
        WINDOW w AS (PARTITION BY d.id, t.person_id, t.side = 'sales' ORDER BY t.occurred_at, t.id)),
      session AS (
        SELECT *, count(*) FILTER (WHERE begins)
                  OVER (PARTITION BY deal, person, side = 'sales' ORDER BY at, id) AS number FROM hit),
      best AS (
        SELECT DISTINCT ON (deal, person, side = 'sales', number) * FROM session
         ORDER BY deal, person, side = 'sales', number,
                  CASE kind {strength} ELSE {len(STRENGTH)} END, at, id)"""
