"""How I'm told: my choices are kept, nobody else's are touched, and a test of each way arrives."""

from datetime import time

import pytest

from notify import preferences
from notify.models import Attention, Delivery, Destination, Notice, Preference
from notify.promises import PROMISES
from tests.notify.conftest import NOW

pytestmark = pytest.mark.django_db
ALL_ASKED = {"asked": list(PROMISES), "breaks": ["first_response:hot"]}


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


def keep(client, **changed):
    return client.post("/me/told/", {**ALL_ASKED, **changed})


def test_at_first_everything_is_as_the_policies_ask(cast, signed_in):
    page = signed_in(cast.owner).get("/me/").content.decode()
    assert page.count('name="asked"') == len(PROMISES) == page.count('as the policy asks" checked')
    assert page.count('even in quiet hours" checked') == 1
    assert "Slack" not in page.split('id="told"')[1], "a way that leads nowhere isn't offered"


def test_choices_are_kept_and_shown(cast, signed_in, slack):
    client = signed_in(cast.owner)
    asked = [key for key in PROMISES if key not in {"disposition", "assigned"}]
    answer = keep(client, asked=asked, how=["disposition/email", "disposition/slack", "first_response:hot/email"],
                  breaks=["disposition"], quiet_from="19:00", quiet_to="08:00", days=["0", "4"])  # fmt: skip
    assert answer["Location"] == "/me/#told"
    kept = preferences.of(cast.owner)
    assert kept["disposition"] == preferences.Choice(["email", "slack"], True)
    assert kept["assigned"] == preferences.Choice([], None)
    assert kept["first_response:hot"] == preferences.Choice(None, False)
    assert Preference.objects.count() == 3
    hours = Attention.objects.get(user=cast.owner)
    assert (hours.quiet_from, hours.quiet_to, hours.quiet_days) == (time(19), time(8), [0, 4])
    page = client.get("/me/").content.decode()
    assert 'value="disposition/slack" aria-label="Leads are decided on: Slack" checked' in page
    assert 'value="19:00"' in page and page.count('name="days" value="4" checked') == 1
    keep(client)
    assert not Preference.objects.exists() and Attention.objects.get().quiet_from is None


def test_a_channel_that_is_away_for_now_stays_chosen(cast, signed_in, slack):
    client = signed_in(cast.owner)
    preferences.keep(cast.owner, {"disposition": preferences.Choice(["slack"])}, None)
    Destination.objects.update(active=False)
    keep(client, asked=[key for key in PROMISES if key != "disposition"])
    assert preferences.of(cast.owner)["disposition"].channels == ["slack"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"quiet_from": "19:00"}, "a beginning and an end"),
        ({"quiet_from": "19:00", "quiet_to": "late", "days": ["1"]}, "a beginning and an end"),
        ({"quiet_from": "19:00", "quiet_to": "08:00"}, "Choose the days"),
        ({"quiet_from": "00:00", "quiet_to": "00:00", "days": list("0123456")}, "Leave some time of the week"),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_changes(cast, signed_in, typed, said):
    client = signed_in(cast.owner)
    keep(client, asked=[])
    answer = keep(client, **typed)
    assert answer.status_code == 400 and said in answer.content.decode()
    assert Preference.objects.filter(channels=[]).count() == len(PROMISES)


def test_nonsense_is_ignored(cast, signed_in):
    answer = keep(
        signed_in(cast.owner), asked=["x"], how=["disposition/fax", "nothing/email", "disposition"], days=["9", "x"]
    )
    assert answer.status_code == 302
    assert preferences.of(cast.owner)["disposition"].channels == []
    assert set(Preference.objects.values_list("promise", flat=True)) == set(PROMISES)


def test_nobody_elses_are_touched(cast, signed_in):
    preferences.keep(cast.teammate, {"disposition": preferences.Choice(["email"])}, None)
    keep(signed_in(cast.owner), asked=[])
    assert preferences.of(cast.teammate)["disposition"].channels == ["email"]


def test_a_test_arrives_by_its_channel_once_a_minute(cast, signed_in, waiting, moment):
    client = signed_in(cast.owner)
    preferences.keep(cast.owner, {"default": preferences.Choice([])}, None)
    for _ in range(2):
        client.post("/me/told/test/", {"channel": "email"})
    assert waiting() == [("Jonah", "email")]
    moment.advance(minutes=1)
    client.post("/me/told/test/", {"channel": "email"})
    assert len(waiting()) == 2
    page = client.post("/me/told/test/", {"channel": "slack"}, follow=True).content.decode()
    assert "no such way to reach you" in page and Notice.objects.count() == 2


def test_this_browser_is_turned_on_for_me_alone(cast, signed_in):
    client = signed_in(cast.owner)
    assert "js/news.js" in client.get("/me/").content.decode(), "to ask for the permission"
    assert "js/news.js" not in client.get("/notices/").content.decode()
    client.post("/me/told/browser/", {"on": "1"})
    for address in ("/notices/", "/me/"):
        assert client.get(address).content.decode().count("js/news.js") == 1
    signed_in(cast.teammate)
    client.cookies["news"] = str(cast.owner.pk)
    assert "js/news.js" not in client.get("/notices/").content.decode()
    signed_in(cast.owner)
    client.post("/me/told/browser/", {})
    assert "js/news.js" not in client.get("/notices/").content.decode()


# --- what an open tab asks ---------------------------------------------------------


def test_a_tab_hears_what_waits_and_takes_it_back_once_said(cast, signed_in, notice, waiting):
    client = signed_in(cast.owner)
    notice(how=["browser"])
    notice(cast.teammate, how=["browser"])
    waiting()
    answer = client.get("/notices/news/?after=0")
    [one] = answer.json()["news"]
    mine = Delivery.objects.get(user=cast.owner, channel="browser")
    assert (one["ids"], one["text"], one["toast"]) == ([mine.pk], "A lead: first response is late.", True)
    assert answer.json()["after"] == mine.pk and one["tag"] == str(mine.message_id)
    again = client.get("/notices/news/?after=0", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert again.status_code == 304 and not again.content
    everything = list(Delivery.objects.values_list("pk", flat=True))
    assert client.post("/notices/news/heard/", {"ids": everything}, content_type="application/json").status_code == 204
    assert list(Delivery.objects.filter(state="sent")) == [mine], "nobody hears for others"
    assert client.get("/notices/news/?after=0").json() == {"after": None, "news": []}


def test_after_what_it_showed_it_hears_only_news(cast, signed_in, notice, waiting):
    client = signed_in(cast.owner)
    notice(how=["browser"])
    waiting()
    after = client.get("/notices/news/").json()["after"]
    assert client.get(f"/notices/news/?after={after}").json()["news"] == []


def test_many_at_once_are_one(cast, signed_in, notice, waiting):
    for _ in range(4):
        notice(how=["browser"])
    waiting()
    [one] = signed_in(cast.owner).get("/notices/news/").json()["news"]
    assert len(one["ids"]) == 4 and one["text"].startswith("4 notices. The latest: ") and one["href"] == "/notices/"


def test_old_read_and_held_news_are_not_said(cast, signed_in, notice, waiting, moment):
    client = signed_in(cast.owner)
    old, read, held = (notice(how=["browser"]) for _ in range(3))
    waiting()
    Notice.objects.filter(pk=read.pk).update(read_at=NOW)
    Delivery.objects.filter(notice=held).update(not_before=moment.at.replace(hour=20))
    moment.advance(minutes=16)
    assert Delivery.objects.filter(notice=old, channel="browser").exists()
    assert client.get("/notices/news/").json()["news"] == []


def test_asking_says_that_somebody_listens_at_most_once_a_minute(cast, signed_in, moment, django_assert_num_queries):
    client = signed_in(cast.owner)
    client.get("/notices/news/")
    moment.advance(seconds=30)
    with django_assert_num_queries(4):  # session, user, listening, what waits
        client.get("/notices/news/")
    assert Attention.objects.get().listening_at == NOW
    moment.advance(seconds=31)
    client.get("/notices/news/")
    assert Attention.objects.get().listening_at == moment.at


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"ids": 5}', '{"ids": ["x"]}', '{"ids": [null]}', '{"ids": [1e400]}'])
def test_nonsense_is_refused(cast, signed_in, body):
    client = signed_in(cast.owner)
    assert client.post("/notices/news/heard/", body, content_type="application/json").status_code == 400
    assert client.get("/notices/news/?after=-1").status_code == 200
    assert client.get("/notices/news/?after=" + "9" * 30).status_code == 200


def test_strangers_are_sent_to_the_door(cast, client):
    for address in ("/notices/news/", "/me/told/"):
        assert client.get(address)["Location"].startswith("/accounts/login/")
