from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from api.limits import MOST_BYTES, read_host
from triage.config import Settings

PUBLIC = "https://triage.example.org"


def open_client(home: Path, **settings: object) -> TestClient[Litestar]:
    """An application on an empty store."""
    return TestClient(create_app(Settings.model_validate({"home": home} | settings)), base_url="http://127.0.0.1:8000")


@pytest.fixture
def sole(tmp_path: Path) -> Iterator[TestClient[Litestar]]:
    """Without accounts."""
    with open_client(tmp_path) as client:
        yield client


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[TestClient[Litestar]]:
    """With accounts, ten requests a minute."""
    with open_client(tmp_path, accounts=True, public_url=PUBLIC, rate_limit=10) as client:
        client.headers["host"] = "triage.example.org"
        yield client


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:9", "LOCALHOST:80"])
def test_this_machine_is_answered_by_its_names(sole: TestClient[Litestar], host: str) -> None:
    """On any port, in any spelling."""
    assert sole.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil@127.0.0.1.x", "", "[::1", "a b"])
def test_a_name_that_was_made_to_lead_here_is_not_answered(sole: TestClient[Litestar], host: str) -> None:
    """A page of another site cannot read us by letting its own name point at this machine."""
    answer = sole.get("/healthz", headers={"host": host})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_with_accounts_only_the_public_name_is_answered(lab: TestClient[Litestar]) -> None:
    """Links in mails are made of it, and nothing else may be put in its place."""
    assert lab.get("/healthz").status_code == 200
    assert lab.get("/healthz", headers={"host": "127.0.0.1"}).status_code == 400


def test_one_address_may_not_ask_without_end(lab: TestClient[Litestar]) -> None:
    """The eleventh request of a minute is refused, with the time to wait; a forged address does not help."""
    answers = [lab.get("/healthz", headers={"x-forwarded-for": f"10.0.0.{number}"}) for number in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert int(answers[-1].headers["ratelimit-reset"]) <= 60
    assert answers[-1].headers["content-type"] == "application/problem+json"


def test_the_sole_reader_is_not_limited(sole: TestClient[Litestar]) -> None:
    """On his own machine."""
    assert {sole.get("/healthz").status_code for _ in range(700)} == {200}


def test_a_large_body_is_refused(sole: TestClient[Litestar]) -> None:
    """With 413, before it is read to its end."""
    answer = sole.put("/api/v1/papers/2605.99001/note", json={"text": "x" * MOST_BYTES})
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/nothing", "/nothing", "/static/nothing.css"])
def test_every_answer_carries_the_policy(sole: TestClient[Litestar], path: str) -> None:
    """Also those that no route gives."""
    headers = sole.get(path).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "strict-transport-security" not in headers


def test_https_is_kept_to(lab: TestClient[Litestar]) -> None:
    """Where the public address is an encrypted one."""
    assert "max-age" in lab.get("/healthz").headers["strict-transport-security"]


@pytest.mark.parametrize("header", ["", "[", "[::1", "http://x", "a]b"])
def test_what_is_no_host_is_none_of_ours(header: str) -> None:
    """And never an error of the server."""
    assert read_host(header) not in {"127.0.0.1", "localhost", "::1"}
