import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from fakes.lab_case import Lab
from litestar import Litestar
from litestar.testing import TestClient


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/v1/healthz", "/api/v1/readyz"])
def test_health_needs_no_key(path: str, lab: Lab) -> None:
    """Whatever watches the server has none."""
    assert lab.client.get(path).json() == {"status": "ok"}


def test_a_database_of_another_schema_is_not_ready(client: TestClient[Litestar], home: Path) -> None:
    """503, and nothing about the database in the answer."""
    with closing(sqlite3.connect(home / "triage.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'xyz'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "the-database-failed")
    assert "xyz" not in answer.text
    assert client.get("/healthz").status_code == 200


def test_metrics_are_for_admins_and_name_no_paper(lab: Lab) -> None:
    """Requests are counted by route, so that no id, topic or reader stands in a label."""
    lab.client.get("/api/v1/papers/2605.90015", headers=lab.headers["bob"])
    answers = [lab.client.get("/metrics", headers=lab.headers.get(name, {})) for name in ("nobody", "bob", "ada")]
    assert [answer.status_code for answer in answers] == [401, 403, 200]
    assert 'path="/api/v1/papers/{paper_id}"' in answers[2].text
    assert not {"2605.90015", "bob"} & set(answers[2].text.replace('"', " ").replace("/", " ").split())


def test_runs_are_for_editors(lab: Lab) -> None:
    """They name the steps of the server, the newest first, in parts."""
    answers = [lab.client.get("/api/v1/runs", headers=lab.headers[name]) for name in ("bob", "carol")]
    assert [answer.status_code for answer in answers] == [403, 200]
    page = answers[1].json()
    started = [run["started_at"] for run in page["items"]]
    assert started == sorted(started, reverse=True)
    assert (
        lab.client.get("/api/v1/runs?offset=1&limit=1", headers=lab.headers["ada"]).json()["items"]
        == page["items"][1:2]
    )


def test_the_rubric_is_told_without_its_file(client: TestClient[Litestar], home: Path) -> None:
    """Topics, criteria, sizes and the fingerprints that scores carry."""
    answer = client.get("/api/v1/rubric")
    rubric = answer.json()
    shortlist = client.get("/api/v1/shortlists/agent-evaluation/2026-W20").json()
    (topic,) = [topic for topic in rubric["topics"] if topic["name"] == "agent-evaluation"]
    assert topic["fingerprint"] == shortlist["fingerprint"]
    assert (rubric["size"], rubric["audit"], len(topic["criteria"][0]["anchors"])) == (20, 6, 5)
    assert str(home) not in answer.text
    assert "rubric.yaml" not in answer.text


def test_the_ledger_is_what_the_command_line_prints(client: TestClient[Litestar]) -> None:
    """The last week in full, and as many in the calendar as asked for."""
    ledger = client.get("/api/v1/ledger", params={"week": "2026-W20", "weeks": 3}).json()
    assert (ledger["week"], [week["week"] for week in ledger["calendar"]]) == (
        "2026-W20",
        ["2026-W18", "2026-W19", "2026-W20"],
    )
    assert set(ledger) == {"week", "papers", "totals", "lines", "missing", "alarms", "calendar"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not-found"),
        ("GET", "/api/v1/papers/2605.90015/nothing/at/all", 404, "not-found"),
        ("POST", "/api/v1/topics", 405, "method-not-allowed"),
        ("GET", "/api/v1/papers/0703.1234", 404, "not-found"),
    ],
)
def test_every_error_is_a_problem(method: str, path: str, status: int, code: str, client: TestClient[Litestar]) -> None:
    """With a kind that does not change, and a sentence that says what to do."""
    answer = client.request(method, path)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (problem["type"], problem["status"], problem["code"]) == (f"/problems/{code}", status, code)
    assert problem["detail"].endswith((".", "it."))
    assert status != 405 or "GET" in answer.headers["allow"]


def test_a_large_body_is_refused(client: TestClient[Litestar]) -> None:
    """413, before it is read."""
    answer = client.put("/api/v1/papers/2605.90015/note", content=b" " * 70_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_options_lists_every_method(client: TestClient[Litestar]) -> None:
    """Of an address that several handlers share."""
    answer = client.options("/api/v1/papers/2605.90015/note")
    assert (answer.status_code, answer.headers["allow"]) == (204, "DELETE, GET, OPTIONS, PUT")


def test_without_a_key_nothing_is_read(lab: Lab) -> None:
    """401 that says how to send one."""
    answer = lab.client.get("/api/v1/topics")
    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_broken_database_tells_nothing(client: TestClient[Litestar], home: Path) -> None:
    """503 without a statement, a path or a stack."""
    with closing(sqlite3.connect(home / "triage.db")) as connection, connection:
        connection.execute("DROP TABLE shortlist_entries")
    answer = client.get("/api/v1/shortlists/agent-evaluation/2026-W20")
    assert (answer.status_code, answer.json()["detail"]) == (503, "See the server's log.")
    assert not {"SELECT", "shortlist_entries", str(home), "Traceback"} & set(answer.text.split())
