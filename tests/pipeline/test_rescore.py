"""What another rubric changes in a list, on the bundled week: exactly what it says otherwise, told with its reason."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from triage.adapters.hashing import HashingEmbedder
from triage.core.arxiv_json import read_record
from triage.core.cues import find_phrase
from triage.core.paper import Paper
from triage.core.prior import read_words
from triage.core.rubric import Cue, Rubric, find_topic, judge_fingerprint
from triage.core.rubric_reading import read_rubric
from triage.core.verdict import Verdict
from triage.core.week import parse_week
from triage.errors import UnknownTopicError
from triage.pipeline.rescore import Change, Rescore, plan_rescore
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist
from triage.store.engine import Database
from triage.store.papers import select_papers
from triage.store.schema import ensure_schema
from triage.store.scores import ScoreKey, load_scores
from triage.store.shortlists import Shortlist, load_shortlist
from triage.store.upsert import upsert_papers
from triage.store.verdicts import StoredVerdict, VerdictKey, save_verdict
from triage.store.votes import record_votes

NOW = datetime(2026, 5, 18, 9, tzinfo=UTC)
WEEK = parse_week("2026-W20")
GR = "generative-recommendation"
PHRASE = "benchmark*"
COPIES = ("2605.91001", "2605.91002")


@pytest.fixture(scope="session")
def sample(root: Path) -> list[Paper]:
    """The bundled week."""
    return [read_record(line) for line in (root / "triage/sample/sample-week.jsonl").read_bytes().splitlines()]


@pytest.fixture(scope="session")
def rubric(root: Path) -> Rubric:
    """The bundled rubric."""
    return read_rubric((root / "rubric.yaml").read_text(encoding="utf-8"), "rubric.yaml")


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory, sample: list[Paper]) -> Path:
    """A database with the bundled week; copy it, do not use it."""
    path = tmp_path_factory.mktemp("rescore") / "sample.db"
    asyncio.run(_fill(path, sample))
    return path


async def _fill(file: Path, papers: list[Paper]) -> None:
    database = Database(f"sqlite+aiosqlite:///{file}")
    await ensure_schema(database)
    await add_papers(database, papers)
    await database.close()


@pytest.fixture
async def bench(rubric: Rubric, sample_file: Path, tmp_path: Path) -> AsyncIterator[Bench]:
    """The bundled week under the bundled rubric, with the word-counting embedder."""
    shutil.copy(sample_file, tmp_path / "triage.db")
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'triage.db'}")
    yield Bench(database, HashingEmbedder(), rubric, NOW)
    await database.close()


async def add_papers(database: Database, papers: list[Paper]) -> None:
    """In a transaction of their own."""
    async with database.write() as session:
        await upsert_papers(session, papers, NOW)


def change_topic(bench: Bench, **changes: object) -> Bench:
    """The bench of a rubric that says otherwise what generative recommendation is."""
    changed = replace(find_topic(bench.rubric, GR), **changes)
    topics = tuple(changed if topic.name == GR else topic for topic in bench.rubric.topics)
    return replace(bench, rubric=replace(bench.rubric, topics=topics))


def add_cue(bench: Bench, phrase: str = PHRASE, weight: float = 10.0) -> Bench:
    """The bench of a rubric with one more cue."""
    return change_topic(bench, cues=(*find_topic(bench.rubric, GR).cues, Cue(phrase, weight)))


def change_rules(bench: Bench, **changes: int) -> Bench:
    """The bench of a rubric whose lists are of another size."""
    return replace(bench, rubric=replace(bench.rubric, shortlist=replace(bench.rubric.shortlist, **changes)))


async def compare(now: Bench, new: Bench) -> Rescore:
    """For generative recommendation."""
    return await plan_rescore(now, new, GR, WEEK)


async def build(bench: Bench, *, size: int | None = None, publish: bool = False) -> Shortlist:
    """The stored list of generative recommendation."""
    return (await build_shortlist(bench, find_topic(bench.rubric, GR), WEEK, size, publish=publish))[0]


async def list_saying(bench: Bench, phrase: str) -> set[str]:
    """Ids of the week's papers with a phrase in title or abstract."""
    async with bench.database.read() as session:
        papers = await select_papers(session, [f"2605.{number}" for number in range(90001, 90086)])
    words = {arxiv_id: read_words(each.paper.title, each.paper.abstract) for arxiv_id, each in papers.items()}
    return {key for key, told in words.items() if find_phrase(told.title + told.abstract, phrase)}


async def judge_list(bench: Bench, shortlist: Shortlist, relevance: float) -> None:
    """A judge finds every paper of a list as relevant, under the wording of the bench's rubric."""
    key = VerdictKey(GR, judge_fingerprint(bench.rubric, GR), "http://localhost/v1 small", "p1", "fill")
    verdict = StoredVerdict(Verdict(relevance=relevance, grades=()), None, (), 0, "cascade", NOW)
    async with bench.database.write() as session:
        papers = await select_papers(session, [entry.arxiv_id for entry in shortlist.ranked])
        for paper in papers.values():
            await save_verdict(session, paper, key, verdict)


def list_changes(found: Rescore) -> list[Change]:
    """All of them."""
    return [*found.entered, *found.left, *found.moved]


async def test_the_same_rubric_changes_nothing(bench: Bench) -> None:
    """Twenty places against the same twenty, and no list is stored."""
    found = await compare(bench, bench)
    assert not found.has_changes
    assert (found.old_places, found.new_places, found.is_published) == (20, 20, False)
    assert found.old_fingerprint == found.new_fingerprint
    async with bench.database.read() as session:
        assert await load_shortlist(session, GR, str(WEEK)) is None


async def test_a_new_cue_lifts_exactly_the_papers_that_say_it(bench: Bench) -> None:
    """They enter or rise and the reason quotes them; who leaves or falls scores as before and is told to whom."""
    found, saying = await compare(bench, add_cue(bench)), await list_saying(bench, PHRASE)
    entered = {change.arxiv_id for change in found.entered}
    assert set() < entered <= saying
    for change in list_changes(found):
        says = any(reason.startswith("says “benchmark") and reason.endswith(", now a cue") for reason in change.why)
        assert says == (change.arxiv_id in saying)
        assert any(reason.startswith("cues in the") for reason in change.why) == says
    for change in found.left:
        assert change.old_score == change.new_score
        assert change.why[0].startswith("pushed out by 2605.9")
        assert change.why[0].removeprefix("pushed out by ")[:10] in entered


async def test_removing_the_cue_again_is_the_opposite(bench: Bench) -> None:
    """Who entered leaves and the other way round, with the same scores the other way round."""
    new = add_cue(bench)
    there, back = await compare(bench, new), await compare(new, bench)
    assert {(each.arxiv_id, each.old_score, each.new_score) for each in there.entered} == {
        (each.arxiv_id, each.new_score, each.old_score) for each in back.left
    }
    assert {each.arxiv_id for each in there.left} == {each.arxiv_id for each in back.entered}
    assert all("no longer a cue" in each.why[0] for each in back.left)


async def test_ranks_and_scores_are_those_of_the_lists(bench: Bench) -> None:
    """A paper's places are the ones it has, and would have, on the list itself, and there is always a reason."""
    new = add_cue(bench)
    found = await compare(bench, new)
    places = [
        {entry.arxiv_id: (entry.rank, entry.score) for entry in (await build(each)).ranked} for each in (bench, new)
    ]
    for change in list_changes(found):
        assert change.why
        for (rank, score), place in zip(
            ((change.old_rank, change.old_score), (change.new_rank, change.new_score)), places, strict=True
        ):
            assert rank == (place[change.arxiv_id][0] if change.arxiv_id in place else None)
            assert score is not None
            assert rank is None or score == place[change.arxiv_id][1]


async def test_old_scores_stay(bench: Bench) -> None:
    """Trying a rubric adds scores under its own fingerprint and leaves the others as they are."""
    before = await build(bench)
    found = await compare(bench, add_cue(bench))
    async with bench.database.read() as session:
        papers = list((await select_papers(session, [entry.arxiv_id for entry in before.ranked])).values())
        old, new = [
            await load_scores(session, papers, ScoreKey(GR, print_, before.scorer))
            for print_ in (found.old_fingerprint, found.new_fingerprint)
        ]
    assert found.old_fingerprint != found.new_fingerprint
    assert sorted(each.value for each in old.values()) == sorted(entry.score for entry in before.ranked)
    assert len(new) == len(old)
    assert await build(bench) == before


async def test_a_published_list_is_compared_as_it_stands(bench: Bench) -> None:
    """Against itself the rubric in force brings nothing, against the list that was published it does."""
    published, new = await build(bench, publish=True), add_cue(bench)
    found = await compare(new, new)
    assert (found.is_published, found.old_fingerprint) == (True, published.fingerprint)
    assert {each.arxiv_id for each in found.entered} == {each.arxiv_id for each in (await compare(bench, new)).entered}
    assert all("says" not in reason for change in found.entered for reason in change.why)  # that wording is gone
    assert all(any("cues in the" in reason for reason in change.why) for change in found.entered)
    assert await build(bench) == published


async def test_votes_after_publication_are_named(bench: Bench, sample: list[Paper]) -> None:
    """The published list had no taste: what the votes add since is a part of its own."""
    published = await build(bench, publish=True)
    liked = await list_saying(bench, "agents")
    votes = {paper.arxiv_id: 1 if paper.arxiv_id in liked else -1 for paper in sample}
    async with bench.database.write() as session:
        await record_votes(session, GR, votes, "test", NOW)
    found = await compare(bench, bench)
    assert "taste" not in published.scorer
    assert found.has_changes
    assert all(any(reason.startswith("your votes ") for reason in change.why) for change in list_changes(found))


async def test_a_withdrawn_paper_leaves_a_published_list(bench: Bench) -> None:
    """That it was withdrawn is the reason, and who comes in its place says so."""
    gone = (await build(bench, publish=True)).ranked[4]
    async with bench.database.read() as session:
        paper = (await select_papers(session, [gone.arxiv_id]))[gone.arxiv_id].paper
    await add_papers(bench.database, [replace(paper, version=(paper.version or 0) + 1, is_withdrawn=True)])
    found = await compare(bench, bench)
    assert [(each.arxiv_id, each.why) for each in found.left] == [
        (gone.arxiv_id, ("withdrawn since the list was published",))
    ]
    assert [each.why for each in found.entered] == [(f"takes a place left by {gone.arxiv_id}",)]


async def test_verdicts_of_the_old_wording_do_not_count_for_the_new(bench: Bench) -> None:
    """Another definition is another question: the judge's share is gone, and the comparison says so."""
    await judge_list(bench, await build(bench), -4.0)
    new = change_topic(bench, out_of_scope=("Everything else",))
    found = await compare(bench, new)
    assert found.new_judged == 0
    assert found.entered
    assert all("judge: not judged under the new wording +" in " ".join(each.why) for each in found.entered)
    back = await compare(new, bench)
    assert all("judge: judged under the new wording only -" in " ".join(each.why) for each in back.left)


async def test_a_cue_costs_no_verdict(bench: Bench) -> None:
    """The judge is not told of cues: what it said holds under both rubrics."""
    await judge_list(bench, await build(bench), 4.0)
    found = await compare(bench, add_cue(bench))
    assert found.old_judged == 20
    assert found.new_judged == 20 - len(found.left)


async def test_a_shorter_and_a_longer_list(bench: Bench) -> None:
    """The rule is the reason, for it is nobody's score."""
    shorter = change_rules(bench, size=12)
    found = await compare(bench, shorter)
    assert (found.old_places, found.new_places, len(found.left)) == (20, 12, 8)
    assert {each.why for each in found.left} == {("the list has 12 places instead of 20",)}
    back = await compare(shorter, bench)
    assert {each.why for each in back.entered} == {("the list has 20 places instead of 12",)}


async def test_the_size_that_somebody_gave_a_draft_holds(bench: Bench) -> None:
    """A draft of ten is compared with a list of ten, unless the new rubric has a size of its own."""
    await build(bench, size=10)
    found = await compare(bench, add_cue(bench))
    assert (found.old_places, found.new_places) == (10, 10)
    assert len(found.entered) == len(found.left)


async def test_other_categories(bench: Bench) -> None:
    """A paper that the new rubric does not read leaves, and comes back with it."""
    fewer = replace(bench, rubric=replace(bench.rubric, categories=("cs.IR",)))
    found, back = await compare(bench, fewer), await compare(fewer, bench)
    assert {each.why for each in found.left} == {("stands in no category that the new rubric reads",)}
    assert {each.why for each in back.entered} == {("stands in a category that only the new rubric reads",)}


async def test_near_copies_change_places(bench: Bench, sample: list[Paper]) -> None:
    """Of two that are nearly the same one stands on the list: the rubric decides which, and both are told."""
    origin = next(paper for paper in sample if paper.arxiv_id == "2605.90078")
    titles = dict(zip(COPIES, (f"{origin.title} yes", f"{origin.title} glacier"), strict=True))
    await add_papers(bench.database, [replace(origin, arxiv_id=key, title=title) for key, title in titles.items()])
    found = await compare(add_cue(bench, "yes"), add_cue(bench, "glacier"))
    assert [(each.arxiv_id, each.why[-1]) for each in found.entered] == [(COPIES[1], "a near-copy stood for it")]
    assert [(each.arxiv_id, each.why[-1]) for each in found.left] == [(COPIES[0], "a near-copy stands for it")]


async def test_a_topic_of_one_rubric_only_is_refused(bench: Bench) -> None:
    """There are no two lists to compare."""
    renamed: Rubric = change_topic(bench, name="recommendation").rubric
    with pytest.raises(UnknownTopicError):
        await compare(bench, replace(bench, rubric=renamed))
