"""Addresses that get no mail, and reports on mail that was taken."""

from datetime import timedelta

from fakes.outbox_case import NOW
from msgspec.structs import replace

from triage.store.engine import Database
from triage.store.suppressions import (
    Bounce,
    Suppression,
    count_soft_weeks,
    find_suppression,
    list_suppressions,
    record_bounce,
    suppress,
    unsuppress,
)

_LATER = NOW + timedelta(days=1)
_BOUNCE = Bounce(
    message_id="<1@b.c>", kind="soft", email="Ada@b.c", week="2026-W16", detail="4.2.2 mailbox full", received_at=NOW
)


async def test_a_suppressed_address_is_found_in_any_case(database: Database) -> None:
    """It is kept in lower case; another address is not found."""
    async with database.write() as session:
        await suppress(session, "Ada@b.c", "bounced", "550 no such user", NOW)
        kept = Suppression("ada@b.c", "bounced", "550 no such user", NOW)
        assert await find_suppression(session, "ADA@b.c") == kept
        assert await find_suppression(session, "bob@b.c") is None
        assert await list_suppressions(session) == (kept,)


async def test_the_first_reason_stands_but_a_complaint_outweighs_a_bounce(database: Database) -> None:
    """So that nobody lifts a bounce and mails to someone who complained."""
    seen = []
    for reason, detail in (("bounced", "1"), ("bounced", "2"), ("complained", "3"), ("bounced", "4")):
        async with database.write() as session:
            await suppress(session, "ada@b.c", "complained" if reason == "complained" else "bounced", detail, NOW)
        async with database.read() as session:
            found = await find_suppression(session, "ada@b.c")
        seen.append((found.reason, found.detail) if found else None)

    assert seen == [("bounced", "1"), ("bounced", "1"), ("complained", "3"), ("complained", "3")]


async def test_an_address_may_have_mail_again(database: Database) -> None:
    """Whoever asks is told whether it was suppressed."""
    async with database.write() as session:
        await suppress(session, "ada@b.c", "bounced", "", NOW)
        assert [await unsuppress(session, "ADA@b.c"), await unsuppress(session, "ada@b.c")] == [True, False]
        assert await find_suppression(session, "ada@b.c") is None


async def test_a_report_counts_once_per_message_and_kind(database: Database) -> None:
    """One that comes again is known already, and the transaction goes on."""
    async with database.write() as session:
        told = [
            await record_bounce(session, _BOUNCE),
            await record_bounce(session, replace(_BOUNCE, received_at=_LATER)),
            await record_bounce(session, replace(_BOUNCE, kind="hard")),
            await record_bounce(session, replace(_BOUNCE, message_id="<2@b.c>")),
        ]
        await suppress(session, "bob@b.c", "bounced", "", NOW)
    assert told == [True, False, True, True]
    async with database.read() as session:
        assert await find_suppression(session, "bob@b.c") is not None


async def test_soft_bounces_are_counted_in_weeks(database: Database) -> None:
    """Two in a week are one week; hard ones, others' and those before `since` do not count."""
    async with database.write() as session:
        for number, (kind, email, week) in enumerate(
            [
                ("soft", "ada@b.c", "2026-W15"),
                ("soft", "ada@b.c", "2026-W16"),
                ("soft", "ADA@b.c", "2026-W16"),
                ("hard", "ada@b.c", "2026-W17"),
                ("soft", "bob@b.c", "2026-W17"),
            ]
        ):
            bounce = replace(_BOUNCE, message_id=f"<{number}@b.c>", email=email, week=week)
            received = NOW + timedelta(days=number)
            await record_bounce(
                session, replace(bounce, kind="hard" if kind == "hard" else "soft", received_at=received)
            )
        assert await count_soft_weeks(session, "Ada@b.c", NOW) == 2
        assert await count_soft_weeks(session, "ada@b.c", _LATER) == 1
        assert await count_soft_weeks(session, "ada@b.c", NOW + timedelta(days=9)) == 0
