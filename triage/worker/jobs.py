"""The jobs: each calls the step that the command of its name calls, keeps its report, and says what comes next.

Every effect is a row with a unique key, so a job may run twice, also at once: its effect is there once.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import UTC
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from triage.bootstrap import Services
from triage.core.rubric import find_topic
from triage.core.week import Week, parse_week
from triage.errors import ConflictError, InputError, JudgeStoppedError, ModelError, TriageError
from triage.pipeline.asking import UnansweredError
from triage.pipeline.embed import embed_papers
from triage.pipeline.fuse import score_topic
from triage.pipeline.judge import judge_docket, open_docket
from triage.pipeline.report import StepReport
from triage.pipeline.run import find_size, keep_report
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist, select_papers_of
from triage.store.papers import StoredPaper, select_keys
from triage.worker.kinds import Piece, make_step
from triage.worker.planning import plan_scores, plan_week, plan_weeks_in_work

IsStopping = Callable[[], bool]


class Outcome(msgspec.Struct, frozen=True):
    """What a job leads to: the jobs that come next, also where `error` says that it came to a bad end itself."""

    pieces: tuple[Piece, ...] = ()
    error: TriageError | None = None


class Station(msgspec.Struct, frozen=True):
    """What jobs work with."""

    services: Services
    is_stopping: IsStopping


async def harvest(station: Station) -> Outcome:
    """As `triage harvest`; then whatever the weeks in work lack, ranked anew with the votes of now."""
    from triage.pipeline.listings import check_listings
    from triage.pipeline.spine import harvest_archives

    services = station.services
    desk = services.open_desk()
    reports = await harvest_archives(desk)
    checked = await check_listings(desk, services.open_feed())
    missing = sum(report.failed for report in (*reports, *([checked] if checked else [])))
    error = TriageError(f"Papers known to be missing: {missing:,}. See triage ledger.") if missing else None
    return Outcome(plan_weeks_in_work(services.clock(), again=True), error)


async def plan(station: Station, *, week: str, again: bool = False) -> Outcome:
    """What a week lacks."""
    return Outcome(await plan_week(station.services, parse_week(week), again=again))


async def embed(station: Station, *, keys: Sequence[int], week: str | None, embedder: str | None = None) -> Outcome:
    """Vectors for a batch of papers; after the last batch of a week come its scores.

    Raises `InputError` where another `embedder` was asked for than this worker has.
    """
    services = station.services
    if embedder not in (None, services.embedder_name):
        raise InputError(
            f"These papers wait for vectors of {embedder}, and this worker makes those of {services.embedder_name}: "
            "give all workers the same TRIAGE_EMBEDDER, then run triage queue retry."
        )
    bench = services.bench()
    async with bench.database.read() as session:
        papers = await select_keys(session, keys)
    await keep_report(bench, await embed_papers(bench.database, bench.embedder, papers, week=week))
    return Outcome(await plan_scores(services, parse_week(week)) if week else ())


async def score(station: Station, *, week: str, topic: str) -> Outcome:
    """As `triage score`; then the judge, where one is set, or the list."""
    services, of_week = station.services, parse_week(week)
    bench, papers = await _open_week(services, of_week)
    _, _, report = await score_topic(bench, find_topic(services.rubric, topic), of_week, papers)
    await keep_report(bench, report)
    return Outcome((make_step("judge" if services.has_judge else "shortlist", of_week, topic),))


async def judge(station: Station, *, week: str, topic: str) -> Outcome:
    """As `triage run` does: a judge that fails costs its verdicts and not the list."""
    services, of_week = station.services, parse_week(week)
    bench, papers = await _open_week(services, of_week)
    follows = (make_step("shortlist", of_week, topic),)
    try:
        report = await _judge(services, bench, of_week, topic, papers)
    except (InputError, ModelError, JudgeStoppedError, UnansweredError) as error:
        await keep_report(bench, StepReport(step="judge", week=week, seen=1, failed=1, note=str(error)), "failed")
        return Outcome(follows, error)
    await keep_report(bench, report)
    return Outcome(follows)


async def _judge(services: Services, bench: Bench, week: Week, name: str, papers: Sequence[StoredPaper]) -> StepReport:
    """All topics of a week are one run a day (UTC), whoever judges them: a budget for each run holds for all."""
    rubric = services.rubric
    topic = find_topic(rubric, name)
    async with services.open_judge(rubric.judge) as desk:
        of_week = replace(desk, run=f"jobs {week} {desk.clock().astimezone(UTC):%Y-%m-%d}")
        docket = await open_docket(bench, of_week, topic, week, papers)
        return await judge_docket(docket, shared_by=len(rubric.topics) - rubric.topics.index(topic))


async def shortlist(station: Station, *, week: str, topic: str) -> Outcome:
    """As `triage run`: a draft keeps the size that somebody gave it."""
    services = station.services
    bench, of_week = services.bench(), parse_week(week)
    chosen = find_topic(services.rubric, topic)
    with suppress(ConflictError):  # published meanwhile: it stays as it is
        _, report = await build_shortlist(bench, chosen, of_week, await find_size(bench, chosen, of_week))
        await keep_report(bench, report)
    return Outcome()


async def deliver(station: Station) -> Outcome:
    """As `triage deliver`; a stop ends it after the message that is being sent."""
    from triage.delivery.deliver import deliver as deliver_due

    await deliver_due(replace(station.services.open_deliver_desk(), is_stopping=station.is_stopping))
    return Outcome()


async def _open_week(services: Services, week: Week) -> tuple[Bench, list[StoredPaper]]:
    """The week's papers, those embedded too that came after its last batch; `InputError` without any."""
    bench = services.bench()
    papers = await select_papers_of(bench, week)
    await embed_papers(bench.database, bench.embedder, papers, week=str(week))
    return bench, papers


JOBS: Final[Mapping[str, Callable[..., Coroutine[Any, Any, Outcome]]]] = {
    "harvest": harvest,
    "plan": plan,
    "embed": embed,
    "score": score,
    "judge": judge,
    "shortlist": shortlist,
    "deliver": deliver,
}
"""By the name on the wire; each takes a `Station` and the job's arguments."""
