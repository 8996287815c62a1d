"""Every route times every kind of asker, in one table; a route that has no row fails the test."""

import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from enum import Enum
from pathlib import Path

import msgspec
import pytest
from fakes.judging_case import NOW, WEEK
from fakes.lab_case import open_client
from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from triage.config import Settings
from triage.core.account import mint_key

TOPIC = "agent-evaluation"
PAPER = "2605.90001"
VALUES = {
    "paper_id:str": PAPER,
    "archive:str": "cs",
    "number:str": "0601001",
    "topic:str": TOPIC,
    "week:str": str(WEEK),
    "name:str": "mine",
    "public:str": "0" * 12,
    "key:str": "k" * 32,
    "file_path:path": "triage.css",
}


class Access(Enum):
    """Who is let in."""

    OPEN = "anyone, signed in or not"
    CLOSED = "nobody: only another route leads there"
    READ = "a reader whose key may read"
    WRITE = "a reader whose key may write"
    EDIT = "an editor whose key may write"
    OVERSEE = "an editor whose key may read"
    ADMIN = "an admin whose key may administer"
    PERSON = "a reader who signed in; a key does not do"
    PAGE = "as READ, sent to the sign-in page otherwise"
    OVERSEE_PAGE = "as OVERSEE, sent to the sign-in page otherwise"
    EDIT_PAGE = "as EDIT, sent to the sign-in page otherwise"
    FORM = "as WRITE, sent to the sign-in page otherwise"
    PERSON_PAGE = "as PERSON, sent to the sign-in page otherwise"


_PAPER_PATHS = ("/papers/{paper_id:str}", "/papers/{archive:str}/{number:str}")
TABLE: dict[str, Access] = {
    "GET /": Access.PAGE,
    "GET /account": Access.PERSON_PAGE,
    "POST /account": Access.PERSON_PAGE,
    "GET /agreement": Access.OVERSEE_PAGE,
    "GET /agreement/{topic:str}": Access.OVERSEE_PAGE,
    "GET /api/v1/agreement/{topic:str}": Access.OVERSEE,
    "GET /api/v1/audits/{topic:str}": Access.READ,
    "GET /api/v1/healthz": Access.OPEN,
    "GET /api/v1/readyz": Access.OPEN,
    "GET /api/v1/ledger": Access.READ,
    "GET /api/v1/map/{week:str}": Access.READ,
    "GET /api/v1/me": Access.READ,
    "GET /api/v1/me/tokens": Access.READ,
    "POST /api/v1/me/tokens": Access.PERSON,
    "DELETE /api/v1/me/tokens/{public:str}": Access.PERSON,
    "GET /api/v1/openapi.json": Access.OPEN,
    "GET /api/v1/papers": Access.READ,
    "GET /api/v1/rubric": Access.READ,
    "GET /api/v1/runs": Access.OVERSEE,
    "GET /api/v1/search": Access.READ,
    "GET /api/v1/shortlists/{topic:str}/{week:str}": Access.READ,
    "GET /api/v1/shortlists/{topic:str}/{week:str}/audit": Access.READ,
    "PUT /api/v1/shortlists/{topic:str}/{week:str}/publication": Access.EDIT,
    "GET /api/v1/subscriptions": Access.READ,
    "PUT /api/v1/subscriptions/{topic:str}": Access.WRITE,
    "DELETE /api/v1/subscriptions/{topic:str}": Access.WRITE,
    "GET /api/v1/mailing": Access.READ,
    "PUT /api/v1/mailing": Access.WRITE,
    "DELETE /api/v1/mailing": Access.WRITE,
    "POST /api/v1/mailing/confirmation": Access.WRITE,
    "PUT /api/v1/mailing/pause": Access.WRITE,
    "DELETE /api/v1/mailing/pause": Access.WRITE,
    "GET /api/v1/deliveries": Access.READ,
    "GET /api/v1/tags": Access.READ,
    "GET /api/v1/tags/{name:str}/export": Access.READ,
    "GET /api/v1/topics": Access.READ,
    "GET /api/v1/weeks": Access.READ,
    "GET /docs": Access.OPEN,
    "GET /feeds/tags/{file:str}": Access.READ,
    "GET /feeds/{file:str}": Access.READ,
    "GET /healthz": Access.OPEN,
    "GET /readyz": Access.OPEN,
    "GET /metrics": Access.ADMIN,
    "POST /mcp": Access.READ,
    "GET /ledger": Access.PAGE,
    "GET /map/{week:str}": Access.PAGE,
    "GET /search": Access.PAGE,
    "GET /shortlists/{topic:str}": Access.PAGE,
    "GET /shortlists/{topic:str}/{week:str}": Access.PAGE,
    "GET /sign-in": Access.OPEN,
    "POST /sign-in": Access.OPEN,
    "GET /sign-in/link": Access.OPEN,
    "POST /sign-in/link": Access.OPEN,
    "POST /sign-out": Access.OPEN,
    "GET /static/{file_path:path}": Access.OPEN,
    "HEAD /static/{file_path:path}": Access.OPEN,
    "GET /subscriptions": Access.PAGE,
    "POST /subscriptions": Access.FORM,
    "POST /subscriptions/mail": Access.FORM,
    "GET /tags": Access.PAGE,
    "GET /tags/{name:str}": Access.PAGE,
    "POST /tags/{name:str}": Access.FORM,
    "GET /tokens": Access.PERSON_PAGE,
    "POST /tokens": Access.PERSON_PAGE,
}
TABLE |= {f"GET /mcp/tools/{each}": Access.CLOSED for each in ("paper", "search", "shortlist", "similar")}
for _verb in ("GET", "POST"):
    TABLE |= {f"{_verb} /mail/{{key:str}}/{each}": Access.OPEN for each in ("unsubscribe", "pause", "confirm", "vote")}
for _paper in _PAPER_PATHS:
    TABLE |= {f"POST {_paper}/{each}": Access.FORM for each in ("vote", "tags", "note")}
    TABLE |= {
        f"GET /api/v1{_paper}": Access.READ,
        f"GET /api/v1{_paper}/export": Access.READ,
        f"GET /api/v1{_paper}/similar": Access.READ,
        f"GET /api/v1{_paper}/tags": Access.READ,
        f"PUT /api/v1{_paper}/tags/{{name:str}}": Access.WRITE,
        f"DELETE /api/v1{_paper}/tags/{{name:str}}": Access.WRITE,
        f"GET /api/v1{_paper}/votes/{{topic:str}}": Access.READ,
        f"PUT /api/v1{_paper}/votes/{{topic:str}}": Access.WRITE,
        f"DELETE /api/v1{_paper}/votes/{{topic:str}}": Access.WRITE,
        f"PUT /api/v1{_paper}/adjudications/{{topic:str}}": Access.EDIT,
        f"DELETE /api/v1{_paper}/adjudications/{{topic:str}}": Access.EDIT,
        f"GET /api/v1{_paper}/note": Access.READ,
        f"PUT /api/v1{_paper}/note": Access.WRITE,
        f"DELETE /api/v1{_paper}/note": Access.WRITE,
        f"GET {_paper}": Access.PAGE,
        f"GET {_paper}/similar": Access.PAGE,
        f"POST {_paper}/adjudication": Access.EDIT_PAGE,
    }

_SIGN_IN = {302, 303}
_NEEDED = {  # the scope that a key must have, and whether a mere reader is enough
    Access.READ: ("read", True),
    Access.WRITE: ("write", True),
    Access.EDIT: ("write", False),
    Access.EDIT_PAGE: ("write", False),
    Access.OVERSEE: ("read", False),
    Access.OVERSEE_PAGE: ("read", False),
    Access.ADMIN: ("admin", False),
    Access.PAGE: ("read", True),
    Access.FORM: ("write", True),
}


_FOR_EDITORS = (Access.EDIT, Access.EDIT_PAGE, Access.OVERSEE, Access.OVERSEE_PAGE)


class Asked(msgspec.Struct, frozen=True):
    """What one kind of asker got."""

    status: int
    location: str


def list_routes(app: Litestar) -> set[str]:
    """Method and path of everything that is answered."""
    return {
        f"{method} {route.path}"
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS" and not re.match(r"/api/v1/openapi\.json/", route.path)
    }


ROUTES = sorted(list_routes(create_app(Settings(home=Path("/nonexistent"), accounts=True))))


class Askers(msgspec.Struct, frozen=True):
    """A server with accounts, and a header for each kind of key."""

    client: TestClient[Litestar]
    headers: Mapping[str, dict[str, str]]


@pytest.fixture(scope="module")
def askers(lab_sample: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Askers]:
    """Keys of all kinds, made by changing rows of bob's and carol's: how keys are made is tested elsewhere."""
    folder = tmp_path_factory.mktemp("askers")
    shutil.copy(lab_sample[0], folder / "triage.db")
    keys = {name: key for name, key in lab_sample[1].items() if name != "bob"}
    past = (NOW - timedelta(days=1)).replace(tzinfo=None).isoformat(" ")
    changes = {
        ("bob", "bob"): "",
        ("bob", "expired"): f", expires_at = '{past}'",
        ("bob", "revoked"): f", revoked_at = '{past}'",
        ("bob", "only read"): ", scopes = '[\"read\"]'",
        ("bob", "only write"): ", scopes = '[\"write\"]'",
        ("bob", "signed in"): ", kind = 'session'",
        ("carol", "editor, only read"): ", scopes = '[\"read\"]'",
        ("carol", "editor, only write"): ", scopes = '[\"write\"]'",
    }
    with closing(sqlite3.connect(folder / "triage.db")) as store:
        columns = "kind, reader, label, scopes, created_at, expires_at, last_used_at, revoked_at"
        for (owner, kind), change in changes.items():
            key = mint_key()
            store.execute(
                f"INSERT INTO credentials (public, digest, {columns}) "  # noqa: S608 - names of ours
                f"SELECT ?, ?, {columns} FROM credentials WHERE reader = ? AND kind = 'token' LIMIT 1",
                (key.public, key.digest, owner),
            )
            store.execute(f"UPDATE credentials SET label = label{change} WHERE public = ?", (key.public,))  # noqa: S608
            keys[kind] = key.text
        store.commit()
    keys["bad"] = mint_key().text
    headers = {kind: {"Authorization": f"Bearer {key}"} for kind, key in keys.items()}
    headers["signed in"] = {"cookie": f"triage_session={keys['signed in']}", "sec-fetch-site": "same-origin"}
    with open_client(folder, accounts=True) as client:
        yield Askers(client, headers | {"no key": {}, "no key at all": {"Authorization": "Bearer nonsense"}})


def ask(askers: Askers, kind: str, route: str) -> Asked:
    """Ask a route with plausible values; what it needs in its body is left out, which is seen after who asks."""
    method, _, path = route.partition(" ")
    values = VALUES | {"file:str": "mine.atom" if "/tags/" in path else f"{TOPIC}.atom"}
    url = re.sub(r"\{([^}]+)\}", lambda found: values[found[1]], path)
    headers = askers.headers[kind] | ({"accept": "text/html"} if TABLE[route].name.endswith("PAGE") else {})
    answer = askers.client.request(method, url, headers=headers, follow_redirects=False)
    return Asked(answer.status_code, answer.headers.get("location", ""))


def test_every_route_has_a_row() -> None:
    """And every row is a route."""
    assert set(ROUTES) == set(TABLE)


@pytest.mark.parametrize("route", [route for route in ROUTES if TABLE.get(route) is Access.OPEN])
def test_open_routes_answer_anyone(askers: Askers, route: str) -> None:
    """Who has no key is not asked for one."""
    assert ask(askers, "no key", route).status not in {401, 403, 500}


@pytest.mark.parametrize("route", [route for route in ROUTES if TABLE.get(route) is Access.CLOSED])
def test_closed_routes_answer_nobody(askers: Askers, route: str) -> None:
    """Not even an admin."""
    assert {ask(askers, kind, route).status for kind in askers.headers} <= {401, 403, 404}


@pytest.mark.parametrize("kind", ["no key", "no key at all", "bad", "expired", "revoked"])
@pytest.mark.parametrize("route", [route for route in ROUTES if TABLE.get(route) not in {Access.OPEN, Access.CLOSED}])
def test_no_other_route_does(askers: Askers, route: str, kind: str) -> None:
    """Programs get 401, and people without a key the way to sign in, which leads back to a place of ours."""
    asked = ask(askers, kind, route)
    is_page = TABLE[route] is Access.FORM or TABLE[route].name.endswith("PAGE")
    if is_page and asked.status in _SIGN_IN:
        assert asked.location.startswith("/sign-in")
    else:
        assert asked.status == 401


@pytest.mark.parametrize("route", [route for route in ROUTES if TABLE.get(route) in _NEEDED])
def test_a_key_of_another_scope_is_not_enough(askers: Askers, route: str) -> None:
    """Each key does what it was made for, and no more than its owner may."""
    needed, is_for_all = _NEEDED[TABLE[route]]
    for scope in ("read", "write"):
        for kind, is_enough in ((f"only {scope}", is_for_all), (f"editor, only {scope}", True)):
            status = ask(askers, kind, route).status
            if scope == needed and is_enough:
                assert status not in {401, 403, 500}, kind
            else:
                assert status == 403, kind


@pytest.mark.parametrize("route", [route for route in ROUTES if TABLE.get(route) in _NEEDED])
def test_roles_open_what_they_should(askers: Askers, route: str) -> None:
    """A reader, an editor and an admin, with keys of all scopes."""
    editors = {each: {"carol", "ada"} for each in _FOR_EDITORS}
    needs = editors | {Access.ADMIN: {"ada"}}
    allowed = needs.get(TABLE[route], {"bob", "carol", "ada"})
    for name in ("bob", "carol", "ada"):
        status = ask(askers, name, route).status
        assert (status not in {401, 403, 500}) if name in allowed else (status == 403), name


@pytest.mark.parametrize("route", [name for name in ROUTES if TABLE.get(name) in {Access.PERSON, Access.PERSON_PAGE}])
def test_a_key_makes_no_keys(askers: Askers, route: str) -> None:
    """Else a stolen one could not be revoked."""
    if not route.startswith("GET"):
        assert ask(askers, "bob", route).status == 403


def test_another_readers_key_is_not_there(askers: Askers) -> None:
    """Revoking it is answered like revoking one that never was, and it goes on working."""
    public = askers.headers["carol"]["Authorization"].split("_")[1]
    answers = [
        askers.client.delete(f"/api/v1/me/tokens/{each}", headers=askers.headers["signed in"])
        for each in (public, "0" * 12)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"].replace(public, "") == answers[1].json()["detail"].replace("0" * 12, "")
    assert askers.client.get("/api/v1/me", headers=askers.headers["carol"]).status_code == 200
