"""The same commands and pages say the same on SQLite and on PostgreSQL, to the byte, order included."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.cli_case import SAMPLE, SAMPLE_WEEK, Home
from fakes.harvest_case import MONDAY, Season, make_paper, open_season, submit_for
from fakes.judging_case import NOW
from fakes.lab_case import ADDRESS, LentClient
from sqlalchemy import select

from triage.config import Settings
from triage.core.arxiv_json import read_record
from triage.store.engine import Database
from triage.store.models import PaperRow
from triage.store.papers import select_papers
from triage.store.reading import load_history

_TOPIC = "generative-recommendation"
_WEEK = ("--week", SAMPLE_WEEK)
_PAGES = (
    "/papers?limit=100",
    "/papers?category=cs.IR&limit=20&offset=10",
    f"/papers?week={SAMPLE_WEEK}&topic={_TOPIC}&limit=100",
    "/papers?tag=read%20me",
    "/papers?q=recommendation&limit=100",
    "/search?q=Masking%20Is%20Not%20Optional",
    "/topics",
    "/weeks",
    f"/shortlists/{_TOPIC}/{SAMPLE_WEEK}",
    f"/map/{SAMPLE_WEEK}?topic={_TOPIC}",
    "/tags",
    "/papers/2605.90015",
    "/papers/2605.90015/similar",
)


def without_seconds(answer: Any) -> Any:
    """How long something took is not what it gave."""
    if isinstance(answer, dict):
        return {name: without_seconds(value) for name, value in answer.items() if name != "seconds"}
    return [*map(without_seconds, answer)] if isinstance(answer, list) else answer


def play(home: Home) -> Iterator[str]:
    """A week as a researcher has it: what every command said, but for how long it took."""
    ids = [read_record(line).arxiv_id for line in SAMPLE.read_bytes().splitlines()]
    yield json.dumps(without_seconds(home.do("import", SAMPLE, "--json").json))
    yield json.dumps(without_seconds(home.do("run", *_WEEK, "--json").json))
    yield home.do("shortlist", *_WEEK, "--json").out
    home.do("vote", *ids[:12:2], "--topic", _TOPIC, "--relevant")
    home.do("vote", *ids[1:12:2], "--topic", _TOPIC, "--irrelevant")
    home.do("tag", *ids[5:8], "--add", "read me")
    home.do("tag", ids[5], "--add", "Ähnlich")
    yield home.do("tag", "--json").out
    yield home.do("shortlist", *_WEEK, "--json", "--publish").out
    yield home.do("digest", *_WEEK).out
    yield home.do("ledger", *_WEEK, "--json").out
    yield home.do("feed", "--topic", _TOPIC).out
    yield home.do("export", "--topic", _TOPIC, *_WEEK, "--format", "csv").out


def read_pages(home: Home) -> Iterator[str]:
    """What programs are told."""
    settings = Settings(
        home=home.path,
        database_url=home.environment.get("TRIAGE_DATABASE_URL"),
        embedder="hashing",
        now=NOW,
        public_url=ADDRESS,
        rate_limit=0,
    )
    with LentClient(settings) as client:
        for page in _PAGES:
            answer = client.get(f"/api/v1{page}")
            assert answer.status_code == 200, answer.text
            yield answer.text


@pytest.fixture
def homes(
    tmp_path: Path, postgres: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[Home, Home]:
    """Two installations at the same moment: one with nothing set, one with the address of a server."""
    file, server = (Home(tmp_path / name, monkeypatch, capsys) for name in ("file", "server"))
    for home in (file, server):
        home.environment["TRIAGE_NOW"] = NOW.isoformat()
    server.environment["TRIAGE_DATABASE_URL"] = postgres.url.render_as_string(hide_password=False)
    return file, server


def test_a_week_is_the_same_from_import_to_digest(homes: tuple[Home, Home]) -> None:
    """Lists, learned from votes too, the mail, the account, the feed, the export and the API's answers."""
    file, server = ([*play(home), *read_pages(home)] for home in homes)
    assert file == server


async def live(season: Season) -> list[bytes]:
    """Three days of a harvest: a revision, a withdrawal, a paper that a listing named; what the store has then."""
    season.announce(MONDAY, *(make_paper(number, submit_for(MONDAY)) for number in (3, 1, 2)))
    season.go_to(MONDAY)
    await season.harvest()
    tuesday, wednesday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    season.archive.revise("2608.00002", abstract="Better.", at=season.clock[0] + timedelta(minutes=5))
    season.archive.withdraw("2608.00003")
    season.announce(tuesday, make_paper(4, submit_for(tuesday), "cs.CL", "cs.IR"))
    season.go_to(tuesday)
    await season.harvest()
    season.announce(wednesday, make_paper(5, submit_for(wednesday)))
    season.go_to(wednesday)
    await season.check()
    await season.repair()
    async with season.services.database.read() as session:
        papers = await select_papers(session, await session.scalars(select(PaperRow.arxiv_id)))
        histories = [await load_history(session, paper.key) for paper in papers.values()]
    known = [msgspec.structs.replace(paper, key=0) for paper in papers.values()]
    return [*map(msgspec.json.encode, (known, histories, await season.reckon("2026-W33")))]


async def test_a_harvest_is_the_same(tmp_path: Path, postgres: Database) -> None:
    """Papers, their histories and the week's account, with arXiv's lease in either database."""
    url = postgres.url.render_as_string(hide_password=False)
    async with open_season(tmp_path / "file") as season:
        of_file = await live(season)
    async with open_season(tmp_path / "server", database_url=url) as season:
        of_server = await live(season)
    assert of_file == of_server
