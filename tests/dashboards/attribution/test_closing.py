"""A month is closed once; what is stitched later shows as a difference and changes nothing kept."""

from datetime import UTC, date, datetime

import pytest

from dashboards import attribution, sheet
from dashboards.attribution import closing
from dashboards.attribution.models import AttributionClose

pytestmark = pytest.mark.django_db
EARLY, LATE = datetime(2026, 11, 7, 12, tzinfo=UTC), datetime(2026, 11, 9, 12, tzinfo=UTC)


def test_a_month_closes_when_it_is_over_for_a_week_and_keeps_its_numbers(
    organisation, make_deal, make_person, touch, ask
):
    who, day = make_person(), lambda month, day: datetime(2026, month, day, 12, tzinfo=UTC)
    make_deal(day(8, 1), won_at=day(9, 20), amount=300, person=who)
    make_deal(day(9, 1), won_at=day(10, 20), amount=500, person=who)
    touch(who, day(9, 1), "form", "webinar")
    assert closing.close_months(now=EARLY) == [date(2026, 9, 1)], "October is over for six days only"
    sheet.forget()
    assert closing.close_months(now=LATE) == [date(2026, 10, 1)]
    assert closing.close_months(now=LATE) == []
    touch(who, day(8, 15), "ad_click", "paid_search")  # stitched later
    sheet.forget()
    october = ask(**{"from": "2026-10-01", "to": "2026-10-31"})
    shown = closing.shown(october, closing.Asked())
    assert shown["month"] == "October 2026" and shown["changed"] and shown["amount_change"] == "no change"
    assert {row["name"]: (row["then"], row["now"], row["change"]) for row in shown["rows"]} == {
        "Webinar": ("$500", "$375", "−$125"), "Paid search": ("$0", "$125", "+$125"),
    }  # fmt: skip
    kept = AttributionClose.objects.get(month=date(2026, 10, 1))
    assert kept.credits["full_path"] == {"webinar": 50_000} and (kept.wins, kept.amount) == (1, 50_000)
    assert attribution.of(october).line("paid_search").credits["linear"] == 25_000
    assert [m["name"] for m in closing.shown(ask(), closing.Asked())["months"]] == ["Oct 2026", "Sep 2026"]
    assert "close" not in closing.shown(ask(), closing.Asked(teams="all"))
