"""One line of a file, read through its map: a checked Row, or a Refusal. Rows of one person fold into one. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from leads import identity
from leads.importing import stages, values
from leads.importing.attributes import Plan, typed
from leads.importing.maps import Map
from leads.importing.reading import Refusal
from leads.models import Reason, Stage

LIMITS = {
    "external_id": 120, "email": 254, "phone": 40, "first_name": 100, "last_name": 100, "name": 200, "title": 160,
    "seniority": 12, "country": 60, "region": 80, "domain": 255, "industry": 80, "employees": 20, "source": 60,
    "campaign": 120, "product_interest": 80, "hand_raise": 20, "message": 10_000, "owner": 254, "reason": 24,
    "track": 40, "kind": 20, "asset": 120, "url": 500, "amount": 30, "currency": 3, "stage": 12, "competitor": 80,
    "note": 10_000,
    "next_step": 200, "created_at": 60, "closed_at": 60, "close_on": 60,
}  # fmt: skip


REASONS = frozenset(Reason.values)
CODES = frozenset([*Stage.values, stages.NO_LEAD]) - {Stage.MERGED}
RECORD_ID = re.compile(r"001[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")


@dataclass(slots=True)
class Row:
    """`keys`: (kind, key) of PersonKey, best first. `at`: {stage: moment} as the file dates them. `opened`: None when
    the row has no date for it. `lines`: every line that was folded into this row, the first one first."""

    lines: list[int]
    keys: list[tuple[str, str]] = field(default_factory=list)
    person: dict[str, str] = field(default_factory=dict)
    company: dict[str, Any] = field(default_factory=dict)
    lead: dict[str, str] = field(default_factory=dict)
    touch: dict[str, str] = field(default_factory=dict)
    deal: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, dict[str, Any]] = field(default_factory=lambda: {"person": {}, "company": {}, "lead": {}})
    stage: str = Stage.INQUIRY
    at: dict[str, datetime] = field(default_factory=dict)
    opened: datetime | None = None
    first_response: datetime | None = None
    raw: dict[str, str] = field(default_factory=dict)

    def undated(self) -> bool:
        """Nothing says when this happened, or when the stage it stands in was reached."""
        return self.opened is None and not self.at

    def fold(self, other: "Row") -> None:
        """The same person again: earliest date of each kind, the latest word on everything else, furthest stage."""
        self.lines += other.lines
        self.keys += [key for key in other.keys if key not in self.keys]
        for mine, theirs in ((self.person, other.person), (self.company, other.company), (self.lead, other.lead),
                             (self.touch, other.touch)):  # fmt: skip
            mine.update(theirs)
        for subject, found in other.attributes.items():
            self.attributes[subject].update(found)
        self.stage = max(self.stage, other.stage, key=lambda code: stages.RANK[code])
        self.at = {code: _earliest(self.at.get(code), other.at.get(code)) for code in self.at | other.at}
        self.opened = _earliest(self.opened, other.opened)
        self.first_response = _earliest(self.first_response, other.first_response)
        self.deal = self.deal or other.deal
        self.raw = other.raw


@dataclass(slots=True)
class Reader:
    """Reads cells through a map. `zone`: of dates without an offset."""

    chart: Map
    plans: list[Plan]
    zone: ZoneInfo
    now: datetime

    def row(self, line: int, cells: Mapping[str, str]) -> Row:
        """Raises Refusal when the line cannot be taken as it is."""
        chart = self.chart
        for column in chart.skip:
            if values.yes_no(cells[column]):
                raise Refusal("deleted", "It was deleted in the system it comes from.")
        row = Row([line], raw={column: text for column, text in cells.items() if text})
        person = self._texts(chart.person, cells)
        row.keys = self._keys(person)
        if not row.keys and chart.kind == "leads":
            raise Refusal(
                "no_identity", f"No {' or '.join(chart.identify).replace('_', ' ')}, so nobody can tell who this is."
            )
        self._name(person)
        row.person = person
        row.company = self._company(self._texts(chart.company, cells))
        if chart.kind == "companies" and not row.company:
            raise Refusal("no_identity", "No name, domain or id of the company.")
        row.lead = self._texts(chart.lead, cells)
        if row.lead.get("reason", Reason.OTHER) not in REASONS:
            raise Refusal("unknown_reason", f"{row.lead['reason']!r} is not a reason code.")
        row.touch = self._texts(chart.touch, cells)
        row.stage = self._stage(cells)
        for name, column in chart.stamps.items():
            text = self._text(column, cells)
            if text:
                moment = self._moment(text, column)
                if name == "opened":
                    row.opened = moment
                elif name == "first_response":
                    row.first_response = moment
                else:
                    row.at[name] = moment
        row.stage = stages.implied(row.stage, row.at)
        if chart.deal is not None:
            row.deal = self._texts(chart.deal, cells)
            if row.deal and (column := chart.deal.get("stage", "=")) in cells:
                row.deal["stage_name"] = cells[column].strip()[:60]
        for plan in self.plans:
            text = cells[plan.column]
            if text.casefold() not in chart.blank:
                row.attributes[plan.subject][plan.name] = typed(
                    text, plan.type, formats=chart.dates, zone=self.zone, column=plan.column
                )
        return row

    def _text(self, column: str, cells: Mapping[str, str]) -> str:
        """A column's text after translation; "" when missing. `=text` is itself."""
        if column.startswith("="):
            return column[1:]
        text = cells[column]
        translations = self.chart.values.get(column)
        if translations and text.casefold() in translations:
            return translations[text.casefold()]
        if text.casefold() in self.chart.blank:
            return translations.get("", "") if translations else ""
        return translations.get("*", text) if translations else text

    def _texts(self, fields: Mapping[str, str], cells: Mapping[str, str]) -> dict[str, str]:
        found = {name: self._text(column, cells) for name, column in fields.items()}
        return {name: values.limited(text, LIMITS[name], column=fields[name]) for name, text in found.items() if text}

    def _keys(self, person: dict[str, str]) -> list[tuple[str, str]]:
        keys: list[tuple[str, str]] = []
        for name in self.chart.identify:
            text = person.get(name, "")
            if not text:
                continue
            if name == "external_id":
                if self.chart.kind == "deals":
                    text = text.partition(";")[0].strip()  # several people of one deal
                keys.append(("external", f"{self.chart.source}:{text}"))
            elif name == "email":
                key = identity.exact_key(text)
                if key is None:
                    raise Refusal("bad_email", f"{text[:60]!r} is not a mail address.")
                keys.append(("email", key))
                if mailbox := identity.gmail_key(key):
                    keys.append(("gmail", mailbox))
            else:
                digits = identity.phone_digits(text)
                if digits is None:
                    raise Refusal("bad_phone", f"{text[:60]!r} is not a phone number with its country.")
                keys.append(("phone", digits))
        return keys

    @staticmethod
    def _name(person: dict[str, str]) -> None:
        whole = person.pop("name", "")
        if whole and "last_name" not in person:
            first, _, last = whole.partition(" ")
            person.setdefault("first_name", first[:100])
            person["last_name"] = last.strip()[:100]
        if "country" in person:
            # A name no list of countries knows stays readable as the region rather than being dropped.
            text = person.pop("country")
            code = identity.country_code(text)
            person.update({"country": code} if code else {"region": person.get("region", text)[:80]})

    @staticmethod
    def _company(company: dict[str, Any]) -> dict[str, Any]:
        if RECORD_ID.fullmatch(company.get("name", "")):
            # Exports write the other system's id where the name should be.
            company.setdefault("external_id", company.pop("name"))
        if "external_id" in company:
            company["external_id"] = company["external_id"].partition(";")[0].strip()
        if "employees" in company:
            company["employees"] = values.whole(company["employees"], column="employees")
        if "country" in company:
            company["country"] = identity.country_code(company["country"]) or ""
        if "domain" in company:
            domain = identity.registrable(company.pop("domain"))
            if domain and not identity.is_free_mail(domain):
                company["domain"] = domain
        return company

    def _stage(self, cells: Mapping[str, str]) -> str:
        chart = self.chart
        for rule in chart.stage_rules:
            if cells[rule.column].casefold() in rule.values:
                return rule.stage
        if chart.stage_column:
            code = self._text(chart.stage_column, cells)
            if code and code not in CODES:
                raise Refusal("unknown_stage", f"{chart.stage_column}: {code[:60]!r} is not a stage the map knows.")
            return code or chart.stage_default
        return chart.stage_default

    def _moment(self, text: str, column: str) -> datetime:
        return values.moment(text, formats=self.chart.dates, zone=self.zone, now=self.now, column=column)


def _earliest(one: datetime | None, other: datetime | None) -> Any:
    return min((at for at in (one, other) if at is not None), default=None)
