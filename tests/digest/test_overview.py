from datetime import timedelta

import pytest
from fakes.judging_case import GR, NOW, WEEK
from msgspec.structs import replace

from triage.core.cues import normalise_words
from triage.core.week import week_of
from triage.digest.overview import find_overview, make_overview
from triage.digest.records import Overview
from triage.errors import NotFoundError
from triage.reading.library import Library
from triage.reading.shortlists import find_shortlist, publish
from triage.store.overviews import load_overview
from triage.store.papers import select_papers, select_week
from triage.store.scores import ScoreKey, load_scores, save_scores
from triage.store.shortlists import Shortlist
from triage.store.upsert import upsert_papers

BEFORE = week_of(WEEK.monday - timedelta(days=7))


@pytest.fixture
async def shortlist(listed_library: Library) -> Shortlist:
    """A draft."""
    return await find_shortlist(listed_library, GR, str(WEEK))


async def look(library: Library) -> Overview:
    return await find_overview(library, await find_shortlist(library, GR, str(WEEK)), "en")


async def repeat_before(library: Library, shortlist: Shortlist, count: int) -> None:
    """Put so many papers with the same texts and scores into the week before."""
    async with library.database.write() as session:
        papers = (await select_week(session, WEEK, library.rubric.categories))[:count]
        key = ScoreKey(shortlist.topic, shortlist.fingerprint, shortlist.scorer)
        scores = await load_scores(session, papers, key)
        copies = {
            f"2604.{number:05d}": replace(
                stored.paper, arxiv_id=f"2604.{number:05d}", announced=BEFORE.monday, versions=()
            )
            for number, stored in enumerate(papers, 1)
        }
        await upsert_papers(session, list(copies.values()), NOW)
        found = await select_papers(session, copies)
        values = {found[name].key: scores[stored.key] for name, stored in zip(copies, papers, strict=True)}
        await save_scores(session, [found[name] for name in copies], values, key, NOW)


async def test_themes_are_what_listed_papers_say(listed_library: Library, shortlist: Shortlist) -> None:
    """Each label stands in the papers that it names, which are on the list; nothing is told of a week not in store."""
    overview = await look(listed_library)
    assert overview.themes
    assert (overview.sentences, overview.by) == ((), None)
    assert len(shortlist.ranked) <= overview.counted <= 100
    by_rank = {entry.rank: entry.arxiv_id for entry in shortlist.ranked}
    async with listed_library.database.read() as session:
        papers = await select_papers(session, by_rank.values())
    for theme in overview.themes:
        assert theme.before is None
        assert len(theme.ranks) <= theme.papers
        for rank in theme.ranks:
            paper = papers[by_rank[rank]].paper
            stem = normalise_words(theme.label).strip().rstrip("s")
            assert stem in normalise_words(f"{paper.title} {paper.abstract}")


async def test_the_week_before_is_compared(listed_library: Library, shortlist: Shortlist) -> None:
    """Where the same papers stood a week earlier each theme was there; fewer papers are not compared with."""
    async with listed_library.database.read() as session:
        count = len(await select_week(session, WEEK, listed_library.rubric.categories))
    await repeat_before(listed_library, shortlist, 5)
    assert all(theme.before is None for theme in (await look(listed_library)).themes)
    await repeat_before(listed_library, shortlist, count)
    themes = (await look(listed_library)).themes
    assert themes
    assert all(theme.before for theme in themes)


async def test_a_draft_is_not_kept(listed_library: Library) -> None:
    """Neither looking nor making keeps anything of a list that may still change."""
    await look(listed_library)
    await make_overview(listed_library, GR, str(WEEK), None)
    async with listed_library.database.read() as session:
        assert await load_overview(session, GR, str(WEEK)) is None


async def test_a_published_one_stays(listed_library: Library, shortlist: Shortlist) -> None:
    """Looking keeps nothing; once made, it says the same for good, whatever becomes of the papers."""
    await publish(listed_library, GR, str(WEEK))
    made = await look(listed_library)
    async with listed_library.database.read() as session:
        assert await load_overview(session, GR, str(WEEK)) is None
    await make_overview(listed_library, GR, str(WEEK), None)
    async with listed_library.database.write() as session:
        papers = await select_papers(session, [entry.arxiv_id for entry in shortlist.ranked])
        changed = [
            replace(each.paper, title="Another", abstract="Another text.", version=9) for each in papers.values()
        ]
        await upsert_papers(session, changed, NOW)
    await make_overview(listed_library, GR, str(WEEK), None)
    assert await look(listed_library) == made
    assert made.themes


async def test_without_a_list(listed_library: Library) -> None:
    """There is nothing to make."""
    with pytest.raises(NotFoundError):
        await make_overview(listed_library, GR, str(BEFORE), None)
