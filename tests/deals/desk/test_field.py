"""Objections raise a request for content where they are heard; decided deals are looked back on; what was said goes
with an erasure."""

from datetime import timedelta

import pytest

from deals import competitors, desk_erasing, desk_words, losses, objections, retrospectives
from deals.models import Deal, Objection
from journal.models import Entry
from marketing.models import ContentRequest
from revops.lib.errors import Forbidden, Invalid, Refused
from sla.models import Clock
from tests.cast import handed_over
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db
UNTIL = NOW + timedelta(days=1)


def log(deal, by, **changed):
    said = {"kind": "security", "words": "Where is our data kept?", "wish": "A page on data residency"}
    return objections.log(deal, by=by, at=NOW, **(said | changed))


def test_an_objection_asks_marketing_in_the_same_breath_and_starts_a_clock(deal, cast):
    made = log(deal, cast.teammate)
    wanted = ContentRequest.objects.get()
    assert (made.request, wanted.about_kind, wanted.about_id, wanted.why) == (wanted, "deal", deal.pk, made.words)
    assert (wanted.stage, wanted.segment) == ("Discovery", "Size unknown")
    assert Clock.objects.get(target="content").content_request == wanted
    assert log(deal, cast.owner) == made
    with pytest.raises(Invalid):
        log(deal, cast.owner, kind="weather")
    with pytest.raises(Forbidden):
        log(deal, cast.viewer)


def test_kinds_are_counted_with_what_became_of_their_deals(deal, cast):
    first = log(deal, cast.owner)
    log(deal, cast.owner, kind="price", words="Too dear", wish="")
    objections.answer(first, text="In Frankfurt", by=cast.teammate, at=NOW)
    deal.lose(by=cast.owner, at=NOW, reason="price")
    rows = {row["kind"]: row for row in objections.by_kind(NOW, UNTIL)}
    assert rows["security"] == {"kind": "security", "label": "Security and data", "heard": 1, "answered": 1,
                                "deals": 1, "won": 0, "lost": 1, "asked": 1}  # fmt: skip
    assert [row.words for row in objections.listed(NOW, UNTIL, kind="price")] == ["Too dear"]


def test_a_firm_is_kept_once_however_it_is_written(deal, cast):
    noted = competitors.note(deal, " Globex ", by=cast.owner, at=NOW)
    assert competitors.note(deal, "GLOBEX", by=cast.owner, at=NOW) == noted
    competitors.take_out(noted, by=cast.owner, at=NOW)
    assert not deal.competitors.exists()


def test_looking_back_takes_the_place_of_what_was_said_at_closing(deal, cast):
    with pytest.raises(Refused):
        retrospectives.write(deal, reason="price", by=cast.owner, at=NOW)
    deal.lose(by=cast.owner, at=NOW, reason="price", note="")
    assert [row.pk for row in retrospectives.missing(NOW, UNTIL)] == [deal.pk]
    table = losses.table("source", since=NOW, until=UNTIL)
    assert [(row[0], row[2], row[3]) for row in table.rows] == [("price", [1], 1)]
    said = {"reason": "competitor", "competitor": "Globex", "lesson": "Show residency early", "points_at": "content",
            "buyer_said": True}  # fmt: skip
    told = retrospectives.write(deal, by=cast.owner, at=NOW, **said)
    assert retrospectives.write(deal, by=cast.owner, at=UNTIL, **said).at == told.at
    table = losses.table("competitor", since=NOW, until=UNTIL)
    assert ([row[0] for row in table.rows], table.columns, table.confirmed) == (
        ["competitor"], [("Globex", "Globex")], 1,
    )  # fmt: skip
    assert losses.ids("competitor", reason="competitor", value="Globex", since=NOW, until=UNTIL, limit=9) == [deal.pk]
    summary = retrospectives.summary(NOW, UNTIL)
    assert (summary["lost"], summary["told"], summary["buyer_said"]) == (1, 1, 1)
    assert summary["reasons"] == [("lost", "competitor", "Lost to a competitor", 1)]
    assert summary["competitors"] == [("Globex", 0, 1)]
    assert summary["points_at"] == [("content", "Content that was missing", "/content/new/", 1)]
    assert summary["lessons"][0]["href"] == "/content/new/"
    assert not retrospectives.missing(NOW, UNTIL).exists()


def test_a_firm_lost_to_is_one_however_it_is_written(deal, cast):
    deal.lose(by=cast.owner, at=NOW, reason="competitor", competitor="Globex")
    past = {"stage": "lost", "reason": "competitor", "closed_at": NOW, "created_at": NOW}
    for name in (" GLOBEX", "initech", "Initech "):
        Deal.objects.create(name="Past", competitor=name, **past)
    table = losses.table("competitor", since=NOW, until=UNTIL)
    assert (table.columns, table.totals) == ([("Globex", "Globex"), ("Initech", "Initech")], [2, 2])
    assert len(losses.ids("competitor", reason="", value="Initech", since=NOW, until=UNTIL, limit=9)) == 2


def test_what_was_told_of_a_loss_says_nothing_of_the_win_after_it(deal, cast):
    hours = [NOW + timedelta(hours=n) for n in range(4)]
    deal.lose(by=cast.owner, at=NOW, reason="price")
    retrospectives.write(deal, reason="price", lesson="Cheaper", by=cast.owner, at=hours[1])
    deal.reopen(by=cast.owner, at=hours[2])
    handed_over(deal).win(by=cast.owner, at=hours[3])
    found = retrospectives.summary(NOW, UNTIL)
    assert (found["won"], found["told"], found["reasons"], found["lessons"]) == (1, 0, [], [])
    assert list(retrospectives.missing(NOW, UNTIL)) == [deal]
    retrospectives.write(deal, reason="price", lesson="Cheaper", by=cast.owner, at=UNTIL)
    assert not retrospectives.missing(NOW, UNTIL).exists()


def test_what_was_said_goes_with_the_person_and_that_it_was_said_stays(deal, cast):
    log(deal, cast.owner)
    deal.lose(by=cast.owner, at=NOW, reason="price")
    retrospectives.write(deal, reason="price", happened="Ines was ill", by=cast.owner, at=NOW)
    desk_erasing.erase([deal.person_id], [], at=UNTIL)
    kept = Objection.objects.select_related("request").get()
    assert (kept.words, kept.request.why, kept.kind) == ("", "", "security")
    assert "residency" not in kept.request.title
    assert Deal.objects.get(pk=deal.pk).retrospective.happened == ""


def test_every_fact_of_the_desk_has_words():
    kinds = [
        ("lines", {"lines": 2}), ("given", {"name": "Onboarding"}), ("give_taken_back", {"name": "Onboarding"}),
        ("got", {"name": "Onboarding"}), ("discount_asked", {"percent": "12.5000", "combined": "20", "level": "vp"}),
        ("discount_approved", {"combined": "20.0000"}), ("discount_declined", {"percent": "5"}),
        ("discount_withdrawn", {"percent": "5"}), ("objection", {"kind": "price", "request": 3}),
        ("objection_answered", {"kind": "gone"}), ("competitor", {}), ("competitor_out", {}),
        ("retrospective", {"stage": "lost"}),
    ]  # fmt: skip
    said = {what: desk_words.sentence(what, data, "Jonah") for what, data in kinds}
    assert said["discount_asked"] == ("Jonah asked for 12.5% off", "20% with gives · a VP may give this")
    assert said["discount_approved"] == ("Jonah approved giving 20% away", "")
    assert said["objection"] == ("Jonah logged an objection: price", "content asked of marketing")
    assert all(said.values()) and desk_words.sentence("won", {}, "Jonah") is None


def test_the_desk_writes_no_words_of_buyers_into_the_journal(deal, cast):
    log(deal, cast.owner)
    assert not [entry for entry in Entry.objects.all() if "data kept" in str(entry.data)]
