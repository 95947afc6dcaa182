"""Who is this, and which firm: one look for a whole batch, under locks that make two batches take turns.

The keys of a batch are locked (advisory, in order, until commit) before they are looked up, so two posts of a new
mail address at the same moment make one person; the unique keys in the tables are the proof behind it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads.models.stage import OPEN_STAGES
from revops.lib import bulk

# A lock a key would fill the server's lock table on a big batch; neighbours in a bucket wait for each other, briefly.
BUCKETS = 2_048
OPEN = [stage.value for stage in OPEN_STAGES]  # an earlier cycle may be the open one: it was reopened


@dataclass(slots=True, eq=False)
class KnownCompany:
    id: int
    name: str
    name_key: str
    domain: str | None
    industry: str = ""
    employees: int | None = None
    country: str = ""
    region: str = ""
    technologies: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    is_new: bool = False
    changed: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class KnownPerson:
    """A person as stored, or about to be. `lead`: the open cycle, else the last one, else None."""

    id: int
    company_id: int | None = None
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    title: str = ""
    seniority: str = ""
    country: str = ""
    region: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    consent: dict[str, Any] = field(default_factory=dict)
    search: str = ""
    first_touch_at: datetime | None = None
    first_channel: str | None = None
    lead_id: int | None = None
    lead_stage: str = ""
    lead_cycle: int = 0
    is_new: bool = False
    new_keys: list[tuple[str, str]] = field(default_factory=list)
    changed: dict[str, Any] = field(default_factory=dict)
    touched: int = 0
    last_touch_at: datetime | None = None


Key = tuple[str, str]


def people(
    keys: Iterable[Key], company_keys: Iterable[str], *, holding: bool = True, locking: bool = True
) -> dict[Key, KnownPerson]:
    """Lock every key of the batch and the people known by them, then find these, each with their open or last lead.

    The rows too: somebody may come in by another of their keys at this moment, and what is read here is written back.
    `holding` False: the caller writes nothing of what is read and holds the rows later, all in one order.
    `locking` False: nothing is locked, for a rehearsal that is rolled back.
    """
    wanted = sorted(set(keys))
    kinds, names = [kind for kind, _ in wanted], [key for _, key in wanted]
    locks = sorted({*(f"{kind}:{key}" for kind, key in wanted), *company_keys}) if locking else []
    found = bulk.query(
        """
        SELECT pg_advisory_xact_lock(770001, b) FROM (
            SELECT DISTINCT hashtext(k) & %s AS b FROM unnest(%s::text[]) k ORDER BY 1) buckets;
        SELECT id FROM leads_person WHERE id IN (
            SELECT k.person_id FROM unnest(%s::text[], %s::text[]) AS q(kind, key)
              JOIN leads_personkey k ON k.kind = q.kind AND k.key = q.key) ORDER BY id FOR NO KEY UPDATE;
        SELECT k.kind, k.key, p.id, p.company_id, p.first_name, p.last_name, p.email, p.phone, p.title, p.seniority,
               p.country, p.region, p.attributes::text, p.consent::text, p.search, p.first_touch_at, p.first_channel_id,
               l.id, l.stage, l.cycle
          FROM unnest(%s::text[], %s::text[]) AS q(kind, key)
          JOIN leads_personkey k ON k.kind = q.kind AND k.key = q.key
          JOIN leads_person p ON p.id = k.person_id
          LEFT JOIN LATERAL (SELECT id, stage, cycle FROM leads_lead WHERE person_id = p.id
                              ORDER BY stage = ANY (%s) DESC, cycle DESC LIMIT 1) l ON true""",
        [BUCKETS - 1, locks, *((kinds, names) if holding else ([], [])), kinds, names, OPEN],
    )
    known: dict[int, KnownPerson] = {}
    by_key: dict[Key, KnownPerson] = {}
    for kind, key, pk, *values, attributes, consent, search, first_at, channel, lead, stage, cycle in found:
        if pk not in known:
            known[pk] = KnownPerson(
                pk, *values, attributes=bulk.loads(attributes), consent=bulk.loads(consent), search=search,
                first_touch_at=first_at, first_channel=channel, lead_id=lead, lead_stage=stage or "",
                lead_cycle=cycle or 0,
            )  # fmt: skip
        by_key[kind, key] = known[pk]
    return by_key


def companies(domains: Iterable[str], name_keys: Iterable[str], ids: Iterable[int]) -> "Firms":
    """The firms known by these domains and normalised names, and those of people found."""
    found = bulk.query(
        """
        SELECT id, name, name_key, domain, industry, employees, country, region, technologies, attributes::text
          FROM leads_company
         WHERE domain = ANY (%s::text[]) OR name_key = ANY (%s::text[]) OR id = ANY (%s::bigint[]) ORDER BY id""",
        [list(set(domains)), list(set(name_keys)), list(set(ids))],
    )
    found = _livest_first(found)
    firms = Firms()
    for *values, attributes in found:
        firms.add(KnownCompany(*values, attributes=bulk.loads(attributes)))
    return firms


def _livest_first(found: list[tuple]) -> list[tuple]:
    """Of several firms of one name: the one being sold to, then a customer, then the one heard of last, then the
    oldest. Names are nearly always of one firm, so this is hardly ever asked."""
    named: dict[str, int] = {}
    for row in found:
        named[row[2]] = named.get(row[2], 0) + 1
    ids = [row[0] for row in found if row[2] and named[row[2]] > 1]
    if not ids:
        return found
    ranks = {
        pk: place
        for place, (pk,) in enumerate(bulk.query(
            """
            SELECT c.id FROM unnest(%s::bigint[]) AS c(id)
              LEFT JOIN LATERAL (
                  SELECT bool_or(l.stage = 'opportunity') AS selling, bool_or(l.stage = 'won') AS customer
                    FROM leads_lead l JOIN leads_person p ON p.id = l.person_id WHERE p.company_id = c.id) l ON true
              LEFT JOIN LATERAL (SELECT max(last_touch_at) AS at FROM leads_person WHERE company_id = c.id) t ON true
             ORDER BY coalesce(l.selling, false) DESC, coalesce(l.customer, false) DESC, t.at DESC NULLS LAST, c.id""",
            [ids],
        ))
    }  # fmt: skip
    return sorted(found, key=lambda row: ranks.get(row[0], -1))


class Firms:
    """Companies by id, domain and name, growing as the batch makes new ones."""

    def __init__(self) -> None:
        self.by_id: dict[int, KnownCompany] = {}
        self.by_domain: dict[str, KnownCompany] = {}
        self.by_name: dict[str, list[KnownCompany]] = {}

    def add(self, company: KnownCompany) -> None:
        self.by_id[company.id] = company
        if company.domain:
            self.by_domain.setdefault(company.domain, company)
        if company.name_key:
            same = self.by_name.setdefault(company.name_key, [])
            if company not in same:
                same.append(company)

    def match(self, domain: str | None, name_key: str, *, said: bool = True) -> KnownCompany | None:
        """The firm of exactly this name whose domain doesn't contradict, of several the one with this very domain, else
        the livest; a firm known by the domain only as a fallback (DOMAIN 7.1). `said` False: the name was only made
        from the domain, which then comes first.

        A name that is close is never enough to match by itself, and with the same domain the domain finds the firm.
        """
        same = self.by_name.get(name_key, []) if name_key else []
        named = [firm for firm in same if not (domain and firm.domain) or firm.domain == domain]
        by_domain = self.by_domain.get(domain) if domain else None
        if by_domain is not None and (not said or not named or by_domain in named):
            return by_domain
        # A batch may bring a second one of the name; those looked up come in the order of `livest`.
        return named[0] if named else by_domain
