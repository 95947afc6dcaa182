"""What a form may ask: the fields of an enquiry, and the company's own attributes of people, firms and leads."""

from dataclasses import dataclass, field

from leads.custom_attributes import Types

KEEPS = ("email", "phone")  # one of these must be there, or nobody is known by what was sent


@dataclass(frozen=True, slots=True)
class Asked:
    """`kind`: text, email, tel, long, number, date, yes_no, choice or list. `options`: what may be chosen; none: all is
    taken. `autocomplete`: the browser's name for it."""

    name: str
    label: str
    kind: str = "text"
    longest: int = 200
    autocomplete: str = "off"
    required: bool = False
    options: tuple[str, ...] = field(default=())


BUILT_IN = {
    one.name: one
    for one in (
        Asked("email", "E-mail", "email", 254, "email"),
        Asked("phone", "Phone", "tel", 40, "tel"),
        Asked("first_name", "First name", "text", 100, "given-name"),
        Asked("last_name", "Last name", "text", 100, "family-name"),
        Asked("title", "Job title", "text", 160, "organization-title"),
        Asked("company", "Company", "text", 200, "organization"),
        Asked("domain", "Website", "text", 255, "url"),
        Asked("employees", "Employees", "number", 10),
        Asked("industry", "Industry", "text", 80),
        Asked("country", "Country", "text", 80, "country-name"),
        Asked("region", "Region or state", "text", 80, "address-level1"),
        Asked("message", "Message", "long", 10_000),
    )
}
SUBJECTS = ("person", "company", "lead")
KINDS = {"number": "number", "date": "date", "yes_no": "yes_no", "list": "list"}


def askable(types: Types) -> dict[str, Asked]:
    """{name: what may be asked by it}; a custom attribute is `person.plan`, `lead.budget` …"""
    found = dict(BUILT_IN)
    for (subject, name), (kind, options) in sorted(types.items()):
        label = name.replace("_", " ").capitalize()
        shown = KINDS.get(kind, "choice" if options else "text")
        asked = Asked(f"{subject}.{name}", label, shown, 1_000, options=tuple(options))
        found[asked.name] = asked
    return found


def resolved(kept: list[dict], types: Types) -> list[Asked]:
    """A form's own fields in their order; one whose attribute is gone is left out."""
    known = askable(types)
    found = []
    for row in kept:
        if (base := known.get(row.get("name", ""))) is None:
            continue
        options = tuple(row.get("options") or base.options)
        kind = "choice" if options and base.kind in ("text", "tel") else base.kind
        found.append(
            Asked(base.name, row.get("label") or base.label, kind, base.longest, base.autocomplete,
                  bool(row.get("required")), options)
        )  # fmt: skip
    return found
