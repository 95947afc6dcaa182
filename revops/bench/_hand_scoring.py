"""Twenty-five of the first model's rules as somebody would write them by hand: one statement, no language in between."""

from datetime import datetime

from django.db import connection

from scoring import defaults

# What the statement below leaves out of the first model, so that both sides score by the same 25 rules.
LEFT_OUT = ["Event", "Chat", "Contact request"]

PAGE = "t.kind = 'page_view' AND strpos(lower(t.url), '{}') > 0"
FADES = "coalesce(sum(round({points} * 10000 * power(2.0::float8, -least(age / {life}, 200)))) FILTER (WHERE {which}), 0)"


def _fading(points: float, life: float, which: str) -> str:
    return FADES.format(points=points, life=life, which=which)


STATEMENT = f"""
WITH seen AS (
    SELECT t.*, extract(epoch FROM (%(as_of)s::timestamptz - t.occurred_at))::float8 / 86400 AS age,
           (t.kind = 'page_view' AND t.occurred_at - lag(t.occurred_at) OVER (
               PARTITION BY t.person_id, t.kind, split_part(t.url, '?', 1) ORDER BY t.occurred_at, t.id)
               < interval '30 minutes') IS NOT TRUE AS fresh
      FROM leads_touch t WHERE t.occurred_at <= %(as_of)s),
touched AS (
    SELECT t.person_id,
           {_fading(40, 30, "t.kind = 'demo_request'")} + {_fading(30, 30, "t.kind = 'trial_start'")} AS hands,
           least(250000, CASE WHEN count(*) FILTER (WHERE {PAGE.format("/pricing")} AND t.fresh
               AND t.occurred_at > %(as_of)s::timestamptz - interval '7 days') >= 3 THEN 150000 ELSE 0 END) AS visits,
           least(300000, {_fading(20, 14, "t.kind IN ('page_view', 'download', 'form') AND lower(t.asset) = 'roi-calculator'")}
               + {_fading(8, 14, "t.kind = 'download'")} + {_fading(10, 14, "t.kind = 'form'")}) AS content,
           least(300000, {_fading(10, 14, "t.kind = 'webinar'")}) AS events,
           least(40000, {_fading(3, 14, "t.kind = 'email_click'")}) AS mails,
           CASE WHEN bool_or({PAGE.format("/careers")} AND t.fresh
               AND t.occurred_at > %(as_of)s::timestamptz - interval '90 days') THEN -100000 ELSE 0 END AS careers,
           count(DISTINCT lower(trim(t.asset))) FILTER (WHERE t.kind = 'invite' AND trim(t.asset) <> ''
               AND t.occurred_at > %(as_of)s::timestamptz - interval '30 days') >= 3 AS invited,
           count(*) FILTER (WHERE t.kind = 'feature_use'
               AND t.occurred_at > %(as_of)s::timestamptz - interval '30 days') >= 5 AS used
      FROM seen t GROUP BY t.person_id),
scored AS (
    SELECT p.id,
           least(greatest(
               CASE WHEN lower(c.industry) = ANY (%(core)s) THEN 25 ELSE 0 END
               + CASE WHEN lower(c.industry) = ANY (%(near)s) THEN 12 ELSE 0 END
               + CASE WHEN c.employees BETWEEN 501 AND 1000 THEN 25 WHEN c.employees BETWEEN 1001 AND 5000 THEN 20
                      WHEN c.employees > 5000 THEN 10 WHEN c.employees BETWEEN 101 AND 500 THEN 18
                      WHEN c.employees BETWEEN 21 AND 100 THEN 8 ELSE 0 END
               + CASE WHEN EXISTS (SELECT 1 FROM unnest(c.technologies) x WHERE lower(x) = ANY (%(tech)s)) THEN 10 ELSE 0 END
               + CASE WHEN p.country = ANY (%(markets)s) OR c.country = ANY (%(markets)s) THEN 10 ELSE 0 END
               + CASE WHEN p.seniority IN ('vp', 'c_level') THEN 25 WHEN p.seniority = 'director' THEN 20
                      WHEN p.seniority = 'manager' THEN 10 ELSE 0 END
               - CASE WHEN p.title ILIKE '%%student%%' OR p.title ILIKE '%%trainee%%' OR lower(p.title) = 'intern'
                           OR p.title ILIKE 'intern %%' THEN 30 ELSE 0 END
               - CASE WHEN lower(split_part(p.email, '@', 2)) = ANY (%(free)s) THEN 5 ELSE 0 END, 0), 100)::float8 AS fit,
           least(greatest(coalesce(hands + visits + content + events + mails + careers, 0), 0), 1000000) / 10000.0::float8
               AS engagement,
           least(CASE WHEN invited THEN 50 ELSE 0 END + CASE WHEN used THEN 50 ELSE 0 END, 100)::float8 AS usage,
           coalesce(invited OR used, false) AS pql
      FROM leads_person p
      LEFT JOIN leads_company c ON c.id = p.company_id
      LEFT JOIN touched t ON t.person_id = p.id),
graded AS (
    SELECT s.*, CASE WHEN fit >= 70 THEN 'A' WHEN fit >= 40 THEN 'B' ELSE 'C' END
                || CASE WHEN engagement >= 60 THEN '1' WHEN engagement >= 30 THEN '2' ELSE '3' END AS cell
      FROM scored s),
people AS (
    UPDATE leads_person u SET fit = g.fit, engagement = g.engagement, usage = g.usage, pql = g.pql, cell = g.cell,
           score_version = %(version)s, scored_at = %(as_of)s
      FROM graded g WHERE u.id = g.id)
UPDATE leads_lead o SET fit = g.fit, engagement = g.engagement, usage = g.usage, pql = g.pql, cell = g.cell
  FROM graded g WHERE o.person_id = g.id AND o.stage IN ('inquiry', 'mql', 'sal', 'sql')"""


def run(*, as_of: datetime, version: int) -> None:
    lower = {"core": defaults.CORE, "near": defaults.NEAR, "tech": defaults.TECHNOLOGIES, "free": defaults.FREE_MAIL}
    params = {name: [one.lower() for one in many] for name, many in lower.items()}
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, params | {"markets": defaults.MARKETS, "as_of": as_of, "version": version})
