"""The API can be browsed, by our own files alone and under a policy that allows nothing else."""


def test_the_docs_open_under_their_own_policy(page):
    refused = []
    page.on("console", lambda message: message.type == "error" and refused.append(message.text))
    answer = page.goto("/api/v1/docs/")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-eval" not in policy
    page.wait_for_selector(".swagger-ui .opblock-summary", timeout=20_000)
    for _ in range(40):  # the page draws what is in view
        if page.locator("[data-path='/api/v1/leads/']").count():
            break
        page.mouse.wheel(0, 1_200)
        page.wait_for_timeout(100)
    assert page.locator("[data-path='/api/v1/leads/']").count()
    assert not refused


def test_the_docs_answer_get_alone(client, cast):
    for _ in range(2):
        for method in ("options", "post", "delete"):
            answer = getattr(client, method)("/api/v1/docs/")
            assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
        client.force_login(cast.admin)


def test_only_that_page_has_the_softer_policy(client, db):
    strict = client.get("/accounts/login/").headers["content-security-policy"]
    assert "'unsafe-inline'" not in strict
    assert "'strict-dynamic'" in strict
