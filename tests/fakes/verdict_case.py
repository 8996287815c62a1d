"""Verdicts put into a data folder's store, as if a judge had been asked."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from fakes.cli_case import ROOT, Home

from triage.core.question import Form
from triage.core.rubric import judge_fingerprint
from triage.core.rubric_reading import read_rubric
from triage.core.verdict import Verdict
from triage.store.engine import Database
from triage.store.papers import select_papers
from triage.store.verdicts import StoredVerdict, VerdictKey, save_verdict

JUDGE = "http://127.0.0.1/made-up"
_NOW = datetime(2026, 4, 20, tzinfo=UTC)


def keep_verdicts(
    home: Home, topic: str, relevances: Mapping[str, float | None], *, form: Form = "yes-no", now: datetime = _NOW
) -> None:
    """Log odds by arXiv id, None for a paper that could not be judged; under the rubric that ships with the program."""
    rubric = read_rubric((ROOT / "rubric.yaml").read_text(encoding="utf-8"), "rubric.yaml")
    key = VerdictKey(topic, judge_fingerprint(rubric, topic), JUDGE, "p1", form)
    asyncio.run(_keep(home.path / "triage.db", key, relevances, now))


async def _keep(path: Path, key: VerdictKey, relevances: Mapping[str, float | None], now: datetime) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with database.write() as session:
        papers = await select_papers(session, relevances)
        for arxiv_id, paper in papers.items():
            relevance = relevances[arxiv_id]
            verdict = None if relevance is None else Verdict(relevance=relevance, grades=())
            reason = "No answer could be read." if verdict is None else None
            await save_verdict(session, paper, key, StoredVerdict(verdict, reason, (), 0, "cascade", now))
    await database.close()
