"""Keys, rows, the panel, dialogs, undo, the theme; and the same without scripts."""

from tests.look.gallery import ROWS, State

NEW = (9, "Answer first", "Nora Weiss", "COO · Alpen Cargo", "mql", "A1", 95, 80, "Demo request", "", 300, 288)


def opened(page_as, jonah, **more):
    page = page_as(jonah, width=1440, **more)
    page.goto("/gallery/queue/")
    return page


def focused(page) -> str:
    return page.evaluate("document.activeElement.closest('[data-row]')?.id ?? document.activeElement.tagName")


def test_j_and_k_move_real_focus_and_the_panel_follows(page_as, jonah):
    page = opened(page_as, jonah)
    page.keyboard.press("j")
    assert focused(page) == "row-3"
    page.wait_for_selector("#panel h2:text('Grace Lindqvist')")
    assert page.url.endswith("/gallery/queue/3/")
    page.keyboard.press("k")
    page.keyboard.press("k")
    assert focused(page) == "row-1"
    page.wait_for_selector("#panel h2:text('Priya Raman')")
    assert page.locator("[data-row][aria-current=true]").count() == 1
    assert page.locator("[data-row-link][tabindex='0']").count() == 1
    page.keyboard.press("ArrowDown")
    assert focused(page) == "row-2"


def test_single_keys_rest_in_fields_with_modifiers_and_when_turned_off(page_as, jonah):
    page = opened(page_as, jonah)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.type("jar?")
    assert page.input_value("#find") == "jar?"
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+r")
    assert not page.locator("dialog[open]").count()
    jonah.single_keys = False
    jonah.save()
    page.reload()
    page.keyboard.press("j")
    assert focused(page) == "BODY"
    assert not page.locator("#panel kbd").first.is_visible()


def test_accept_by_key_removes_the_row_moves_focus_and_offers_undo(page_as, jonah):
    page = opened(page_as, jonah)
    page.keyboard.press("a")
    page.wait_for_selector(".toast :text('Accepted in time.')")
    page.wait_for_selector("#row-2", state="detached")
    page.wait_for_function("document.activeElement.closest('[data-row]')?.id === 'row-3'")
    page.wait_for_selector("#panel h2:text('Grace Lindqvist')")
    page.keyboard.press("z")
    page.wait_for_selector("#row-2")


def test_reject_by_keys_alone(page_as, jonah):
    page = opened(page_as, jonah)
    page.keyboard.press("r")
    page.wait_for_selector("dialog[open] form")
    assert page.evaluate("document.activeElement.type") == "radio"
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog .problem:has-text('needs 8 attempts')")
    assert page.evaluate("document.activeElement.className") == "problem"
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast :text('Rejected: Not a fit.')")
    page.wait_for_selector("#row-2", state="detached")
    assert not page.locator("dialog[open]").count()


def test_escape_keeps_the_draft_and_gives_focus_back(page_as, jonah):
    page = opened(page_as, jonah)
    page.keyboard.press("r")
    page.wait_for_selector("dialog[open] form")
    page.fill("dialog textarea", "asked for spring")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog:not([open])", state="attached")
    assert page.evaluate("document.activeElement.dataset.key") == "r"
    page.keyboard.press("r")
    page.wait_for_selector("dialog[open] form")
    assert page.input_value("dialog textarea") == "asked for spring"


def test_news_waits_while_somebody_works_and_a_dot_shows_it(page_as, jonah):
    page = opened(page_as, jonah)
    page.keyboard.press("j")
    State.rows = [NEW, *[row for row in ROWS if row[0] != 5]]
    State.version += 1
    page.wait_for_selector("[data-news]:not([hidden]) button:text('1 new, due in 4:4')")
    assert not page.locator("#row-9").count()
    assert page.get_attribute("#row-5", "data-gone")
    page.keyboard.press(".")
    page.wait_for_selector("#row-9")
    assert not page.locator("#row-5").count()
    assert focused(page) == "row-3"
    assert page.locator("[data-news]").is_hidden()


def test_rows_change_in_place_and_settle_by_themselves_when_nobody_works(page_as, jonah):
    page = opened(page_as, jonah)
    State.rows = [NEW, *ROWS]
    State.version += 1
    page.wait_for_selector("#row-9", timeout=9_000)


def test_what_was_told_after_a_plain_post_is_a_toast_that_can_be_hidden(page_as, jonah):
    page = page_as(jonah, width=1440)
    page.goto("/gallery/?told=1")
    assert "3 leads reassigned" in page.inner_text(".toast [role=status]")
    page.click("[data-hush]")
    assert not page.locator(".toast").is_visible()


def test_selection_by_key_range_and_clear(page_as, jonah):
    page = page_as(jonah, width=1440)
    page.goto("/gallery/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    assert page.inner_text("[data-bulk-count]") == "3"
    page.keyboard.press("Escape")
    assert not page.locator("[data-bulk]").is_visible()


def test_the_map_of_keys_names_this_pages_verbs(page_as, jonah):
    page = opened(page_as, jonah)
    page.keyboard.press("?")
    words = page.inner_text("dialog[open] .keymap")
    assert "Accept" in words and "Reject…" in words and "Search or jump" in words


def test_without_scripts_everything_is_a_page_or_a_form(page_as, jonah):
    page = page_as(jonah, width=1440, java_script_enabled=False)
    page.goto("/gallery/queue/")
    page.click("text=Reject…")
    assert page.inner_text("h1") == "Reject Marcus Hale"
    page.check("text=Not a fit")
    page.click("button:text('Reject lead')")
    assert "Rejected: Not a fit." in page.inner_text(".toast")
    assert not page.locator("#row-2").count()
    page.click(".toast button:text('Undo')")
    assert page.locator("#row-2").count()


def test_on_a_phone_a_card_brings_its_verbs_to_the_thumb(page_as, jonah):
    page = page_as(jonah, width=390)
    page.goto("/gallery/queue/")
    page.click("#row-3 td:last-child")
    page.wait_for_selector(".acts[aria-label='Grace Lindqvist']")
    box = page.locator(".acts .btn").first.bounding_box()
    assert box["height"] >= 44
    page.click("#row-3 [data-row-link]")
    page.wait_for_url("**/gallery/?lead=3")
