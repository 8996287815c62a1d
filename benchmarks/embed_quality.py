"""What an embedder changes in the ranking: nDCG@20 of the rubric's prior on papers that were judged."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

from triage.core.metrics import ndcg
from triage.core.prior import embed_topic, measure_meaning, read_words, score_parts, sum_logit
from triage.core.rubric import Topic
from triage.core.rubric_reading import read_rubric
from triage.evaluation.labels import read_judgements
from triage.ports import Embedder

_WEEKS = ("2026-W13", "2026-W31")
FILES = tuple(name for week in _WEEKS for name in (f"arxiv/week-{week}.jsonl.gz", f"judgements/{week}.jsonl"))
"""What `measure_ranking` reads below its folder."""
_SIZE = 20
_RUBRIC = Path(__file__).resolve().parents[1] / "rubric.yaml"


def measure_ranking(folder: Path, embedders: Mapping[str, Embedder]) -> dict[str, dict[str, float]]:
    """By week and topic, then by embedder; over the judged papers of the week alone, which is harder than all of it."""
    rubric = read_rubric(_RUBRIC.read_text("utf-8"), str(_RUBRIC))
    judged = read_judgements([folder / "judgements" / f"{week}.jsonl" for week in _WEEKS])
    found: dict[str, dict[str, float]] = {}
    for topic in rubric.topics:
        for week, grades in judged[topic.name].items():
            papers = _read_papers(folder / "arxiv" / f"week-{week}.jsonl.gz", grades)
            found[f"{week} {topic.name}"] = {
                name: _rank(topic, papers, grades, embedder) for name, embedder in embedders.items()
            }
    return found


def _read_papers(file: Path, wanted: Mapping[str, int]) -> dict[str, tuple[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return {record["id"]: (record["title"], record["abstract"]) for record in records if record["id"] in wanted}


def _rank(topic: Topic, papers: Mapping[str, tuple[str, str]], grades: Mapping[str, int], embedder: Embedder) -> float:
    vectors = embedder.embed([f"{title}\n{abstract}" for title, abstract in papers.values()])
    meanings = measure_meaning(vectors, embed_topic(topic, embedder.embed))
    scores = [
        sum_logit(score_parts(read_words(*text), topic, float(meaning)))
        for text, meaning in zip(papers.values(), meanings, strict=True)
    ]
    return ndcg(scores, [grades[arxiv_id] for arxiv_id in papers], _SIZE)
