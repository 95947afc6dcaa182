"""The weight of what every page loads, gzipped."""

import gzip

from django.contrib.staticfiles import finders


def weight(*names: str) -> int:
    total = 0
    for name in names:
        with open(finders.find(name), "rb") as file:
            total += len(gzip.compress(file.read(), 9))
    return total


def test_sheets_and_scripts_stay_small():
    sheets = weight("css/tokens.css", "css/frame.css", "css/parts.css")
    scripts = weight("js/clock.js", "js/live.js", "js/hands.js", "js/chart.js")
    assert sheets <= 12 * 1024
    assert scripts <= 10 * 1024
    assert sheets + scripts + weight("django_htmx/htmx-2.min.js") <= 40 * 1024


def test_what_only_listening_tabs_load_stays_tiny():
    assert weight("js/news.js") <= 1024
    assert weight("css/told.css") <= 1024


def test_what_only_pages_with_a_sentence_editor_load_stays_small():
    assert weight("js/editor.js") <= 3 * 1024
    assert weight("css/editor.css") <= 2 * 1024
