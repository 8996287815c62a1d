"""Calibrations in the store: how a judge is weighed, fitted anew now and then, never changed."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.fusion import Fusion
from triage.store.conflict import insert_missing
from triage.store.judge_models import CalibrationRow
from triage.store.verdicts import VerdictKey


class Calibration(msgspec.Struct, frozen=True):
    """A fusion fitted on `labels`, of which `positives` are relevant.

    `error` is the expected calibration error on labels that were held out.
    """

    fusion: Fusion
    labels: int
    positives: int
    error: float
    created_at: datetime


async def save_calibration(session: AsyncSession, key: VerdictKey, calibration: Calibration) -> None:
    """Keep it beside the earlier ones, for the key's topic, judge, prompt and form; idempotent."""
    row = {
        "topic": key.topic,
        "judge": key.judge,
        "prompt": key.prompt,
        "form": key.form,
        "coefficients": msgspec.to_builtins(calibration.fusion),
        "labels": calibration.labels,
        "positives": calibration.positives,
        "error": calibration.error,
        "created_at": calibration.created_at,
    }
    await insert_missing(session, CalibrationRow, [row])


async def load_calibration(session: AsyncSession, key: VerdictKey) -> Calibration | None:
    """The newest one for the key's topic, judge, prompt and form, whatever the rubric's fingerprint was."""
    query = select(CalibrationRow).where(
        CalibrationRow.topic == key.topic,
        CalibrationRow.judge == key.judge,
        CalibrationRow.prompt == key.prompt,
        CalibrationRow.form == key.form,
    )
    row = await session.scalar(query.order_by(CalibrationRow.created_at.desc()).limit(1))
    if row is None:
        return None
    fusion = msgspec.convert(row.coefficients, Fusion)
    return Calibration(fusion, row.labels, row.positives, row.error, row.created_at)
