def test_the_browser_reaches_the_live_server_and_sees_its_clock(page):
    answer = page.goto("/healthz")
    assert answer.status == 200
    assert answer.headers["x-now"].isdigit()
