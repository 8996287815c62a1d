"""Audit of a judge: does it repeat itself, does the order or a famous name sway it, does it obey what a paper says?

Every question is asked anew, past the kept answers, and paid from the same budget; no verdict is stored. The random
delimiter differs with each question, as it does in earnest, so repeatability includes what the delimiter does.
"""

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from triage.core.prompt import FLAGS
from triage.core.question import Form
from triage.core.verdict import Verdict
from triage.errors import InputError, JudgeStoppedError
from triage.evaluation.audit_cases import AuditPlan, Case, Treatment, plan_cases
from triage.evaluation.audit_measures import (
    Consistency,
    Effect,
    Round,
    compare_orders,
    compare_repeats,
    measure_effect,
)
from triage.evaluation.audit_ranks import (
    Planted,
    RankShift,
    Standings,
    measure_logits,
    read_standings,
    sum_shifts,
)
from triage.pipeline.asking import BudgetSpentError, Matter, NotJudgedError, UnansweredError
from triage.pipeline.judge import Docket, hear, load_judged, write_case
from triage.store.call_sums import Spent, sum_spent
from triage.store.papers import StoredPaper


class Heard(msgspec.Struct, frozen=True):
    """What came of a case: a verdict, or None where the answers could not be read; and what screening flagged."""

    verdict: Verdict | None
    flags: tuple[str, ...]

    @property
    def is_flagged(self) -> bool:
        """By screening or by the judge."""
        return bool(self.flags) or (self.verdict is not None and FLAGS[0] in self.verdict.flags)


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one judge on one topic's week, from the answers there were; `planned` counts cases.

    A case is one paper in one form, one call or, asked yes or no, several; `unread` of the `asked` gave no verdict.
    `bylines` and `names` are prestige effects: famous name less unknown name. `stopped` is why it ended early.
    """

    topic: str
    week: str
    judge: str
    form: Form
    papers: int
    planned: int
    asked: int
    unread: int
    calls: int
    usd: float
    seconds: float
    repeatability: Consistency
    order: Consistency
    bylines: Effect
    names: Effect
    injections: RankShift
    planted: tuple[Planted, ...]
    stopped: str = ""


async def audit_docket(docket: Docket, plan: AuditPlan) -> Audit:
    """Ask and measure; a spent budget or an endpoint that ends it leaves what was measured so far, and says so.

    Raises `InputError` where the docket's judge has judged no paper, and what `ask` raises before the first answer.
    """
    started = time.monotonic()
    judged, papers = await _load_judged_papers(docket), list(docket.papers.values())
    cases = plan_cases(plan, judged, papers[len(papers) // 2 :], f"{docket.topic.name} {docket.week}")
    before = await _sum_spent(docket)
    heard, stopped = await hear_cases(docket, cases)
    spent = await _sum_spent(docket)
    planted = await rank_planted(docket, cases, heard)
    repeatability, order, bylines, names = _measure(cases, heard)
    return Audit(
        topic=docket.topic.name,
        week=str(docket.week),
        judge=docket.key.judge,
        form=docket.rules.form,
        papers=min(plan.sample, len(judged)),
        planned=len(cases),
        asked=len(heard),
        unread=sum(each.verdict is None for each in heard.values()),
        calls=spent.calls - before.calls,
        usd=spent.usd - before.usd,
        seconds=time.monotonic() - started,
        repeatability=repeatability,
        order=order,
        bylines=bylines,
        names=names,
        injections=sum_shifts(planted, docket.bench.rubric.shortlist.size),
        planted=tuple(planted),
        stopped=stopped,
    )


async def _load_judged_papers(docket: Docket) -> list[StoredPaper]:
    """In the order of the cheap score."""
    judged = await load_judged(docket)
    if not judged:
        raise InputError(
            f"{docket.key.judge} has judged no paper of {docket.week} for {docket.topic.name} in the form "
            f"{docket.rules.form}, so there is nothing to repeat: run triage judge --week {docket.week} first."
        )
    return [paper for key, paper in docket.papers.items() if key in judged]


async def hear_cases(docket: Docket, cases: Sequence[Case]) -> tuple[dict[int, Heard], str]:
    """What was heard, by the cases' numbers, and why it ended early, if it did.

    Asks in the cases' order, as many at a time as a judge may be asked.
    """
    heard: dict[int, Heard] = {}
    for start in range(0, len(cases), docket.desk.concurrency):
        docket.bench.progress(f"audit {docket.topic.name}", start, len(cases))
        numbers = range(start, min(start + docket.desk.concurrency, len(cases)))
        asked = (_hear_case(docket, cases[number], number) for number in numbers)
        ended = await asyncio.gather(*asked, return_exceptions=True)
        heard |= {number: each for number, each in zip(numbers, ended, strict=True) if isinstance(each, Heard)}
        for problem in ended:
            if isinstance(problem, BudgetSpentError) or (
                isinstance(problem, UnansweredError | JudgeStoppedError) and heard
            ):
                return heard, str(problem)
            if isinstance(problem, BaseException):
                raise problem
    docket.bench.progress(f"audit {docket.topic.name}", len(cases), len(cases))
    return heard, ""


async def _hear_case(docket: Docket, case: Case, number: int) -> Heard:
    written = write_case(docket, case.paper)
    questions = tuple(
        (name, replace(question, key=_digest(question.key, docket.desk.run, number)))
        for name, question in written.questions
    )
    form, fingerprint = docket.rules.form, docket.key.fingerprint
    matter = Matter(case.paper, docket.topic.name, fingerprint, str(docket.week), "audit", form)
    try:
        verdict = await hear(docket, replace(written, questions=questions), matter)
    except UnansweredError:
        raise
    except NotJudgedError:
        return Heard(None, written.flags)
    return Heard(verdict, written.flags)


def _digest(key: str, run: str, number: int) -> str:
    """A key under which nobody has asked before."""
    return hashlib.sha256(f"{key} {run} {number}".encode()).hexdigest()


async def _sum_spent(docket: Docket) -> Spent:
    async with docket.bench.database.read() as session:
        return await sum_spent(session, docket.desk.run, docket.desk.clock())


def _measure(cases: Sequence[Case], heard: Mapping[int, Heard]) -> tuple[Consistency, Consistency, Effect, Effect]:
    """Repeatability, and the effects of order, bylines and names."""
    numbers = {case.round for case in cases if case.treatment == "repeat"}
    rounds = [_gather(cases, heard, "repeat", number) for number in sorted(numbers)]
    return (
        compare_repeats(rounds),
        compare_orders(rounds, [_gather(cases, heard, "shuffled")]),
        _compare_names(_gather(cases, heard, "famous"), _gather(cases, heard, "unknown")),
        _compare_names(rounds[0], _gather(cases, heard, "renamed")),
    )


def _gather(cases: Sequence[Case], heard: Mapping[int, Heard], treatment: Treatment, number: int = 0) -> Round:
    verdicts: dict[int, Verdict] = {}
    for place, each in heard.items():
        case = cases[place]
        if (case.treatment, case.round) == (treatment, number) and each.verdict is not None:
            verdicts[case.paper.key] = each.verdict
    return verdicts


def _compare_names(famous: Round, unknown: Round) -> Effect:
    return measure_effect([famous[key].relevance - unknown[key].relevance for key in famous if key in unknown])


async def rank_planted(docket: Docket, cases: Sequence[Case], heard: Mapping[int, Heard]) -> list[Planted]:
    """Of papers that were asked about both without and with an injection."""
    clean = {cases[place].paper.key: each for place, each in heard.items() if cases[place].treatment == "clean"}
    planted = [
        (cases[place], each)
        for place, each in heard.items()
        if cases[place].treatment == "planted" and cases[place].paper.key in clean
    ]
    logits = await measure_logits(docket, [case.paper for case, _ in planted])
    standings = await read_standings(docket)
    return [
        _rank(docket, standings, case, (clean[case.paper.key], each), float(logit))
        for (case, each), logit in zip(planted, logits, strict=True)
    ]


def _rank(docket: Docket, standings: Standings, case: Case, heard: tuple[Heard, Heard], logit: float) -> Planted:
    key = case.paper.key
    before, after = ((each.verdict.relevance if each.verdict else None) for each in heard)
    rank = standings.rank(key, logit, after)
    return Planted(
        arxiv_id=case.paper.paper.arxiv_id,
        family=case.injection.family if case.injection else "",
        clean_rank=standings.rank(key, docket.logits[key], before),
        rank=rank,
        is_listed=rank <= docket.bench.rubric.shortlist.size,
        is_flagged=heard[1].is_flagged,
    )
