"""Copies of the bundled week in weeks of their own, and the lists that they lead to: for worker_kills.py."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from triage.adapters.snapshot import open_snapshot
from triage.bootstrap import open_services
from triage.config import Settings
from triage.core.week import Week, parse_week, week_of
from triage.pipeline.importing import import_files
from triage.pipeline.run import run_week
from triage.reading.shortlists import encode_shortlist
from triage.store.papers import count_weeks
from triage.store.reading import list_shortlists
from triage.store.shortlists import load_shortlist

SAMPLE_NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
"""When lists are made: all weeks are over."""
_FILE = "sample.jsonl"
_IDS_PER_WEEK = 1_000


def copy_sample(folder: Path, weeks: int) -> list[Week]:
    """Write so many copies (at most nine), each a week later than the one before and under other ids."""
    lines = (files("triage.sample") / "sample-week.jsonl").read_bytes().splitlines()
    found: set[Week] = set()
    with (folder / _FILE).open("wb") as file:
        for number in range(weeks):
            for line in lines:
                record = _move(msgspec.json.decode(line), number)
                found.add(week_of(date.fromisoformat(record["announced"])))
                file.write(msgspec.json.encode(record) + b"\n")
    return sorted(found)


def _move(record: dict[str, Any], number: int) -> dict[str, Any]:
    month, place = record["id"].split(".")
    announced = date.fromisoformat(record["announced"]) + timedelta(weeks=number)
    return record | {"id": f"{month}.{int(place) + number * _IDS_PER_WEEK:05d}", "announced": announced.isoformat()}


async def import_sample(settings: Mapping[str, str], folder: Path) -> None:
    """Into the database of the settings."""
    async with open_services(Settings.model_validate(dict(settings))) as services:
        await import_files(services.database, [open_snapshot(folder / _FILE)], now=services.clock)


async def list_alone(folder: Path) -> dict[str, bytes]:
    """The lists as `triage run` makes them on SQLite, week after week, in one process."""
    settings = {"home": str(folder / "alone"), "embedder": "hashing", "now": SAMPLE_NOW.isoformat()}
    await import_sample(settings, folder)
    async with open_services(Settings.model_validate(settings)) as services:
        async with services.database.read() as session:
            weeks = await count_weeks(session)
        for week in weeks:
            await run_week(services.bench(), parse_week(week), services.open_desk, topics=services.rubric.topics)
    return await read_lists(settings)


async def read_lists(settings: Mapping[str, str]) -> dict[str, bytes]:
    """Every list by topic and week, as the JSON that `triage shortlist --json` prints."""
    found: dict[str, bytes] = {}
    async with (
        open_services(Settings.model_validate(dict(settings))) as services,
        services.database.read() as session,
    ):
        for each in await list_shortlists(session):
            shortlist = await load_shortlist(session, each.topic, each.week)
            if shortlist is not None:
                found[f"list {each.topic} {each.week}"] = encode_shortlist(shortlist)
    return found
