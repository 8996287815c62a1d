"""How a reader's weekly mail is set, paused, gone on with and left."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import pytest
from fakes.mailing_case import ADA, MONDAY, queue_digest, subscribe_ada
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from triage.core.mailing import Mailing
from triage.core.rubric import Rubric
from triage.core.schedule import Slot
from triage.errors import ConflictError, InputError, NotFoundError
from triage.mailing.mailings import (
    MailingChange,
    change_mailing,
    confirm_mailing,
    leave_mailing,
    next_due,
    pause_mailing,
    resume_mailing,
    view_mailing,
)
from triage.mailing.standing import view_standing
from triage.store.engine import Database

GR, AE = "generative-recommendation", "agent-evaluation"
_LATER = MONDAY + timedelta(days=1)


async def change_ada(database: Database, rubric: Rubric, now: datetime = _LATER, **fields: Any) -> Mailing:
    """Change ada's settings, the others being the defaults."""
    change = replace(MailingChange(), **fields)
    return await change_mailing(database, rubric, "ada", change, now, account_email=None)


async def test_a_new_mail_waits_for_its_confirmation(database: Database, rubric: Rubric) -> None:
    """Everything is kept as it was chosen; nothing is owed."""
    made = await change_ada(
        database, rubric, email="Ada@Example.org", weekday=6, hour=23, zone="Asia/Tokyo", topics=(GR, AE, GR), size=5
    )

    assert made == await view_mailing(database, "ada")
    assert (made.email, made.slot, made.topics, made.size) == (ADA, Slot(6, 23, "Asia/Tokyo"), (AE, GR), 5)
    assert (made.created_at, made.changed_at) == (_LATER, _LATER)
    assert not made.is_active
    assert next_due(made, _LATER) is None


async def test_nobody_has_a_mail_who_chose_none(database: Database) -> None:
    """So there is nothing to see, pause, go on with, leave or confirm."""
    assert await view_mailing(database, "ada") is None
    for act in (pause_mailing, resume_mailing, leave_mailing, confirm_mailing):
        with pytest.raises(NotFoundError, match="no weekly mail yet"):
            await act(database, "ada", MONDAY)


async def test_what_is_confirmed_is_owed_from_the_next_one_on(database: Database, rubric: Rubric) -> None:
    """The first confirmation stands."""
    made = await subscribe_ada(database, rubric)
    again = await confirm_mailing(database, "ada", MONDAY + timedelta(days=30))

    assert made == again == await view_mailing(database, "ada")
    assert (made.confirmed_at, made.first_week) == (MONDAY, "2026-W17")
    assert next_due(made, MONDAY) == datetime(2026, 4, 27, 7, tzinfo=UTC)


async def test_the_same_settings_change_nothing(database: Database, rubric: Rubric) -> None:
    """Nor do they need a new confirmation."""
    made = await subscribe_ada(database, rubric)
    assert await change_ada(database, rubric) == made
    assert await change_ada(database, rubric, topics=made.topics, email=ADA) == made


async def test_another_slot_is_noted(database: Database, rubric: Rubric) -> None:
    """When it was changed says until when late digests may be sent; language and size do not."""
    made = await subscribe_ada(database, rubric)
    other = await change_ada(database, rubric, weekday=5, language="zh", size=3)
    same = await change_ada(database, rubric, _LATER + timedelta(days=1), weekday=5, language="en", size=None)

    assert (other.changed_at, other.is_active, other.language, other.size) == (_LATER, True, "zh", 3)
    assert other.first_week == made.first_week
    assert same.changed_at == _LATER


async def test_another_address_needs_a_confirmation(database: Database, rubric: Rubric) -> None:
    """Until then nothing is owed; going back to the former one needs one too."""
    await subscribe_ada(database, rubric)
    moved = await change_ada(database, rubric, email="new@example.org")
    back = await change_ada(database, rubric, email=ADA)

    assert [(each.is_active, each.first_week) for each in (moved, back)] == [(False, None)] * 2
    assert back == await view_mailing(database, "ada")


async def test_topics_are_the_subscriptions(database: Database, rubric: Rubric) -> None:
    """Those named take the place of the former ones, nobody else's change."""
    await subscribe_ada(database, rubric)
    await subscribe_ada(database, rubric, "bob", "bob@example.org")
    assert (await change_ada(database, rubric, topics=(AE,))).topics == (AE,)
    bob = await view_mailing(database, "bob")
    assert bob is not None
    assert bob.topics == (GR,)


async def test_an_account_gets_mail_at_its_address_only(database: Database, rubric: Rubric) -> None:
    """Whatever is wished for; when the account's address changes, it is to be confirmed."""
    change = MailingChange(topics=(GR,))
    made = await change_mailing(database, rubric, "ada", change, MONDAY, account_email=ADA)
    await confirm_mailing(database, "ada", MONDAY)
    moved = await change_mailing(database, rubric, "ada", change, MONDAY, account_email="new@example.org")

    assert (made.email, moved.email, moved.is_active) == (ADA, "new@example.org", False)
    other = replace(change, email="mallory@example.org")
    with pytest.raises(InputError, match=r"^email: .*address of the account"):
        await change_mailing(database, rubric, "ada", other, MONDAY, account_email=ADA)


async def test_a_pause_owes_nothing_afterwards(database: Database, rubric: Rubric) -> None:
    """The weeks of the pause are not sent later; going on twice is going on once."""
    await subscribe_ada(database, rubric)
    paused = [await pause_mailing(database, "ada", MONDAY + timedelta(days=day)) for day in (1, 2)]
    resumed = [await resume_mailing(database, "ada", MONDAY + timedelta(days=day)) for day in (14, 28)]

    assert [each.paused_at for each in paused] == [MONDAY + timedelta(days=1)] * 2
    assert not paused[0].is_active
    assert [each.first_week for each in resumed] == ["2026-W19"] * 2
    assert resumed[0].is_active


async def test_no_week_comes_twice_after_a_pause(database: Database, rubric: Rubric) -> None:
    """Whatever was queued already is not owed again, also where the slot moved to a later day."""
    await subscribe_ada(database, rubric)
    await queue_digest(database, "<17@triage.example.org>", "2026-W17")
    await pause_mailing(database, "ada", MONDAY + timedelta(days=3))
    await change_ada(database, rubric, weekday=4)

    assert (await resume_mailing(database, "ada", MONDAY + timedelta(days=12))).first_week == "2026-W18"


@pytest.mark.parametrize("hours", [0, 1, 100])
async def test_a_short_pause_loses_nothing(database: Database, rubric: Rubric, hours: int) -> None:
    """What fell due before it, and waited for its list, is still owed: no week is passed over without a word."""
    await subscribe_ada(database, rubric)
    after_due = MONDAY + timedelta(days=7)
    await pause_mailing(database, "ada", after_due)

    assert (await resume_mailing(database, "ada", after_due + timedelta(hours=hours))).first_week == "2026-W17"


async def test_no_week_is_promised_twice(database: Database, rubric: Rubric) -> None:
    """A digest came on Monday; with Friday chosen on Tuesday, the next one comes with the next week."""
    await subscribe_ada(database, rubric)
    await queue_digest(database, "<17@triage.example.org>", "2026-W17")
    tuesday = MONDAY + timedelta(days=8)
    await change_ada(database, rubric, tuesday, weekday=4)

    view = await view_standing(database, "ada", tuesday, None)
    assert view.next_due == datetime(2026, 5, 8, 7, tzinfo=UTC)


async def test_going_on_before_the_confirmation_owes_nothing(database: Database, rubric: Rubric) -> None:
    """The confirmation says what is owed."""
    await change_ada(database, rubric, topics=(GR,), email=ADA)
    await pause_mailing(database, "ada", _LATER)
    resumed = await resume_mailing(database, "ada", _LATER)

    assert (resumed.paused_at, resumed.first_week) == (None, None)


async def test_who_left_stays_away_until_they_come_back(database: Database, rubric: Rubric) -> None:
    """No operator brings them back; when they choose again, the address is confirmed anew."""
    await subscribe_ada(database, rubric)
    await pause_mailing(database, "ada", MONDAY)
    left = [await leave_mailing(database, "ada", MONDAY + timedelta(days=day)) for day in (1, 2)]
    with pytest.raises(ConflictError, match="ada left"):
        await confirm_mailing(database, "ada", _LATER)
    await resume_mailing(database, "ada", _LATER)
    with pytest.raises(ConflictError, match="ada left"):
        await confirm_mailing(database, "ada", _LATER)
    back = await change_ada(database, rubric, MONDAY + timedelta(days=30))

    assert [each.left_at for each in left] == [_LATER] * 2
    assert (back.left_at, back.confirmed_at, back.paused_at, back.topics) == (None, None, None, (GR,))
    assert (await confirm_mailing(database, "ada", MONDAY + timedelta(days=30))).first_week == "2026-W21"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"email": "ada"}, r"^email: 'ada' is no mail address"),
        ({"email": "a@b.example\r\nBcc: x@y.example"}, r"^email: .*is no mail address"),
        ({"weekday": 7}, r"^weekday: expected 0 \(Monday\) to 6"),
        ({"weekday": -1}, "^weekday: "),
        ({"hour": 24}, "^hour: expected 0 to 23, not 24"),
        ({"zone": "europe/berlin"}, r"^zone: .*did you mean Europe/Berlin\?"),
        ({"zone": "New York"}, r"^zone: .*did you mean America/New_York\?"),
        ({"zone": "../etc/passwd"}, "^zone: "),
        ({"zone": "localtime"}, "^zone: "),
        ({"zone": ""}, "^zone: .*expected an IANA name"),
        ({"language": "de"}, r"^language: 'de' is none .* en \(English\), zh \(Chinese\)"),
        ({"size": 0}, "^size: expected 1 to 100"),
        ({"size": 101}, "^size: "),
        ({"topics": ()}, "^topics: expected at least one"),
        ({"topics": (GR, "agents")}, "^topics: The rubric has no topic 'agents'"),
    ],
)
async def test_a_wrong_field_is_named(
    database: Database, rubric: Rubric, fields: dict[str, Any], expected: str
) -> None:
    """With what was expected; nothing was changed."""
    made = await subscribe_ada(database, rubric)
    with pytest.raises(InputError, match=expected):
        await change_ada(database, rubric, **fields)
    assert await view_mailing(database, "ada") == made


@pytest.mark.parametrize(
    ("fields", "expected"), [({"topics": (GR,)}, "^email: expected the address"), ({"email": ADA}, "^topics: ")]
)
async def test_a_new_mail_needs_address_and_topics(
    database: Database, rubric: Rubric, fields: dict[str, Any], expected: str
) -> None:
    """Without one of them there is none."""
    with pytest.raises(InputError, match=expected):
        await change_ada(database, rubric, **fields)
    assert await view_mailing(database, "ada") is None


@given(
    weekday=st.integers(0, 6),
    hour=st.integers(0, 23),
    zone=st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - drawn as UTC
)
@settings(max_examples=50)
def test_the_next_one_is_due_within_a_week(weekday: int, hour: int, zone: str, now: datetime) -> None:
    """In every zone, from now on; one hour more or less where clocks change."""
    slot = Slot(weekday, hour, zone)
    mailing = Mailing(
        reader="ada",
        email=ADA,
        slot=slot,
        created_at=now,
        changed_at=now,
        confirmed_at=now,
        first_week="2025-W01",
    )
    due = next_due(mailing, now)
    assert due is not None
    assert now <= due <= now + timedelta(days=7, hours=1)
