"""A client that speaks JSON with a key, and what the tests of the REST API share."""

import json
from typing import Any

import pytest
from django.test import Client

from teams.keys import create_api_key


class Api:
    """`api.post("leads/", {…})` → the response; `.key` is the plain key, `.user` the service user behind it."""

    def __init__(self, name: str = "website", scopes: Any = ("intake", "read", "work")) -> None:
        self.row, self.key = create_api_key(name, scopes)
        self.user = self.row.user
        self.client = Client()

    def get(self, path: str, **params: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", params, HTTP_AUTHORIZATION=f"Api-Key {self.key}")

    def post(
        self, path: str, data: Any = None, *, idem: str | None = None, raw: bytes | None = None, **headers: Any
    ) -> Any:
        body = raw if raw is not None else json.dumps({} if data is None else data).encode()
        if idem is not None:
            headers["HTTP_IDEMPOTENCY_KEY"] = idem
        headers = {"HTTP_AUTHORIZATION": f"Api-Key {self.key}", "content_type": "application/json", **headers}
        return self.client.post(f"/api/v1/{path}", body, **headers)


@pytest.fixture
def make_api(db):
    return Api


@pytest.fixture
def api(db) -> Api:
    return Api()


def problem(response: Any, status: int) -> dict[str, Any]:
    """The problem of a refusal, whose form is checked on the way."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == status
    assert found["detail"] and found["title"] and found["code"]
    assert found["errors"] and all(set(error) == {"field", "code", "detail"} for error in found["errors"])
    return found


def fields(response: Any, status: int = 400) -> dict[str, str]:
    return {error["field"]: error["code"] for error in problem(response, status)["errors"]}
