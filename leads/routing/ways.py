"""A routing plan as it is walked down: what is asked first, the rules in their order, the fallback. One statement."""

from dataclasses import dataclass
from typing import Any

from revops.lib import bulk

POOL, PERSON, ACCOUNT_OWNER = "pool", "person", "account_owner"
CLAIM = "claim"


@dataclass(frozen=True, slots=True)
class Way:
    """A rule, or the fallback (rule None), and where it leads: to a pool, a person, or the account's owner."""

    rule: int | None
    rule_name: str
    condition: str
    to: str
    pool: int | None
    pool_name: str
    method: str
    person: int | None = None
    skills: frozenset[str] = frozenset()

    @property
    def is_queue(self) -> bool:
        """Nobody is given its leads: they are picked."""
        return self.method == CLAIM

    def named(self) -> dict[str, Any]:
        where: dict[str, Any] = {}
        if self.pool is not None:
            where = {"pool": self.pool, "pool_name": self.pool_name}
            if self.method not in ("", "turns"):
                where["method"] = self.method
        elif self.rule is not None:
            where = {"to": self.to}
        if self.skills:
            where["skills"] = sorted(self.skills)
        return where if self.rule is None else {"rule": self.rule, "rule_name": self.rule_name, **where}


@dataclass(frozen=True, slots=True)
class Plan:
    """`ways`: active rules in their order by id, then the fallback under the key None, where there is one. `has_lists`:
    there is a named account at all. The others as of RoutingPlan."""

    id: int | None
    version: int
    deal_owner: bool
    named_accounts: bool
    account_owner: bool
    sticky_days: int | None
    account_sticky: bool
    ways: dict[int | None, Way]
    has_lists: bool = False


NO_PLAN = Plan(None, 0, False, False, False, None, False, {})


def plan(pk: int | None = None) -> Plan:
    """The live plan, or the one with this id."""
    rows = bulk.query(
        f"""
        SELECT y.id, y.version, y.deal_owner, y.named_accounts, y.account_owner, y.sticky_days, y.account_sticky,
               f.id, f.name, f.method,
               r.id, r.name, r.condition::text, r."to", p.id, coalesce(p.name, ''), coalesce(p.method, ''),
               r.person_id, r.skills, EXISTS (SELECT FROM leads_namedaccount)
          FROM leads_routingplan y
          LEFT JOIN leads_pool f ON f.is_fallback
          LEFT JOIN leads_routingrule r ON r.plan_id = y.id AND r.is_active
          LEFT JOIN leads_pool p ON p.id = r.pool_id
         WHERE {"y.state = 'live'" if pk is None else "y.id = %(pk)s"} ORDER BY r.position, r.id""",
        {"pk": pk},
    )
    if not rows:
        return NO_PLAN
    found: dict[int | None, Way] = {
        row[10]: Way(*row[10:18], skills=frozenset(row[18])) for row in rows if row[10] is not None
    }
    fallback, name, method = rows[0][7:10]
    if fallback is not None:
        found[None] = Way(None, "", "{}", POOL, fallback, name, method)
    return Plan(*rows[0][:7], ways=found, has_lists=rows[0][-1])
