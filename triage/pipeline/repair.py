"""Repair: the identifiers of weeks against the store, and asking by id for what it lacks."""

from collections.abc import Sequence
from datetime import date
from time import monotonic

import msgspec
from msgspec.structs import replace

from triage.core.announcements import utc_day
from triage.core.paper import parse_arxiv_id
from triage.errors import InputError
from triage.pipeline.reconcile import Answer, Desk, ask_for, count_expected, find_gaps, settle, take_records
from triage.pipeline.report import StepReport
from triage.ports import Header
from triage.store.marks import load_marks
from triage.store.runs import Run, record_run
from triage.store.upsert import UpsertCount, upsert_papers
from triage.store.whereabouts import find_known
from triage.store.witnesses import list_missing


async def repair_since(desk: Desk, since: date) -> list[StepReport]:
    """Compare the identifiers of every archive since a day (UTC) with the store and fetch what it lacks; idempotent.

    Asks again for all papers that are known to be missing. Raises `SourceError`; what does not come is in the ledger.
    """
    if since >= utc_day(desk.now):
        raise InputError(f"{since} is not over yet (in UTC): expected a day before {utc_day(desk.now)}.")
    desk.remember("repair", desk.now, {"categories": desk.categories, "since": since.isoformat()})
    return [await _repair_archive(desk, archive, since) for archive in desk.archives]


async def repair_ids(desk: Desk, arxiv_ids: Sequence[str]) -> StepReport:
    """Ask for single papers and keep what comes, whatever its categories; raises `InputError`, `SourceError`."""
    started = monotonic()
    desk.remember("ids", desk.now, {"categories": desk.categories, "ids": list(arxiv_ids)})
    papers = list(desk.lookup.by_id(arxiv_ids))
    asked = {parse_arxiv_id(text).id for text in arxiv_ids}
    async with desk.database.write() as session:
        days = {gap.arxiv_id: gap.day for gap in await list_missing(session)}
        known = await find_known(session, asked)
        placed = [
            replace(paper, announced=None if paper.arxiv_id in known else days.get(paper.arxiv_id)) for paper in papers
        ]
        count = await upsert_papers(session, placed, desk.now, is_replay=desk.is_replay)
        await settle(session, desk, Answer(), ())
    note = f"{desk.lookup.name}: {len(papers)} of {len(asked)} known to arXiv"
    return await _record(desk, count, len(asked) - len(papers), started, note)


async def _repair_archive(desk: Desk, archive: str, since: date) -> StepReport:
    started = monotonic()
    listed: dict[str, Header] = {}
    for header in desk.archive.headers_since(archive, since):
        listed[header.arxiv_id] = header
        if len(listed) % 1000 == 0:
            desk.progress(f"compare {archive}", len(listed), 0)
    headers = list(listed.values())
    async with desk.database.read() as session:
        known = await find_known(session, (header.arxiv_id for header in headers))
        marks = await load_marks(session, desk.archive.name)
        open_gaps = await list_missing(session)
    gaps = {gap.arxiv_id: gap for gap in (*find_gaps(desk, headers, known, desk.archive.name), *open_gaps)}
    answer = ask_for(desk, list(gaps.values()))
    async with desk.database.write() as session:
        count = await take_records(session, desk, answer.records, marks)
        await settle(
            session, desk, answer, await count_expected(session, desk, archive, headers, answer.missing, since)
        )
    note = f"{archive} since {since}: {len(headers):,} compared, {len(gaps):,} lacking, {count.new:,} came"
    return await _record(desk, count, len(answer.missing), started, note)


async def _record(desk: Desk, count: UpsertCount, failed: int, started: float, note: str) -> StepReport:
    done = count.new + count.changed
    report = StepReport(
        step="repair",
        seen=done + count.unchanged + failed,
        done=done,
        skipped=count.unchanged,
        failed=failed,
        seconds=monotonic() - started,
        note=note,
    )
    async with desk.database.write() as session:
        await record_run(session, Run("repair", None, desk.now, report.seconds, "done", msgspec.to_builtins(report)))
    return report
