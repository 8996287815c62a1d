from datetime import UTC, date, datetime, timedelta

from fakes.papers import make_papers
from msgspec.structs import replace

from triage.store.engine import Database
from triage.store.upsert import upsert_papers
from triage.store.witnesses import Check, Missing, list_missing, load_checks, note_missing, save_checks, settle_missing

_DAY = date(2026, 8, 18)
_NOW = datetime(2026, 8, 18, 12, tzinfo=UTC)
_CHECK = Check("cs.IR", _DAY, "feed", 42, is_stale=False, checked_at=_NOW)
_GAP = Missing("2604.00001", ("cs.IR", "cs.CL"), _DAY, "feed", _NOW)


async def test_checks_come_back_by_day(database: Database) -> None:
    """Each witness is heard, on the days that are asked for only."""
    told = [_CHECK, replace(_CHECK, witness="oai"), replace(_CHECK, day=_DAY + timedelta(days=1))]
    async with database.write() as session:
        await save_checks(session, told)
    async with database.read() as session:
        assert await load_checks(session, [_DAY]) == told[:2]
        assert await load_checks(session, []) == []


async def test_a_witness_is_believed_as_last_heard(database: Database) -> None:
    """What it says now replaces what it said before."""
    stale = replace(_CHECK, expected=0, is_stale=True)
    healed = replace(_CHECK, expected=44, checked_at=_NOW + timedelta(hours=1))
    for check in (stale, healed):
        async with database.write() as session:
            await save_checks(session, [check])
    async with database.read() as session:
        assert await load_checks(session, [_DAY]) == [healed]


async def test_a_missing_paper_is_noted_once(database: Database) -> None:
    """From the first time it was missed, with the reason of the last time it was asked for."""
    again = replace(_GAP, found_at=_NOW + timedelta(days=2), asked_at=_NOW + timedelta(days=2), reason="not known")
    for gap in (_GAP, again):
        async with database.write() as session:
            await note_missing(session, [gap])
    async with database.read() as session:
        assert await list_missing(session) == [replace(again, found_at=_NOW)]


async def test_what_came_in_is_forgotten(database: Database) -> None:
    """The others stay, by listing day and id."""
    paper = make_papers(1)[0]
    later = replace(_GAP, arxiv_id="2604.00003", day=_DAY + timedelta(days=1))
    other = replace(_GAP, arxiv_id="2604.00009")
    async with database.write() as session:
        await note_missing(session, [later, _GAP, other])
        await upsert_papers(session, [paper], _NOW)
        await settle_missing(session)
    async with database.read() as session:
        assert await list_missing(session) == [other, later]
