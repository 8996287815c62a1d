"""What is due becomes frozen messages in the outbox: composed and rendered once per kind of digest, one per reader."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from triage.core.mailing import Mailing, mint_mail_key
from triage.core.schedule import Owed, list_owed
from triage.core.week import parse_week
from triage.delivery.desk import DeliverDesk, Waiting
from triage.delivery.readiness import Kind, Lack, find_lacks, freeze_lists
from triage.digest.compose import compose_digest
from triage.digest.records import PLACEHOLDER, Links, RenderedDigest
from triage.digest.render import render_digest
from triage.errors import InputError
from triage.mailing.message import Letter, make_message_id, name_domain, name_list, write_message
from triage.store.mailings import list_mailings
from triage.store.outbox import Draft, drop_week, list_queued_weeks, load_counter, queue_deliveries

_BATCH = 100  # rows in one transaction


class Debt(msgspec.Struct, frozen=True):
    """A digest that a reader should have and that is not in the outbox."""

    mailing: Mailing
    kind: Kind
    owed: Owed


class Queued(msgspec.Struct, frozen=True):
    """How many digests were put into the outbox, and what is owed but cannot be made yet."""

    queued: int
    waiting: tuple[Waiting, ...]


_MISSED = Lack("triage deliver did not run, or could not write it, while it could be sent")


class _Round(msgspec.Struct, frozen=True):
    """One run, at one time; `secret` makes message ids, `lacks` say which kinds cannot be made yet, and why."""

    desk: DeliverDesk
    now: datetime
    secret: str
    lacks: Mapping[Kind, Lack]

    def name_message(self, one: Debt) -> str:
        """The digest's Message-ID, the same whenever it is made."""
        return make_message_id(self.secret, one.kind.week, one.mailing.reader, name_domain(self.desk.public_url))


async def queue_digests(desk: DeliverDesk, now: datetime) -> Queued:
    """Publish shortlists that are due and ready, write each reader's message, drop what is too late with the reason.

    Idempotent, and safe to run twice at once: the outbox takes each reader's week once.
    """
    debts = await _list_debts(desk, now)
    if not debts:
        return Queued(0, ())
    lacks = await find_lacks(desk, {one.kind for one in debts})
    async with desk.database.write() as session:
        secret = (await load_counter(session)).secret
    this = _Round(desk, now, secret, lacks)
    await _drop_late(this, [one for one in debts if one.owed.is_late])
    return await _queue(this, [one for one in debts if not one.owed.is_late])


async def _list_debts(desk: DeliverDesk, now: datetime) -> list[Debt]:
    async with desk.database.read() as session:
        mailings = [each for each in await list_mailings(session) if each.is_active]
        known = await list_queued_weeks(session, [each.reader for each in mailings])
    names = [topic.name for topic in desk.library.rubric.topics]
    return await asyncio.to_thread(_reckon_debts, mailings, known, names, now)


def _reckon_debts(
    mailings: Iterable[Mailing], known: Mapping[str, Collection[str]], names: Sequence[str], now: datetime
) -> list[Debt]:
    """By week, the oldest first; topics in the rubric's order, without those that it no longer has."""
    debts: list[Debt] = []
    for each in mailings:
        if each.first_week is None:
            continue
        topics = tuple(name for name in names if name in each.topics)
        weeks = list_owed(parse_week(each.first_week), each.slot, each.changed_at, known[each.reader], now)
        debts += [Debt(each, Kind(str(owed.week), topics, each.language, each.size), owed) for owed in weeks]
    return sorted(debts, key=lambda one: one.kind.week)


async def _drop_late(this: _Round, late: Sequence[Debt]) -> None:
    for start in range(0, len(late), _BATCH):
        async with this.desk.database.write() as session:
            for one in late[start : start + _BATCH]:
                await drop_week(
                    session,
                    one.mailing.reader,
                    one.kind.week,
                    one.mailing.email,
                    one.kind.topics,
                    this.name_message(one),
                    f"too late: {this.lacks.get(one.kind, _MISSED).reason}",
                    one.owed.deadline,
                    this.now,
                )


async def _queue(this: _Round, debts: Sequence[Debt]) -> Queued:
    waiting: Counter[tuple[str, Lack]] = Counter()
    groups: defaultdict[Kind, list[Debt]] = defaultdict(list)
    for one in debts:
        groups[one.kind].append(one)
    await freeze_lists(this.desk, groups.keys() - this.lacks.keys())
    queued = done = 0
    for kind, members in groups.items():
        if this.desk.is_stopping():
            break
        written, failures = await _queue_kind(this, kind, members)
        queued += written
        waiting.update({(kind.week, lack): count for lack, count in failures.items()})
        done += len(members)
        this.desk.progress("queue", done, len(debts))
    return Queued(
        queued, tuple(Waiting(week, count, lack.reason, lack.remedy) for (week, lack), count in waiting.items())
    )


async def _queue_kind(this: _Round, kind: Kind, members: Sequence[Debt]) -> tuple[int, Counter[Lack]]:
    """How many were put into the outbox, and why how many were not."""
    if kind in this.lacks:
        return 0, Counter({this.lacks[kind]: len(members)})
    try:
        rendered = await _render(this.desk, kind)
    except InputError as error:  # a list was removed meanwhile
        return 0, Counter({Lack(str(error)): len(members)})
    queued, failures = 0, Counter[Lack]()
    for start in range(0, len(members), _BATCH):
        if this.desk.is_stopping():
            break
        drafts, failed = await asyncio.to_thread(_write_drafts, this, rendered, members[start : start + _BATCH])
        failures.update(failed)
        async with this.desk.database.write() as session:
            queued += await queue_deliveries(session, drafts, this.now)
    return queued, failures


async def _render(desk: DeliverDesk, kind: Kind) -> RenderedDigest:
    """For anybody: `PLACEHOLDER` stands where a reader's key goes."""
    digest = await compose_digest(desk.library, kind.week, kind.topics, kind.language, kind.size, notice=desk.notice)
    return await asyncio.to_thread(render_digest, digest, Links(desk.public_url, PLACEHOLDER))


def _write_drafts(this: _Round, rendered: RenderedDigest, members: Sequence[Debt]) -> tuple[list[Draft], list[Lack]]:
    """The drafts, and what is wrong with those that cannot be written: nobody else waits for them."""
    drafts: list[Draft] = []
    failures: list[Lack] = []
    for one in members:
        try:
            drafts.append(_write_draft(this, rendered, one))
        except InputError as error:
            failures.append(Lack(str(error)))
    return drafts, failures


def _write_draft(this: _Round, rendered: RenderedDigest, one: Debt) -> Draft:
    key, message_id, public_url = mint_mail_key(), this.name_message(one), this.desk.public_url
    letter = Letter(
        sender=this.desk.sender,
        recipient=one.mailing.email,
        subject=rendered.subject,
        text=rendered.text.replace(PLACEHOLDER, key),
        html=rendered.html.replace(PLACEHOLDER, key),
        date=this.now,
        message_id=message_id,
        list_id=name_list(public_url),
        unsubscribe=Links(public_url, key).unsubscribe(),
        language=one.kind.language,
    )
    return Draft(
        reader=one.mailing.reader,
        week=one.kind.week,
        email=one.mailing.email,
        topics=one.kind.topics,
        message_id=message_id,
        message=write_message(letter),
        key=key,
        deadline=one.owed.deadline,
    )
