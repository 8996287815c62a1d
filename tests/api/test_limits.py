from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.door_case import come_from
from fakes.lab_case import ADDRESS, LentClient
from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import Receive, Scope, Send
from pydantic import ValidationError

from api.app import create_app
from api.limits import MOST_BYTES, SIGN_INS, read_host
from triage.config import Settings
from triage.core.mailing import mint_mail_key
from triage.log import configure_logging

PUBLIC = "https://triage.example.org"


def open_client(home: Path, **settings: object) -> TestClient[Litestar]:
    """An application on an empty store."""
    return LentClient(Settings.model_validate({"home": home} | settings))


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
    assert sole.get("/api/v1/topics", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil@127.0.0.1.x", "", "[::1", "a b"])
def test_a_name_that_was_made_to_lead_here_is_not_answered(sole: TestClient[Litestar], host: str) -> None:
    """A page of another site cannot read us by letting its own name point at this machine."""
    answer = sole.get("/api/v1/topics", headers={"host": host})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_with_accounts_only_the_public_name_is_answered(lab: TestClient[Litestar]) -> None:
    """Links in mails are made of it, and nothing else may be put in its place."""
    assert lab.get("/healthz").status_code == 200
    assert lab.get("/api/v1/openapi.json", headers={"host": "127.0.0.1"}).status_code == 400
    assert lab.get("/healthz", headers={"host": "10.0.0.7"}).status_code == 200  # a probe


def test_one_address_may_not_ask_without_end(lab: TestClient[Litestar]) -> None:
    """The eleventh request of a minute is refused, with the time to wait; a forged address does not help."""
    answers = [lab.get("/api/v1/openapi.json", headers={"x-forwarded-for": f"10.0.0.{number}"}) for number in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) <= 60
    assert lab.get("/healthz").status_code == 200  # a probe is not to take us for dead
    assert answers[-1].headers["content-type"] == "application/problem+json"


def test_leaving_by_mail_is_never_refused(lab: TestClient[Litestar]) -> None:
    """Mailbox providers leave for many readers from a few addresses, and one refusal counts against who sends."""
    url = f"/mail/{mint_mail_key()}/unsubscribe"
    assert {lab.post(url).status_code for _ in range(25)} == {200}
    assert [lab.get(url).status_code for _ in range(11)] == [200] * 10 + [429]
    assert lab.post(url).status_code == 200


def test_the_sole_reader_is_not_limited(sole: TestClient[Litestar]) -> None:
    """On his own machine."""
    assert {sole.get("/api/v1/openapi.json").status_code for _ in range(700)} == {200}


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


def ask_from(home: Path, hosts: list[str], path: str = "/api/v1/openapi.json", **settings: object) -> list[int]:
    """The statuses of one request from each address, of an application with accounts."""
    app = create_app(Settings.model_validate({"home": home, "accounts": True, "public_url": PUBLIC} | settings))
    client = [("", 1)]

    async def ask(scope: Scope, receive: Receive, send: Send) -> None:
        await come_from(app, client[0])(scope, receive, send)

    statuses = []
    with TestClient(ask, base_url=PUBLIC) as browser:
        for host in hosts:
            client[0] = (host, 1)
            form = {"by": "link", "email": "nobody@example.org"}
            answer = browser.post(path, data=form) if path.startswith("/sign-in") else browser.get(path)
            statuses.append(answer.status_code)
    return statuses


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_a_customers_network_counts_as_one_address(tmp_path: Path, one: str, other: str, is_same: bool) -> None:
    """Of IPv6 it has addresses without end; IPv4 in its clothes is what it is."""
    statuses = ask_from(tmp_path, [one, one, other], rate_limit=2)
    assert statuses == [200, 200, 429 if is_same else 200]


def test_sign_ins_are_limited_where_nothing_else_is(tmp_path: Path) -> None:
    """By network, too."""
    hosts = [f"2001:db8::{number}" for number in range(1, SIGN_INS + 2)]
    assert ask_from(tmp_path, hosts, "/sign-in", rate_limit=0) == [200] * SIGN_INS + [429]


@pytest.mark.parametrize(("proxy", "count"), [("", 1), ("127.0.0.1", 0)])
def test_a_proxy_that_nobody_trusts_is_told_of_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], proxy: str, count: int
) -> None:
    """All its readers share one limit until it is."""
    configure_logging("info")
    app = create_app(Settings(home=tmp_path, accounts=True, public_url=PUBLIC, trusted_proxy=proxy))
    with TestClient(app, base_url=ADDRESS) as client:
        for _ in range(3):
            client.get("/healthz", headers={"host": "triage.example.org", "x-forwarded-for": "192.0.2.1"})
    log = capsys.readouterr().err
    assert log.count("proxy_not_trusted") == log.count("TRIAGE_TRUSTED_PROXY") == count


@pytest.mark.parametrize("text", ["10.0.0.2", "::1", ""])
def test_a_trusted_proxy_is_one_address(text: str) -> None:
    """Or there is none."""
    assert Settings(trusted_proxy=text).trusted_proxy == text


@pytest.mark.parametrize("text", ["*", "10.0.0.0/8", "10.0.0.2,10.0.0.3", "proxy.example.org", "10.0.0.2:80"])
def test_no_more_than_one_address_is_trusted(text: str) -> None:
    """Everybody, a network, a list or a name would let readers say who they are."""
    with pytest.raises(ValidationError, match=r"expected one IP address, such as 10\.0\.0\.2"):
        Settings(trusted_proxy=text)
