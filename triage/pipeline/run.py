"""Run: what is missing of all steps for one week, in order, each kept in `runs`."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import msgspec

from triage.core.rubric import Topic
from triage.core.week import Week
from triage.errors import InputError, JudgeStoppedError, ModelError, SourceError
from triage.pipeline.asking import JudgeDesk, UnansweredError
from triage.pipeline.embed import embed_papers
from triage.pipeline.fuse import score_topic
from triage.pipeline.harvest import harvest_week, is_harvest_due
from triage.pipeline.judge import judge_docket, open_docket
from triage.pipeline.reconcile import Desk
from triage.pipeline.report import StepReport
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist, select_papers_of
from triage.pipeline.spine import harvest_archives
from triage.store.marks import cover, load_marks
from triage.store.papers import StoredPaper, count_week
from triage.store.runs import Run, record_run
from triage.store.shortlists import load_shortlist

OpenJudge = Callable[[], AbstractAsyncContextManager[JudgeDesk]]
"""Opens the judge that the settings name, for as long as it is asked."""


async def run_week(
    bench: Bench,
    week: Week,
    open_desk: Callable[[], Desk],
    *,
    topics: Sequence[Topic],
    ask_arxiv: bool = False,
    open_judge: OpenJudge | None = None,
) -> list[StepReport]:
    """Harvest (where the week is absent or its harvest unfinished, or when asked to), embed, score, judge, shortlist.

    Idempotent. Raises `SourceError` when arXiv fails, `InputError` when there are no papers and it cannot be asked. A
    judge that fails costs its verdicts and not the list: its report says why.
    """
    reports = [*await _harvest(bench, week, open_desk, ask_arxiv=ask_arxiv)]
    papers = await select_papers_of(bench, week)
    embedded = await embed_papers(bench.database, bench.embedder, papers, week=str(week), progress=bench.progress)
    reports.append(await keep_report(bench, embedded))
    for topic in topics:
        _, _, scored = await score_topic(bench, topic, week, papers)
        reports.append(await keep_report(bench, scored))
    if open_judge is not None:
        reports += await _judge(bench, open_judge, topics, week, papers)
    for topic in topics:
        _, chosen = await build_shortlist(bench, topic, week, await find_size(bench, topic, week))
        reports.append(await keep_report(bench, chosen))
    return reports


async def _judge(
    bench: Bench, open_judge: OpenJudge, topics: Sequence[Topic], week: Week, papers: Sequence[StoredPaper]
) -> list[StepReport]:
    reports: list[StepReport] = []
    try:
        async with open_judge() as judge:
            for number, topic in enumerate(topics):
                docket = await open_docket(bench, judge, topic, week, papers)
                report = await judge_docket(docket, shared_by=len(topics) - number)
                reports.append(await keep_report(bench, report))
    except (InputError, ModelError, JudgeStoppedError, UnansweredError) as error:
        report = StepReport(step="judge", week=str(week), seen=1, failed=1, note=str(error))
        reports.append(await keep_report(bench, report, "failed"))
    return reports


async def _harvest(bench: Bench, week: Week, open_desk: Callable[[], Desk], *, ask_arxiv: bool) -> list[StepReport]:
    started = time.monotonic()
    async with bench.database.read() as session:
        present = await count_week(session, week)
        keeps_up = cover(await load_marks(session), bench.rubric.categories, week.monday)
    if present and not ask_arxiv and not await is_harvest_due(bench.database, bench.rubric.categories, week, bench.now):
        seconds = time.monotonic() - started
        note = "the store has this week; --harvest asks arXiv again"
        report = StepReport(step="harvest", week=str(week), seen=present, skipped=present, seconds=seconds, note=note)
        return [await keep_report(bench, report, "skipped")]
    try:
        desk = open_desk()
        if keeps_up:
            return await harvest_archives(desk)
        return [await harvest_week(desk, week)]
    except SourceError as error:
        raise SourceError(
            f"arXiv did not give all of {week}: {error} Papers that came before are kept, and the next run asks again; "
            "or import a file that covers the week (triage import FILE)."
        ) from error
    except InputError as error:
        if present:
            raise
        raise InputError(
            f"The store has no papers of {week}, and arXiv cannot be asked: {error} "
            "Or import a file that covers the week (triage import FILE)."
        ) from error


async def find_size(bench: Bench, topic: Topic, week: Week) -> int | None:
    """The size that somebody gave the draft: rebuilding it to the rubric's would be work that is not missing."""
    async with bench.database.read() as session:
        draft = await load_shortlist(session, topic.name, str(week))
    return draft.size if draft else None


async def keep_report(bench: Bench, report: StepReport, status: str = "done") -> StepReport:
    """Write a report into `runs` and hand it on."""
    run = Run(report.step, report.week, bench.now, report.seconds, status, msgspec.to_builtins(report))
    async with bench.database.write() as session:
        await record_run(session, run)
    return report
