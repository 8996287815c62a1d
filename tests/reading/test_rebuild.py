import shutil
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest
from fakes.judging_case import GR, NOW, WEEK, prepare_sample, read_bundled_rubric, wait_until
from sqlalchemy import func, select

from triage.adapters.hashing import HashingEmbedder
from triage.core.rubric import find_topic
from triage.errors import UnknownTopicError
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist
from triage.reading.rebuild import MOST_DRAFTS, Rebuilder, rebuild_drafts
from triage.store.drafts import Draft, list_drafts
from triage.store.engine import Database
from triage.store.models import ScoreRow
from triage.store.scores import delete_superseded
from triage.store.shortlists import Shortlist, load_shortlist, replace_shortlist
from triage.store.votes import record_votes

SIZE = 7


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the bundled week, embedded; copy it, do not use it."""
    path = tmp_path_factory.mktemp("rebuild") / "sample.db"
    prepare_sample(path)
    return path


@pytest.fixture
async def bench(sample: Path, tmp_path: Path) -> AsyncIterator[Bench]:
    """The bundled week with a draft of seven places."""
    path = tmp_path / "triage.db"
    shutil.copy(sample, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    bench = Bench(database, HashingEmbedder(), read_bundled_rubric(), NOW)
    await build_shortlist(bench, find_topic(bench.rubric, GR), WEEK, SIZE)
    yield bench
    await database.close()


async def load(bench: Bench, week: str = str(WEEK)) -> Shortlist:
    """The list in the store."""
    async with bench.database.read() as session:
        found = await load_shortlist(session, GR, week)
    assert found is not None
    return found


async def vote_down(bench: Bench, shortlist: Shortlist) -> None:
    """What stands first is not relevant, and the last five are."""
    ids = [entry.arxiv_id for entry in shortlist.entries]
    votes = dict.fromkeys(ids[:-5], -1) | dict.fromkeys(ids[-5:], 1)
    async with bench.database.write() as session:
        await record_votes(session, GR, votes, "test", NOW)


async def rebuild(bench: Bench) -> list[str]:
    """The weeks that were built."""
    return [week async for week in rebuild_drafts(bench, GR)]


async def test_a_draft_follows_the_votes(bench: Bench) -> None:
    """Its size stays what it was, not the rubric's; without new votes it stays as it is."""
    before = await load(bench)
    assert bench.rubric.shortlist.size != SIZE
    await vote_down(bench, before)

    assert await rebuild(bench) == [str(WEEK)]
    after = await load(bench)
    assert "taste" in after.scorer
    assert len(after.ranked) == after.size == SIZE
    assert [entry.arxiv_id for entry in after.ranked] != [entry.arxiv_id for entry in before.ranked]
    await rebuild(bench)
    assert await load(bench) == after


async def test_scores_of_former_votes_go(bench: Bench) -> None:
    """Those of the draft and of the prior stay: one vote after the other leaves two per paper, as the first did."""
    before = await load(bench)
    await vote_down(bench, before)
    await rebuild(bench)
    first = await count_scores(bench)
    async with bench.database.write() as session:
        await record_votes(session, GR, {before.entries[0].arxiv_id: 1}, "test", NOW)
    await rebuild(bench)

    scorer = (await load(bench)).scorer
    assert set(await count_scores(bench)) == {scorer, scorer.partition("+taste")[0]} != set(first)
    assert sorted((await count_scores(bench)).values()) == sorted(first.values())


async def test_scores_of_a_published_list_stay(bench: Bench) -> None:
    """Also while drafts of other weeks follow the votes."""
    await vote_down(bench, await load(bench))
    await rebuild(bench)
    published, _ = await build_shortlist(bench, find_topic(bench.rubric, GR), WEEK, SIZE, publish=True)
    before = await count_scores(bench)
    async with bench.database.write() as session:
        await delete_superseded(session, GR, str(WEEK), "+taste")

    assert published.scorer in before
    assert await count_scores(bench) == before


async def count_scores(bench: Bench) -> dict[str, int]:
    """How many each scorer has for the topic."""
    async with bench.database.read() as session:
        query = select(ScoreRow.scorer, func.count()).where(ScoreRow.topic == GR).group_by(ScoreRow.scorer)
        return dict((await session.execute(query)).all())


async def test_a_published_list_stays(bench: Bench) -> None:
    """Votes that come later change the next ones only."""
    await build_shortlist(bench, find_topic(bench.rubric, GR), WEEK, SIZE, publish=True)
    before = await load(bench)
    await vote_down(bench, before)

    assert await rebuild(bench) == []
    assert await load(bench) == before


async def test_the_newest_drafts_of_a_topic_come_first(bench: Bench) -> None:
    """As many as follow a vote, each with its size; older ones wait until somebody builds them."""
    async with bench.database.write() as session:
        for topic, week in ((GR, "2026-W17"), (GR, "2026-W18"), (GR, "2026-W19"), ("agent-evaluation", "2026-W19")):
            await replace_shortlist(session, Shortlist(topic, week, 3, "f", "s", 0, NOW, None, ()), [])
    async with bench.database.read() as session:
        assert await list_drafts(session, GR, MOST_DRAFTS) == [Draft(str(WEEK), SIZE), Draft("2026-W19", 3)]
        assert await list_drafts(session, "agent-evaluation", MOST_DRAFTS) == [Draft("2026-W19", 3)]


async def test_an_unknown_topic_has_no_drafts(bench: Bench) -> None:
    """The message names those there are."""
    with pytest.raises(UnknownTopicError, match=GR):
        await anext(rebuild_drafts(bench, "nonsense"))


async def test_a_vote_rebuilds_the_draft_in_the_background(bench: Bench) -> None:
    """With a database of its own, since that of the server belongs to another loop; the server sees the new list."""

    async def rebuild(topic: str) -> AsyncGenerator[str, None]:
        database = Database(bench.database.url.render_as_string())
        try:
            async for week in rebuild_drafts(Bench(database, bench.embedder, bench.rubric, bench.now), topic):
                yield week
        finally:
            await database.close()

    before = await load(bench)
    await vote_down(bench, before)
    rebuilder = Rebuilder(rebuild, quiet=0.0)
    rebuilder.request(GR)
    await wait_until(lambda: not rebuilder.is_busy(GR))
    await rebuilder.close()

    assert rebuilder.last_error(GR) is None
    assert (await load(bench)).entries != before.entries
