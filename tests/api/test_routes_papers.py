import pytest
from fakes.lab_case import Lab
from litestar import Litestar
from litestar.testing import TestClient

PAPER = "2605.90015"
TOPIC = "agent-evaluation"


def test_a_paper_is_read_by_its_id_and_version(client: TestClient[Litestar]) -> None:
    """A version in the address is passed over."""
    paper = client.get(f"/api/v1/papers/{PAPER}").json()
    assert (paper["arxiv_id"], paper["url"]) == (PAPER, f"https://arxiv.org/abs/{PAPER}")
    assert client.get(f"/api/v1/papers/{PAPER}v1").json() == paper


@pytest.mark.parametrize("rest", ["", "/similar", "/tags", "/note", f"/votes/{TOPIC}", "/export"])
@pytest.mark.parametrize("spelling", ["cs/0601001", "cs%2F0601001"])
def test_ids_with_a_slash_reach_the_same_handlers(spelling: str, rest: str, client: TestClient[Litestar]) -> None:
    """The store has no such paper, and says so by its id; the address itself is known."""
    problem = client.get(f"/api/v1/papers/{spelling}{rest}").json()
    assert (problem["code"], "cs/0601001" in problem["detail"]) == ("not-found", True)


def test_writing_to_ids_with_a_slash_is_routed_too(client: TestClient[Litestar]) -> None:
    """A tag on a paper that is not there is refused by the store, not by the router."""
    problem = client.put("/api/v1/papers/cs/0601001/tags/mine", json={}).json()
    assert "cs/0601001" in problem["detail"]


def test_lists_are_filtered_and_read_in_parts(client: TestClient[Litestar]) -> None:
    """By week, topic and score, in the order of scores; parts join without gap or repetition."""
    wanted: dict[str, str | float] = {"week": "2026-W20", "topic": TOPIC, "min_score": 0.05}
    everything = client.get("/api/v1/papers", params=wanted | {"limit": 100}).json()
    scores = [card["score"] for card in everything["items"]]
    parts = [client.get("/api/v1/papers", params=wanted | {"limit": 3, "offset": 3 * n}).json() for n in range(2)]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) >= 0.05
    assert parts[0]["items"] + parts[1]["items"] == everything["items"][:6]
    assert {part["total"] for part in parts} == {everything["total"]}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 101}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"offset": 10_001}, "offset"),
        ({"min_score": "nan"}, "min_score"),
        ({"q": "x" * 301}, "q"),
        ({"q": "a\0b"}, "q"),
        ({"week": "2026-20"}, "week"),
        ({"category": "cs.IR'--"}, "category"),
    ],
)
def test_a_wrong_field_is_named(query: dict[str, str], field: str, client: TestClient[Litestar]) -> None:
    """400, which field, where it stands, and what was expected."""
    answer = client.get("/api/v1/papers", params=query)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["source"]) == (400, field, "query")
    assert error["expected"].startswith("Expected ")


def test_search_finds_an_id_first(client: TestClient[Litestar]) -> None:
    """The paper whose id is typed, by way of its id."""
    hit = client.get("/api/v1/search", params={"q": PAPER}).json()[0]
    assert (hit["paper"]["arxiv_id"], "id" in hit["by"]) == (PAPER, True)


def test_similar_papers_leave_the_paper_out(client: TestClient[Litestar]) -> None:
    """As many as asked for, nearest first."""
    hits = client.get(f"/api/v1/papers/{PAPER}/similar", params={"limit": 3}).json()
    closeness = [hit["closeness"] for hit in hits]
    assert PAPER not in [hit["paper"]["arxiv_id"] for hit in hits]
    assert (len(hits), closeness) == (3, sorted(closeness, reverse=True))


def test_marks_come_back_as_they_were_put(client: TestClient[Litestar]) -> None:
    """Vote, tag, note and subscription are put, read, and taken back; own marks are kept by no cache."""
    base = f"/api/v1/papers/{PAPER}"
    vote = client.put(f"{base}/votes/{TOPIC}", json={"value": -1}).json()
    assert (vote["is_new"], vote["value"], vote["drafts"]) == (True, -1, ["2026-W20"])
    assert client.get(f"{base}/votes/{TOPIC}").json() == {"arxiv_id": PAPER, "topic": TOPIC, "value": -1}
    assert client.put(f"{base}/tags/to read", json={"is_shared": True}).json()[0]["name"] == "to read"
    assert client.put(f"{base}/note", json={"text": " Good. "}).json()["text"] == "Good."
    assert client.put(f"/api/v1/subscriptions/{TOPIC}").json() == [TOPIC]
    paper = client.get(base).json()
    assert (paper["votes"], paper["tags"][0]["name"], paper["note"]) == ({TOPIC: -1}, "to read", "Good.")
    assert client.get("/api/v1/tags").json()[0]["papers"] == 1
    assert client.get(f"{base}/note").headers["cache-control"] == "no-store"
    unsure = client.put(f"{base}/votes/{TOPIC}", json={"value": 0}).json()
    assert (unsure["is_new"], unsure["value"]) == (False, 0)
    assert "neither for a paper nor against it" in unsure["note"]
    assert client.get(f"{base}/votes/{TOPIC}").json()["value"] == 0
    assert client.delete(f"{base}/votes/{TOPIC}").json()["value"] is None
    gone = [f"{base}/votes/{TOPIC}", f"{base}/note"]
    assert [client.delete(url).status_code for url in gone] == [200, 204]
    assert [client.get(url).status_code for url in gone] == [404, 404]
    assert client.delete(f"{base}/tags/to read").json() == []
    assert client.delete(f"/api/v1/subscriptions/{TOPIC}").json() == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (f"votes/{TOPIC}", b'{"value": 2}', "value"),
        (f"votes/{TOPIC}", b'{"value": "1"}', "value"),
        (f"votes/{TOPIC}", b'{"value": false}', "value"),
        ("tags/x", b'{"is_shared": 0}', "is_shared"),
        ("tags/x", b'{"is_share": true}', "body"),
        ("note", b"", "body"),
        ("note", b"[]", "body"),
    ],
)
def test_a_body_is_taken_at_its_word(path: str, body: bytes, field: str, client: TestClient[Litestar]) -> None:
    """Nothing is guessed: 0 is not false, and an unknown field is a mistake."""
    answer = client.put(f"/api/v1/papers/{PAPER}/{path}", content=body)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (400, [field])


@pytest.mark.parametrize("body", [b"{", b'{"text": "\xff"}', b'{"text": "\\ud800"}'])
def test_a_body_that_is_no_json_is_refused(body: bytes, client: TestClient[Litestar]) -> None:
    """400 that says so, for broken encodings too."""
    answer = client.put(f"/api/v1/papers/{PAPER}/note", content=body)
    assert (answer.status_code, "no JSON" in answer.json()["detail"]) == (400, True)


def test_another_readers_marks_are_not_there(lab: Lab) -> None:
    """Bob's vote, note and personal tag are none of Carol's."""
    base, bob, carol = f"/api/v1/papers/{PAPER}", lab.headers["bob"], lab.headers["carol"]
    lab.client.put(f"{base}/votes/{TOPIC}", json={"value": 1}, headers=bob)
    lab.client.put(f"{base}/note", json={"text": "Mine."}, headers=bob)
    lab.client.put(f"{base}/tags/mine", json={}, headers=bob)
    hidden = [lab.client.get(f"{base}/{rest}", headers=carol).status_code for rest in (f"votes/{TOPIC}", "note")]
    assert (hidden, lab.client.get(f"{base}/tags", headers=carol).json()) == ([404, 404], [])


def test_the_map_places_the_papers_of_a_week(client: TestClient[Litestar]) -> None:
    """Every point lies in the unit square, and those on the topic's list are marked."""
    client.app.state.drawings.patience = 10.0  # a busy machine draws slowly
    drawn = client.get("/api/v1/map/2026-W20", params={"topic": TOPIC}).json()
    assert all(0 <= point["x"] <= 1 and 0 <= point["y"] <= 1 for point in drawn["points"])
    assert 0 < sum(point["is_listed"] for point in drawn["points"]) < len(drawn["points"])
