"""Why a rule does not hold for a lead: which of its conditions, and whether they are wrong or unknown."""

from datetime import datetime

from leads import conditions
from leads.rehearsal import Beside
from leads.routing.ways import Plan
from revops.lib import bulk
from revops.lib.errors import Invalid

# [(a condition in words, whether it holds; None = something it asks for is unknown)]
Parts = list[tuple[str, bool | None]]


def parts(plan: Plan, lead: int, *, at: datetime, beside: Beside | None = None) -> dict[int, Parts]:
    """{rule: the conditions that must all hold}, as they stand for this lead; one query. `beside`: an enquiry that is
    not kept. A rule that can't be read is left out."""
    asked: list[tuple[int, str]] = []
    texts: list[str] = []
    params: dict[str, object] = {}
    for way in plan.ways.values():
        if way.rule is None:
            continue
        whole = conditions.bare(bulk.loads(way.condition))
        several = whole["all"] if list(whole) == ["all"] else [whole]
        try:
            read = [(conditions.sentence(one), conditions.compile(one, prefix=f"b{way.rule}_{n}"))
                    for n, one in enumerate(several)]  # fmt: skip
        except Invalid:
            continue
        for words, compiled in read:
            asked.append((way.rule, words))
            texts.append(f"({compiled.text})")
            params |= compiled.params
    if not asked:
        return {}
    rows = bulk.query(
        f"{beside.text if beside else ''}SELECT ARRAY[{', '.join(texts)}]::boolean[] FROM leads_lead l "
        "JOIN leads_person p ON p.id = l.person_id LEFT JOIN leads_company c ON c.id = p.company_id "
        "WHERE l.id = %(lead)s",
        {**params, **(beside.params if beside else {}), "lead": lead, "as_of": at},
    )
    found: dict[int, Parts] = {}
    for (rule, words), value in zip(asked, rows[0][0] if rows else [], strict=bool(rows)):
        found.setdefault(rule, []).append((words, value))
    return found


def said(held: Parts) -> str:
    """`does not hold: 500 people or more; unknown: country is DE`."""
    wrong = "; ".join(words for words, value in held if value is False)
    unknown = "; ".join(words for words, value in held if value is None)
    if not held:
        return "its condition can’t be read"
    if not wrong and not unknown:
        return "it holds, but the account has no owner who is here"
    return "; ".join(
        f"{start}: {words}" for start, words in (("does not hold", wrong), ("unknown", unknown)) if words
    )  # fmt: skip
