"""Signing in and out, the account and its keys, as pages."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from email import message_from_bytes
from itertools import count
from pathlib import Path

import pytest
from fakes.accounts_case import PASSWORD
from fakes.door_case import come_from
from fakes.judging_case import NOW
from fakes.lab_case import ADDRESS, give_password, make_link_of_bob, open_client
from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import Receive, Scope, Send

from api.app import create_app
from api.limits import SIGN_INS
from triage.accounts.guesses import MOST_GUESSES
from triage.accounts.passwords import _PLACES
from triage.accounts.sign_in import make_link, redeem_link
from triage.config import Settings
from triage.store.engine import Database

BOB = "bob@example.org"
CAROL = "carol@example.org"
LIST = "/shortlists/agent-evaluation/2026-W20"


@pytest.fixture(scope="module")
def store(lab_sample: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab's, in which bob has a password, which takes long to hash; copy it, do not use it."""
    path = tmp_path_factory.mktemp("password") / "triage.db"
    shutil.copy(lab_sample[0], path)
    asyncio.run(give_password(path))
    return path


@pytest.fixture
def strangers(store: Path, tmp_path: Path) -> Iterator[TestClient[Litestar]]:
    """A browser that nobody signed in with; bob has a password."""
    shutil.copy(store, tmp_path / "triage.db")
    with open_client(tmp_path, accounts=True) as client:
        yield client


def sign_in(client: TestClient[Litestar], password: str = PASSWORD, email: str = BOB, goal: str = "/tags") -> int:
    """Send the password form; the status."""
    form = {"by": "password", "email": email, "password": password, "next": goal}
    return client.post("/sign-in", data=form, follow_redirects=False).status_code


def test_whoever_must_sign_in_comes_back_to_the_page(strangers: TestClient[Litestar]) -> None:
    """The form knows where from, and the right password leads there."""
    asked = strangers.get(f"{LIST}?voted=x")
    assert asked.url.path == "/sign-in"
    assert f'name="next" value="{LIST}?voted=x"' in asked.text
    form = {"by": "password", "email": BOB.upper(), "password": PASSWORD, "next": LIST}
    answer = strangers.post("/sign-in", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, LIST)
    assert {"httponly", "samesite=lax", "path=/"} <= {
        part.strip().lower() for part in answer.headers["set-cookie"].split(";")
    }
    assert strangers.get(LIST).status_code == 200


@pytest.mark.parametrize("goal", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"])
def test_signing_in_never_leads_elsewhere(strangers: TestClient[Litestar], goal: str) -> None:
    """Neither from the form nor from the page's address."""
    assert "evil" not in strangers.get("/sign-in", params={"next": goal}).text
    form = {"by": "password", "email": BOB, "password": PASSWORD, "next": goal}
    assert strangers.post("/sign-in", data=form, follow_redirects=False).headers["location"] == "/"


def test_a_refusal_says_nothing_of_the_address(strangers: TestClient[Litestar]) -> None:
    """Wrong password and unknown address get the same page, with the address kept and the password not."""
    pages = [
        strangers.post("/sign-in", data={"by": "password", "email": email, "password": "wrong wrong"})
        for email in (BOB, "eve@example.org")
    ]
    assert [page.status_code for page in pages] == [401, 401]
    assert pages[0].text.replace(BOB, "") == pages[1].text.replace("eve@example.org", "")
    assert "wrong wrong" not in pages[0].text
    assert "set-cookie" not in pages[0].headers


def test_a_link_is_mailed_to_known_addresses_alone(strangers: TestClient[Litestar], tmp_path: Path) -> None:
    """The page is the same for any address; until mails are sent, they lie in the outbox."""
    pages = [strangers.post("/sign-in", data={"by": "link", "email": email}).text for email in (BOB, "eve@x.org")]
    assert pages[0].replace(BOB, "") == pages[1].replace("eve@x.org", "")
    (letter,) = (tmp_path / "outbox").glob("*.eml")
    assert message_from_bytes(letter.read_bytes())["To"] == BOB


def test_a_link_signs_in_once_and_only_by_its_button(strangers: TestClient[Litestar], tmp_path: Path) -> None:
    """Looking at it, as mail programs do, uses nothing up."""
    link = asyncio.run(make_link_of_bob(tmp_path / "triage.db"))
    key = link.partition("key=")[2]
    for _ in range(3):
        assert f'name="key" value="{key}"' in strangers.get(link).text
    assert strangers.post("/sign-in/link", data={"key": key}, follow_redirects=False).status_code == 303
    assert strangers.get("/tags", follow_redirects=False).status_code == 200
    again = strangers.post("/sign-in/link", data={"key": key}, headers={"sec-fetch-site": "same-origin"})
    assert again.status_code == 401
    assert "does not sign in" in again.text


def test_signing_out_ends_the_session(strangers: TestClient[Litestar]) -> None:
    """Not only in this browser: the cookie opens nothing any more."""
    assert sign_in(strangers) == 303
    cookie = strangers.cookies["triage_session"]
    answer = strangers.post("/sign-out", headers={"sec-fetch-site": "same-origin"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    strangers.cookies.clear()
    shown = strangers.get("/tags", headers={"cookie": f"triage_session={cookie}"}, follow_redirects=False)
    assert shown.headers["location"] == "/sign-in?next=%2Ftags"


def test_another_site_signs_nobody_out(strangers: TestClient[Litestar]) -> None:
    """Its form is refused."""
    assert sign_in(strangers) == 303
    assert strangers.post("/sign-out", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert strangers.get("/tags", follow_redirects=False).status_code == 200


def test_a_password_is_changed_with_the_old_one(strangers: TestClient[Litestar]) -> None:
    """The session goes on, and from then on the new one signs in."""
    assert sign_in(strangers) == 303
    page = strangers.get("/account").text
    assert BOB in page
    assert 'name="old"' in page
    ours = {"sec-fetch-site": "same-origin"}
    new = {"password": "another long one", "again": "another long one"}
    for form, told in (
        (new | {"old": "not the old one"}, "The old password is wrong."),
        (new | {"old": PASSWORD, "again": "different"}, "differ"),
        ({"old": PASSWORD, "password": "short", "again": "short"}, "10 to 1000"),
    ):
        answer = strangers.post("/account", data=form, headers=ours)
        assert answer.status_code == 400
        assert told in answer.text
    changed = strangers.post("/account", data=new | {"old": PASSWORD}, headers=ours)
    assert "The password is set" in changed.text
    strangers.cookies.clear()
    assert sign_in(strangers) == 401
    assert sign_in(strangers, password=new["password"]) == 303


def test_a_key_is_shown_once_and_revoked(strangers: TestClient[Litestar]) -> None:
    """It does what it was made for until then."""
    assert sign_in(strangers) == 303
    ours = {"sec-fetch-site": "same-origin"}
    assert "administer" not in strangers.get("/tokens").text
    form = {"action": "create", "label": "<b>notebook</b>", "access": "read", "days": "30"}
    made = strangers.post("/tokens", data=form, headers=ours)
    assert made.headers["cache-control"] == "no-store"
    key = re.search(r"triage_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}", made.text)
    assert key is not None
    assert "<b>" not in made.text
    assert key[0] not in strangers.get("/tokens").text
    bearer = {"Authorization": f"Bearer {key[0]}"}
    strangers_cookie = dict(strangers.cookies)
    strangers.cookies.clear()
    assert strangers.get("/api/v1/topics", headers=bearer).status_code == 200
    strangers.cookies.update(strangers_cookie)
    strangers.post("/tokens", data={"action": "revoke", "public": key[0].split("_")[1]}, headers=ours)
    assert "You have none" not in strangers.get("/tokens").text  # the one of the fixture is still there
    strangers.cookies.clear()
    assert strangers.get("/api/v1/topics", headers=bearer).status_code == 401


def test_a_reader_makes_no_admins_key(strangers: TestClient[Litestar]) -> None:
    """Also by a form of their own."""
    assert sign_in(strangers) == 303
    form = {"action": "create", "label": "x", "access": "admin"}
    answer = strangers.post("/tokens", data=form, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 400
    assert "Only admins" in answer.text


def test_guesses_are_limited(lab_sample: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """After so many a minute there is no more answer; the page itself stays."""
    (tmp_path / "triage.db").write_bytes(lab_sample[0].read_bytes())
    settings = Settings(home=tmp_path, embedder="hashing", now=NOW, accounts=True, public_url=ADDRESS)
    form = {"by": "link", "email": BOB}
    with TestClient(create_app(settings), base_url=ADDRESS) as client:
        statuses = [client.post("/sign-in", data=form).status_code for _ in range(SIGN_INS + 1)]
        assert statuses == [200] * SIGN_INS + [429]
        assert client.get("/sign-in").status_code == 200


def test_an_account_is_guessed_at_so_often(strangers: TestClient[Litestar], tmp_path: Path) -> None:
    """From wherever, and then not even the right password is compared; an emailed link still signs in."""
    assert sign_in(strangers) == 303
    strangers.cookies.clear()
    with strangers_from_anywhere(tmp_path) as browser:
        statuses = [sign_in(browser, "wrong wrong") for _ in range(MOST_GUESSES)]
        assert statuses == [401] * MOST_GUESSES
        form = {"by": "password", "email": BOB.upper(), "password": PASSWORD}
        refused = browser.post("/sign-in", data=form)
        assert refused.status_code == 429
        assert "have a link sent" in refused.text
        assert sign_in(browser, "wrong wrong", "eve@example.org") == 401
        key = asyncio.run(make_link_of_bob(tmp_path / "triage.db")).partition("key=")[2]
        assert browser.post("/sign-in/link", data={"key": key}, follow_redirects=False).status_code == 303
        answer = browser.post(
            "/account", data={"old": PASSWORD} | dict.fromkeys(("password", "again"), "a new long one")
        )
        assert answer.status_code == 429


def test_whoever_comes_when_too_many_wait_is_told_so(strangers: TestClient[Litestar]) -> None:
    """And nothing of it counts as a guess."""
    with ExitStack() as stack:
        while _PLACES.acquire(blocking=False):
            stack.callback(_PLACES.release)
        for _ in range(3):
            answer = strangers.post("/sign-in", data={"by": "password", "email": BOB, "password": PASSWORD})
            assert answer.status_code == 503
            assert "try again in a minute" in answer.text
            assert answer.headers["retry-after"] == "60"
    assert sign_in(strangers) == 303


def strangers_from_anywhere(home: Path) -> TestClient[Litestar]:
    """A browser whose every request comes from another address; to be entered."""
    settings = Settings(
        home=home, embedder="hashing", now=NOW, accounts=True, public_url=ADDRESS, trusted_proxy="127.0.0.1"
    )
    app, numbers = create_app(settings), count(1)

    async def ask(scope: Scope, receive: Receive, send: Send) -> None:
        await come_from(app, (f"192.0.2.{next(numbers)}", 1))(scope, receive, send)

    client = TestClient(ask, base_url=ADDRESS)
    client.headers["sec-fetch-site"] = "same-origin"
    return client  # type: ignore[return-value] # of any application


@pytest.mark.parametrize("way", ["password", "link"])
def test_signing_in_anew_ends_the_session_before(strangers: TestClient[Litestar], tmp_path: Path, way: str) -> None:
    """Its cookie is gone: nobody could end it any more."""
    assert sign_in(strangers) == 303
    before = {"cookie": f"triage_session={strangers.cookies['triage_session']}"}
    ours = {"sec-fetch-site": "same-origin"}
    form = {"by": "password", "email": BOB, "password": PASSWORD}
    if way == "link":
        form = {"key": asyncio.run(make_link_of_bob(tmp_path / "triage.db")).partition("key=")[2]}
    path = "/sign-in" if way == "password" else "/sign-in/link"
    assert strangers.post(path, data=form, headers=ours, follow_redirects=False).status_code == 303
    assert strangers.get("/tags", follow_redirects=False).status_code == 200
    strangers.cookies.clear()
    assert strangers.get("/tags", headers=before, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(("minutes", "status"), [(14, 303), (16, 400)])
def test_a_first_password_is_set_soon_after_the_link(
    strangers: TestClient[Litestar], tmp_path: Path, minutes: int, status: int
) -> None:
    """Whoever finds a browser that was left signed in does not take the account over."""
    key = asyncio.run(_redeem(tmp_path / "triage.db", NOW - timedelta(minutes=minutes)))
    headers = {"cookie": f"triage_session={key}", "sec-fetch-site": "same-origin"}
    form = {"password": "a first long one", "again": "a first long one"}
    answer = strangers.post("/account", data=form, headers=headers, follow_redirects=False)
    assert answer.status_code == status
    assert ("ask for a new link first" in answer.text) == (status == 400)
    strangers.cookies.clear()
    assert (sign_in(strangers, "a first long one", CAROL) == 303) == (status == 303)


async def _redeem(path: Path, now: datetime) -> str:
    database = Database(f"sqlite+aiosqlite:///{path}")
    link = await make_link(database, "carol", ADDRESS, now)
    key = await redeem_link(database, link.partition("key=")[2], now)
    await database.close()
    return key.text


def test_the_sole_reader_needs_none_of_it(client: TestClient[Litestar]) -> None:
    """The pages say so; there is no form."""
    assert client.get("/sign-in?next=/tags", follow_redirects=False).headers["location"] == "/tags"
    assert "None are needed" in client.get("/tokens").text
    made = client.post("/tokens", data={"action": "create", "label": "x", "access": "admin"})
    assert made.status_code == 400
    assert "No keys are needed here" in made.text
    account = client.get("/account").text
    assert "There are no accounts here" in account
    assert '<input type="password"' not in account
    assert client.post("/account", data={"password": PASSWORD, "again": PASSWORD}).status_code == 404
