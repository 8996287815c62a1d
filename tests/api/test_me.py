"""`/api/v1/me` and the keys of one's programs."""

from pathlib import Path

import pytest
from fakes.door_case import House, bear, carry
from fakes.lab_case import Lab
from litestar import Litestar
from litestar.testing import TestClient

from api.problems import PROBLEM_TYPE
from triage.core.account import mint_key

_SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def lab_house(lab: Lab, tmp_path: Path) -> House:
    """The database that the lab's server uses."""
    return House(tmp_path / "triage.db", {name: header["Authorization"] for name, header in lab.headers.items()})


def test_a_reader_is_told_who_they_are(lab: Lab, lab_house: House) -> None:
    """By name, address and role, with what the key may do."""
    assert lab.client.get("/api/v1/me", headers=lab.headers["carol"]).json() == {
        "name": "carol",
        "email": "carol@example.org",
        "role": "editor",
        "means": "token",
        "scopes": ["read", "write"],
    }
    session = carry(lab_house.sign_in("bob"))
    assert lab.client.get("/api/v1/me", headers=session).json()["means"] == "session"
    assert lab.client.get("/api/v1/me").status_code == 401


def test_the_sole_reader_is_me(client: TestClient[Litestar]) -> None:
    """And has no address."""
    answer = client.get("/api/v1/me").json()
    assert (answer["name"], answer["email"], answer["role"], answer["means"]) == ("me", None, "admin", "sole")


def test_a_signed_in_reader_makes_and_revokes_keys(lab: Lab, lab_house: House) -> None:
    """The key is shown once, in an answer that nothing keeps, and works until it is revoked."""
    session = carry(lab_house.sign_in("bob")) | _SAME_SITE
    wish = {"label": "feed reader", "scopes": ["read"], "days": 7}
    made = lab.client.post("/api/v1/me/tokens", json=wish, headers=session)
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    key, public = made.json()["key"], made.json()["token"]["public"]
    assert lab.client.get("/api/v1/me", headers=bear(key)).json()["scopes"] == ["read"]
    listed = lab.client.get("/api/v1/me/tokens", headers=session)
    assert [token["label"] for token in listed.json()] == ["feed reader", "tests"]
    assert key.split("_")[2] not in listed.text
    assert lab.client.delete(f"/api/v1/me/tokens/{public}", headers=session).status_code == 204
    assert lab.client.get("/api/v1/me", headers=bear(key)).status_code == 401
    assert lab.client.delete(f"/api/v1/me/tokens/{public}", headers=session).status_code == 404


def test_nobody_ends_anothers_key(lab: Lab, lab_house: House) -> None:
    """It is not found, like one that never was."""
    session = carry(lab_house.sign_in("ada")) | _SAME_SITE
    (token,) = lab.client.get("/api/v1/me/tokens", headers=lab.headers["bob"]).json()
    foreign = lab.client.delete(f"/api/v1/me/tokens/{token['public']}", headers=session)
    unknown = lab.client.delete(f"/api/v1/me/tokens/{mint_key().public}", headers=session)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content
    assert lab.client.get("/api/v1/me", headers=lab.headers["bob"]).status_code == 200


def test_a_program_makes_and_ends_no_keys(lab: Lab) -> None:
    """Whatever its scopes."""
    (token,) = lab.client.get("/api/v1/me/tokens", headers=lab.headers["ada"]).json()
    wish = {"label": "x", "scopes": ["read"]}
    assert lab.client.post("/api/v1/me/tokens", json=wish, headers=lab.headers["ada"]).status_code == 403
    path = f"/api/v1/me/tokens/{token['public']}"
    assert lab.client.delete(path, headers=lab.headers["ada"]).status_code == 403


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"label": "x", "scopes": []},
        {"label": "", "scopes": ["read"]},
        {"label": "x" * 65, "scopes": ["read"]},
        {"label": "a\nb", "scopes": ["read"]},
        {"label": "a\n", "scopes": ["read"]},
        {"label": "x", "scopes": ["root"]},
        {"label": "x", "scopes": ["admin"]},
        {"label": "x", "scopes": ["read"], "days": 0},
        {"label": "x", "scopes": ["read"], "days": 731},
        {"label": "x", "scopes": ["read"], "reader": "ada"},
    ],
)
def test_a_bad_wish_makes_no_key(lab: Lab, lab_house: House, wish: dict[str, object]) -> None:
    """Admin scope for a reader and another owner's name among them."""
    session = carry(lab_house.sign_in("bob")) | _SAME_SITE
    answer = lab.client.post("/api/v1/me/tokens", json=wish, headers=session)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == PROBLEM_TYPE
    assert len(lab.client.get("/api/v1/me/tokens", headers=session).json()) == 1


def test_another_site_makes_no_key(lab: Lab, lab_house: House) -> None:
    """The cookie alone is not enough."""
    session = carry(lab_house.sign_in("bob"))
    wish = {"label": "x", "scopes": ["read"]}
    for more in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://x.org"}):
        assert lab.client.post("/api/v1/me/tokens", json=wish, headers=session | more).status_code == 403
