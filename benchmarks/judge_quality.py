"""What a judge adds to the cheap score on judged weeks: three ways to ask, and what the cascade keeps of it.

TRIAGE_HOME=HOME python benchmarks/judge_quality.py --judgements 2026-W13.jsonl --judgements 2026-W31.jsonl

HOME is a store in which `triage judge --first 60 --form yes-no` judged those weeks; nobody is asked here. Weights are
fitted on the other weeks (leave one week out) unless said otherwise. nDCG@20, gains 0, 0, 1, 3.
"""

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from triage.bootstrap import open_services
from triage.core.cascade import find_surest, list_open
from triage.core.fusion import SHIPPED, Fusion, fit_fusion
from triage.core.metrics import RELEVANT_GRADE, ndcg
from triage.core.prior import sum_logit
from triage.core.prompt import RELEVANCE
from triage.core.question import Answer
from triage.core.rubric import Topic, judge_fingerprint
from triage.core.verdict import CERTAIN
from triage.core.verdict_reading import read_share
from triage.core.week import parse_week
from triage.evaluation.labels import read_judgements
from triage.pipeline.score import Bench, score_cheaply
from triage.store.judge_models import CallRow
from triage.store.papers import StoredPaper, select_week
from triage.store.verdicts import choose_key, load_verdicts

_SIZE = 20
_ASSUMED = Fusion(-1.0, 0.8, 0.6, "assumed")  # what fits are pulled to: seen by nobody's labels
_ROUNDS = 1000
Vector = NDArray[np.float64]


class Ground(msgspec.Struct, frozen=True, eq=False):
    """One topic of one week: cheap logits and grades `(n,)`, and relevances by way of asking, NaN where not judged."""

    week: str
    topic: str
    cheap: Vector
    grades: NDArray[np.int64]
    ways: dict[str, Vector]


def main() -> None:
    """Print the tables, and JSON where asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judgements", type=Path, action="append", required=True)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    grounds = asyncio.run(_gather(options.judgements))
    rows = [*_measure_ways(grounds), *_measure_cascade(grounds)]
    for row in rows:
        print("  ".join(f"{name} {_show(value)}" for name, value in row.items()))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


async def _gather(files: Sequence[Path]) -> list[Ground]:
    judged = read_judgements(files)
    async with open_services() as services:
        bench = services.bench()
        return [
            await _lay_out(bench, topic, week, grades)
            for topic in bench.rubric.topics
            for week, grades in judged[topic.name].items()
        ]


async def _lay_out(bench: Bench, topic: Topic, week: str, grades: Mapping[str, int]) -> Ground:
    async with bench.database.read() as session:
        papers = await select_week(session, parse_week(week), bench.rubric.categories)
        key = await choose_key(session, papers, topic.name, judge_fingerprint(bench.rubric, topic.name))
        if key is None:
            raise SystemExit(f"Nothing is judged of {topic.name} in {week}: triage judge --week {week} --first 60")
        verdicts = await load_verdicts(session, papers, key)
    scored, _ = await score_cheaply(bench, topic, parse_week(week), papers)
    said = {each: found.verdict.relevance for each, found in verdicts.items() if found.verdict}
    ways = {"both questions": said}
    if key.form == "yes-no":
        ways |= await _read_questions(bench, topic, papers, key.judge)
    return Ground(
        week,
        topic.name,
        np.array([sum_logit(scored.scores[paper.key].parts) for paper in papers]),
        np.array([grades.get(paper.paper.arxiv_id, 0) for paper in papers]),
        {name: np.array([found.get(paper.key, np.nan) for paper in papers]) for name, found in ways.items()},
    )


async def _read_questions(
    bench: Bench, topic: Topic, papers: Sequence[StoredPaper], judge: str
) -> dict[str, dict[int, float]]:
    """Log odds of each question by itself, from the ledger of calls."""
    keys = {paper.key for paper in papers}
    query = select(CallRow).where(CallRow.topic == topic.name, CallRow.judge == judge, CallRow.is_valid)
    found: dict[str, dict[int, float]] = {"topic question": {}, "criterion question": {}}
    async with bench.database.read() as session:
        for row in await session.scalars(query):
            if row.paper_id in keys:
                pairs = tuple((token, log) for token, log in row.alternatives or ())
                answer = Answer(text=row.answer or "", finish_reason=row.finish_reason, alternatives=pairs)
                share = read_share(answer, row.question)
                way = "topic question" if row.question == RELEVANCE else "criterion question"
                found[way][row.paper_id] = float(np.clip(np.log(share / (1 - share)), -CERTAIN, CERTAIN))
    return found


def _measure_ways(grounds: Sequence[Ground]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for ground in grounds:
        before = ndcg(ground.cheap, ground.grades, _SIZE)
        for way, relevance in ground.ways.items():
            fused = _fuse(ground.cheap, relevance, _fit_elsewhere(grounds, ground, way))
            alone = np.where(np.isnan(relevance), ground.cheap - 1e3, relevance)
            low, high = _spread(ground, fused)
            rows.append(
                {
                    "topic": ground.topic,
                    "week": ground.week,
                    "way": way,
                    "judged": int(np.isfinite(relevance).sum()),
                    "prior": before,
                    "judge alone": ndcg(alone, ground.grades, _SIZE),
                    "fused": ndcg(fused, ground.grades, _SIZE),
                    "gain low": low,
                    "gain high": high,
                    "fused, shipped": ndcg(_fuse(ground.cheap, relevance, SHIPPED["yes-no"]), ground.grades, _SIZE),
                }
            )
    return rows


def _fit_elsewhere(grounds: Sequence[Ground], held_out: Ground, way: str) -> Fusion:
    others = [ground for ground in grounds if ground.week != held_out.week] or list(grounds)
    judged = [np.isfinite(ground.ways[way]) for ground in others]
    return fit_fusion(
        np.concatenate([ground.cheap[rows] for ground, rows in zip(others, judged, strict=True)]),
        np.concatenate([ground.ways[way][rows] for ground, rows in zip(others, judged, strict=True)]),
        np.concatenate([ground.grades[rows] >= RELEVANT_GRADE for ground, rows in zip(others, judged, strict=True)]),
        _ASSUMED,
    )


def _fuse(cheap: Vector, relevance: Vector, fusion: Fusion) -> Vector:
    fused: Vector = np.where(np.isnan(relevance), cheap, fusion.combine(cheap, np.nan_to_num(relevance)))
    return fused


def _spread(ground: Ground, fused: Vector) -> tuple[float, float]:
    """95 % of the gain over the week's papers drawn anew with replacement."""
    random = np.random.default_rng(0)
    gains = []
    for _ in range(_ROUNDS):
        drawn = random.integers(len(fused), size=len(fused))
        grades = ground.grades[drawn]
        if (grades >= RELEVANT_GRADE).any():
            gains.append(ndcg(fused[drawn], grades, _SIZE) - ndcg(ground.cheap[drawn], grades, _SIZE))
    low, high = np.percentile(gains, [2.5, 97.5])
    return float(low), float(high)


def _measure_cascade(grounds: Sequence[Ground]) -> list[dict[str, object]]:
    """Replays the cascade on what was judged: its calls, and the nDCG it keeps of judging all of that."""
    rows: list[dict[str, object]] = []
    for ground in grounds:
        relevance, fusion = ground.ways["both questions"], SHIPPED["yes-no"]
        asked: dict[int, float | None] = {}
        candidates = list(enumerate(ground.cheap.tolist()))
        while open_ := list_open(candidates, asked, fusion, _SIZE, find_surest(asked, _SIZE)):
            if np.isnan(relevance[open_[0]]):
                break
            asked[open_[0]] = float(relevance[open_[0]])
        kept = np.full_like(relevance, np.nan)
        kept[list(asked)] = relevance[list(asked)]
        rows.append(
            {
                "topic": ground.topic,
                "week": ground.week,
                "cascade asked": len(asked),
                "share of the week": len(asked) / len(relevance),
                "stopped by its rule": not open_,
                "nDCG": ndcg(_fuse(ground.cheap, kept, fusion), ground.grades, _SIZE),
                "nDCG of all judged": ndcg(_fuse(ground.cheap, relevance, fusion), ground.grades, _SIZE),
                "all judged": int(np.isfinite(relevance).sum()),
            }
        )
    return rows


def _show(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
