"""Hostile text, also in what arXiv hands on: pages, feeds, files and answers hold it as text and nothing else."""

import asyncio
import csv
import io
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import feedparser
import pytest
from fakes.judging_case import NOW, WEEK, read_bundled_rubric
from fakes.lab_case import open_client
from fakes.payloads import PAYLOADS, find_active, make_hostile_papers
from litestar import Litestar
from litestar.testing import TestClient

from triage.adapters.hashing import HashingEmbedder
from triage.pipeline.embed import embed_papers
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist
from triage.store.engine import Database
from triage.store.papers import select_week
from triage.store.upsert import upsert_papers

TOPIC = "generative-recommendation"


@pytest.fixture(scope="module")
def hostile_store(listed_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled week with hostile papers in it, and a list that they fill."""
    path = tmp_path_factory.mktemp("hostile") / "triage.db"
    shutil.copy(listed_sample, path)
    asyncio.run(_build(path))
    return path


async def _build(path: Path) -> None:
    database, rubric = Database(f"sqlite+aiosqlite:///{path}"), read_bundled_rubric()
    async with database.write() as session:
        await upsert_papers(session, make_hostile_papers(WEEK.monday), NOW)
    async with database.read() as session:
        papers = await select_week(session, WEEK, rubric.categories)
    await embed_papers(database, HashingEmbedder(), papers)
    bench = Bench(database, HashingEmbedder(), rubric, NOW)
    for topic in rubric.topics:
        await build_shortlist(bench, topic, WEEK, 60, publish=True)
    await database.close()


@pytest.fixture
def client(hostile_store: Path, tmp_path: Path) -> Iterator[TestClient[Litestar]]:
    """The application on it, for the sole reader."""
    shutil.copy(hostile_store, tmp_path / "triage.db")
    with open_client(tmp_path) as client:
        yield client


def read_page(client: TestClient[Litestar], path: str) -> str:
    """A page, after a look at its type and its parsed content."""
    answer = client.get(path)
    assert answer.status_code < 500, path
    if answer.headers["content-type"].startswith("text/html"):
        assert list(find_active(answer.text)) == [], path
    return answer.text


def test_the_parser_finds_active_content() -> None:
    """Most of the corpus is active where it is not escaped; else nothing would be tested here."""
    active = [payload for payload in PAYLOADS if list(find_active(f"<!doctype html><body>{payload}</body>"))]
    assert len(active) >= 10


def test_the_hostile_papers_are_on_the_list(client: TestClient[Litestar]) -> None:
    """Else nothing would be tested here."""
    listed = client.get(f"/api/v1/shortlists/{TOPIC}/{WEEK}").json()["papers"]
    assert sum(paper["arxiv_id"].startswith("2605.800") for paper in listed) >= len(PAYLOADS) - 3


@pytest.mark.parametrize(
    "path",
    ["/", f"/shortlists/{TOPIC}/{WEEK}", f"/map/{WEEK}?topic={TOPIC}", f"/ledger?week={WEEK}", "/tags", "/search"],
)
def test_pages_hold_no_active_content(client: TestClient[Litestar], path: str) -> None:
    """As a browser's parser reads them."""
    read_page(client, path)


def test_paper_pages_hold_no_active_content(client: TestClient[Litestar]) -> None:
    """With every payload in title, abstract, authors, comment, DOI, a tag, a note and the search box."""
    for number, payload in enumerate(PAYLOADS):
        arxiv_id = f"2605.{80_000 + number:05d}"
        client.put(f"/api/v1/papers/{arxiv_id}/note", json={"text": payload})
        client.put(f"/api/v1/papers/{arxiv_id}/tags/{quote(payload[:60], safe='')}", json={"is_shared": True})
        read_page(client, f"/papers/{arxiv_id}")
        read_page(client, f"/search?q={quote(payload)}")
        read_page(client, f"/tags/{quote(payload[:60], safe='')}")
    read_page(client, "/tags")


def test_the_store_is_as_it_was(client: TestClient[Litestar], tmp_path: Path) -> None:
    """Whatever was searched for; and no template code of a paper was run."""
    with closing(sqlite3.connect(tmp_path / "triage.db")) as store:
        before = store.execute("SELECT count(*) FROM papers").fetchone()
        for payload in PAYLOADS:
            assert client.get("/api/v1/search", params={"q": payload}).status_code in {200, 400}
            assert client.get("/api/v1/papers", params={"q": payload}).status_code in {200, 400}
        assert store.execute("SELECT count(*) FROM papers").fetchone() == before
    assert "1337" not in read_page(client, f"/shortlists/{TOPIC}/{WEEK}").replace("7 * 191", "")


def test_feeds_hold_text_only(client: TestClient[Litestar]) -> None:
    """They parse, and their titles and summaries are of type text."""
    atom = client.get(f"/feeds/{TOPIC}.atom")
    feed = feedparser.parse(atom.content)
    assert not feed.bozo
    assert len(feed.entries) >= len(PAYLOADS)
    assert not re.search(rb"<(script|iframe|img|svg)\b", atom.content)
    entries = json.loads(client.get(f"/feeds/{TOPIC}.json").content)["items"]
    assert not any("content_html" in entry for entry in entries)


@pytest.mark.parametrize("form", ["json", "md", "bib", "ris", "csl", "csv"])
def test_files_are_never_read_as_pages(client: TestClient[Litestar], form: str) -> None:
    """Their type is that of the format, which no browser sniffs into HTML."""
    answer = client.get(f"/api/v1/shortlists/{TOPIC}/{WEEK}", params={"format": form})
    assert answer.status_code == 200
    assert "html" not in answer.headers["content-type"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_cell_is_a_formula(client: TestClient[Litestar]) -> None:
    """A spreadsheet reads a cell that begins with = + - @ as one."""
    text = client.get(f"/api/v1/shortlists/{TOPIC}/{WEEK}", params={"format": "csv"}).text
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert len(cells) > len(PAYLOADS)
    assert not [cell for cell in cells if cell.lstrip(" \t\r\n")[:1] in {"=", "+", "@", "-"}]


@pytest.mark.parametrize("next_", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_redirects_stay_here(lab_sample: tuple[Path, dict[str, str]], tmp_path: Path, next_: str) -> None:
    """Whatever the address of the sign-in page says."""
    shutil.copy(lab_sample[0], tmp_path / "triage.db")
    with open_client(tmp_path, accounts=True) as client:
        page = client.get("/sign-in", params={"next": next_})
        assert page.status_code == 200
        assert list(find_active(page.text)) == []
        assert "evil.example" not in page.text
        answer = client.get("/papers/2605.99999", params={"next": next_}, follow_redirects=False)
        assert answer.headers.get("location", "/").startswith("/sign-in")


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2f..%2fapp.py", "/static//etc/passwd"]
)
def test_no_other_file_is_handed_out(client: TestClient[Litestar], path: str) -> None:
    """Whatever the path says."""
    answer = client.get(path)
    assert answer.status_code in {400, 404}
    assert "create_app" not in answer.text
