"""What a batch of enquiries adds to the record: what is learned of people and firms, and the rows to write."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads import identity
from leads.consent import giving
from leads.incoming import Incoming, IncomingTouch
from leads.models.stage import Stage
from leads.models.touch import ANSWERING_KINDS
from leads.recognition import KnownCompany, KnownPerson
from leads.seniority import seniority_of
from marketing import campaigns, channels, vocabulary
from revops.lib import bulk


@dataclass(slots=True)
class Arrival:
    """An enquiry with everything worked out that does not need the database."""

    item: Incoming
    keys: list[tuple[str, str]]
    domain: str | None
    company_name: str
    name_key: str
    channel: str | None
    campaign: str
    touches: list[IncomingTouch]

    @classmethod
    def of(cls, item: Incoming, *, now: datetime) -> "Arrival":
        domain = item.company_domain() or None
        name = item.company.name if item.company else ""
        if domain and not name:
            name = domain.partition(".")[0].replace("-", " ").title()
        channel = channels.resolve(item.utm, item.referrer, item.page_url, item.source, aliases=vocabulary.aliases())
        campaign = channels.campaign_code(item.utm, item.page_url)
        return cls(
            item, item.keys(), domain, name, identity.name_key(name) if name else "", channel, campaign,
            _touches(item, channel, campaign, now=now),
        )  # fmt: skip

    def speaks_of(self, firm: KnownCompany) -> bool:
        """Whether what is said of a company is said of this one: people write for others, and change jobs."""
        if self.domain and firm.domain:
            return self.domain == firm.domain
        said = self.item.company
        return not (said and said.name) or self.name_key == firm.name_key

    @property
    def company_locks(self) -> list[str]:
        return [f"firm:{key}" for key in (self.domain, self.name_key) if key]

    @property
    def campaigns(self) -> list[str]:
        return [self.campaign, *(touch.campaign for touch in self.touches)]


PRODUCT_KINDS = {"invite", "feature_use", "trial_start"}
ENQUIRY_KINDS = {"form", "demo_request", "contact_request"}
FILLED_ONCE = ("first_name", "last_name", "email", "phone")
LATEST_WINS = ("title", "country", "region")


class Ids:
    """Row ids drawn ahead in one statement, so that a batch is written without asking back."""

    def __init__(self, people: list[int], companies: list[int], leads: list[int], submissions: list[int]) -> None:
        self._people, self._companies = iter(people), iter(companies)
        self._leads, self._submissions = iter(leads), iter(submissions)

    @classmethod
    def draw(cls, *, people: int, companies: int, leads: int, submissions: int) -> "Ids":
        [row] = bulk.query(
            """
            SELECT array(SELECT nextval('leads_person_id_seq') FROM generate_series(1, %s)),
                   array(SELECT nextval('leads_company_id_seq') FROM generate_series(1, %s)),
                   array(SELECT nextval('leads_lead_id_seq') FROM generate_series(1, %s)),
                   array(SELECT nextval('leads_submission_id_seq') FROM generate_series(1, %s))""",
            [people, companies, leads, submissions],
        )
        return cls(*row)

    def person(self) -> int:
        return next(self._people)

    def company(self) -> int:
        return next(self._companies)

    def lead(self) -> int:
        return next(self._leads)

    def submission(self) -> int:
        return next(self._submissions)


@dataclass(slots=True)
class Rows:
    leads: list[tuple] = field(default_factory=list)
    joined: dict[int, tuple] = field(default_factory=dict)
    touches: list[tuple] = field(default_factory=list)
    submissions: list[tuple] = field(default_factory=list)
    opened: list[tuple] = field(default_factory=list)
    raised: dict[int, str] = field(default_factory=dict)
    consents: list[tuple] = field(default_factory=list)
    # Cycles that were open before and got a call, mail or meeting along with an enquiry.
    answering: set[int] = field(default_factory=set)

    def join(
        self, lead_id: int, company_id: int | None, hand_raise: str, message: str, interest: str, attributes: dict
    ) -> None:
        """What enquiries add to an open cycle: the latest hand raised, the first words and interest, all attributes."""
        _, company, hand, words, wish, known = self.joined.get(lead_id, (lead_id, None, "", "", "", {}))
        self.joined[lead_id] = (
            lead_id, company or company_id, hand_raise or hand, words or message, wish or interest, known | attributes
        )  # fmt: skip

    def add_touches(
        self, arrival: Arrival, person: KnownPerson, lead_id: int | None, campaign_ids: dict[str, int], now: datetime
    ) -> None:
        for t in arrival.touches:
            side = side_of(t)
            if side == "sales" and lead_id is not None and person.lead_stage != Stage.INQUIRY:
                self.answering.add(lead_id)
            self.touches.append(
                (person.id, lead_id, t.kind, side, t.channel or None, campaign_ids.get(t.campaign), t.asset,
                 t.url, t.direction, t.automatic, t.outcome, t.by, arrival.item.source, t.external_id, t.occurred_at,
                 now, now, t.sent_at, t.clamped)
            )  # fmt: skip


def side_of(touch: IncomingTouch) -> str:
    if touch.kind in PRODUCT_KINDS:
        return "product"
    return "sales" if touch.kind in ANSWERING_KINDS and not touch.automatic else "marketing"


def _touches(item: Incoming, channel: str | None, campaign: str, *, now: datetime) -> list[IncomingTouch]:
    """The touches sent along, and the enquiry itself as one unless it is among them."""
    touches = list(item.touches)
    if item.opens and not any(touch.kind in ENQUIRY_KINDS for touch in touches):
        kind = {"demo": "demo_request", "contact": "contact_request"}.get(item.hand_raise, "form")
        touches.append(IncomingTouch(kind=kind, occurred_at=item.occurred_at or now, campaign=campaign,
                                     channel=channel or "", url=item.page_url[:500]))  # fmt: skip
    for touch in touches:
        touch.channel = vocabulary.named(touch.channel) or channel or ""
        touch.campaign = campaigns.code_of(touch.campaign)
    return touches


def note_touches(person: KnownPerson, touches: Sequence[IncomingTouch]) -> None:
    """First touch keeps the earliest moment known; a later touch never overwrites it (DOMAIN 7.4)."""
    if not touches:
        return
    first = min(touches, key=lambda touch: touch.occurred_at)
    person.touched += len(touches)
    latest = max(touch.occurred_at for touch in touches)
    person.last_touch_at = max(latest, person.last_touch_at or latest)
    if person.first_touch_at is None or first.occurred_at < person.first_touch_at:
        person.first_touch_at, person.first_channel = first.occurred_at, first.channel or person.first_channel


def learn_person(
    person: KnownPerson, item: Incoming, firm: KnownCompany | None, *, at: datetime | None = None
) -> None:
    """Names and keys are filled once; title, country and region follow the latest enquiry; the journal keeps both."""
    for name in FILLED_ONCE:
        _learn(person, name, getattr(item, name), overwrite=False)
    for name in LATEST_WINS:
        _learn(person, name, getattr(item, name), overwrite=True)
    if "title" in person.changed:
        _learn(person, "seniority", seniority_of(person.title), overwrite=True)
    if firm and person.company_id is None:
        person.company_id = firm.id
        person.changed["company"] = firm.id
    _learn_custom(person, item.person_attributes)
    if item.consent or item.consents:
        person.consent = giving.cached(person.consent, item, at=item.occurred_at or at)
        person.changed["consent"] = True
    if person.changed:
        words = (person.first_name, person.last_name, person.email, firm.name if firm else "")
        person.search = " ".join(word for word in words if word).lower()[:600]


def learn_company(firm: KnownCompany, item: Incoming) -> None:
    """What the enquiry says of its firm; the domain is learnt once, by a firm known by name only."""
    said = item.company
    if said is None:
        return
    for name in ("industry", "employees", "country"):
        _learn(firm, name, getattr(said, name), overwrite=True)
    fresh = [tech for tech in said.technologies if tech not in firm.technologies]
    if fresh:
        firm.technologies = [*firm.technologies, *fresh]
        firm.changed["technologies"] = firm.technologies
    _learn_custom(firm, item.company_attributes)


def _learn(subject: Any, name: str, value: Any, *, overwrite: bool) -> None:
    present = getattr(subject, name)
    if value in (None, "") or value == present or (present and not overwrite):
        return
    setattr(subject, name, value)
    subject.changed[name] = value


def _learn_custom(subject: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if subject.attributes.get(name) != value:
            subject.attributes[name] = value
            subject.changed[f"custom.{name}"] = value


TOUCH = {
    "person_id": "bigint", "lead_id": "bigint", "kind": "text", "side": "text", "channel_id": "text",
    "campaign_id": "bigint", "asset": "text", "url": "text", "direction": "text", "automatic": "bool",
    "outcome": "text", "by_id": "bigint", "source": "text", "external_id": "text", "occurred_at": "timestamptz",
    "received_at": "timestamptz", "recorded_at": "timestamptz", "sent_at": "timestamptz", "clamped": "bool",
}  # fmt: skip
TOUCH_EXTRA = "ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL DO NOTHING"
LEAD = {
    "id": "bigint", "person_id": "bigint", "company_id": "bigint", "cycle": "int", "stage": "text",
    "created_at": "timestamptz", "updated_at": "timestamptz", "stage_at": "timestamptz", "source_id": "text",
    "campaign_id": "bigint", "product_interest": "text", "hand_raise": "text", "message": "text",
    "attributes": "jsonb", "first_touch_at": "timestamptz",
}  # fmt: skip
SUBMISSION = {
    "id": "bigint", "source": "text", "fingerprint": "bytea", "payload": "jsonb", "outcome": "text",
    "person_id": "bigint", "lead_id": "bigint", "by_id": "bigint", "received_at": "timestamptz",
    "recorded_at": "timestamptz", "door": "text", "delivery_key": "text", "context": "jsonb", "replay_of_id": "bigint",
}  # fmt: skip
PERSON = {
    "id": "bigint", "company_id": "bigint", "first_name": "text", "last_name": "text", "email": "text",
    "phone": "text", "title": "text", "seniority": "text", "country": "text", "region": "text", "attributes": "jsonb",
    "consent": "jsonb", "search": "text", "first_touch_at": "timestamptz", "first_channel_id": "text",
    "last_touch_at": "timestamptz",
}  # fmt: skip
COMPANY = {
    "id": "bigint", "name": "text", "name_key": "text", "domain": "text", "industry": "text", "employees": "int",
    "country": "text", "region": "text", "attributes": "jsonb", "technologies": "jsonb",
}  # fmt: skip
FACT = {"subject_kind": "text", "subject_id": "bigint", "at": "timestamptz", "values": "jsonb"}


def writes(
    rows: Rows, people: Iterable[KnownPerson], companies: Iterable[KnownCompany], *, now: datetime
) -> list[tuple[str, list]]:
    """The statements that write the batch, parents first."""
    people = list(people)
    firms = [firm for firm in companies if firm.changed or firm.is_new]
    statements = [
        *_companies(firms),
        *_people(people),
        bulk.insert("leads_lead", LEAD, rows.leads) if rows.leads else None,
        _joined(list(rows.joined.values()), now) if rows.joined else None,
        bulk.insert("leads_submission", SUBMISSION, rows.submissions) if rows.submissions else None,
        bulk.insert("leads_touch", TOUCH, rows.touches, TOUCH_EXTRA) if rows.touches else None,
        giving.insert(rows.consents) if rows.consents else None,
        _facts(people, firms, now),
        _to_compare(people, now),
    ]
    return [statement for statement in statements if statement]


def _companies(firms: Sequence[KnownCompany]) -> list[tuple[str, list]]:
    def row(f: KnownCompany) -> tuple:
        return (f.id, f.name, f.name_key, f.domain, f.industry, f.employees, f.country, f.region, f.attributes,
                f.technologies)  # fmt: skip

    techs = "ARRAY(SELECT jsonb_array_elements_text(v.technologies::jsonb))"
    statements = []
    if new := [row(f) for f in firms if f.is_new]:
        relation, params = bulk.source(COMPANY, new)
        names = ", ".join(COMPANY)
        picked = bulk.selected(COMPANY).replace("v.technologies::jsonb", techs)
        statements.append((f"INSERT INTO leads_company ({names}) SELECT {picked} FROM {relation}", params))
    if old := [row(f) for f in firms if not f.is_new]:
        relation, params = bulk.source(COMPANY, old)
        statements.append((
            f"""UPDATE leads_company c SET domain = v.domain, industry = v.industry, employees = v.employees,
                   country = v.country, region = v.region, attributes = v.attributes::jsonb, technologies = {techs}
                  FROM {relation} WHERE c.id = v.id""", params))  # fmt: skip
    return statements


def _people(people: Sequence[KnownPerson]) -> list[tuple[str, list]]:
    def row(p: KnownPerson) -> tuple:
        return (
            p.id, p.company_id, p.first_name, p.last_name, p.email, p.phone, p.title, p.seniority, p.country, p.region,
            p.attributes, p.consent, p.search, p.first_touch_at, p.first_channel, p.last_touch_at,
        )  # fmt: skip

    statements = []
    if new := [row(p) for p in people if p.is_new]:
        statements.append(bulk.insert("leads_person", PERSON, new))
    if old := [row(p) for p in people if not p.is_new]:
        relation, params = bulk.source(PERSON, old)
        columns = [name for name in PERSON if name not in ("id", "last_touch_at")]
        sets = ", ".join(f"{c} = v.{c}{'::jsonb' if PERSON[c] == 'jsonb' else ''}" for c in columns)
        statements.append((
            f"UPDATE leads_person p SET {sets}, last_touch_at = greatest(p.last_touch_at, v.last_touch_at) "
            f"FROM {relation} WHERE p.id = v.id", params))  # fmt: skip
    if keys := [(p.id, kind, key) for p in people for kind, key in p.new_keys]:
        types = {"person_id": "bigint", "kind": "text", "key": "text"}
        statements.append(bulk.insert("leads_personkey", types, keys))
    return statements


def _joined(joined: Sequence[tuple], now: datetime) -> tuple[str, list]:
    """An enquiry that meets an open cycle: a hand raised now counts; words, interest and firm fill what is empty."""
    types = {"lead_id": "bigint", "company_id": "bigint", "hand_raise": "text", "message": "text",
             "product_interest": "text", "attributes": "jsonb"}  # fmt: skip
    relation, params = bulk.source(types, joined)
    return (
        f"""UPDATE leads_lead l SET updated_at = %s, company_id = coalesce(l.company_id, v.company_id),
               hand_raise = CASE WHEN v.hand_raise <> '' THEN v.hand_raise ELSE l.hand_raise END,
               message = CASE WHEN l.message = '' THEN v.message ELSE l.message END,
               product_interest = CASE WHEN l.product_interest = '' THEN v.product_interest ELSE l.product_interest END,
               attributes = l.attributes || v.attributes::jsonb
              FROM {relation} WHERE l.id = v.lead_id""",
        [now, *params],
    )


COMPARED = frozenset({"first_name", "last_name", "email", "phone", "company"})


def _to_compare(people: Sequence[KnownPerson], now: datetime) -> tuple[str, list] | None:
    """Who is new, or known by something new, may be somebody's double: the pulse has a look (leads.duplicates)."""
    ids = [p.id for p in people if p.is_new or p.new_keys or not COMPARED.isdisjoint(p.changed)]
    if not ids:
        return None
    return (
        "INSERT INTO leads_tocompare (person_id, since) SELECT unnest(%s::bigint[]), %s ON CONFLICT DO NOTHING",
        [ids, now],
    )


def _facts(people: Sequence[KnownPerson], firms: Sequence[KnownCompany], now: datetime) -> tuple[str, list] | None:
    """What became known, so that scoring can look back; names, mails and words are no facts to score by."""
    private = {"first_name", "last_name", "email", "phone", "consent"}
    rows = [
        (kind, subject.id, now, values)
        for kind, subjects in (("person", people), ("company", firms))
        for subject in subjects
        if (values := {name: value for name, value in subject.changed.items() if name not in private})
    ]
    types = {"subject_kind": "text", "subject_id": "bigint", "at": "timestamptz", '"values"': "jsonb"}
    return bulk.insert("leads_attributefact", types, rows) if rows else None
