from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from triage.core.fusion import Fusion
from triage.store.calibrations import Calibration, load_calibration, save_calibration
from triage.store.engine import Database
from triage.store.verdicts import VerdictKey

_KEY = VerdictKey("t", "0123456789ab", "http://localhost/small", "p1", "yes-no")
_FIRST = Calibration(Fusion(-1 / 3, 0.8, 1.2, "votes"), 240, 31, 0.043, datetime(2026, 4, 20, tzinfo=UTC))


async def save(database: Database, calibration: Calibration, key: VerdictKey = _KEY) -> None:
    """In a transaction of its own."""
    async with database.write() as session:
        await save_calibration(session, key, calibration)


async def load(database: Database, key: VerdictKey = _KEY) -> Calibration | None:
    """What is stored."""
    async with database.read() as session:
        return await load_calibration(session, key)


async def test_the_newest_calibration_counts(database: Database) -> None:
    """Whatever the order they come in, to the last bit; one that is saved again changes nothing."""
    assert await load(database) is None
    newest = replace(_FIRST, fusion=Fusion(1 / 7, 0.5, 0.5, "votes"), created_at=_FIRST.created_at + timedelta(days=1))
    for calibration in (_FIRST, newest, replace(_FIRST, created_at=_FIRST.created_at - timedelta(days=1))):
        await save(database, calibration)
    assert await load(database) == newest
    await save(database, replace(newest, error=0.9))
    assert await load(database) == newest


@pytest.mark.parametrize("change", [{"topic": "u"}, {"judge": "large"}, {"prompt": "p2"}, {"form": "fill"}])
async def test_a_calibration_belongs_to_a_topic_and_a_way_of_judging(
    database: Database, change: dict[str, str]
) -> None:
    """Scores of different judges, prompts or forms do not mean the same."""
    other = replace(_KEY, **change)
    await save(database, _FIRST, other)
    assert await load(database) is None
    assert await load(database, other) == _FIRST


async def test_a_calibration_outlives_a_change_of_the_rubric(database: Database) -> None:
    """The fingerprint is no part of what it is kept under."""
    await save(database, _FIRST)
    assert await load(database, replace(_KEY, fingerprint="ba9876543210")) == _FIRST
