"""Verdicts in the store, each under the rubric, judge, prompt and text it was made with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.question import Form
from triage.core.verdict import CriterionGrade, Verdict, WrittenTakeaway
from triage.store.chunks import cut
from triage.store.conflict import insert_or_update
from triage.store.judge_models import Purpose, VerdictRow
from triage.store.papers import StoredPaper

_UNIQUE = ("paper_id", "topic", "fingerprint", "judge", "prompt", "form", "content_hash")
_CONTENT = ("status", "reason", "relevance", "grades", "takeaways", "flags", "removed", "purpose", "created_at")


class VerdictKey(msgspec.Struct, frozen=True):
    """What a verdict rests on besides the paper; `fingerprint` is `judge_fingerprint`'s."""

    topic: str
    fingerprint: str
    judge: str
    prompt: str
    form: Form


class StoredVerdict(msgspec.Struct, frozen=True):
    """A verdict, or the reason why there is none: "not judged".

    `flags` are the judge's and then the screening's, each once; `removed` is how many characters screening took out.
    """

    verdict: Verdict | None
    reason: str | None
    flags: tuple[str, ...]
    removed: int
    purpose: Purpose
    created_at: datetime


async def save_verdict(session: AsyncSession, paper: StoredPaper, key: VerdictKey, stored: StoredVerdict) -> None:
    """Keep a verdict, or that there is none; a verdict that stands already stays; idempotent."""
    row = {"paper_id": paper.key, **msgspec.structs.asdict(key), "content_hash": paper.content_hash}
    row |= _to_columns(stored)
    await insert_or_update(
        session, VerdictRow, [row], on=_UNIQUE, set_=_CONTENT, when=lambda _, old: old.status == "not judged"
    )


async def load_verdicts(
    session: AsyncSession, papers: Sequence[StoredPaper], key: VerdictKey
) -> dict[int, StoredVerdict]:
    """Verdicts on the papers' present texts, by paper key; papers no judge was asked about are absent."""
    hashes = {paper.key: paper.content_hash for paper in papers}
    keys = sorted(hashes)
    verdicts: dict[int, StoredVerdict] = {}
    for chunk in cut(keys):
        query = select(VerdictRow).where(
            VerdictRow.paper_id.in_(chunk),
            VerdictRow.topic == key.topic,
            VerdictRow.fingerprint == key.fingerprint,
            VerdictRow.judge == key.judge,
            VerdictRow.prompt == key.prompt,
            VerdictRow.form == key.form,
        )
        for row in await session.scalars(query):
            if hashes[row.paper_id] == row.content_hash:
                verdicts[row.paper_id] = _to_stored(row)
    return verdicts


async def choose_key(
    session: AsyncSession, papers: Sequence[StoredPaper], topic: str, fingerprint: str
) -> VerdictKey | None:
    """The judge, prompt and form that judged most of the papers' present texts, the newest of equals; None for none.

    So a judge that was only tried on a few takes nothing from the one that read the week. One that failed on all it was
    asked about counts where there is no other.
    """
    hashes = {paper.key: paper.content_hash for paper in papers}
    judged: dict[VerdictKey, int] = {}
    newest: dict[VerdictKey, datetime] = {}
    for chunk in cut(sorted(hashes)):
        wanted = VerdictRow.paper_id.in_(chunk), VerdictRow.topic == topic, VerdictRow.fingerprint == fingerprint
        for row in await session.scalars(select(VerdictRow).where(*wanted)):
            if hashes[row.paper_id] == row.content_hash:
                key = VerdictKey(row.topic, row.fingerprint, row.judge, row.prompt, row.form)
                judged[key] = judged.get(key, 0) + (row.status == "judged")
                newest[key] = max(newest.get(key, row.created_at), row.created_at)
    return max(judged, key=lambda key: (judged[key], newest[key], repr(key)), default=None)


def _to_columns(stored: StoredVerdict) -> dict[str, Any]:
    verdict = stored.verdict
    said = verdict.flags if verdict else ()
    return {
        "status": "judged" if verdict else "not judged",
        "reason": stored.reason,
        "relevance": verdict.relevance if verdict else None,
        "grades": msgspec.to_builtins(verdict.grades) if verdict else [],
        "takeaways": msgspec.to_builtins(verdict.takeaways) if verdict else [],
        "flags": {"judge": list(said), "screening": [flag for flag in stored.flags if flag not in said]},
        "removed": stored.removed,
        "purpose": stored.purpose,
        "created_at": stored.created_at,
    }


def _to_stored(row: VerdictRow) -> StoredVerdict:
    said = tuple(row.flags["judge"])
    verdict = None
    if row.relevance is not None:
        verdict = Verdict(
            relevance=row.relevance,
            grades=msgspec.convert(row.grades, tuple[CriterionGrade, ...]),
            takeaways=msgspec.convert(row.takeaways, tuple[WrittenTakeaway, ...]),
            flags=said,
        )
    flags = (*said, *row.flags["screening"])
    return StoredVerdict(verdict, row.reason, flags, row.removed, row.purpose, row.created_at)
