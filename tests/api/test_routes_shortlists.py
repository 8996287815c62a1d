import asyncio
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from fakes.cli_case import PROGRAM
from fakes.judging_case import NOW
from fakes.lab_case import Lab
from litestar import Litestar
from litestar.testing import TestClient

from api.cache import Answer, AnswerCache, is_known, make_answer
from api.routes.answers import ShortlistView
from triage.errors import StoreError

URL = "/api/v1/shortlists/agent-evaluation/2026-W20"


def test_json_equals_the_command_line(client: TestClient[Litestar], home: Path) -> None:
    """The body is what `triage shortlist --json` prints, to the byte."""
    arguments = ["shortlist", "--week", "2026-W20", "--topic", "agent-evaluation", "--json"]
    environment = os.environ | {"TRIAGE_HOME": str(home), "TRIAGE_EMBEDDER": "hashing", "TRIAGE_NOW": NOW.isoformat()}
    printed = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, *arguments], env=environment, capture_output=True, check=True
    ).stdout
    answered = client.get(URL).content
    assert _list_papers(answered) == _list_papers(printed)


def _list_papers(body: bytes) -> bytes:
    """Everything from the first paper on: a draft is built anew by the command, at another time."""
    return body[body.index(b'  "papers": [') :].rstrip(b"\n")


def test_the_record_is_documented_in_full(client: TestClient[Litestar]) -> None:
    """The documented record has the fields of the answer, in their order."""
    answered = client.get(URL).json()
    assert list(answered) == list(ShortlistView.__struct_fields__)


def test_an_unchanged_list_is_sent_once(client: TestClient[Litestar]) -> None:
    """Whoever names the entity tag gets 304, no body and the same headers for caches."""
    first = client.get(URL)
    again = client.get(URL, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert [again.headers[name] for name in ("etag", "cache-control")] == [first.headers["etag"], "private, no-cache"]


def test_publication_freezes_and_shows_at_once(client: TestClient[Litestar]) -> None:
    """After it, the answer that was kept a moment ago is gone, and the list may be kept for a minute."""
    before = client.get(URL)
    published = client.put(f"{URL}/publication")
    after = client.get(URL)
    assert (published.status_code, after.headers["cache-control"]) == (200, "private, max-age=60")
    assert (published.json(), after.json()["published_at"] is not None) == (after.json(), True)
    assert before.headers["etag"] != after.headers["etag"]
    assert client.put(f"{URL}/publication").json() == after.json()


def test_only_editors_publish(lab: Lab) -> None:
    """A reader gets 403, an editor 200."""
    answers = [lab.client.put(f"{URL}/publication", headers=lab.headers[name]).status_code for name in ("bob", "carol")]
    assert answers == [403, 200]


@pytest.mark.parametrize("form", ["md", "bib", "ris", "csl", "csv"])
def test_every_format_is_a_file_of_its_own(form: str, client: TestClient[Litestar]) -> None:
    """With its media type, a name to save it by, and an entity tag."""
    answer = client.get(URL, params={"format": form})
    assert answer.status_code == 200
    assert "json" not in answer.headers["content-type"] or form == "csl"
    assert re.fullmatch(r'attachment; filename="[\w.-]+"', answer.headers["content-disposition"])
    assert (
        client.get(URL, params={"format": form}, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    )


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        ("/api/v1/shortlists/agent-evaluation/2026-W19", 404, "triage shortlist --week 2026-W19"),
        ("/api/v1/shortlists/agent-evaluations/2026-W20", 404, "did you mean agent-evaluation?"),
        ("/api/v1/shortlists/agent-evaluation/2026-w20", 400, "week: "),
        (f"{URL}?format=pdf", 400, "format: "),
    ],
)
def test_what_is_not_there_says_what_to_do(url: str, status: int, said: str, client: TestClient[Litestar]) -> None:
    """The problem names the cause and the way out."""
    answer = client.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]


def test_topics_and_weeks_lead_to_the_lists(client: TestClient[Litestar]) -> None:
    """Each topic names the week that has a list, each week the topics."""
    topics = client.get("/api/v1/topics").json()
    weeks = client.get("/api/v1/weeks", params={"limit": 1}).json()
    assert [topic["weeks"] for topic in topics] == [["2026-W20"]] * 2
    assert weeks["items"][0] == {
        "week": "2026-W20",
        "papers": weeks["items"][0]["papers"],
        "shortlists": sorted(topic["name"] for topic in topics),
        "published": [],
    }


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ("*", True),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b"', False),
        ("a", False),
        ('"', False),
        ("", False),
    ],
)
def test_entity_tags_are_compared_weakly(header: str | None, expected: bool) -> None:
    """As RFC 9110 wants it of If-None-Match: lists, weak ones and the star."""
    assert is_known(header, '"a"') is expected


async def test_an_answer_is_made_once_for_all_who_wait() -> None:
    """Twenty ask at the same time, one asks later, and one after a second."""
    made, now = 0, 0.0

    async def make() -> Answer:
        nonlocal made
        made += 1
        await asyncio.sleep(0)
        return make_answer(str(made).encode(), "text/plain", "no-store")

    cache = AnswerCache(clock=lambda: now)
    bodies = {answer.body for answer in await asyncio.gather(*(cache.fetch("key", make) for _ in range(20)))}
    assert (bodies, (await cache.fetch("key", make)).body) == ({b"1"}, b"1")
    now = 1.0
    assert (await cache.fetch("key", make)).body == b"2"
    cache.drop()
    assert (await cache.fetch("key", make)).body == b"3"


async def test_a_failure_is_told_to_all_and_not_kept() -> None:
    """Two wait for an answer that fails, and the next to ask gets one."""

    async def fail() -> Answer:
        await asyncio.sleep(0)
        raise StoreError("It is locked.")

    async def make() -> Answer:
        return make_answer(b"", "text/plain", "no-store")

    cache = AnswerCache()
    outcomes = await asyncio.gather(cache.fetch("key", fail), cache.fetch("key", fail), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreError, StoreError]
    assert (await cache.fetch("key", make)).body == b""


async def test_the_cache_keeps_only_so_many() -> None:
    """The oldest makes room: it is made again when it is asked for again."""
    made: list[str] = []

    async def make(key: str) -> Answer:
        made.append(key)
        return make_answer(b"", "text/plain", "no-store")

    cache = AnswerCache(size=2)
    for key in ("a", "b", "c", "c", "a"):
        await cache.fetch(key, partial(make, key))
    assert made == ["a", "b", "c", "a"]
