"""`triage harvest`, and `run` where the store has nothing of a week: arXiv is asked, on loopback."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from fakes.arxiv_case import serve
from fakes.cli_case import Home
from fakes.papers import make_papers
from msgspec.structs import replace

from triage.adapters.fixed_source import FixedArchive, FixedSource
from triage.bootstrap import Services, open_services
from triage.config import Settings
from triage.core.paper import Paper
from triage.core.week import EASTERN, parse_week
from triage.errors import SourceError
from triage.pipeline.harvest import is_harvest_due
from triage.pipeline.reconcile import Desk
from triage.pipeline.run import run_week
from triage.store.papers import count_week
from triage.store.runs import begin_run, finish_run
from triage.store.upsert import upsert_papers

WEEK = parse_week("2026-W17")
_FIRST = datetime(2026, 4, 16, 18, tzinfo=UTC)  # Thursday 14:00 Eastern, when the week's window opens
_NOW = datetime(2026, 4, 27, tzinfo=UTC)


def make_week(count: int = 40) -> list[Paper]:
    """Papers submitted from the first second of the week's window on, one every four hours."""
    return make_papers(count, first=_FIRST, apart=timedelta(hours=4))


class BrokenSource(FixedSource):
    """Breaks off after 450 papers."""

    def submitted_between(self, start: datetime, end: datetime, categories: Sequence[str]) -> Iterator[Paper]:
        """The first papers, then a failure."""
        yield from islice(super().submitted_between(start, end, categories), 450)
        raise SourceError("the line broke")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """The program without its command line, at a known time."""
    async with open_services(Settings(home=tmp_path / "home", embedder="hashing"), lambda: _NOW) as services:
        yield services


def open_desk(services: Services, source: FixedSource) -> Desk:
    """What a harvest works with, arXiv being that source and no archive."""
    return Desk(services.database, FixedArchive([], _NOW), source, services.rubric.categories, services.clock())


async def run_from(services: Services, papers: list[Paper], *, ask_arxiv: bool = False) -> dict[str, int]:
    """Run the week with those papers at arXiv; what was done, by step."""
    bench = services.bench()
    reports = await run_week(
        bench,
        WEEK,
        lambda: open_desk(services, FixedSource(papers)),
        topics=services.rubric.topics,
        ask_arxiv=ask_arxiv,
    )
    return {report.step: report.done for report in reports}


def test_harvest_needs_to_say_who_asks(home: Home) -> None:
    """Without a contact arXiv is not asked."""
    with serve(make_week()) as arxiv:
        for arguments in (("--week", "2026-W17"), ("--since", "2026-04-20")):
            home.environment["TRIAGE_ARXIV_API_URL"] = arxiv.query_url
            assert "Set TRIAGE_CONTACT" in home.refuse("harvest", *arguments)
        assert arxiv.log == []


def test_harvest_keeps_every_paper_of_the_week(home: Home) -> None:
    """Requests say whom to write to; the papers lie in their week and can be ranked."""
    papers = make_week()
    with serve(papers) as arxiv:
        home.environment |= {"TRIAGE_ARXIV_API_URL": arxiv.query_url, "TRIAGE_CONTACT": "me@example.org"}
        report = home.do("harvest", "--week", "2026-W17", "--json").json[0]
        assert arxiv.log
        assert all("me@example.org" in request.user_agent for request in arxiv.log)
    expected = {paper.arxiv_id for paper in papers if paper.published and paper.published < _FIRST + timedelta(days=7)}
    assert (report["seen"], report["done"], report["failed"]) == (len(expected), len(expected), 0)
    assert {row[0] for row in home.query("SELECT arxiv_id FROM papers WHERE week = '2026-W17'")} == expected
    assert home.shortlist("2026-W17", "agent-evaluation")["considered"] == len(expected)


def test_a_harvest_that_fails_is_a_failure(home: Home) -> None:
    """An answer that is none: exit code 1, a sentence, and nothing changed but whose turn it was."""
    before = home.dump() | {"leases": []}
    with serve(make_week()) as arxiv:
        arxiv.always = "redirect"
        home.environment |= {"TRIAGE_ARXIV_API_URL": arxiv.query_url, "TRIAGE_CONTACT": "me@example.org"}
        result = home.run("harvest", "--week", "2026-W17")
    assert result.code == 1
    assert result.err.startswith("triage: ")
    assert home.dump() | {"leases": []} == before


async def test_a_run_asks_arxiv_for_a_week_it_does_not_have(services: Services) -> None:
    """All steps in one go; the second run asks nobody and does nothing."""
    papers = make_week()
    assert await run_from(services, papers) == {"harvest": 40, "embed": 40, "score": 40, "shortlist": 22}
    assert await run_from(services, []) == {"harvest": 0, "embed": 0, "score": 0, "shortlist": 0}


async def test_a_run_asks_again_when_told_to(services: Services) -> None:
    """New and changed papers come in, and only those are worked on."""
    papers = make_week()
    await run_from(services, papers[:30])
    revised = replace(papers[0], version=9, abstract="Another text altogether.")
    done = await run_from(services, [revised, *papers[1:]], ask_arxiv=True)
    assert done == {"harvest": 11, "embed": 11, "score": 11, "shortlist": 22}


async def test_an_empty_week_is_not_believed(services: Services) -> None:
    """A week that arXiv says is empty is a failure, with what to do; a week that is in the store stays as it is."""
    with pytest.raises(SourceError, match=r"did not give all of 2026-W17: .* not believed"):
        await run_from(services, [])
    await run_from(services, make_week())
    with pytest.raises(SourceError, match="not believed"):
        await run_from(services, [], ask_arxiv=True)
    assert (await run_from(services, []))["shortlist"] == 0


async def test_what_came_before_a_failure_is_kept(services: Services) -> None:
    """A source that breaks off after 400 papers fails the run; they stay, and the next run asks again for the rest."""
    papers = make_papers(500, first=_FIRST, apart=timedelta(minutes=15))

    bench = services.bench()
    with pytest.raises(SourceError, match="the line broke"):
        await run_week(bench, WEEK, lambda: open_desk(services, BrokenSource(papers)), topics=services.rubric.topics)
    async with services.database.read() as session:
        assert await count_week(session, WEEK) == 400
    done = await run_from(services, papers)
    assert (done["harvest"], done["embed"]) == (100, 500)
    assert (await run_from(services, []))["harvest"] == 0


async def test_a_week_that_is_not_over_is_asked_for_again(tmp_path: Path) -> None:
    """A run on Monday knows half of the week; the one after the week fetches the rest, and then it is known."""
    papers, now = make_week(), [_FIRST + timedelta(days=4)]
    async with open_services(Settings(home=tmp_path / "home", embedder="hashing"), lambda: now[0]) as services:
        first = await run_from(services, papers)
        now[0] = _NOW
        second = await run_from(services, papers)
        assert (first["harvest"], second["harvest"]) == (24, 16)
        assert (await run_from(services, []))["harvest"] == 0


async def test_an_imported_week_is_not_asked_for(services: Services) -> None:
    """Papers that came by file are the week, as far as the store can know."""
    async with services.database.write() as session:
        await upsert_papers(session, make_week(), _NOW)
    assert (await run_from(services, []))["harvest"] == 0


@pytest.mark.parametrize(
    ("made", "is_due"),
    [
        (datetime(2026, 4, 23, 16, 0, tzinfo=EASTERN), True),  # Thursday's batch is closed, but not announced
        (datetime(2026, 4, 24, 23, 0, tzinfo=EASTERN), True),  # Friday's listing may still grow
        (datetime(2026, 4, 25, 0, 0, tzinfo=EASTERN), False),
    ],
)
async def test_a_harvest_before_the_last_listing_is_made_again(
    services: Services, made: datetime, is_due: bool
) -> None:
    """A week is whole only once its Friday is over: arXiv answers with papers when they are announced."""
    async with services.database.write() as session:
        await finish_run(session, await begin_run(session, "harvest", "2026-W17", made), 1.0, {})

    assert await is_harvest_due(services.database, services.rubric.categories, WEEK, _NOW) is is_due
