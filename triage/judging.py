"""The judge of the settings, or a model file served on this machine, with its key, price and limits."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from triage.config import Settings
from triage.core.rubric import JudgeRules
from triage.errors import InputError
from triage.pipeline.asking import FREE, JudgeDesk, Pause, Price
from triage.pipeline.prices import find_price, read_prices
from triage.store.calls import Limits
from triage.store.engine import Database

if TYPE_CHECKING:
    from triage.adapters.judge_presets import Preset


@asynccontextmanager
async def open_judge(
    settings: Settings, database: Database, rules: JudgeRules, local: Path | None = None
) -> AsyncIterator[JudgeDesk]:
    """Whom to ask while the context is open; `local` is a model file.

    Raises `InputError` where none is set, or its key or price is not known; `ModelError` for a file of no use.
    """
    from triage.adapters.judge_presets import Preset, find_preset
    from triage.adapters.local_model import name_local_model, serve_local_model

    if local is not None:
        name = name_local_model(local)
        with serve_local_model(local, settings.threads) as url:
            async with _connect(settings, database, Preset(name, url), (local.stem, name), rules) as desk:
                yield desk
        return
    if settings.judge and not settings.judge_model:
        raise InputError("TRIAGE_JUDGE is set, but no model: set TRIAGE_JUDGE_MODEL to one that it serves.")
    if not settings.judge:
        raise InputError(
            "No judge is set. Set TRIAGE_JUDGE to a provider (such as openai or ollama) or to the base URL of an "
            "OpenAI-compatible endpoint and TRIAGE_JUDGE_MODEL to a model there, or name a model file with --local."
        )
    preset = find_preset(settings.judge)
    async with _connect(settings, database, preset, (settings.judge_model, None), rules) as desk:
        yield desk


@asynccontextmanager
async def _connect(
    settings: Settings, database: Database, preset: "Preset", model: tuple[str, str | None], rules: JudgeRules
) -> AsyncIterator[JudgeDesk]:
    """`model` is what the endpoint calls it, and what we do, for one that is served by ourselves."""
    from triage.adapters.openai_judge import OpenAiJudge

    served, name = model
    async with OpenAiJudge(
        preset.base_url,
        served,
        None if name else _find_key(settings, preset),
        settings.judge_timeout,
        wants_completion_tokens=preset.wants_completion_tokens,
        name=name,
    ) as judge:
        yield JudgeDesk(
            database=database,
            judge=judge,
            price=_find_price(settings, preset, served),
            limits=Limits(rules.calls, rules.usd, rules.usd_per_week),
            run=secrets.token_hex(8),
            pause=Pause(),
            clock=lambda: datetime.now(UTC),
            patience=settings.judge_timeout,
            concurrency=1 if name else settings.judge_concurrency,
        )


def _find_price(settings: Settings, preset: "Preset", model: str) -> Price:
    from triage.adapters.judge_presets import is_loopback

    path = settings.judge_prices or settings.home / "prices.yaml"
    may_be_free = is_loopback(preset.base_url) and settings.judge_prices is None
    if may_be_free and (not path.exists() or model not in read_prices(path)):  # a proxy may serve what costs
        return FREE
    return find_price(read_prices(path), model, path)


def _find_key(settings: Settings, preset: "Preset") -> str | None:
    from triage.adapters.judge_presets import is_loopback

    name = settings.judge_key_name or preset.key_variable
    if not name:
        return None
    if preset.base_url.startswith("http:") and not is_loopback(preset.base_url):
        raise InputError(f"{preset.base_url} would send the key in {name} unencrypted: expected https.")
    key = os.environ.get(name, "").strip()
    if not key:
        raise InputError(f"The judge's key is missing: set {name}, or name another variable in TRIAGE_JUDGE_KEY_NAME.")
    return key
