"""Who is let in by which door: every way to show a key, or none, at every guard."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes.door_case import GUARDS, House, bear, build_doors, carry, come_from, name_basic, try_doors
from fakes.judging_case import NOW
from fakes.lab_case import ADDRESS
from litestar import Litestar
from litestar.testing import TestClient

from api.auth import clear_cookie, cookie_name, security_schemes, session_cookie
from api.problems import PROBLEM_TYPE
from triage.accounts.keys import list_tokens, revoke_token
from triage.accounts.readers import add_reader, disable_reader
from triage.accounts.sign_in import sign_out
from triage.config import Settings
from triage.core.account import Key, Role, Scope, mint_key

_TLS = Settings(public_url="https://triage.example.org", accounts=True)
_PLAIN = Settings(public_url="http://127.0.0.1:8000", accounts=True)


@pytest.fixture
def house(lab_sample: tuple[Path, dict[str, str]], tmp_path: Path) -> House:
    """Ada (admin), bob (reader) and carol (editor) with keys of all scopes."""
    path = tmp_path / "triage.db"
    shutil.copy(lab_sample[0], path)
    return House(path, lab_sample[1])


@pytest.fixture
def doors(house: House) -> Iterator[TestClient[Litestar]]:
    """With accounts."""
    with TestClient(build_doors(house.path.parent), base_url=ADDRESS) as client:
        yield client


@pytest.fixture
def open_doors(house: House) -> Iterator[TestClient[Litestar]]:
    """With accounts, and reading for everybody."""
    with TestClient(build_doors(house.path.parent, anonymous_reading=True), base_url=ADDRESS) as client:
        yield client


def test_roles_and_scopes_open_doors(house: House, doors: TestClient[Litestar]) -> None:
    """A key opens what both its scopes and its owner's role allow; programs do not get in where people are wanted."""
    read, write, admin = Scope.READ, Scope.WRITE, Scope.ADMIN
    ada, bob, carol = Role.ADMIN, Role.READER, Role.EDITOR
    table = {  # at the doors for           readers, known, writers, editors, admins, people
        ("ada", ada, read, write, admin): [200, 200, 200, 200, 200, 403],
        ("ada", ada, read, write): [200, 200, 200, 200, 403, 403],
        ("ada", ada, read): [200, 200, 403, 403, 403, 403],
        ("ada", ada, write): [403, 403, 200, 200, 403, 403],
        ("carol", carol, read, write): [200, 200, 200, 200, 403, 403],
        ("bob", bob, read, write): [200, 200, 200, 403, 403, 403],
        ("bob", bob, read): [200, 200, 403, 403, 403, 403],
    }
    found = {row: try_doors(doors, bear(house.make_token(*row))) for row in table}  # type: ignore[arg-type] # rows differ in length
    assert found == table


def test_a_key_of_scope_admin_is_worth_its_owners_role(house: House, doors: TestClient[Litestar]) -> None:
    """As if bob had been an admin when it was made."""
    assert try_doors(doors, bear(house.make_token("bob", Role.ADMIN, *Scope))) == [200, 200, 200, 403, 403, 403]


def test_sessions_open_what_the_role_allows(house: House, doors: TestClient[Litestar]) -> None:
    """People are let in where programs are not."""
    assert try_doors(doors, carry(house.sign_in("ada"))) == [200] * 6
    assert try_doors(doors, carry(house.sign_in("carol"))) == [200, 200, 200, 200, 403, 200]
    assert try_doors(doors, carry(house.sign_in("bob"))) == [200, 200, 200, 403, 403, 200]


def list_bad_headers(house: House) -> dict[str, dict[str, str]]:
    """Every way to show a key that is none."""
    expired, revoked = (house.make_token("bob", Role.READER, Scope.READ, days_ago=days) for days in (2, 0))
    house.do(lambda base: revoke_token(base, "bob", revoked.public, NOW))
    house.do(lambda base: add_reader(base, "dora", "dora@example.org", Role.READER, NOW))
    gone = house.make_token("dora", Role.READER, Scope.READ)
    house.do(lambda base: disable_reader(base, "dora", NOW))
    good = house.keys["ada"]
    return {
        "empty": {"Authorization": ""},
        "no scheme": {"Authorization": good},
        "other scheme": {"Authorization": f"Digest {good}"},
        "no key": {"Authorization": "Bearer"},
        "malformed": bear("triage_x"),
        "mistyped": bear(good[:-1] + ("a" if good[-1] != "a" else "b")),
        "two keys": bear(f"{good} {good}"),
        "not latin": {"Authorization": "Bearer tri\u00e4ge"},
        "unknown": bear(mint_key()),
        "forged": bear(Key(good.split("_")[1], mint_key().secret)),
        "expired": bear(expired),
        "revoked": bear(revoked),
        "disabled": bear(gone),
        "a session's": bear(house.sign_in("ada")),
        "basic away from feeds": name_basic("ada", good),
    }


def test_a_bad_key_opens_no_door(house: House, open_doors: TestClient[Litestar]) -> None:
    """Not even one that is open to everybody: whoever shows a key wants to be known. Which fault it was is not told."""
    told = set()
    for name, headers in list_bad_headers(house).items():
        raw = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
        answers = [open_doors.get(f"/{door}", headers=raw) for door in GUARDS]
        assert [answer.status_code for answer in answers] == [401] * 6, name
        assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer realm="Triage"'}, name
        assert {answer.headers["content-type"] for answer in answers} == {PROBLEM_TYPE}, name
        if name in {"malformed", "mistyped", "unknown", "forged", "expired", "revoked", "disabled", "a session's"}:
            told |= {answer.content for answer in answers}
    assert len(told) == 1


def test_without_a_key_every_door_is_shut(doors: TestClient[Litestar]) -> None:
    """And it is said how to get in."""
    assert try_doors(doors, {}) == [401] * 6
    answer = doors.get("/readers")
    assert answer.headers["www-authenticate"] == 'Bearer realm="Triage"'
    assert "Bearer triage_" in answer.json()["detail"]


def test_anonymous_reading_opens_the_door_of_readers_only(house: House, open_doors: TestClient[Litestar]) -> None:
    """Nobody in particular reads, and owns nothing; whoever is known is known there too."""
    assert try_doors(open_doors, {}) == [200, 401, 401, 401, 401, 401]
    assert open_doors.get("/readers").text == " by nobody"
    assert open_doors.get("/readers", headers=bear(house.keys["bob"])).text == "bob by token"


def test_a_cookie_that_is_none_is_nobodys(
    house: House, doors: TestClient[Litestar], open_doors: TestClient[Litestar]
) -> None:
    """A session ends by itself: that is no reason to refuse what everybody may read."""
    ended = house.sign_in("ada")
    house.do(lambda base: sign_out(base, ended.public, NOW))
    for cookie in ("", "x", mint_key(), ended, house.keys["ada"]):
        assert try_doors(doors, carry(cookie)) == [401] * 6
        assert try_doors(open_doors, carry(cookie)) == [200, 401, 401, 401, 401, 401]


def test_the_header_is_believed_before_the_cookie(house: House, doors: TestClient[Litestar]) -> None:
    """Also where it is wrong."""
    cookie = carry(house.sign_in("ada"))
    assert doors.get("/readers", headers=cookie | bear(house.keys["bob"])).text == "bob by token"
    assert doors.get("/readers", headers=cookie | bear(mint_key())).status_code == 401


def test_feeds_take_a_name_and_the_key_as_password(house: House, doors: TestClient[Litestar]) -> None:
    """Any name; asked for in the way that feed readers understand."""
    for name in ("bob", "", "whoever"):
        assert doors.get("/feeds/all", headers=name_basic(name, house.keys["bob"])).text == "bob by token"
    assert doors.get("/feeds/all", headers=bear(house.keys["bob"])).text == "bob by token"
    bad = [{}, name_basic("bob", "x"), name_basic(house.keys["bob"], ""), {"Authorization": "Basic !!"}]
    bad += [{"Authorization": "Basic"}, {"Authorization": "Basic /w=="}]
    for headers in bad:
        answer = doors.get("/feeds/all", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="Triage", charset="UTF-8"'


def test_schemes_may_be_in_any_case(house: House, doors: TestClient[Litestar]) -> None:
    """As HTTP says."""
    key = house.keys["bob"]
    assert doors.get("/readers", headers={"Authorization": f"bEARER  {key}"}).status_code == 200
    basic = name_basic("bob", key)["Authorization"].replace("Basic", "BASIC")
    assert doors.get("/feeds/all", headers={"Authorization": basic}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.8.8.8", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("10.0.0.1", 403),
        ("192.168.1.5", 403),
        ("203.0.113.9", 403),
        ("0.0.0.0", 403),
        ("fe80::1%eth0", 403),
        ("::ffff:10.0.0.1", 403),
    ],
)
def test_the_sole_reader_is_on_this_machine(house: House, host: str, status: int) -> None:
    """Whoever asks from elsewhere is refused at every door, whatever the server was bound to."""
    app = come_from(build_doors(house.path.parent, accounts=False), (host, 1))
    with TestClient(app, base_url=ADDRESS) as client:
        assert try_doors(client, {}) == [status] * 6  # type: ignore[arg-type] # a client of any application


def test_a_key_changes_nothing_for_the_sole_reader(house: House) -> None:
    """Programs that send one go on working without accounts; and a Unix socket has no address."""
    app = come_from(build_doors(house.path.parent, accounts=False), None)
    with TestClient(app, base_url=ADDRESS) as client:
        for headers in ({}, bear("nonsense"), carry("nonsense")):
            assert client.get("/admins", headers=headers).text == "me by sole"


def test_the_cookie_is_guarded_by_the_browser() -> None:
    """No script reads it, other sites' forms do not send it; with TLS it belongs to this host alone."""
    key = mint_key()
    header = session_cookie(_TLS, key).to_header(header="")
    assert header.startswith(f"__Host-triage_session={key.text};")
    parts = {part.strip().lower() for part in header.split(";")[1:]}
    assert parts == {"httponly", "secure", "samesite=lax", "path=/", f"max-age={30 * 86400}"}
    plain = session_cookie(_PLAIN, key).to_header(header="")
    assert plain.startswith(f"triage_session={key.text};")
    assert "secure" not in plain.lower()


@pytest.mark.parametrize("settings", [_TLS, _PLAIN])
def test_a_cleared_cookie_is_forgotten_at_once(settings: Settings) -> None:
    """It has the name and path of the one that it ends, and no time to live."""
    header = clear_cookie(settings).to_header(header="").lower()
    assert header.startswith(f"{cookie_name(settings).lower()}=")
    assert "max-age=0" in header
    assert "path=/" in header


def test_the_documented_schemes_are_those_that_work() -> None:
    """Above all the cookie's name."""
    schemes = security_schemes(_TLS)
    assert (schemes["token"].type, schemes["token"].scheme) == ("http", "bearer")
    assert (schemes["feed"].type, schemes["feed"].scheme) == ("http", "basic")
    assert (schemes["session"].security_scheme_in, schemes["session"].name) == ("cookie", "__Host-triage_session")


def test_reading_with_a_key_waits_for_nobody_who_writes(house: House) -> None:
    """More requests than there are connections; the use of the key is noted once there is room for it."""
    with (
        TestClient(build_doors(house.path.parent), base_url=ADDRESS) as doors,
        closing(sqlite3.connect(house.path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        for headers in (bear(house.keys["bob"]), bear(house.keys["ada"])) * 20:
            assert doors.get("/readers", headers=headers).status_code == 200
    (token,) = house.do(lambda base: list_tokens(base, "bob"))
    assert token.last_used_at == NOW
