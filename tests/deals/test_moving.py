"""Through the pipeline: exit criteria, skipping, going back, and the people on the other side."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from deals import pipelines, roles
from deals.batches import Stride, move_many
from deals.conversion import convert
from deals.models import ContactRole, Deal, DealCompetitor, PipelineStage, Stint
from deals.opening import NewDeal, open_many
from journal.models import Entry
from leads.models import Lead, Person
from revops.lib.errors import Forbidden, Invalid, Refused
from tests.cast import handed_over

pytestmark = pytest.mark.django_db


@pytest.fixture
def stages():
    return list(PipelineStage.objects.filter(pipeline__is_default=True))


def stays(deal):
    """[(the stage, whether skipped, how long in days or None while it stands there)]."""
    return [
        (s.stage.position, s.skipped, None if s.left_at is None else (s.left_at - s.entered_at).days)
        for s in Stint.objects.filter(deal=deal).select_related("stage")
    ]


def told(kind):
    return [entry.data for entry in Entry.objects.filter(kind=kind).order_by("id")]


def test_a_new_deal_stands_in_the_first_stage_with_its_person(deal, stages, sql_lead, now):
    assert (deal.pipeline_stage, deal.stage_at, deal.pipeline.is_default) == (stages[0], now, True)
    assert stays(deal) == [(1, False, None)]
    assert [(r.person_id, r.role, r.is_primary) for r in deal.roles.all()] == [(sql_lead.person_id, "champion", True)]


def test_skipped_stages_are_kept_and_going_back_is_allowed(deal, stages, cast, now):
    day = timedelta(days=1)
    deal.move(to=stages[2], by=cast.owner, at=now + 3 * day)
    deal.move(to=stages[2], by=cast.owner, at=now + 4 * day)
    deal.move(to=stages[0], by=cast.owner, at=now + 5 * day)
    assert stays(deal) == [(1, False, 3), (2, True, 0), (3, False, 2), (1, False, None)]
    assert (deal.pipeline_stage, deal.stage_at) == (stages[0], now + 5 * day)
    one, two, three = (stages[n].pk for n in range(3))
    assert told("deal.moved") == [
        {"from": one, "to": three, "skipped": [two]}, {"from": three, "to": one, "skipped": []}
    ]  # fmt: skip


def test_forward_needs_what_the_stage_asks_for_and_backward_does_not(deal, stages, cast, now):
    deal.move(to=stages[1], by=cast.owner, at=now)
    asked = [
        pipelines.add_criterion(stages[1], text=text, by=cast.admin, at=now) for text in ("Pain named.", "Date agreed")
    ]
    with pytest.raises(Refused, match="Missing: Pain named; Date agreed") as refusal:
        deal.move(to=stages[2], by=cast.owner, at=now)
    assert (refusal.value.code, refusal.value.field) == ("criteria", "criteria")
    with pytest.raises(Invalid):
        deal.meet(asked[0], evidence=" ", by=cast.owner, at=now)
    for _ in range(2):
        deal.meet(asked[0], evidence="mail of 3 May", by=cast.owner, at=now)
    with pytest.raises(Refused, match="Evaluation is not done"):
        handed_over(deal).win(by=cast.owner, at=now)
    pipelines.retire_criterion(asked[1], by=cast.admin, at=now)
    deal.move(to=stages[2], by=cast.owner, at=now)
    deal.unmeet(asked[0], by=cast.owner, at=now)
    deal.move(to=stages[0], by=cast.owner, at=now)
    assert [entry["met"] for entry in told("deal.criterion")] == [True, False]


def test_another_pipeline_is_no_way_around_the_criteria_unless_it_begins_anew(deal, stages, cast, now):
    partner = pipelines.add(name="Partners", stages=["Intro", "Paper"], by=cast.admin, at=now)
    intro, paper = partner.stages.all()
    assert (intro.probability, paper.probability) == (33, 67)
    pipelines.add_criterion(stages[0], text="Pain named", by=cast.admin, at=now)
    with pytest.raises(Refused, match="Pain named"):
        deal.move(to=paper, by=cast.owner, at=now)
    deal.move(to=intro, by=cast.owner, at=now)
    assert deal.pipeline == partner and [one for one, *_ in stays(deal)] == [1, 1]
    with pytest.raises(Refused, match="Missing: Pain named"):  # nor is the way back
        deal.move(to=stages[1], by=cast.owner, at=now)
    pipelines.edit(pipelines.Pipeline.objects.get(name="Partners"), name="Allies", by=cast.admin, at=now)
    with pytest.raises(Refused, match="open deals are in it"):
        pipelines.edit(partner, is_active=False, by=cast.admin, at=now)
    deal.lose(by=cast.owner, at=now, reason="price")
    pipelines.edit(partner, is_active=False, by=cast.admin, at=now)
    deal.reopen(by=cast.owner, at=now)  # the board shows no pipeline that is put away
    assert deal.pipeline_stage == stages[0] and deal.pipeline == stages[0].pipeline


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_deal_that_moves_while_its_stage_is_retired_is_not_lost_in_it(deal, stages, cast, now):
    retired = threading.Event()

    def move():
        try:
            retired.wait(5)
            # As it is before the other one's transaction ends.
            deal.move(to=PipelineStage.objects.get(pk=stages[1].pk), by=cast.owner, at=now)
        except Refused as refusal:
            said.append(refusal.code)
        finally:
            connection.close()

    said: list[str] = []
    mover = threading.Thread(target=move)
    mover.start()
    with transaction.atomic():
        pipelines.retire_stage(stages[1], to=stages[2], by=cast.admin, at=now)
        retired.set()
        mover.join(0.5)
    mover.join(10)
    assert said == ["retired"] and Deal.objects.get().pipeline_stage == stages[0]


def test_an_end_closes_the_stay_and_reopening_begins_one_where_it_stood(deal, stages, cast, now):
    deal.move(to=stages[1], by=cast.owner, at=now + timedelta(days=1))
    deal.lose(by=cast.owner, at=now + timedelta(days=2), reason="competitor", competitor="Globex ")
    assert (deal.pipeline_stage, deal.stage_at, stays(deal)[-1]) == (None, None, (2, False, 1))
    deal.reopen(by=cast.owner, at=now + timedelta(days=3))
    assert (deal.pipeline_stage, stays(deal)[-1]) == (stages[1], (2, False, None))
    deal.lose(by=cast.owner, at=now + timedelta(days=4), reason="competitor", competitor="globex")
    assert [str(link.competitor) for link in DealCompetitor.objects.filter(deal=deal)] == ["Globex"]


def test_a_win_keeps_when_it_was_signed(deal, cast, now):
    handed_over(deal)
    with pytest.raises(Invalid, match="after today"):
        deal.win(by=cast.owner, at=now, signed_on=date(2026, 11, 27))
    deal.win(by=cast.owner, at=now, signed_on=date(2026, 11, 20))
    assert deal.signed_on == date(2026, 11, 20) and stays(deal)[-1][2] == 0
    deal.reopen(by=cast.owner, at=now)
    assert deal.signed_on is None


def test_a_closing_date_put_off_is_a_push_and_one_brought_forward_is_not(deal, cast, now):
    for close_on in (date(2027, 2, 1), date(2027, 1, 1), date(2027, 1, 1), date(2027, 3, 1)):
        deal.edit(by=cast.owner, at=now, close_on=close_on)
    assert Deal.objects.get().pushes == 2


@pytest.mark.parametrize("who", ["other", "teammate", "viewer", "marketer"])
def test_only_owner_manager_and_administrator_move(deal, stages, cast, now, who):
    one = getattr(cast, who)
    criterion = pipelines.add_criterion(stages[0], text="Pain named", by=cast.admin, at=now)
    for act in (
        lambda: deal.move(to=stages[1], by=one, at=now),
        lambda: deal.meet(criterion, evidence="mail", by=one, at=now),
        lambda: roles.give(deal, person=deal.person, role="buyer", by=one, at=now),
        lambda: pipelines.add(name="Mine", stages=["One"], by=one, at=now),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_stage_is_renamed_shifted_and_retired_without_losing_a_deal(deal, stages, cast, now):
    pipelines.edit_stage(stages[0], name="Diagnosis", limit_days=9, by=cast.admin, at=now)
    pipelines.shift_stage(stages[0], earlier=False, by=cast.admin, at=now)
    names = [str(one) for one in stages[0].pipeline.stages.filter(retired_at=None)]
    assert names[:2] == ["Evaluation", "Diagnosis"]
    with pytest.raises(Invalid, match="already"):
        pipelines.edit_stage(stages[1], name="diagnosis", by=cast.admin, at=now)
    with pytest.raises(Invalid):
        pipelines.retire_stage(stages[0], to=stages[0], by=cast.admin, at=now)
    assert pipelines.retire_stage(stages[0], to=stages[2], by=cast.admin, at=now + timedelta(days=1)) == 1
    deal.refresh_from_db()
    assert deal.pipeline_stage == stages[2] and stays(deal) == [(2, False, 1), (3, False, None)]
    with pytest.raises(Refused, match="not used any more"):
        deal.move(to=PipelineStage.objects.get(pk=stages[0].pk), by=cast.owner, at=now)
    assert [one["what"] for one in told("pipeline.changed")] == ["stage_changed", "stage_shifted", "stage_retired"]


def test_one_person_has_one_part_and_somebody_is_always_the_primary(deal, cast, now):
    ada = Person.objects.create(first_name="Ada", last_name="Byron", email="ada@kestrel.example")
    ines = deal.person
    roles.give(deal, person=ada, role="buyer", by=cast.owner, at=now)
    roles.give(deal, person=ada, role="sponsor", primary=True, by=cast.owner, at=now)
    roles.give(deal, person=ada, role="sponsor", by=cast.owner, at=now)
    assert [(r.person, r.role, r.is_primary) for r in deal.roles.all()] == [
        (ada, "sponsor", True), (ines, "champion", False)
    ]  # fmt: skip
    assert Deal.objects.get().person == ada
    roles.take(deal, person_id=ada.pk, by=cast.owner, at=now)
    roles.take(deal, person_id=ada.pk, by=cast.owner, at=now)
    assert ContactRole.objects.get().is_primary and Deal.objects.get().person == ines
    with pytest.raises(Refused, match="at least one person"):
        roles.take(deal, person_id=ines.pk, by=cast.owner, at=now)
    assert len(told("deal.role")) == 3
    for gone in ({"merged_into": ines}, {"erased_at": now}):
        nobody = Person.objects.create(first_name="Gone", **gone)
        with pytest.raises(Invalid, match="This person was"):
            roles.give(deal, person=nobody, role="buyer", by=cast.owner, at=now)


def second_lead(deal, sql_lead):
    person = Person.objects.create(first_name="Ada", last_name="Byron", email="ada@kestrel.example")
    day = timedelta(days=1)
    return Lead.objects.create(
        person=person, company=deal.company, owner=deal.owner, stage="sql", source=sql_lead.source,
        created_at=deal.created_at - day, sql_at=deal.created_at, stage_at=deal.created_at,
    )  # fmt: skip


def test_K32_a_second_lead_joins_the_deal_and_both_are_converted_once(deal, sql_lead, cast, now):
    joined = second_lead(deal, sql_lead)
    for _ in range(2):
        assert convert(joined, into=deal, by=cast.owner, at=now) == deal
    assert convert(joined, name="Another", amount=5, currency="USD", close_on=now.date(), by=cast.owner, at=now) == deal
    assert Deal.objects.count() == 1 and len(told("deal.joined")) == 1
    assert set(Lead.objects.values_list("stage", flat=True)) == {"opportunity"}
    assert deal.roles.get(person=joined.person).is_primary is False
    handed_over(deal).win(by=cast.owner, at=now)
    assert set(Lead.objects.values_list("stage", flat=True)) == {"won"}
    deal.reopen(by=cast.owner, at=now)
    assert set(Lead.objects.values_list("stage", flat=True)) == {"opportunity"}


def test_only_an_open_deal_of_the_same_company_is_joined(deal, sql_lead, cast, now):
    joined = second_lead(deal, sql_lead)
    elsewhere = Deal.objects.create(name="Other", created_at=now, amount=1)
    deal.lose(by=cast.owner, at=now, reason="price")
    for into, why in ((elsewhere, "another company"), (deal, "this deal is lost")):
        with pytest.raises(Refused, match=why):
            convert(joined, into=into, by=cast.owner, at=now)


def test_many_move_at_once_as_one_does(deal, stages, cast, now):
    later = now + timedelta(days=2)
    move_many([Stride(deal.pk, stages[3].pk, cast.owner.pk, later)], now=later)
    move_many([Stride(deal.pk, stages[3].pk, cast.owner.pk, later)], now=later)
    assert stays(deal) == [(1, False, 2), (2, True, 0), (3, True, 0), (4, False, None)]
    assert len(told("deal.moved")) == 1
    assert Deal.objects.get().updated_at == later  # who asks for what changed hears of it


def test_a_customers_deal_is_opened_once(deal, stages, now):
    new = NewDeal("Renewal 2027", deal.company_id, "renewal", None, "USD", None, now, external_key="renewal:1")
    assert len(open_many([new], now=now)) == 1 and open_many([new], now=now) == []
    made = Deal.objects.get(kind="renewal")
    assert (made.pipeline_stage, told("deal.opened")[-1]["kind"]) == (stages[0], "renewal")
