import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from fakes.cli_case import SAMPLE
from fakes.judging_case import GR, NOW, WEEK, read_bundled_rubric
from msgspec.structs import replace
from sqlalchemy import delete

from triage.adapters.hashing import HashingEmbedder
from triage.core.arxiv_json import read_record
from triage.core.ranking import Candidate
from triage.core.rubric import find_topic
from triage.pipeline.draw_audit import Field, draw_audit
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist
from triage.store.audits import Audit, load_audit
from triage.store.engine import Database
from triage.store.models import ScoreRow
from triage.store.shortlists import Entry, Shortlist
from triage.store.upsert import upsert_papers
from triage.store.votes import record_votes

SIZE, OPEN = 7, 84
"""Places of the list, and papers of the bundled week that are not withdrawn."""


@pytest.fixture
async def bench(judging_sample: Path, tmp_path: Path) -> AsyncIterator[Bench]:
    """The bundled week, embedded, after its end."""
    path = tmp_path / "triage.db"
    shutil.copy(judging_sample, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield Bench(database, HashingEmbedder(), read_bundled_rubric(), NOW)
    await database.close()


def ask_for(bench: Bench, audit: int) -> Bench:
    """With a rubric that has so many papers drawn."""
    rubric = bench.rubric
    return replace(bench, rubric=replace(rubric, shortlist=replace(rubric.shortlist, audit=audit)))


async def build(bench: Bench, size: int = SIZE, *, publish: bool = False) -> Shortlist:
    """The stored list."""
    return (await build_shortlist(bench, find_topic(bench.rubric, GR), WEEK, size, publish=publish))[0]


async def load(bench: Bench) -> Audit:
    """The draw in the store."""
    async with bench.database.read() as session:
        found = await load_audit(session, GR, str(WEEK))
    assert found is not None
    return found


async def has_draw(bench: Bench) -> bool:
    """Whether there is one."""
    async with bench.database.read() as session:
        return await load_audit(session, GR, str(WEEK)) is not None


async def vote(bench: Bench, *arxiv_ids: str, value: int = 1) -> None:
    """As another reader."""
    async with bench.database.write() as session:
        await record_votes(session, GR, dict.fromkeys(arxiv_ids, value), "test", bench.now, reader="ada")


async def test_a_built_list_is_drawn_from_below(bench: Bench) -> None:
    """So many as the rubric says, none that was shown; the bands hold all that could be drawn, after the list."""
    shortlist = await build(bench)
    audit = await load(bench)
    shown = {entry.arxiv_id for entry in shortlist.entries}
    assert len(audit.asked) == bench.rubric.shortlist.audit == 6
    assert shown.isdisjoint(paper.arxiv_id for paper in audit.asked)
    assert {paper.arxiv_id for paper in audit.listed} == {entry.arxiv_id for entry in shortlist.ranked}
    assert sum(band.papers for band in audit.bands) == OPEN - len(shortlist.explored)
    assert audit.bands[0].expected == pytest.approx(sum(entry.score for entry in shortlist.ranked))
    for paper in audit.papers:
        assert audit.bands[paper.band].first <= paper.rank <= audit.bands[paper.band].last
    assert (audit.fingerprint, audit.scorer, audit.drawn_at) == (shortlist.fingerprint, shortlist.scorer, NOW)


async def test_building_again_draws_nothing_new(bench: Bench) -> None:
    """Also later, when the list is confirmed."""
    await build(bench)
    before = await load(bench)
    await build(replace(bench, now=NOW + timedelta(days=1)))
    assert await load(bench) == before


async def test_another_list_is_drawn_from_anew(bench: Bench) -> None:
    """As long as nobody answered: votes on listed papers are no answers."""
    shortlist = await build(bench)
    later = replace(bench, now=NOW + timedelta(days=1))
    await vote(later, *(entry.arxiv_id for entry in shortlist.ranked))
    await build(later, 5)
    audit = await load(bench)
    assert (len(audit.listed), audit.drawn_at) == (5, later.now)


async def test_what_was_voted_on_before_is_not_asked_about(bench: Bench) -> None:
    """Nobody answers for being asked, and whoever voted chose the paper; relevant ones below the line are counted."""
    draft = await build(ask_for(bench, 0))
    liked, disliked = draft.ranked[1].arxiv_id, draft.ranked[2].arxiv_id
    await vote(bench, liked)
    await vote(bench, disliked, value=-1)
    shortlist = await build(ask_for(bench, 1000), 1)
    audit = await load(bench)
    assert {paper.arxiv_id for paper in audit.papers}.isdisjoint({liked, disliked})
    assert [band.known for band in audit.bands] == [0, 1, *[0] * (len(audit.bands) - 2)]
    assert sum(band.papers for band in audit.bands) == OPEN - len(shortlist.explored) - 2


async def test_an_answered_draw_stays(bench: Bench) -> None:
    """Although the answers lift their papers onto the draft."""
    before = await build(ask_for(bench, 30))
    audit = await load(bench)
    await vote(bench, *(paper.arxiv_id for paper in audit.asked))
    after = await build(ask_for(bench, 30))
    lifted = {entry.arxiv_id for entry in after.ranked} & {paper.arxiv_id for paper in audit.asked}
    assert before.entries != after.entries
    assert lifted
    assert await load(bench) == audit


async def test_nothing_is_drawn_before_the_week_is_over(bench: Bench) -> None:
    """But when the list is built next, though it did not change."""
    early = replace(bench, now=NOW - timedelta(days=5))
    await build(early)
    assert not await has_draw(bench)
    await build(bench)
    assert len((await load(bench)).asked) == 6


async def test_a_rubric_may_ask_for_no_audit(bench: Bench) -> None:
    """A draw that is there stays."""
    await build(ask_for(bench, 0))
    assert not await has_draw(bench)
    await build(bench)
    before = await load(bench)
    await build(ask_for(bench, 0), 5)
    assert await load(bench) == before


async def test_all_are_asked_about_where_few_are_left(bench: Bench) -> None:
    """None of them twice; a list that holds the whole week has nothing below it."""
    shortlist = await build(ask_for(bench, 1000))
    asked = [paper.arxiv_id for paper in (await load(bench)).asked]
    assert len(asked) == len(set(asked)) == OPEN - len(shortlist.entries)
    everything = await build(ask_for(bench, 1000), 100)
    audit = await load(bench)
    assert (len(audit.listed), audit.asked, len(audit.bands)) == (len(everything.ranked), (), 1)


async def test_publishing_changes_no_draw(bench: Bench) -> None:
    """It is of the very list that is frozen."""
    await build(bench)
    before = await load(bench)
    await build(bench, publish=True)
    await build(bench)
    assert await load(bench) == before


async def test_a_list_published_without_a_draw_gets_the_same_one(bench: Bench) -> None:
    """By the scores that it rests on, whatever was voted since; the list stays as it is."""
    published = await build(ask_for(bench, 0), publish=True)
    await vote(bench, *(entry.arxiv_id for entry in published.entries))
    assert await build(bench) == published
    drawn = await load(bench)
    assert (drawn.fingerprint, drawn.scorer) == (published.fingerprint, published.scorer)
    assert {paper.arxiv_id for paper in drawn.listed} == {entry.arxiv_id for entry in published.ranked}
    await build(bench)
    assert await load(bench) == drawn


async def test_a_published_list_whose_scores_are_gone_gets_no_draw(bench: Bench) -> None:
    """And no error."""
    published = await build(ask_for(bench, 0), publish=True)
    async with bench.database.write() as session:
        await session.execute(delete(ScoreRow))
    assert await build(bench) == published
    assert not await has_draw(bench)


async def test_both_databases_draw_the_same(bench: Bench, postgres: Database) -> None:
    """Bands and papers, to the last digit."""
    async with postgres.write() as session:
        await upsert_papers(session, [read_record(line) for line in SAMPLE.read_bytes().splitlines()], NOW)
    await build(bench)
    other = replace(bench, database=postgres)
    await build(other)
    assert await load(other) == await load(bench)


def test_near_copies_are_not_drawn() -> None:
    """Whoever reads the list knows what they tell; exploration was shown as well, and counts for neither side."""
    candidates = [
        Candidate(number, f"2604.{number:05}", 1 / number, 0.0, np.zeros(2, np.float32)) for number in range(1, 6)
    ]
    entries = tuple(
        Entry(kind, 1, candidates[index].arxiv_id, "T", candidates[index].score, (), None, None)
        for kind, index in (("ranked", 0), ("exploration", 3))
    )
    shortlist = Shortlist("t", "2026-W20", 1, "f", "s", 5, NOW, None, entries)
    audit, keys = draw_audit(shortlist, Field(candidates, {candidates[1].arxiv_id}, {}), 9)
    assert [(paper.arxiv_id, paper.rank) for paper in audit.asked] == [("2604.00003", 3), ("2604.00005", 5)]
    assert [paper.arxiv_id for paper in audit.listed] == ["2604.00001"]
    assert keys == [1, 3, 5]
