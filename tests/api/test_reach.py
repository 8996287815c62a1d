"""Whom the sole reader's server answers, and what no answer does."""

from pathlib import Path

import pytest
from fakes.lab_case import ADDRESS, Lab
from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from api.head import answer_head
from triage.config import Settings
from triage.errors import InputError

PAPER = "/papers/2605.90001"


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via"])
def test_what_came_through_a_proxy_is_not_the_sole_reader(client: TestClient[Litestar], header: str) -> None:
    """A tunnel to this machine would make every stranger its admin."""
    assert client.get("/api/v1/me").status_code == 200
    assert client.get("/api/v1/me", headers={header: "203.0.113.5"}).status_code == 403


def test_a_public_address_needs_accounts(tmp_path: Path) -> None:
    """Said when it is started, and what to set."""
    with pytest.raises(InputError, match="TRIAGE_ACCOUNTS=true"):
        create_app(Settings(home=tmp_path, public_url="https://triage.example.org"))
    create_app(Settings(home=tmp_path, public_url="https://triage.example.org", accounts=True))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "TRIAGE_SMTP_HOST"),
        ({"smtp_host": "smtp.example.org", "smtp_ca": "no/such.pem"}, "TRIAGE_SMTP_CA"),
        ({"smtp_host": "smtp.example.org", "dkim_key": "no/such.pem"}, "TRIAGE_DKIM_KEY"),
    ],
)
async def test_mail_that_cannot_work_is_told_at_the_start(tmp_path: Path, settings: dict[str, str], told: str) -> None:
    """And not to the first reader who confirms an address, or in a log that nobody reads."""
    wrong = {"home": tmp_path, "embedder": "hashing", "mail": "smtp"} | settings
    app = create_app(Settings.model_validate(wrong))
    with pytest.raises(ExceptionGroup) as raised:
        async with app.lifespan():
            pass
    assert raised.group_contains(InputError, match=told)


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/papers/2605.90001", "/api/v1/search?q=a", "/mcp"])
def test_nothing_is_kept_unless_we_say_so(client: TestClient[Litestar], path: str) -> None:
    """Answers may hold a reader's own, and caches keep what says nothing of it."""
    assert "no-store" in client.get(path).headers["cache-control"]


def test_a_note_is_only_deleted_by_an_empty_one(client: TestClient[Litestar]) -> None:
    """A request without a text, or that is no form, changes nothing."""
    client.put(f"/api/v1{PAPER}/note", json={"text": "precious"})
    assert client.post(f"{PAPER}/note", json={"text": "other"}).status_code == 415
    assert client.post(f"{PAPER}/note", data={"next": "/"}).status_code == 400
    assert client.post(f"{PAPER}/note", content=b"").status_code == 400
    assert client.get(f"/api/v1{PAPER}/note").json()["text"] == "precious"
    client.post(f"{PAPER}/note", data={"text": ""})
    assert client.get(f"/api/v1{PAPER}/note").status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/mcp", "/feeds/a/b/c", "/healthz/x", "/metrics/x"])
def test_programs_get_no_page(client: TestClient[Litestar], path: str) -> None:
    """Not even where nothing is."""
    assert client.get(path).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/tags"])
def test_a_wrong_key_leads_nowhere(lab: Lab, path: str) -> None:
    """A program that sends one would be sent round in circles."""
    answer = lab.client.get(path, headers={"Authorization": "Bearer nonsense"}, follow_redirects=False)
    assert answer.status_code == 401
    assert "location" not in answer.headers


@pytest.mark.parametrize("path", ["/api/v1/topics", PAPER, "/healthz", "/nothing", "/feeds/agent-evaluation.atom"])
def test_head_is_get_without_the_body(home: Path, path: str) -> None:
    """With the same status and headers, as monitors and feed readers ask."""
    app = answer_head(create_app(Settings(home=home, embedder="hashing", public_url=ADDRESS)))
    with TestClient(app, base_url=ADDRESS) as client:
        got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.content == b""
    assert got.content


@pytest.mark.parametrize("host", ["evil.org@127.0.0.1", "127.0.0.1/x", "127.0.0.1#x", "[::1]x", "127.0.0.1:x"])
def test_a_host_is_nothing_but_a_host(client: TestClient[Litestar], host: str) -> None:
    """And perhaps a port."""
    assert client.get("/api/v1/topics", headers={"host": host}).status_code == 400


def test_a_key_cannot_look_after_the_account(lab: Lab) -> None:
    """Neither change the password nor make keys."""
    form = {"password": "a long enough one", "again": "a long enough one"}
    assert lab.client.post("/account", data=form, headers=lab.headers["bob"]).status_code == 403
    assert lab.client.post("/tokens", data={"action": "create"}, headers=lab.headers["bob"]).status_code == 403
