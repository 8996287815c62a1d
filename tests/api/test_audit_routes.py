"""The miss audit and adjudications, as programs meet them."""

import pytest
from fakes.lab_case import Lab
from litestar import Litestar
from litestar.testing import TestClient

TOPIC = "generative-recommendation"
WEEK = "2026-W20"
AUDIT = f"/api/v1/shortlists/{TOPIC}/{WEEK}/audit"
ESTIMATE = f"/api/v1/audits/{TOPIC}"
AGREEMENT = f"/api/v1/agreement/{TOPIC}"
PAPER = "2605.90076"
SETTLED = f"/api/v1/papers/{PAPER}/adjudications/{TOPIC}"


def ask(client: TestClient[Litestar], headers: dict[str, str] | None = None) -> list[dict[str, object]]:
    """The questions that a reader gets."""
    papers: list[dict[str, object]] = client.get(AUDIT, headers=headers).json()["papers"]
    return papers


def test_questions_tell_nothing_of_score_or_rank(client: TestClient[Litestar]) -> None:
    """Papers that are not on the list, each with what one needs to answer, and with nothing that sways the answer."""
    shortlist = client.get(f"/api/v1/shortlists/{TOPIC}/{WEEK}").json()
    listed = {place["arxiv_id"] for kind in ("papers", "exploration") for place in shortlist[kind]}
    answer = client.get(AUDIT)
    asked = answer.json()["papers"]
    assert len(asked) == 6
    assert not listed & {paper["arxiv_id"] for paper in asked}
    fields = {"arxiv_id", "title", "abstract", "authors", "categories", "takeaway", "vote"}
    assert {frozenset(paper) for paper in asked} == {frozenset(fields)}
    assert answer.headers["cache-control"] == "no-store"


def test_an_answer_is_a_vote_and_everyones_own(lab: Lab) -> None:
    """What bob answers stands in his questions and in nobody else's."""
    paper = ask(lab.client, lab.headers["bob"])[0]["arxiv_id"]
    lab.client.put(f"/api/v1/papers/{paper}/votes/{TOPIC}", json={"value": 0}, headers=lab.headers["bob"])
    votes = {
        name: {each["arxiv_id"]: each["vote"] for each in ask(lab.client, lab.headers[name])}
        for name in ("bob", "carol")
    }
    assert votes["bob"][paper] == 0
    assert set(votes["carol"].values()) == {None}
    assert votes["bob"].keys() == votes["carol"].keys()


def test_answers_make_an_estimate(client: TestClient[Litestar]) -> None:
    """404 says what to do while there is no answer; afterwards the estimate lies within its bounds."""
    nothing = client.get(ESTIMATE)
    assert nothing.status_code == 404
    assert "a vote on one is an answer" in nothing.json()["detail"]
    for number, paper in enumerate(ask(client)):
        client.put(f"/api/v1/papers/{paper['arxiv_id']}/votes/{TOPIC}", json={"value": 1 if number == 0 else -1})
    found = client.get(ESTIMATE, params={"wanted": 0.8}).json()
    assert (found["weeks"], found["asked"], found["answered"], found["relevant"]) == (1, 6, 6, 1)
    assert found["wanted"] == 0.8
    assert 1 <= found["missed"]["low"] <= found["missed"]["estimate"] <= found["missed"]["high"] <= found["below"]


@pytest.mark.parametrize("wanted", ["0", "1", "nan", "all"])
def test_a_share_that_no_list_can_hold_is_refused(client: TestClient[Litestar], wanted: str) -> None:
    """400, with the parameter's name."""
    answer = client.get(ESTIMATE, params={"wanted": wanted})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "wanted")


@pytest.mark.parametrize(
    "path", [f"/shortlists/{TOPIC}/2026-W01/audit", f"/shortlists/no-topic/{WEEK}/audit", "/audits/no-topic"]
)
def test_where_nothing_was_drawn_nothing_is_asked(client: TestClient[Litestar], path: str) -> None:
    """404, with a sentence."""
    answer = client.get(f"/api/v1{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_an_editor_settles_what_readers_part_over(lab: Lab) -> None:
    """Both see that they part, without names; what carol settles stands on the paper for all, until she lets go."""
    for name, value in (("bob", 1), ("ada", -1)):
        lab.client.put(f"/api/v1/papers/{PAPER}/votes/{TOPIC}", json={"value": value}, headers=lab.headers[name])
    before = lab.client.get(AGREEMENT, headers=lab.headers["carol"])
    assert [(each["arxiv_id"], each["relevant"], each["irrelevant"]) for each in before.json()["open"]] == [
        (PAPER, 1, 1)
    ]
    assert before.json()["with_uncertain"]["observed"]["value"] == 0
    assert "bob" not in before.text
    change = {"value": 1, "reason": "It generates the items it recommends."}
    settled = lab.client.put(SETTLED, json=change, headers=lab.headers["carol"]).json()
    assert (settled["value"], settled["editor"], settled["reason"]) == (1, "carol", change["reason"])
    after = lab.client.get(AGREEMENT, headers=lab.headers["carol"]).json()
    assert (after["open"], [each["arxiv_id"] for each in after["settled"]]) == ([], [PAPER])
    seen = lab.client.get(f"/api/v1/papers/{PAPER}", headers=lab.headers["bob"]).json()["settled"]
    assert [(each["topic"], each["value"], each["reason"]) for each in seen] == [(TOPIC, 1, change["reason"])]
    assert lab.client.delete(SETTLED, headers=lab.headers["carol"]).status_code == 204
    assert lab.client.delete(SETTLED, headers=lab.headers["carol"]).status_code == 204
    assert lab.client.get(f"/api/v1/papers/{PAPER}", headers=lab.headers["bob"]).json()["settled"] == []


@pytest.mark.parametrize("body", [{"value": 1}, {"value": 1, "reason": ""}, {"value": 2, "reason": "x"}])
def test_a_word_without_a_reason_settles_nothing(client: TestClient[Litestar], body: dict[str, object]) -> None:
    """400: whoever reads it later must be able to tell why."""
    assert client.put(SETTLED, json=body).status_code == 400
    assert client.get(f"/api/v1/papers/{PAPER}").json()["settled"] == []
