"""Judge: the best candidates of a topic's week get a verdict from a language model, within a budget."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
from msgspec.structs import replace

from triage.core.cascade import draw_sample, find_surest, list_open
from triage.core.fusion import Fusion
from triage.core.prior import sum_logit
from triage.core.prompt import PROMPT_VERSION, Asked, write_questions
from triage.core.question import Answer
from triage.core.rubric import JudgeRules, Topic, judge_fingerprint
from triage.core.verdict import Verdict
from triage.core.verdict_reading import read_filled, read_share, read_yes_no
from triage.core.week import Week
from triage.pipeline.asking import BudgetSpentError, JudgeDesk, Matter, NotJudgedError, UnansweredError, ask
from triage.pipeline.fuse import find_fusion
from triage.pipeline.report import StepReport
from triage.pipeline.score import Bench, score_cheaply
from triage.store.call_sums import Spent, sum_spent
from triage.store.calls import Limits
from triage.store.judge_models import Purpose
from triage.store.papers import StoredPaper
from triage.store.shortlists import list_published_papers, load_shortlist
from triage.store.verdicts import StoredVerdict, VerdictKey, load_verdicts, save_verdict

_REFERENCE_DIGITS = 8
_FAILURES_IN_A_ROW = 5  # papers without an answer, or twice as many without a readable one; then going on only costs


class Docket(msgspec.Struct, frozen=True):
    """One topic of one week before a judge: its papers in the order of the cheap score, and how they are asked.

    Papers that may not stand on the list are left out: withdrawn, or published in another week's. `size` is the list's.
    """

    bench: Bench
    desk: JudgeDesk
    rules: JudgeRules
    topic: Topic
    week: Week
    papers: Mapping[int, StoredPaper]
    logits: Mapping[int, float]
    key: VerdictKey
    size: int
    is_published: bool


class _Hearing:
    """What has become of a docket so far: verdicts by paper, those without one holding why."""

    def __init__(self, docket: Docket, verdicts: dict[int, StoredVerdict]) -> None:
        self.docket = docket
        self.verdicts = verdicts
        self.before = len(verdicts)
        self.failures = 0.0
        self.told = ""

    @property
    def relevances(self) -> dict[int, float | None]:
        """Log odds by paper; None for a paper that could not be judged."""
        return {key: each.verdict.relevance if each.verdict else None for key, each in self.verdicts.items()}


async def open_docket(bench: Bench, desk: JudgeDesk, topic: Topic, week: Week, papers: Sequence[StoredPaper]) -> Docket:
    """Score the papers cheaply where that is missing, and put them in order; the papers must be embedded."""
    scored, _ = await score_cheaply(bench, topic, week, papers)
    async with bench.database.read() as session:
        shown = await list_published_papers(session, topic.name, other_than=str(week))
        draft = await load_shortlist(session, topic.name, str(week))
    allowed = [paper for paper in papers if not paper.paper.is_withdrawn and paper.key not in shown]
    logits = {paper.key: sum_logit(scored.scores[paper.key].parts) for paper in allowed}
    found = {paper.key: paper for paper in papers}
    order = sorted(logits, key=lambda key: (-logits[key], found[key].paper.arxiv_id))
    rules = bench.rubric.judge
    print_ = judge_fingerprint(bench.rubric, topic.name)
    return Docket(
        bench=bench,
        desk=desk,
        rules=rules,
        topic=topic,
        week=week,
        papers={key: found[key] for key in order},
        logits={key: logits[key] for key in order},
        key=VerdictKey(topic.name, print_, desk.judge.name, PROMPT_VERSION, rules.form),
        size=draft.size if draft else bench.rubric.shortlist.size,
        is_published=draft is not None and draft.published_at is not None,
    )


async def judge_docket(
    docket: Docket, purpose: Purpose = "cascade", first: int | None = None, shared_by: int = 1
) -> StepReport:
    """Judge until no verdict is expected to change the shortlist, then a random few of the rest, each paper once.

    With `first`, judge just so many of the best candidates instead, whatever they can change. What is left of the
    limits is `shared_by` so many topics, this one included. A published list cannot change: then nothing is asked.

    Papers that could not be judged keep their cheap score and their reason; the next run asks again. A budget that is
    spent ends the step early, its report says so. Raises `JudgeStoppedError` and `UnansweredError` when the endpoint
    will not go on. Whatever ends it, what was judged is kept.
    """
    started = time.monotonic()
    before = await _sum_spent(docket)
    docket = replace(docket, desk=replace(docket.desk, limits=_share(docket.desk.limits, before, shared_by)))
    hearing = _Hearing(docket, await load_judged(docket))
    try:
        if docket.is_published and purpose == "cascade" and first is None:
            hearing.told = "the list is published and stays as it is"
        elif first is not None:
            await _judge_all(hearing, list(docket.papers)[:first], purpose)
            hearing.told = f"the first {first} by the cheap score"
        else:
            await _run_cascade(hearing, purpose)
            await _judge_all(hearing, draw_few(docket), "sample")
            hearing.told = f"no further verdict is expected to change the shortlist{await _tell_sample(hearing)}"
    except BudgetSpentError as error:
        hearing.told = str(error)
    return _report(hearing, time.monotonic() - started, (await _sum_spent(docket)).usd - before.usd)


async def load_judged(docket: Docket) -> dict[int, StoredVerdict]:
    """The verdicts that stand; papers that could not be judged are absent, for they are asked again."""
    async with docket.bench.database.read() as session:
        found = await load_verdicts(session, list(docket.papers.values()), docket.key)
    return {key: each for key, each in found.items() if each.verdict is not None}


async def _run_cascade(hearing: _Hearing, purpose: Purpose) -> None:
    docket = hearing.docket
    fusion = await find_fusion(docket.bench.database, docket.key)
    while open_ := list_open_papers(docket, hearing.relevances, fusion):
        judged = len(hearing.verdicts)
        most = judged + len(open_) if judged >= docket.size else 0  # before, nearly the whole week is open
        docket.bench.progress(f"judge {docket.topic.name}", judged, most)
        await _judge_batch(hearing, open_[: docket.desk.concurrency], purpose)


def list_open_papers(docket: Docket, relevances: Mapping[int, float | None], fusion: Fusion) -> list[int]:
    """Papers whose verdict could still change the shortlist, best first; many of them mostly turn out not to."""
    surest = find_surest(relevances, docket.size)
    return list_open(list(docket.logits.items()), relevances, fusion, docket.size, surest)


async def _judge_all(hearing: _Hearing, keys: Sequence[int], purpose: Purpose) -> None:
    docket, left = hearing.docket, [key for key in keys if key not in hearing.verdicts]
    for start in range(0, len(left), docket.desk.concurrency):
        docket.bench.progress(f"judge {docket.topic.name}, {purpose}", start, len(left))
        await _judge_batch(hearing, left[start : start + docket.desk.concurrency], purpose)


def draw_few(docket: Docket) -> list[int]:
    """The week's random few, whatever was judged of them already: drawing again gives the same."""
    keys = {paper.paper.arxiv_id: key for key, paper in docket.papers.items()}
    return [keys[arxiv_id] for arxiv_id in draw_sample(keys, docket.rules.random_share, str(docket.week))]


async def _tell_sample(hearing: _Hearing) -> str:
    """What the random few say of all papers that were not asked about: how many the cheap score misses."""
    docket, found = hearing.docket, hearing.relevances
    fusion = await find_fusion(docket.bench.database, docket.key)
    read = {key: said for key in draw_few(docket) if (said := found.get(key)) is not None}
    missed = sum(docket.logits[key] < 0 < fusion.combine(docket.logits[key], said) for key, said in read.items())
    return f"; of {len(read)} read at random, {missed} count as relevant against the cheap score" if read else ""


async def _judge_batch(hearing: _Hearing, keys: Sequence[int], purpose: Purpose) -> None:
    """All of a batch at the same time; what one of them ended with is raised when the others are done."""
    ended = await asyncio.gather(*(_judge(hearing, key, purpose) for key in keys), return_exceptions=True)
    for problem in ended:
        if isinstance(problem, BaseException):
            raise problem


async def _judge(hearing: _Hearing, key: int, purpose: Purpose) -> None:
    docket = hearing.docket
    failure: NotJudgedError | None = None
    try:
        found = await judge_paper(docket, docket.papers[key], purpose)
    except NotJudgedError as error:
        failure = error
        found = StoredVerdict(None, str(error), (), 0, purpose, docket.desk.clock())
    hearing.verdicts[key] = found
    async with docket.bench.database.write() as session:
        await save_verdict(session, docket.papers[key], docket.key, found)
    if failure is None:
        hearing.failures = 0.0
        return
    hearing.failures += 1.0 if isinstance(failure, UnansweredError) else 0.5
    if hearing.failures >= _FAILURES_IN_A_ROW:
        raise UnansweredError(f"Paper after paper got no verdict; the last: {failure}") from failure


async def judge_paper(docket: Docket, paper: StoredPaper, purpose: Purpose) -> StoredVerdict:
    """Ask about one paper; raises `NotJudgedError` with the reason, and what `ask` raises."""
    asked = write_case(docket, paper)
    matter = Matter(paper, docket.topic.name, docket.key.fingerprint, str(docket.week), purpose, docket.rules.form)
    verdict = await hear(docket, asked, matter)
    flags = tuple(dict.fromkeys((*verdict.flags, *asked.flags)))
    return StoredVerdict(verdict, None, flags, asked.removed, purpose, docket.desk.clock())


def write_case(docket: Docket, paper: StoredPaper) -> Asked:
    """The questions about a paper, between delimiters that nobody could know when they wrote it."""
    reference = paper.content_hash[:_REFERENCE_DIGITS]
    nonce = secrets.token_hex(8)
    return write_questions(docket.topic, docket.rules, paper.paper.title, paper.paper.abstract, reference, nonce)


async def hear(docket: Docket, asked: Asked, matter: Matter) -> Verdict:
    """Put the questions one after the other and read the answers; raises what `ask` raises."""
    topic, rules = docket.topic, docket.rules
    if rules.form == "fill":
        reference, sentences = matter.paper.content_hash[:_REFERENCE_DIGITS], len(asked.sentences)
        (name, question), *_ = asked.questions
        return await ask(
            docket.desk,
            matter,
            name,
            question,
            lambda answer: read_filled(answer, topic, rules, reference, sentences),
        )
    answers = {
        name: await ask(docket.desk, matter, name, question, partial(_check_share, name))
        for name, question in asked.questions
    }
    return read_yes_no(answers, topic)


def _check_share(name: str, answer: Answer) -> Answer:
    read_share(answer, name)
    return answer


async def _sum_spent(docket: Docket) -> Spent:
    async with docket.bench.database.read() as session:
        return await sum_spent(session, docket.desk.run, docket.desk.clock())


def _share(limits: Limits, spent: Spent, among: int) -> Limits:
    """What one of so many topics may take of what the run has left."""
    return Limits(
        spent.calls + max(0, limits.calls - spent.calls) // among,
        spent.usd + max(0.0, limits.usd - spent.usd) / among,
        spent.usd_this_week + max(0.0, limits.usd_per_week - spent.usd_this_week) / among,
    )


def _report(hearing: _Hearing, seconds: float, cost: float) -> StepReport:
    docket = hearing.docket
    failed = sum(each.verdict is None for each in hearing.verdicts.values())
    return StepReport(
        step="judge",
        week=str(docket.week),
        seen=len(hearing.verdicts),
        done=len(hearing.verdicts) - failed - hearing.before,
        skipped=hearing.before,
        failed=failed,
        seconds=seconds,
        cost=cost,
        maker=docket.desk.judge.name,
        note=f"{docket.topic.name}: {hearing.told}",
    )
