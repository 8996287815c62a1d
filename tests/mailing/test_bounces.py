"""What reports do to an address."""

from datetime import timedelta

import pytest
from fakes.mailing_case import ADA, MONDAY, queue_digest, subscribe_ada
from fakes.reports_case import CASES, OURS, RECEIVER, quote_digest, write_dsn, write_feedback, write_fields
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.rubric import Rubric
from triage.errors import NotFoundError
from triage.mailing.bounces import Outcome, forgive, list_suppressed, take_report
from triage.mailing.mailings import view_mailing
from triage.mailing.reports import ReportKind, read_report
from triage.store.engine import Database

_FULL = write_fields("5.2.2", "552 5.2.2 mailbox full")
_GONE = write_fields("5.1.1", "550 5.1.1 unknown")


def write_id(week: int) -> str:
    """The Message-ID of that week's digest."""
    return f"<2026-w{week}.0123@triage.example.org>"


@pytest.mark.parametrize("name", CASES)
def test_each_form_of_report_is_told(name: str) -> None:
    """And of which message it is, where it says that."""
    case = CASES[name]
    report = read_report(case.message)

    assert (report and report.kind) == case.kind
    if report is not None:
        assert (OURS in report.message_ids) == case.names_ours


@pytest.mark.parametrize(
    ("name", "outcome", "again"),
    [
        ("Gmail, no such account", Outcome.SUPPRESSED, Outcome.KNOWN),
        ("Gmail, mailbox full", Outcome.COUNTED, Outcome.KNOWN),
        ("Yahoo, address blacked out", Outcome.SUPPRESSED, Outcome.KNOWN),
        ("Postfix, delayed", Outcome.NOTHING, Outcome.NOTHING),
        ("out of office", Outcome.NOTHING, Outcome.NOTHING),
        ("forged, foreign Message-ID", Outcome.NOT_OURS, Outcome.NOT_OURS),
        ("forged complaint", Outcome.NOT_OURS, Outcome.NOT_OURS),
        ("garbage", Outcome.NOT_UNDERSTOOD, Outcome.NOT_UNDERSTOOD),
    ],
)
async def test_each_kind_of_report_does_what_it_should(
    database: Database, rubric: Rubric, name: str, outcome: Outcome, again: Outcome
) -> None:
    """No mailbox, or spam, stops mail at once, and who complains has left; the same report again does nothing."""
    await subscribe_ada(database, rubric)
    await queue_digest(database, OURS, "2026-W16")
    taken = [await take_report(database, CASES[name].message, MONDAY) for _ in range(2)]
    mailing = await view_mailing(database, "ada")

    assert [each.outcome for each in taken] == [outcome, again]
    suppressed = [RECEIVER] if outcome is Outcome.SUPPRESSED else []
    assert [each.email for each in await list_suppressed(database)] == suppressed
    assert mailing is not None
    assert (mailing.left_at is not None) == (bool(suppressed) and taken[0].kind is ReportKind.COMPLAINT)


async def test_the_address_is_the_one_that_we_sent_to(database: Database) -> None:
    """Whatever address a report names."""
    await queue_digest(database, OURS, "2026-W16", email="ada@elsewhere.example")
    taken = await take_report(database, write_dsn(_GONE).encode(), MONDAY)

    assert (taken.email, taken.week) == ("ada@elsewhere.example", "2026-W16")
    assert [each.email for each in await list_suppressed(database)] == ["ada@elsewhere.example"]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((0, 7, 14), [Outcome.COUNTED, Outcome.COUNTED, Outcome.SUPPRESSED]),
        ((0, 7, 60), [Outcome.COUNTED] * 3),
    ],
)
async def test_what_comes_back_for_three_weeks_is_given_up(
    database: Database, days: tuple[int, ...], expected: list[Outcome]
) -> None:
    """Unless that was over a longer time than eight weeks."""
    outcomes = []
    for number, day in enumerate(days):
        message_id = write_id(10 + number)
        await queue_digest(database, message_id, f"2026-W{10 + number}")
        report = write_dsn(_FULL, copy=quote_digest(message_id)).encode()
        outcomes.append((await take_report(database, report, MONDAY + timedelta(days=day))).outcome)

    assert outcomes == expected


async def test_three_reports_on_one_digest_are_one_week(database: Database) -> None:
    """However they differ."""
    await queue_digest(database, OURS, "2026-W16")
    reports = [write_dsn(write_fields(status)) for status in ("5.2.2", "4.2.2", "4.4.1")]
    outcomes = [
        (await take_report(database, report.encode(), MONDAY + timedelta(days=7 * number))).outcome
        for number, report in enumerate(reports)
    ]

    assert outcomes == [Outcome.COUNTED, Outcome.KNOWN, Outcome.KNOWN]


async def test_an_address_is_forgiven_once(database: Database) -> None:
    """The same report does not stop it again, the next digest's does; what is not held back cannot be forgiven."""
    await queue_digest(database, OURS, "2026-W16")
    await queue_digest(database, write_id(17), "2026-W17")
    await take_report(database, write_dsn(_GONE).encode(), MONDAY)
    await forgive(database, ADA.upper())
    with pytest.raises(NotFoundError, match="not held back"):
        await forgive(database, ADA)

    assert (await take_report(database, write_dsn(_GONE).encode(), MONDAY)).outcome is Outcome.KNOWN
    assert await list_suppressed(database) == ()
    later = write_dsn(_GONE, copy=quote_digest(write_id(17))).encode()
    assert (await take_report(database, later, MONDAY)).outcome is Outcome.SUPPRESSED


async def test_a_complaint_counts_after_a_bounce(database: Database, rubric: Rubric) -> None:
    """It is another kind of report on the same message."""
    await subscribe_ada(database, rubric)
    await queue_digest(database, OURS, "2026-W16")
    await take_report(database, write_dsn(_GONE).encode(), MONDAY)
    await take_report(database, write_feedback("abuse", "x").encode(), MONDAY)
    mailing = await view_mailing(database, "ada")

    assert [each.reason for each in await list_suppressed(database)] == ["complained"]
    assert mailing is not None
    assert mailing.left_at == MONDAY


@given(st.binary(max_size=2_000))
@settings(max_examples=200)
def test_any_bytes_can_be_read(message: bytes) -> None:
    """As a report or as none, without an error."""
    report = read_report(message)
    assert report is None or report.kind in ReportKind


@given(st.data())
@settings(max_examples=200)
def test_a_damaged_report_can_be_read(data: st.DataObject) -> None:
    """Bytes cut out of a real form and put elsewhere make it another one or none, without an error."""
    message = data.draw(st.sampled_from([case.message for case in CASES.values() if len(case.message) < 10_000]))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(message))] * 2)))
    at = data.draw(st.integers(0, len(message)))
    noise = data.draw(st.one_of(st.binary(max_size=20), st.just(message[start:end])))
    report = read_report(message[:at] + noise + message[at:start] + message[end:])
    assert report is None or len(report.detail) <= 300
