"""The page's countdowns: the server's time, the server's words, one ticker."""

import re

import pytest

from revops.lib import words
from tests.look.gallery import LEFTS, MOMENT, State


def test_the_script_writes_lengths_as_the_server_does(page_as, jonah, frozen):
    page = page_as(jonah)
    with frozen(MOMENT):
        page.goto("/gallery/")
    got = page.evaluate("""() => {
        const now = window.revops.now(), all = [...document.querySelectorAll('#cases .clock')];
        for (const el of all) { el.dataset.asof = now; el.dataset.due = now + el.dataset.left * 1000; }
        window.revops.tick();
        const passed = (window.revops.now() - now) / 1000;
        return all.map((el) => [el.textContent, passed]);
    }""")
    for left, (text, passed) in zip(LEFTS, got, strict=True):
        assert text in {words.duration(left), words.duration(left - passed)}


def test_clocks_follow_the_server_when_the_computers_clock_is_wrong(page_as, jonah):
    page = page_as(jonah)
    page.add_init_script("const real = Date.now; Date.now = () => real() + 600000;")
    page.goto("/gallery/queue/")
    page.wait_for_timeout(1500)
    text = page.inner_text("#row-2 .clock")
    assert re.fullmatch(r"1:(51|50|49|48)", text), text


@pytest.mark.long
def test_ticking_moves_nothing(page_as, jonah):
    page = page_as(jonah, width=1440)
    page.goto("/gallery/queue/")
    page.evaluate("""() => { window.shift = 0;
        const add = (seen) => seen.getEntries().forEach((entry) => (window.shift += entry.value));
        new PerformanceObserver(add).observe({type: 'layout-shift'}); }""")
    page.wait_for_timeout(3500)
    assert page.evaluate("window.shift") == 0


def test_crossing_is_seen_said_and_counted_in_the_title(page_as, jonah):
    State.rows = [(*State.rows[1][:10], 300, 2.2), *State.rows[2:]]
    page = page_as(jonah)
    page.goto("/gallery/queue/")
    assert page.get_attribute("#row-2 .clock", "data-state") == "urgent"
    assert not page.title().startswith("(")
    State.broken = True  # the script alone sees the crossing
    page.wait_for_selector("#row-2 .clock[data-state=late]")
    page.wait_for_function("document.title.startsWith('(1 late) My queue')")
    page.wait_for_function("document.getElementById('say').textContent.includes('Marcus Hale is late')")
    assert re.fullmatch(r"0:0\d late", page.inner_text("#row-2 .clock"))


def test_without_an_answer_clocks_go_stale_instead_of_green(page_as, jonah):
    page = page_as(jonah)
    page.clock.install()
    page.goto("/gallery/queue/")
    State.broken = True
    page.clock.run_for(20_000)
    page.wait_for_selector("body[data-stale]")
    assert "reconnecting" in page.inner_text("[data-live-said]")
    State.broken = False
    page.clock.run_for(6_000)
    page.wait_for_selector("body:not([data-stale])")
