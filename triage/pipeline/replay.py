"""Replay: kept answers through the very steps that once read them, so that a store can be rebuilt without arXiv."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

import msgspec

from triage.core.week import parse_week
from triage.errors import InputError, SourceError
from triage.pipeline.harvest import harvest_week
from triage.pipeline.listings import check_listings
from triage.pipeline.reconcile import Desk
from triage.pipeline.repair import repair_ids, repair_since
from triage.pipeline.report import Progress, StepReport
from triage.pipeline.spine import Window, harvest_window
from triage.ports import Archive, Feed, Source
from triage.store.engine import Database


class Session(Protocol):
    """The kept answers of one harvest; `details` are what `Remember` was told, as JSON gives them back."""

    @property
    def kind(self) -> str:
        """`archive`, `listings`, `repair`, `ids` or `week`."""
        ...

    @property
    def started_at(self) -> datetime:
        """The harvest's own time."""
        ...

    @property
    def details(self) -> Mapping[str, Any]:
        """What was asked for."""
        ...


class Clients(msgspec.Struct, frozen=True):
    """The clients of a harvest, reading from one session."""

    archive: Archive
    lookup: Source
    feed: Feed


async def replay_session(
    database: Database, session: Session, clients: Clients, progress: Progress
) -> list[StepReport]:
    """Do again what the session's harvest did, at its time; idempotent.

    A harvest that broke off breaks off at the same place: what came before is in the store, and the report says so.
    """
    try:
        return await _replay(database, session, clients, progress)
    except SourceError as error:
        return [StepReport(step=session.kind, seen=1, failed=1, note=f"{session.started_at:%Y-%m-%d %H:%M}: {error}")]


async def _replay(database: Database, session: Session, clients: Clients, progress: Progress) -> list[StepReport]:
    details = session.details
    desk = Desk(
        database,
        clients.archive,
        clients.lookup,
        tuple(details["categories"]),
        session.started_at,
        progress,
        is_replay=True,
    )
    match session.kind:
        case "archive":
            return [await harvest_window(desk, msgspec.convert(details["window"], Window))]
        case "listings":
            report = await check_listings(desk, clients.feed)
            return [report] if report else []
        case "repair":
            return await repair_since(desk, date.fromisoformat(details["since"]))
        case "ids":
            return [await repair_ids(desk, details["ids"])]
        case "week":
            return [await harvest_week(desk, parse_week(details["week"]))]
        case _:
            raise InputError(f"{session.kind!r} is no kind of harvest that this version knows: use a newer triage.")
