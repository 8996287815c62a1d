"""Deliver: "make what is due". Queue what readers are owed, send what may be sent, and say what became of it."""

import asyncio
import time
from collections import Counter
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from triage.core.mailing import DeliveryState
from triage.core.schedule import CATCH_UP
from triage.delivery.desk import DeliverDesk, DeliverReport
from triage.delivery.queueing import Queued, queue_digests
from triage.delivery.sending import Sender
from triage.errors import MailError, StaleStoreError
from triage.mailing.mailings import next_due
from triage.pipeline.report import StepReport
from triage.ports import MailOutcome
from triage.store.mailings import list_mailings
from triage.store.outbox import count_states, find_next_attempt, load_counter, mark_restored, requeue_unknown
from triage.store.outbox_work import recover_expired
from triage.store.runs import Run, record_run

_MOMENT = timedelta(microseconds=1)


async def deliver(desk: DeliverDesk, *, only_queue: bool = False) -> DeliverReport:
    """Do what is due now, and nothing else: idempotent, and safe to run twice at once or to break off.

    Raises `StaleStoreError`, with nothing done, when the database is older than the mail log; `MailError` when the mail
    system cannot be reached, with everything kept for the next run.
    """
    started_at, started = desk.clock(), time.monotonic()
    await check_log(desk)
    async with desk.database.write() as session:
        recovered = await recover_expired(session, started_at)
        before = await count_states(session)
    queued = await queue_digests(desk, started_at)
    sender, trouble = Sender(desk), None
    if not only_queue:
        try:
            await sender.run()
        except MailError as error:
            trouble = error
        finally:
            await desk.mailer.close()
    report = await _sum_up(desk, queued, sender.outcomes, before)
    report = replace(report, unknown=report.unknown + recovered.unknown, seconds=time.monotonic() - started)
    await _keep(desk, report, started_at, trouble)
    if trouble is not None:
        raise MailError(f"{trouble} Still in the outbox: {report.pending:,}. The next triage deliver sends them.")
    return report


async def check_log(desk: DeliverDesk) -> None:
    """Raise `StaleStoreError` when the mail log knows of attempts that the database has not heard of."""
    last = await asyncio.to_thread(desk.log.last_number)  # before the counter, which is raised before the log is
    async with desk.database.write() as session:
        attempts = (await load_counter(session)).attempts
    if last > attempts:
        raise StaleStoreError(
            f"The database is older than the mail log: it knows of {attempts:,} attempts to send, the log of {last:,}. "
            "It may be a restored copy, or has lost its last changes with the power, and sending on could send digests "
            "twice. Nothing was sent. If this is the database to go on with, run: triage deliver --confirm-restored"
        )


async def confirm_restored(desk: DeliverDesk) -> int:
    """Take an older database as it is: what the log names and it does not know as sent is unknown; says how many.

    Each machine that sends has its own log, and needs this of its own. Idempotent.
    """
    entries = await asyncio.to_thread(desk.log.read)
    async with desk.database.write() as session:
        return await mark_restored(session, entries, desk.clock())


async def resend_unknown(desk: DeliverDesk) -> int:
    """Let what may have arrived be sent again, within the usual days from now; says how many digests those are."""
    now = desk.clock()
    async with desk.database.write() as session:
        return await requeue_unknown(session, now, now + CATCH_UP)


async def _sum_up(
    desk: DeliverDesk, queued: Queued, outcomes: Counter[MailOutcome], before: dict[DeliveryState, int]
) -> DeliverReport:
    now = desk.clock()
    async with desk.database.read() as session:
        after = await count_states(session)
        pending_at = await find_next_attempt(session)
        mailings = await list_mailings(session)
        times = [moment for each in mailings if (moment := next_due(each, now + _MOMENT))]
    next_at = min(times, default=None)
    return DeliverReport(
        queued=queued.queued,
        accepted=outcomes[MailOutcome.ACCEPTED],
        deferred=outcomes[MailOutcome.DEFERRED],
        refused=outcomes[MailOutcome.REFUSED],
        unknown=outcomes[MailOutcome.UNKNOWN],
        dropped=after[DeliveryState.DROPPED] - before[DeliveryState.DROPPED],
        pending=after[DeliveryState.PENDING],
        pending_at=pending_at,
        unconfirmed=sum(each.confirmed_at is None and each.left_at is None for each in mailings),
        waiting=queued.waiting,
        next_at=next_at,
        next_readers=times.count(next_at) if next_at else 0,
        is_stopped=desk.is_stopping(),
        seconds=0.0,
    )


async def _keep(desk: DeliverDesk, report: DeliverReport, started_at: datetime, trouble: MailError | None) -> None:
    """Into `runs`, unless nothing happened: the server's clock looks many times a day."""
    step = to_step(report)
    if not step.seen and not report.queued and trouble is None:
        return
    if trouble is not None:
        step = replace(step, note=str(trouble))
    status = "done" if trouble is None else "failed"
    run = Run(step.step, None, started_at, step.seconds, status, msgspec.to_builtins(step))
    async with desk.database.write() as session:
        await record_run(session, run)


def to_step(report: DeliverReport) -> StepReport:
    """As `runs` keeps it: what was deferred counts as skipped; what is in doubt, refused or dropped as failed."""
    failed = report.refused + report.unknown + report.dropped
    names = ("queued", "accepted", "deferred", "refused", "unknown", "dropped")
    counts = {name: getattr(report, name) for name in names}
    return StepReport(
        step="deliver",
        seen=report.accepted + report.deferred + failed,
        done=report.accepted,
        skipped=report.deferred,
        failed=failed,
        seconds=report.seconds,
        note=", ".join(f"{count:,} {name}" for name, count in counts.items() if count),
    )
