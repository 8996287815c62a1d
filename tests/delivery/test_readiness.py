"""A week's lists are frozen when all of the week is in them; nothing else keeps the mail from going."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta

import pytest
from fakes.judging_case import GR, WEEK
from fakes.mail_case import REFUSED, MailCase

from triage.adapters.hashing import HashingEmbedder
from triage.core.rubric import find_topic
from triage.delivery.desk import Waiting
from triage.errors import InputError, MailError
from triage.pipeline.asking import JudgeDesk
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist
from triage.store.overviews import load_overview
from triage.store.shortlists import load_shortlist


def move_friday(case: MailCase) -> None:
    """As if Friday's listing had not been harvested: its papers count for Thursday."""
    with closing(sqlite3.connect(case.path)) as connection:
        moved = connection.execute("UPDATE papers SET announced = '2026-05-14' WHERE announced = '2026-05-15'")
        assert moved.rowcount > 0
        connection.commit()


async def is_published(case: MailCase) -> bool:
    """Whether the bundled week's list is frozen."""
    async with case.database.read() as session:
        shortlist = await load_shortlist(session, GR, str(WEEK))
    assert shortlist is not None
    return shortlist.published_at is not None


async def test_an_unread_listing(mail_case: MailCase) -> None:
    """A draft of a week of which a listing is missing is not frozen; the report says which, and what to do."""
    move_friday(mail_case)
    await mail_case.add("ada")
    report = await mail_case.deliver()
    remedy = f"triage harvest, then triage run --week {WEEK}"
    assert report.waiting == (Waiting(str(WEEK), 1, f"Friday of {WEEK} was not harvested", remedy),)
    assert not await is_published(mail_case)


async def test_a_draft_that_is_built_again(mail_case: MailCase) -> None:
    """One that was made too early, and comes out the same once the week is over, is mailed."""
    await mail_case.add("ada")
    with closing(sqlite3.connect(mail_case.path)) as connection:
        connection.execute("UPDATE shortlists SET built_at = '2026-05-14 12:00:00'")
        connection.commit()
    assert (await mail_case.deliver()).accepted == 0
    bench = Bench(mail_case.database, HashingEmbedder(), mail_case.rubric, mail_case.now)
    await build_shortlist(bench, find_topic(mail_case.rubric, GR), WEEK)
    assert (await mail_case.deliver()).accepted == 1


async def test_a_published_list_is_mailed_as_it_is(mail_case: MailCase) -> None:
    """Whoever published it knew better; a listing that went missing since changes nothing."""
    await mail_case.add("ada")
    await mail_case.deliver()
    move_friday(mail_case)
    await mail_case.add("bob")
    assert (await mail_case.deliver()).accepted == 1


async def test_overviews_are_kept(mail_case: MailCase) -> None:
    """Once, when the list is frozen: every later digest says the same of the week."""
    await mail_case.add("ada")
    await mail_case.deliver()
    async with mail_case.database.read() as session:
        assert await load_overview(session, GR, str(WEEK)) is not None


async def test_a_judge_that_cannot_be_asked(mail_case: MailCase) -> None:
    """It costs its sentences, and never the mail."""

    @asynccontextmanager
    async def open_judge() -> AsyncIterator[JudgeDesk]:
        raise InputError("The judge's key is missing.")
        yield  # pragma: no cover - makes it a generator

    await mail_case.add("ada")
    assert (await mail_case.deliver(open_judge=open_judge)).accepted == 1


async def test_a_server_that_refuses_everybody(mail_case: MailCase) -> None:
    """After five in a row something is wrong with us: all wait, also those that were refused."""
    for number in range(8):
        await mail_case.add(f"reader{number}")
        mail_case.mailer.script[f"reader{number}@example.org"] = [REFUSED]
    with pytest.raises(MailError, match=r"refused 5 digests in a row, at last with: 554 no\..* outbox: 8\."):
        await mail_case.deliver()
    assert len(mail_case.mailer.tried) == 5
    mail_case.mailer.script.clear()
    mail_case.now += timedelta(minutes=30)
    assert (await mail_case.deliver()).accepted == 8
