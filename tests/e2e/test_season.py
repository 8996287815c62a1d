"""The life of papers, harvested day by day from a fake arXiv: each in one week, once, with its history."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fakes.harvest_case import MONDAY, Season, make_paper, open_season, submit_for

from triage.bootstrap import open_services
from triage.core.announcements import listings_between
from triage.core.week import parse_week
from triage.errors import InputError, SourceError
from triage.pipeline.embed import embed_papers
from triage.pipeline.fuse import score_topic
from triage.pipeline.harvest import harvest_week
from triage.pipeline.repair import repair_ids
from triage.pipeline.replay import replay_session
from triage.pipeline.report import keep_quiet
from triage.pipeline.shortlist import build_shortlist, select_papers_of
from triage.store.votes import add_tags, record_votes

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=number) for number in range(1, 5))
NEXT_MONDAY = MONDAY + timedelta(days=7)
EARLIER = datetime(2026, 8, 7, 9, tzinfo=UTC)


@pytest.fixture
async def season(tmp_path: Path) -> AsyncIterator[Season]:
    """Monday was harvested, with one paper to live on with: 2608.00001."""
    async with open_season(tmp_path) as season:
        season.announce(MONDAY, make_paper(1, EARLIER))
        season.go_to(MONDAY)
        await season.harvest()
        yield season


async def test_a_held_paper_is_in_the_week_that_announced_it(season: Season) -> None:
    """Submitted ten days before, it belongs to the listing that showed it, and comes once."""
    season.announce(WEDNESDAY, make_paper(2, datetime(2026, 8, 1, 9, tzinfo=UTC)))
    season.go_to(WEDNESDAY)
    await season.harvest()
    await season.harvest()
    assert await season.look_up(2, "announced, week") == ("2026-08-12", "2026-W33")


@pytest.mark.parametrize("days", [1, 7, 30])
async def test_after_an_outage_everything_is_found(season: Season, days: int) -> None:
    """The window begins a week before the last whole reading, however long ago that was."""
    listed = listings_between(TUESDAY, MONDAY + timedelta(days=days))
    for number, day in enumerate(listed, 100):
        season.announce(day, make_paper(number, submit_for(day)))
    season.go_to(listed[-1])
    await season.harvest()
    rows = await season.query("SELECT announced FROM papers WHERE arxiv_id BETWEEN '2608.00100' AND '2608.00199'")
    assert [date.fromisoformat(day) for (day,) in rows] == list(listed)


async def test_versions_are_kept_and_never_lowered(season: Season) -> None:
    """v1 to v7, a withdrawal and its undoing: the history is arXiv's, the paper stays in its week."""
    for number in range(2, 8):
        season.archive.revise("2608.00001", abstract=f"Text {number}.", at=season.clock[0] + timedelta(minutes=number))
    season.go_to(TUESDAY)
    await season.harvest()
    assert await season.look_up(1, "version, abstract, week, is_withdrawn") == (7, "Text 7.", "2026-W33", 0)
    season.archive.withdraw("2608.00001")
    season.go_to(WEDNESDAY)
    await season.harvest()
    assert await season.look_up(1, "version, is_withdrawn") == (8, 1)
    season.archive.restore("2608.00001")
    season.go_to(THURSDAY)
    await season.harvest()
    assert await season.look_up(1, "version, is_withdrawn") == (9, 0)
    history = await season.query(
        "SELECT v.version, v.is_withdrawn FROM paper_versions v JOIN papers p ON p.id = paper_id "
        "WHERE arxiv_id = '2608.00001' ORDER BY 1"
    )
    assert history == [(number, int(number == 8)) for number in range(1, 10)]


async def test_changes_without_a_version_are_noted(season: Season) -> None:
    """A journal reference and a move of category: what was, and what became of it."""
    season.archive.set_journal_ref("2608.00001", "J. Recsys 1 (2026)")
    season.archive.move_primary("2608.00001", "cs.CL")
    season.go_to(TUESDAY)
    await season.harvest()
    assert await season.look_up(1, "version, primary_category, journal_ref") == (1, "cs.CL", "J. Recsys 1 (2026)")
    changes = await season.query("SELECT number, json_extract(fields, '$.primary_category') FROM paper_changes")
    assert changes == [(1, '["cs.IR","cs.CL"]')]


async def test_a_later_cross_list_brings_a_paper_into_the_week_it_became_visible(season: Season) -> None:
    """A paper of another category is ours from the day it is listed in one that we follow."""
    season.announce(TUESDAY, make_paper(3, EARLIER, "cs.CV"))
    season.go_to(TUESDAY)
    await season.harvest()
    assert await season.look_up(3, "week") is None
    season.go_to(NEXT_MONDAY, hours=-1)
    season.archive.add_category("2608.00003", "cs.IR")
    season.announce(NEXT_MONDAY)
    season.go_to(NEXT_MONDAY)
    await season.harvest()
    assert await season.look_up(3, "announced, week") == ("2026-08-17", "2026-W34")


async def test_a_paper_that_leaves_our_categories_stays_known(season: Season) -> None:
    """Its categories are those of now, so that no coming shortlist takes it; nothing is deleted."""
    season.archive.move_primary("2608.00001", "cs.CV")
    season.archive.drop_category("2608.00001", "cs.IR")
    season.go_to(TUESDAY)
    await season.harvest()
    assert await season.look_up(1, "categories") == ('["cs.CV"]',)


async def test_readers_words_survive_everything(season: Season) -> None:
    """Tags and votes hang on the arXiv id: a revision, a withdrawal and a move leave them as they are."""
    now = season.clock[0]
    async with season.services.database.write() as session:
        await record_votes(session, "agent-evaluation", {"2608.00001": 1}, "test", now)
        await add_tags(session, ["2608.00001"], "keep", now)
    before = await season.query("SELECT * FROM votes"), await season.query("SELECT * FROM tags")
    season.archive.revise("2608.00001", title="Another title")
    season.archive.move_primary("2608.00001", "cs.CL")
    season.archive.withdraw("2608.00001")
    season.go_to(TUESDAY)
    await season.harvest()
    assert (await season.query("SELECT * FROM votes"), await season.query("SELECT * FROM tags")) == before


async def test_a_revised_abstract_is_scored_again_and_a_withdrawal_leaves_coming_lists(season: Season) -> None:
    """Only what changed is worked on; a frozen list keeps its places and marks them."""
    season.announce(TUESDAY, *(make_paper(number, EARLIER) for number in range(10, 14)))
    season.go_to(TUESDAY)
    await season.harvest()
    bench, week = season.services.bench(), parse_week("2026-W33")
    topic, other = bench.rubric.topics[:2]
    frozen, _ = await build_shortlist(bench, topic, week, publish=True)
    first, second = (entry.arxiv_id for entry in frozen.entries[:2])
    season.archive.revise(first, abstract="We benchmark agents.")
    season.archive.withdraw(second)
    season.go_to(WEDNESDAY)
    await season.harvest()
    bench = season.services.bench()
    papers = await select_papers_of(bench, week)
    assert (await embed_papers(bench.database, bench.embedder, papers)).done == 1
    assert (await score_topic(bench, topic, week, papers))[2].done == 1
    later, _ = await build_shortlist(bench, topic, week)
    assert [entry.arxiv_id for entry in later.entries] == [entry.arxiv_id for entry in frozen.entries]
    marks = {entry.arxiv_id: (entry.is_revised, entry.is_withdrawn) for entry in later.entries}
    assert marks[first] == (True, False)
    assert marks[second] == (True, True)
    draft, _ = await build_shortlist(bench, other, week)
    assert second not in {entry.arxiv_id for entry in draft.entries}


async def test_the_same_paper_from_three_sources_is_one(season: Season) -> None:
    """Query API, archive and repair by id agree on it."""
    season.go_to(TUESDAY)
    await harvest_week(season.services.open_desk(), parse_week("2026-W33"))
    await repair_ids(season.services.open_desk(), ["2608.00001"])
    assert await season.query("SELECT count(*) FROM papers WHERE arxiv_id = '2608.00001'") == [(1,)]
    assert await season.query("SELECT count(*) FROM paper_changes") == [(0,)]


async def test_what_the_list_of_records_lost_comes_by_id(season: Season) -> None:
    """A record that is unreadable in the archive's list is quarantined there and fetched from the query API."""
    season.announce(TUESDAY, make_paper(20, EARLIER))
    season.server.spoiled["2608.00020"] = "record_without_metadata"
    season.go_to(TUESDAY)
    report = await season.harvest()
    assert "1 came by id" in report.note
    assert report.failed == 0
    assert await season.look_up(20, "announced") == ("2026-08-11",)
    assert len(await season.query("SELECT * FROM quarantine")) == 1


async def test_a_paper_that_cannot_be_had_is_missing_until_it_can(season: Season) -> None:
    """It stands in the ledger with the reason, is asked for by every run, and leaves the ledger when it comes."""
    season.announce(TUESDAY, make_paper(21, EARLIER))
    season.server.spoiled["2608.00021"] = "record_without_metadata"
    season.go_to(TUESDAY)
    season.server.choose_fault = lambda _number, kind: "blank_zero" if kind == "query" else "ok"
    report = await season.harvest()
    assert "1 still missing" in report.note
    ledger = await season.reckon("2026-W33")
    assert [one.arxiv_id for one in ledger.missing] == ["2608.00021"]
    assert {(line.category, line.state) for line in ledger.alarms} == {("cs.IR", "incomplete")}
    season.server.choose_fault = None
    assert (await season.repair()).done == 1
    ledger = await season.reckon("2026-W33")
    assert (ledger.missing, ledger.alarms) == ((), ())


async def test_the_window_never_begins_today(season: Season) -> None:
    """ArXiv keeps the answer to an early question until midnight UTC, for everybody."""
    with pytest.raises(InputError, match="not over yet"):
        await season.harvest(since=season.clock[0].date())
    season.announce(TUESDAY)
    season.go_to(TUESDAY)
    await season.harvest()
    assert all("until" not in entry.params for entry in season.server.log)
    assert all(entry.params.get("from", "") < f"{season.clock[0]:%Y-%m-%d}" for entry in season.server.log)


async def test_the_mark_moves_with_the_last_page_only(season: Season) -> None:
    """A harvest that breaks off leaves the mark where it was, and says so; the next one heals it."""
    before = await season.query("SELECT * FROM harvest_marks")
    season.announce(TUESDAY, *(make_paper(number, EARLIER) for number in range(30, 50)))
    season.go_to(TUESDAY)
    season.server.choose_fault = lambda _number, kind: "status_403" if kind == "oai-headers" else "ok"
    with pytest.raises(SourceError, match="403"):
        await season.harvest()
    assert await season.query("SELECT * FROM harvest_marks") == before
    assert await season.query("SELECT status FROM runs WHERE step = 'harvest' ORDER BY id") == [("done",), ("failed",)]
    season.server.choose_fault = None
    with pytest.raises(SourceError, match="403"):
        await season.harvest()
    assert season.services.pace.resume() is not None
    await season.harvest()
    assert await season.query("SELECT count(*) FROM papers WHERE arxiv_id BETWEEN '2608.00030' AND '2608.00049'") == [
        (20,)
    ]


async def test_a_clock_that_is_off_by_days_is_noticed(season: Season) -> None:
    """The mark is arXiv's time; a clock a day off is forgiven, one a week off is not believed."""
    season.announce(TUESDAY)
    season.go_to(TUESDAY)
    season.services.clock = lambda: season.clock[0] + timedelta(days=1)
    await season.harvest()
    season.services.clock = lambda: season.clock[0] + timedelta(days=7)
    with pytest.raises(SourceError, match="one of them is wrong"):
        await season.harvest()


async def test_the_days_listing_is_a_second_witness(season: Season) -> None:
    """Its counts stand in the ledger; a stale one is told apart from a quiet day."""
    season.announce(TUESDAY, make_paper(60, EARLIER), make_paper(61, EARLIER, "cs.CL", "cs.IR"))
    season.go_to(TUESDAY, hours=12)
    await season.harvest()
    report = await season.check()
    assert report is not None
    assert "4 listed today" in report.note  # the filler, 60 and 61 in cs.IR, 61 in cs.CL
    ledger = await season.reckon("2026-W33")
    lines = {line.category: line for line in ledger.lines if line.day == TUESDAY}
    assert (lines["cs.IR"].expected, lines["cs.IR"].harvested, lines["cs.IR"].state) == (3, 3, "ok")
    season.server.feed.is_stale = True
    report = await season.check()
    assert report is not None
    assert "stale: " in report.note


async def test_kept_answers_rebuild_the_same_store(season: Season, tmp_path: Path) -> None:
    """Every paper, version, change, mark and witness, from the files alone."""
    season.announce(TUESDAY, make_paper(70, EARLIER), make_paper(71, EARLIER))
    season.archive.revise("2608.00001", title="Revised")
    season.go_to(TUESDAY, hours=12)
    season.server.choose_fault = lambda number, kind: (
        "token_dropped" if kind == "oai-records" and number % 7 == 1 else "ok"
    )
    await season.harvest()
    await season.check()
    await season.repair()

    requests = len(season.server.log)
    settings = season.services.settings.model_copy(update={"home": tmp_path / "other"})
    async with open_services(settings) as other:
        for session, clients in other.open_replays(season.services.answers):
            assert all(
                not report.failed for report in await replay_session(other.database, session, clients, keep_quiet)
            )
        twin = Season(season.archive, season.server, other, season.clock)
        for table in ("papers", "paper_versions", "paper_changes", "harvest_marks", "day_checks", "missing_papers"):
            query = f"SELECT * FROM {table} ORDER BY id"  # noqa: S608 -- names
            assert await twin.query(query) == await season.query(query), table
    assert len(season.server.log) == requests


async def test_an_old_session_replayed_over_newer_data_undoes_nothing(season: Season) -> None:
    """Also one of a single week, or of single ids: what was read since stays."""
    await harvest_week(season.services.open_desk(), parse_week("2026-W33"))
    await repair_ids(season.services.open_desk(), ["2608.00001"])
    season.archive.move_primary("2608.00001", "cs.CL")
    season.go_to(TUESDAY)
    await season.harvest()
    before = await season.query("SELECT * FROM papers"), await season.query("SELECT * FROM paper_changes")
    for session, clients in season.services.open_replays():
        await replay_session(season.services.database, session, clients, keep_quiet)
    assert (await season.query("SELECT * FROM papers"), await season.query("SELECT * FROM paper_changes")) == before
