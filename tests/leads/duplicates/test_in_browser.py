"""The review in a real browser: by keys alone, accessible, and nothing overflows on a phone."""

import os
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from leads.duplicates import finding
from leads.models import Merge, Pair

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def looked_at(page, address: str, shot: str) -> None:
    assert page.goto(address).status == 200
    found = Axe().run(page, options=RULES).response["violations"]
    assert [f"{v['id']}: {v['nodes'][0]['html']}" for v in found] == [], address
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{shot}.png", full_page=True)


@pytest.mark.long
def test_a_pair_is_decided_by_keys(page_as, cast, make_lead):
    now = timezone.now() - timedelta(minutes=10)
    kept = make_lead("Marcus Hale", at=now, company={"name": "Lumen"}, country="US")
    lost = make_lead("Marc Hale", at=now + timedelta(minutes=3), company={"name": "Lumen"}, title="CRO",
                     email="mh@lumen.example", phone="+49 30 1234567", country="DE")  # fmt: skip
    finding.drain(now)
    pair = Pair.objects.get()
    for width, theme in ((1440, "light"), (1440, "dark"), (390, "light")):
        page = page_as(cast.admin, width=width, theme=theme)
        for name, address in (("list", "/duplicates/"), ("pair", f"/duplicates/{pair.pk}/"),
                              ("addresses", f"/leads/{lost.pk}/addresses/"), ("lead", f"/leads/{kept.pk}/")):  # fmt: skip
            looked_at(page, address, f"dup-{name}-{theme}-{width}")
    page = page_as(cast.admin, width=1440)
    page.goto(f"/duplicates/{pair.pk}/")
    page.locator("input[name=f_first_name]:checked").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("m")
    page.wait_for_url("**/duplicates/")
    made = Merge.objects.select_related("survivor").get()
    assert made.survivor.first_name == "Marc" and made.survivor_id == kept.person_id
    for width, theme in ((1440, "dark"), (390, "light")):
        page = page_as(cast.admin, width=width, theme=theme)
        looked_at(page, "/duplicates/merged/", f"dup-merged-{theme}-{width}")
        looked_at(page, f"/leads/{lost.pk}/", f"dup-tombstone-{theme}-{width}")
        looked_at(page, f"/merges/{made.pk}/undo/", f"dup-unmerge-{theme}-{width}")
