"""What evaluation takes for random papers that nobody spoke of."""

from datetime import UTC, date, datetime
from pathlib import Path

from fakes.evaluation_case import TOPIC, make_paper
from msgspec.structs import replace

from triage.adapters.hashing import HashingEmbedder
from triage.core.rubric import Rubric
from triage.evaluation.corpus import SMALLEST_WEEK, load_corpus, read_truth
from triage.evaluation.labels import Label
from triage.pipeline.score import Bench
from triage.store.engine import Database
from triage.store.schema import ensure_schema
from triage.store.upsert import upsert_papers
from triage.store.votes import add_tags, record_votes

NOW = datetime(2026, 4, 20, tzinfo=UTC)
OTHER = replace(TOPIC, name="other", tags=("mine",))
RUBRIC = Rubric(version=1, categories=("cs.AI",), topics=(TOPIC, OTHER))


async def test_no_paper_that_anybody_spoke_of_is_background(tmp_path: Path) -> None:
    """Neither with a vote, an uncertain one too, nor with a tag of another topic, nor in a file that is uncertain."""
    older = [make_paper(number, announced=date(2026, 3, 16)) for number in range(10)]
    week = [make_paper(1_000 + number, announced=date(2026, 3, 23)) for number in range(SMALLEST_WEEK)]
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'triage.db'}")
    await ensure_schema(database)
    async with database.write() as session:
        await upsert_papers(session, [replace(paper, categories=("cs.AI",)) for paper in older + week], NOW)
        await record_votes(session, TOPIC.name, {older[0].arxiv_id: -1, older[1].arxiv_id: 0}, "test", NOW)
        await add_tags(session, [older[2].arxiv_id], "mine", NOW)
    bench = Bench(database, HashingEmbedder(), RUBRIC, NOW)
    labels = [Label(week[0].arxiv_id, TOPIC.name), Label(older[3].arxiv_id, TOPIC.name, 0)]

    corpus = await load_corpus(bench, [TOPIC], await read_truth(bench, [TOPIC], None, labels))
    await database.close()
    assert {paper.arxiv_id for paper in corpus.background.papers} == {paper.arxiv_id for paper in older[4:]}
