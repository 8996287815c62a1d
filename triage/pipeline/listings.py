"""The day's listings as a second witness: counts and ids of each followed category against the store."""

from datetime import date
from time import monotonic

import msgspec
from msgspec.structs import replace

from triage.core.announcements import has_listing
from triage.core.ledger import is_old_batch
from triage.core.week import EASTERN
from triage.errors import SourceError, SourceStoppedError
from triage.pipeline.reconcile import Answer, Desk, ask_for, settle, take_records
from triage.pipeline.report import StepReport
from triage.ports import Feed, Listing
from triage.store.papers import select_papers
from triage.store.runs import Run, record_run
from triage.store.upsert import upsert_papers
from triage.store.whereabouts import Known, find_known
from triage.store.witnesses import Check, Missing

_FIRST_KINDS = frozenset({"new", "cross"})


class _Findings(msgspec.Struct):
    """What the listings of all categories came to."""

    checks: list[Check] = []
    gaps: dict[str, Missing] = {}
    known: dict[str, Known] = {}
    listed_in: dict[str, set[str]] = {}
    empty: list[str] = []
    failures: list[str] = []

    def list_first_shown(self, desk: Desk, today: date) -> list[str]:
        """The papers of the store that came into sight today: each category of theirs that we follow lists them."""
        return [
            arxiv_id
            for arxiv_id, categories in self.listed_in.items()
            if self.known[arxiv_id].day != today
            and categories.issuperset(set(desk.categories).intersection(self.known[arxiv_id].categories))
        ]


async def check_listings(desk: Desk, feed: Feed) -> StepReport | None:
    """Compare today's listing (America/New_York) of every followed category with the store; None on a day without one.

    What the store lacks is asked for by id, and what first came into sight today is put on this day. A listing of an
    older batch is kept as stale; one that cannot be had is told in the report. Raises `SourceStoppedError`.
    """
    started = monotonic()
    today = desk.now.astimezone(EASTERN).date()
    if not has_listing(today):
        return None
    desk.remember("listings", desk.now, {"categories": desk.categories})
    found = _Findings()
    for number, category in enumerate(desk.categories, 1):
        try:
            listing = feed.read_listing(category)
        except SourceStoppedError:
            raise
        except SourceError as error:
            found.failures.append(f"{category}: {error}")
            continue
        async with desk.database.read() as session:
            known = await find_known(session, (line.arxiv_id for line in listing.announcements))
        found.known |= known
        _compare(desk, listing, today, found, feed.name)
        desk.progress("check listings", number, len(desk.categories))
    answer = ask_for(desk, list(found.gaps.values()))
    healed = await _keep(desk, today, found, answer)
    report = _report(desk, found, answer, healed, monotonic() - started)
    status = "failed" if found.failures else "done"
    async with desk.database.write() as session:
        await record_run(session, Run("check", None, desk.now, report.seconds, status, msgspec.to_builtins(report)))
    return report


def _compare(desk: Desk, listing: Listing, today: date, found: _Findings, witness: str) -> None:
    if listing.day > today:  # arXiv turned the page while we read: tomorrow's harvest compares with it
        return
    first = [line for line in listing.announcements if line.kind in _FIRST_KINDS]
    days = {line.arxiv_id: found.known[line.arxiv_id].day for line in first if line.arxiv_id in found.known}
    new = [line.arxiv_id for line in first if line.kind == "new"]
    is_stale = listing.day < today or is_old_batch(new, today, days)
    found.checks.append(Check(listing.category, today, witness, 0 if is_stale else len(first), is_stale, desk.now))
    found.empty += [] if first else [listing.category]
    is_proven = any(days.get(arxiv_id, today) == today for arxiv_id in new)
    for line in () if is_stale else first:
        if line.arxiv_id in found.known:
            if is_proven:  # a listing of nothing but old papers may be an old one under today's date
                found.listed_in.setdefault(line.arxiv_id, set()).add(listing.category)
            continue
        other = found.gaps.get(line.arxiv_id)
        categories = (*other.categories, listing.category) if other else (listing.category,)
        found.gaps[line.arxiv_id] = Missing(line.arxiv_id, categories, today, witness, desk.now)


async def _keep(desk: Desk, today: date, found: _Findings, answer: Answer) -> int:
    """Take over what came, and today as the listing day of what was first shown today; says how many papers are new."""
    records = [replace(record, paper=replace(record.paper, announced=today)) for record in answer.records]
    async with desk.database.write() as session:
        count = await take_records(session, desk, records, {})
        shown = await select_papers(session, found.list_first_shown(desk, today))
        papers = [replace(stored.paper, announced=today) for stored in shown.values()]
        await upsert_papers(session, papers, desk.now, relisted=shown.keys(), is_replay=desk.is_replay)
        await settle(session, desk, answer, found.checks)
    return count.new


def _report(desk: Desk, found: _Findings, answer: Answer, healed: int, seconds: float) -> StepReport:
    stale = [check.category for check in found.checks if check.is_stale]
    expected = sum(check.expected for check in found.checks)
    notes = [f"feed: {expected:,} listed today in {len(desk.categories)} categories"]
    # The archive's list should have had them: whatever kept them back may have kept back others, of earlier days.
    notes += [f"{healed:,} that the archive's list lacked came by id: harvest again"] if healed else []
    notes += [f"{len(answer.missing):,} still missing (triage ledger)"] if answer.missing else []
    notes += [f"empty: {', '.join(found.empty)}"] if found.empty else []
    notes += [f"stale: {', '.join(stale)}"] if stale else []
    notes += [f"not answered: {'; '.join(found.failures)}"] if found.failures else []
    failed = len(answer.missing) + len(found.failures) + healed
    return StepReport(
        step="check",
        seen=expected + failed,
        skipped=expected,
        failed=failed,
        seconds=seconds,
        note=", ".join(notes),
    )
