"""What is known of a firm and whoever asks for it, as lists of texts: one SQL for deriving, for `company.icp` and for
trying the profile on deals. The name of a trait is data (a column of jsonb), never part of the text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from leads.attributes import BUILT_IN, KNOWN_THEN, SENIORITIES, Attribute, in_the_past
from leads.territory_attribute import OFFERED as TERRITORY
from marketing.models import Channel

# The size bands people think in; a firm's head count moves, its band hardly does.
BANDS = [(10, "1–9"), (50, "10–49"), (200, "50–199"), (500, "200–499"), (1000, "500–999"), (5000, "1,000–4,999")]
LARGEST = "5,000 and more"
MOST_VALUES = 30  # of a custom attribute; one with more is a name or a note, not a kind

_BY_NAME = {attribute.name: attribute for attribute in (*BUILT_IN, *TERRITORY)}
TRAITS = {
    "company.industry": "industry",
    "company.employees": "company size",
    "company.country": "company country",
    "company.region": "company region",
    "lead.territory": "territory",
    "company.technologies": "technology",
    "person.seniority": "seniority of the contact",
    "lead.source": "source",
}
# Their values are codes; the others are texts as somebody wrote them.
CODED = frozenset(["person.seniority", "lead.territory", "lead.source", "company.employees"])
CUSTOM = {"company": "c.attributes", "person": "p.attributes"}
OWNERS = {"company": "p.company_id", "person": "p.id"}


@dataclass(frozen=True, slots=True)
class Trait:
    """`many`: a firm may have several values at once, so each of them is a criterion of its own."""

    name: str
    label: str
    many: bool


def offered() -> list[Trait]:
    """The built-in traits and every custom attribute of company or person that holds kinds of things; one query."""
    from leads.models import AttributeDefinition

    kinds = {AttributeDefinition.Type.TEXT, AttributeDefinition.Type.YES_NO, AttributeDefinition.Type.LIST}
    custom = AttributeDefinition.objects.filter(subject__in=CUSTOM, type__in=kinds).order_by("subject", "name")
    return [
        *(Trait(name, label, name == "company.technologies") for name, label in TRAITS.items()),
        *(
            Trait(f"{one.subject}.custom.{one.name}", one.label.lower() or one.name, one.type == "list")
            for one in custom
        ),
    ]


def held(name: str, *, then: bool = False) -> str:
    """SQL of the values (text[], NULL = unknown) that the firm and person of the aliases p, c, l have of a trait.

    `name`: SQL of the trait's name. `then`: as they were known at `%(as_of)s`.
    """
    read: Callable[[Attribute], str] = in_the_past if then else (lambda attribute: attribute.sql)
    cases = []
    for trait in TRAITS:
        value = read(_BY_NAME[trait])
        if trait == "company.employees":
            value = _band(value)
        listed = value if trait == "company.technologies" else f"NULLIF(array_remove(ARRAY[{value}], NULL), '{{}}')"
        cases.append(f"WHEN '{trait}' THEN {listed}")
    custom = [
        f"WHEN starts_with({name}, '{subject}.custom.') THEN {_custom(subject, name, then=then)}" for subject in CUSTOM
    ]
    return f"(CASE {name} {' '.join(cases)} ELSE CASE {' '.join(custom)} END END)"


def namer() -> Callable[[str, str], str]:
    """(trait, value as it is kept) → as people read it; one query, and one for the territories' names."""
    channels = dict(Channel.objects.values_list("pk", "name"))
    named: dict[str, Mapping[str, str]] = {
        "person.seniority": SENIORITIES,
        "lead.territory": _BY_NAME["lead.territory"].choices or {},
        "lead.source": channels,
    }
    said = {"true": "yes", "false": "no"}

    def name(trait: str, value: str) -> str:
        return named[trait].get(value, value) if trait in named else said.get(value, value)

    return name


# Whom a row of `given` (company_id, person_id, lead_id) is about, under the aliases that attributes read. The company
# is the row's, also where the person has moved on or nobody is named.
ABOUT = """
    LEFT JOIN leads_company c ON c.id = given.company_id
    LEFT JOIN leads_lead l ON l.id = given.lead_id
    CROSS JOIN LATERAL (
        SELECT given.company_id, q.id, q.seniority, q.country, q.region, q.attributes
          FROM (SELECT 1) one LEFT JOIN leads_person q ON q.id = given.person_id) p
"""


def _band(value: str) -> str:
    steps = " ".join(f"WHEN x.v < {below} THEN '{name}'" for below, name in BANDS)
    return f"(SELECT CASE {steps} WHEN x.v IS NOT NULL THEN '{LARGEST}' END FROM (SELECT {value} AS v OFFSET 0) x)"


def _custom(subject: str, name: str, *, then: bool) -> str:
    fact = f"substr({name}, {len(subject) + 2})"  # custom.<name>
    value = f"{CUSTOM[subject]} -> substr({name}, {len(subject) + len('.custom.') + 1})"
    if then:
        value = (
            f"(SELECT f.values -> {fact} FROM leads_attributefact f WHERE f.subject_kind = '{subject}' "
            f"AND f.subject_id = {OWNERS[subject]} AND {KNOWN_THEN} "
            f"AND f.values ? {fact} ORDER BY f.at DESC, f.id DESC LIMIT 1)"
        )
    text = "(x.v #>> '{}')"
    return (
        "(SELECT CASE jsonb_typeof(x.v) WHEN 'array' THEN NULLIF(ARRAY(SELECT jsonb_array_elements_text(x.v)), '{}') "
        f"WHEN 'string' THEN NULLIF(ARRAY[{text}], '{{\"\"}}') WHEN 'boolean' THEN ARRAY[{text}] END "
        f"FROM (SELECT {value} AS v OFFSET 0) x)"
    )
