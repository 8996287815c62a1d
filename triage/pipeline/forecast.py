"""What judging would take, before anything is spent."""

from collections.abc import Mapping

import msgspec

from triage.pipeline.asking import count_tokens
from triage.pipeline.fuse import find_fusion
from triage.pipeline.judge import Docket, draw_few, list_open_papers, load_judged, write_case
from triage.store.verdicts import StoredVerdict


class Forecast(msgspec.Struct, frozen=True):
    """At most what one topic's week would take; the cascade often stops before. `usd` as the price table says."""

    topic: str
    week: str
    judge: str
    judged_before: int
    papers: int
    calls: int
    tokens_in: int
    tokens_out: int
    usd: float
    limit_calls: int
    limit_usd: float


async def forecast(docket: Docket, first: int | None = None) -> Forecast:
    """Asks nobody; `first` as `judge_docket` takes it."""
    judged = await load_judged(docket)
    wanted = await _list_wanted(docket, judged) if first is None else list(docket.papers)[:first]
    keys = [key for key in wanted if key not in judged]
    questions = [question for key in keys for _, question in write_case(docket, docket.papers[key]).questions]
    tokens_in, tokens_out = sum(map(count_tokens, questions)), sum(question.max_tokens for question in questions)
    return Forecast(
        topic=docket.topic.name,
        week=str(docket.week),
        judge=docket.desk.judge.name,
        judged_before=len(judged),
        papers=len(keys),
        calls=len(questions),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        usd=docket.desk.price.cost(tokens_in, tokens_out),
        limit_calls=docket.desk.limits.calls,
        limit_usd=docket.desk.limits.usd,
    )


async def _list_wanted(docket: Docket, judged: Mapping[int, StoredVerdict]) -> list[int]:
    fusion = await find_fusion(docket.bench.database, docket.key)
    relevances = {key: each.verdict.relevance for key, each in judged.items() if each.verdict is not None}
    return list(dict.fromkeys([*list_open_papers(docket, relevances, fusion), *draw_few(docket)]))
