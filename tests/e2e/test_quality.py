"""The ranking on real judgements, small enough for every run; `triage evaluate` measures whole weeks."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from triage.adapters.minilm import MiniLmEmbedder
from triage.core.arxiv_json import read_record
from triage.core.metrics import ndcg
from triage.core.rubric_reading import read_rubric
from triage.evaluation.labels import read_judgements
from triage.evaluation.ours import TriageRanker
from triage.evaluation.records import Candidates, Pool, Votes

WEEK = "2026-W31"


@pytest.fixture(scope="module")
def embedder() -> MiniLmEmbedder:
    return MiniLmEmbedder()


@pytest.mark.parametrize(("topic", "wanted"), [("generative-recommendation", 0.93), ("agent-evaluation", 0.87)])
def test_prior_ranks_the_judged_papers(
    topic: str, wanted: float, shared_data: Path, root: Path, embedder: MiniLmEmbedder
) -> None:
    """Without a vote, the judged papers of a real week come in an order close to the judges'."""
    grades = read_judgements([shared_data / "judgements" / f"{WEEK}.jsonl"])[topic][WEEK]
    with gzip.open(shared_data / "arxiv" / f"week-{WEEK}.jsonl.gz") as lines:
        papers = tuple(paper for paper in map(read_record, lines) if paper.arxiv_id in grades)
    rubric = read_rubric((root / "rubric.yaml").read_text(encoding="utf-8"), "rubric.yaml")
    nobody = Pool((), np.zeros((0, embedder.dimension), np.float32))
    vectors = embedder.embed([f"{paper.title}\n{paper.abstract}" for paper in papers])

    scores = TriageRanker(embedder.embed).score(
        next(each for each in rubric.topics if each.name == topic),
        Votes(nobody, nobody, nobody),
        Candidates(papers, vectors, week=WEEK),
    )

    assert ndcg(scores, [grades[paper.arxiv_id] for paper in papers]) >= wanted
