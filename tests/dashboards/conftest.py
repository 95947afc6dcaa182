"""A small past to count: leads and deals with the dates a test gives them, written without their verbs."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from dashboards import sheet
from deals.models import Deal
from leads.models import Company, Lead, Person
from marketing.models import Channel
from sla.models import Clock
from teams.models import Organisation

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
_numbers = count(1)


@pytest.fixture(autouse=True)
def no_kept_sheets():
    sheet.forget()
    yield
    sheet.forget()


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def ago():
    """`ago(3)` is three days before now, `ago(3, hours=2)` two hours less long ago."""
    return lambda days, **less: NOW - timedelta(days=days) + timedelta(**less)


@pytest.fixture
def organisation(db):
    return Organisation.objects.update_or_create(
        id=1, defaults={"name": "Harbor", "timezone": "America/Chicago", "currency": "USD"}
    )[0]


@pytest.fixture
def make_lead(db):
    """`make_lead(created_at, mql_at=…, owner=…, source="webinar")`: the stage follows from the stamps."""

    def make(created_at, *, source="webinar", first_touch_at=None, **fields):
        number = next(_numbers)
        person = Person.objects.create(
            first_name="Ana", last_name=f"Number {number}", email=f"ana{number}@dome.example",
            first_touch_at=first_touch_at,
        )  # fmt: skip
        company = Company.objects.create(name=f"Dome {number}", name_key=f"dome {number}")
        order = ["mql", "sal", "sql", "opportunity", "won", "lost", "rejected", "recycled", "disqualified"]
        stamped = [(fields[f"{s}_at"], order.index(s), s) for s in order if fields.get(f"{s}_at")]
        stage_at, _, stage = max(stamped) if stamped else (created_at, -1, "inquiry")
        return Lead.objects.create(
            person=person, company=company, source=Channel.objects.get(code=source) if source else None,
            created_at=created_at, **({"stage": stage, "stage_at": stage_at} | fields),
        )  # fmt: skip

    return make


@pytest.fixture
def make_deal(db):
    """`make_deal(created_at, won_at=… | lost_at=…, amount=…)`: amounts in whole units of the currency."""

    def make(created_at, *, amount=1_000, won_at=None, lost_at=None, reason="price", source="webinar", **fields):
        closed = {"stage": "open"}
        if won_at:
            closed = {"stage": "won", "closed_at": won_at}
        elif lost_at:
            closed = {"stage": "lost", "closed_at": lost_at, "reason": reason}
        cents = None if amount is None else amount * 100
        return Deal.objects.create(
            name=f"Deal {next(_numbers)}", amount=cents, amount_created=cents, created_at=created_at,
            source=Channel.objects.get(code=source) if source else None, **(closed | fields),
        )  # fmt: skip

    return make


@pytest.fixture
def make_clock(make_lead, ago):
    """`make_clock(due_at, outcome="met")`: stopped with that outcome, or running when none is given."""
    runs = count(1)
    lead = make_lead(ago(30), mql_at=ago(30))

    def make(due_at, *, outcome="", target="first_response", tier="hot", scope="lead", **fields):
        stopped = {"phase": "stopped", "stopped_at": due_at} if outcome else {}
        return Clock.objects.create(
            lead=lead, target=target, tier=tier, scope=scope, run=next(runs), started_at=due_at - timedelta(minutes=5),
            seconds=300, due_at=due_at, outcome=outcome, **(stopped | fields),
        )  # fmt: skip

    return make


@pytest.fixture
def ask(organisation):
    """`ask(source="webinar")`: the sheet of the 90 days up to now with these filters."""
    from dashboards.filters import parse

    def asked(now=NOW, **query):
        return sheet.opened(
            parse({k: str(v) for k, v in query.items()}, zone=organisation.timezone, now=now),
            now=now, organisation=organisation,
        )  # fmt: skip

    return asked
