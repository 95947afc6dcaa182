def test_the_browser_reaches_the_live_server(page):
    answer = page.goto("/healthz")
    assert answer.status == 200
    assert answer.json() == {"database": "ok"}
