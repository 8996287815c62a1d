"""What a report does: an address that is gone, or that calls us spam, gets no mail any more."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from triage.core.account import clean_email
from triage.core.mailing import Delivery
from triage.errors import NotFoundError
from triage.mailing.reports import Report, ReportKind, read_report
from triage.store.engine import Database, Session
from triage.store.mail_lookups import find_delivery
from triage.store.mail_models import BounceKind
from triage.store.mailings import set_left
from triage.store.suppressions import (
    Bounce,
    Suppression,
    count_soft_weeks,
    list_suppressions,
    record_bounce,
    suppress,
    unsuppress,
)

SOFT_WEEKS: Final = 3
"""Digests of so many weeks that came back for the time being, within `SOFT_SPAN`, are one too many."""
SOFT_SPAN: Final = timedelta(weeks=8)
_KINDS: Final[dict[ReportKind, BounceKind]] = {
    ReportKind.HARD: "hard",
    ReportKind.SOFT: "soft",
    ReportKind.COMPLAINT: "complaint",
}


class Outcome(StrEnum):
    """`suppressed`: the address gets no mail now. `counted`: not yet that. `known`: it was taken before.

    `nothing`: it says nothing against the address. `not ours`: it names no message that we sent.
    """

    SUPPRESSED = "suppressed"
    COUNTED = "counted"
    KNOWN = "known"
    NOTHING = "nothing"
    NOT_OURS = "not ours"
    NOT_UNDERSTOOD = "not understood"


class Taken(msgspec.Struct, frozen=True):
    """What became of a report; address and week are those of the delivery, None where it is of none of ours."""

    outcome: Outcome
    kind: ReportKind | None = None
    email: str | None = None
    week: str | None = None
    detail: str = ""


async def take_report(database: Database, message: bytes, now: datetime) -> Taken:
    """Do what a mail wants that came to the bounce address; once per message and kind, however often it comes.

    Any bytes will do. The delivery is found by its Message-ID alone, which only we and its receiver know, and the
    address is the delivery's: a forged report can stop nobody's mail.
    """
    report = read_report(message)
    if report is None:
        return Taken(Outcome.NOT_UNDERSTOOD)
    async with database.write() as session:
        delivery = await find_delivery(session, report.message_ids)
        if delivery is None or not delivery.email:  # restored from the mail log: the address is not known
            return Taken(Outcome.NOT_OURS, report.kind, detail=report.detail)
        outcome = await _take(session, report, delivery, now)
    return Taken(outcome, report.kind, delivery.email, delivery.week, report.detail)


async def list_suppressed(database: Database) -> tuple[Suppression, ...]:
    """The addresses that get no mail, by address."""
    async with database.read() as session:
        return await list_suppressions(session)


async def forgive(database: Database, email: str) -> None:
    """Let an address have mail again; raises `InputError`, `NotFoundError` for one that may have it anyway."""
    cleaned = clean_email(email)
    async with database.write() as session:
        if not await unsuppress(session, cleaned):
            raise NotFoundError(f"Mail to {cleaned} is not held back: triage bounces --list shows which is.")


async def _take(session: Session, report: Report, delivery: Delivery, now: datetime) -> Outcome:
    kind = _KINDS.get(report.kind)
    if kind is None:
        return Outcome.NOTHING
    bounce = Bounce(
        message_id=delivery.message_id,
        kind=kind,
        email=delivery.email,
        week=delivery.week,
        detail=report.detail,
        received_at=now,
    )
    if not await record_bounce(session, bounce):
        return Outcome.KNOWN
    if kind == "complaint":
        await suppress(session, delivery.email, "complained", report.detail, now)
        await set_left(session, now, reader=delivery.reader)
        return Outcome.SUPPRESSED
    if kind == "soft" and await count_soft_weeks(session, delivery.email, now - SOFT_SPAN) < SOFT_WEEKS:
        return Outcome.COUNTED
    await suppress(session, delivery.email, "bounced", report.detail, now)
    return Outcome.SUPPRESSED
