"""Which week a paper belongs to, what a mark may claim, and what a witness may say: faults that reviewers found."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.harvest_case import MONDAY, Season, make_paper, open_season, submit_for
from msgspec.structs import replace

from triage.core.paper import PaperVersion
from triage.core.week import parse_week
from triage.pipeline.harvest import harvest_week, is_harvest_due
from triage.pipeline.listings import check_listings
from triage.pipeline.reconcile import Desk
from triage.pipeline.repair import repair_ids
from triage.pipeline.spine import harvest_archives

TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
LONG_AGO = datetime(2024, 5, 6, 9, tzinfo=UTC)


@pytest.fixture
async def season(tmp_path: Path) -> AsyncIterator[Season]:
    """Monday was harvested."""
    async with open_season(tmp_path) as season:
        season.announce(MONDAY)
        season.go_to(MONDAY)
        await season.harvest()
        yield season


def narrow(season: Season, *categories: str) -> Desk:
    """A desk that follows these categories."""
    return replace(season.services.open_desk(), categories=categories)


async def test_old_papers_that_are_revised_stay_in_their_weeks(season: Season) -> None:
    """A paper from before the first reading may come in late: that proves nothing, and no shortlist is flooded."""
    versions = (PaperVersion(1, LONG_AGO), PaperVersion(2, season.clock[0] + timedelta(hours=5)))
    revised = make_paper(2, LONG_AGO, arxiv_id="2405.00002", versions=versions, version=2)
    edited = make_paper(3, LONG_AGO, arxiv_id="2405.00003", journal_ref="J. Old (2025)")
    season.archive.load([replace(revised, updated=versions[1].submitted), edited])
    season.archive.touch("2405.00003", season.clock[0] + timedelta(hours=6))
    season.announce(TUESDAY)
    season.go_to(TUESDAY)
    await season.harvest()
    weeks = await season.query("SELECT arxiv_id, week FROM papers WHERE arxiv_id LIKE '2405.%' ORDER BY 1")
    assert weeks == [("2405.00002", "2024-W19"), ("2405.00003", "2024-W19")]


async def test_an_old_paper_that_a_cross_list_brings_is_put_on_the_day_the_feed_shows_it(season: Season) -> None:
    """Its first listing in a category of ours is what counts, and the feed tells a cross-list from a revision."""
    season.archive.load([make_paper(4, LONG_AGO, "cs.CV", arxiv_id="2405.00004")])
    season.announce(TUESDAY)
    season.go_to(TUESDAY, hours=-0.5)
    season.archive.add_category("2405.00004", "cs.IR")
    season.go_to(TUESDAY, hours=12)
    await season.harvest()
    assert await season.query("SELECT week FROM papers WHERE arxiv_id = '2405.00004'") == [("2024-W19",)]
    await season.check()
    assert await season.query("SELECT week FROM papers WHERE arxiv_id = '2405.00004'") == [("2026-W33",)]


async def test_a_new_category_loses_no_day_of_the_others(season: Season) -> None:
    """The window reaches back to what every category needs, however long the pause was."""
    days = [
        MONDAY + timedelta(days=number) for number in range(1, 36) if (MONDAY + timedelta(days=number)).weekday() < 5
    ]
    for number, day in enumerate(days, 100):
        season.announce(day, make_paper(number, submit_for(day)))
    season.go_to(days[-1])
    await harvest_archives(narrow(season, *season.services.rubric.categories, "cs.CV"))
    assert await season.query("SELECT count(*) FROM papers WHERE arxiv_id BETWEEN '2608.00100' AND '2608.00199'") == [
        (len(days),)
    ]


async def test_since_only_reaches_further_back(season: Season) -> None:
    """A later day than the overlap needs does not shorten the window."""
    season.announce(TUESDAY, make_paper(10, submit_for(TUESDAY)))
    season.announce(WEDNESDAY)
    season.go_to(WEDNESDAY, hours=24)
    await season.harvest(since=WEDNESDAY)
    assert await season.look_up(10, "announced") == ("2026-08-11",)


async def test_a_category_that_was_never_harvested_is_due_and_late(season: Season) -> None:
    """Marks hold for the categories that were read, no others; a category that is followed no more matters no more."""
    services = season.services
    week, ours = parse_week("2026-W33"), services.rubric.categories
    assert not await is_harvest_due(services.database, ours, week, season.clock[0])
    assert await is_harvest_due(services.database, (*ours, "stat.ML"), parse_week("2026-W34"), season.clock[0])
    assert not await is_harvest_due(services.database, ours[:1], week, season.clock[0])


async def test_a_few_stray_papers_are_not_the_week(season: Season) -> None:
    """A week from before the first reading, of which one paper was revised lately, is still to be harvested."""
    june = datetime(2026, 6, 16, 9, tzinfo=UTC)
    season.archive.load([make_paper(20, june)])
    season.archive.revise("2608.00020", title="Again", at=season.clock[0] + timedelta(hours=2))
    season.announce(TUESDAY)
    season.go_to(TUESDAY)
    await season.harvest()
    assert await season.look_up(20, "week") == ("2026-W25",)
    database, ours = season.services.database, season.services.rubric.categories
    assert await is_harvest_due(database, ours, parse_week("2026-W25"), season.clock[0])
    await harvest_week(season.services.open_desk(), parse_week("2026-W25"))
    assert not await is_harvest_due(database, ours, parse_week("2026-W25"), season.clock[0])


async def test_each_archive_counts_its_own_categories(season: Season) -> None:
    """A paper in two archives is one paper, expected in each of its categories."""
    season.announce(TUESDAY, make_paper(30, submit_for(TUESDAY), "cs.IR", "stat.ML"))
    season.go_to(TUESDAY)
    await harvest_archives(narrow(season, "cs.IR", "stat.ML"))
    counts = await season.query("SELECT category, expected FROM day_checks WHERE day = '2026-08-11' ORDER BY 1")
    assert [count for count in counts if count[0] in {"cs.IR", "stat.ML"}] == [("cs.IR", 2), ("stat.ML", 1)]
    assert await season.query("SELECT count(*) FROM papers WHERE arxiv_id = '2608.00030'") == [(1,)]


async def test_a_missing_paper_that_left_our_categories_is_no_longer_missed(season: Season) -> None:
    """ArXiv answered for it; it is not ours, and no alarm stays for ever."""
    season.announce(TUESDAY, make_paper(40, submit_for(TUESDAY)))
    season.server.spoiled["2608.00040"] = "record_without_metadata"
    season.go_to(TUESDAY)
    season.server.choose_fault = lambda _number, kind: "blank_zero" if kind == "query" else "ok"
    await season.harvest()
    season.server.choose_fault = None
    season.archive.move_primary("2608.00040", "cs.CV")
    season.archive.drop_category("2608.00040", "cs.IR")
    await season.repair()
    assert await season.query("SELECT count(*) FROM missing_papers") == [(0,)]


async def test_a_held_paper_keeps_its_day_whichever_command_brings_it(season: Season) -> None:
    """The quick harvest and the repair by id know only the submission; the archive and the ledger know better."""
    held = make_paper(50, datetime(2026, 8, 1, 9, tzinfo=UTC))
    season.announce(WEDNESDAY, held)
    season.go_to(WEDNESDAY)
    await harvest_week(season.services.open_desk(), parse_week("2026-W32"))
    assert await season.look_up(50, "week") == ("2026-W32",)
    await season.harvest()
    assert await season.look_up(50, "announced, week") == ("2026-08-12", "2026-W33")
    season.announce(WEDNESDAY, make_paper(51, datetime(2026, 8, 1, 9, tzinfo=UTC)))
    season.server.spoiled["2608.00051"] = "record_without_metadata"
    season.server.choose_fault = lambda _number, kind: "blank_zero" if kind == "query" else "ok"
    await season.harvest()
    season.server.choose_fault = None
    report = await repair_ids(season.services.open_desk(), ["arXiv:2608.00051", "2608.00051v1"])
    assert (report.done, report.failed) == (1, 0)
    assert await season.look_up(51, "week") == ("2026-W33",)


async def test_a_stale_witness_does_not_silence_a_good_one(season: Season) -> None:
    """What was counted stays counted."""
    season.announce(TUESDAY, make_paper(60, submit_for(TUESDAY)))
    season.go_to(TUESDAY, hours=12)
    await season.harvest()
    await season.check()
    season.server.feed.is_stale = True
    await check_listings(season.services.open_desk(), season.services.open_feed())
    kept = "SELECT expected, is_stale FROM day_checks WHERE category = 'cs.IR' AND day = '2026-08-11'"
    assert await season.query(kept + " AND witness = 'arxiv-feed'") == [(2, 0)]
