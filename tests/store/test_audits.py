from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from triage.core.bands import Band
from triage.core.paper import Paper
from triage.store.adjudications import Adjudication, save_adjudication
from triage.store.audits import Audit, Drawn, list_audits, load_audit, replace_audit
from triage.store.engine import Database
from triage.store.papers import StoredPaper, select_papers
from triage.store.upsert import upsert_papers
from triage.store.votes import add_tags, record_votes, withdraw_votes

_NOW = datetime(2026, 4, 20, tzinfo=UTC)
_LATER = _NOW + timedelta(hours=1)
_TAGS = ("to read",)
LISTED, NEAR, FAR, OTHER = (f"2604.{number:05}" for number in range(1, 5))
AUDIT = Audit(
    topic="t",
    week="2026-W16",
    fingerprint="0123456789ab",
    scorer="prior-1",
    drawn_at=_NOW,
    bands=(Band(1, 1, 1, 0.9), Band(2, 2, 1, 1 / 3), Band(3, 4, 2, 0.1 + 0.2)),
    papers=(Drawn(LISTED, 0, 1), Drawn(NEAR, 1, 2), Drawn(FAR, 2, 3)),
)


@pytest.fixture
async def papers(database: Database) -> dict[str, StoredPaper]:
    """Four papers in the store."""
    made = [Paper(arxiv_id=each, version=1, title="T", abstract="A") for each in (LISTED, NEAR, FAR, OTHER)]
    async with database.write() as session:
        await upsert_papers(session, made, _NOW)
        return await select_papers(session, [paper.arxiv_id for paper in made])


async def put(database: Database, papers: dict[str, StoredPaper], audit: Audit = AUDIT) -> bool:
    """Whether the draw was kept."""
    keys = [papers[paper.arxiv_id].key for paper in audit.papers]
    async with database.write() as session:
        return await replace_audit(session, audit, keys, _TAGS)


async def load(database: Database, topic: str = "t", week: str = "2026-W16") -> Audit | None:
    """The draw in the store."""
    async with database.read() as session:
        return await load_audit(session, topic, week)


async def vote(database: Database, arxiv_id: str, value: int, at: datetime = _LATER, topic: str = "t") -> None:
    """As another reader than the sole one."""
    async with database.write() as session:
        await record_votes(session, topic, {arxiv_id: value}, "test", at, reader="ada")


async def test_a_draw_comes_back_as_it_was(database: Database, papers: dict[str, StoredPaper]) -> None:
    """To the last digit of what the scores of a band add up to; nothing before."""
    assert await load(database) is None
    assert await put(database, papers)
    assert await load(database) == AUDIT
    assert [paper.arxiv_id for paper in AUDIT.asked] == [NEAR, FAR]
    assert [paper.arxiv_id for paper in AUDIT.listed] == [LISTED]


async def test_each_topic_and_week_has_its_own_draw(database: Database, papers: dict[str, StoredPaper]) -> None:
    """Those of a topic are listed by week."""
    older, other = replace(AUDIT, week="2026-W09"), replace(AUDIT, topic="other")
    for audit in (AUDIT, older, other):
        await put(database, papers, audit)
    async with database.read() as session:
        assert await list_audits(session, "t") == [older, AUDIT]
    assert await load(database, "other") == other
    assert await load(database, "none") is None


async def test_a_draw_nobody_answered_is_replaced(database: Database, papers: dict[str, StoredPaper]) -> None:
    """Also where votes on it are older, on a listed paper or one that was not drawn, or on another topic."""
    await vote(database, NEAR, 1, _NOW - timedelta(hours=1))
    await put(database, papers)
    for arxiv_id, topic in ((LISTED, "t"), (OTHER, "t"), (NEAR, "other")):
        await vote(database, arxiv_id, 1, topic=topic)
    again = replace(AUDIT, drawn_at=_LATER, papers=(Drawn(LISTED, 0, 1), Drawn(OTHER, 2, 4)))
    assert await put(database, papers, again)
    assert await load(database) == again


@pytest.mark.parametrize("value", [1, -1, 0])
async def test_an_answer_holds_the_draw(database: Database, papers: dict[str, StoredPaper], value: int) -> None:
    """Whoever gave it, and an uncertain one too; once it is withdrawn, nothing does."""
    await put(database, papers)
    await vote(database, FAR, value)
    again = replace(AUDIT, drawn_at=_LATER)
    assert not await put(database, papers, again)
    assert await load(database) == AUDIT
    async with database.write() as session:
        await withdraw_votes(session, "t", [FAR], reader="ada")
    assert await put(database, papers, again)


async def test_what_an_editor_settles_holds_the_draw(database: Database, papers: dict[str, StoredPaper]) -> None:
    """It stands in the place of votes."""
    await put(database, papers)
    async with database.write() as session:
        await save_adjudication(session, Adjudication("t", NEAR, -1, "carol", "off", _LATER))
    assert not await put(database, papers, replace(AUDIT, drawn_at=_LATER))


@pytest.mark.parametrize(("name", "is_kept"), [("to read", False), ("funny", True)])
async def test_a_tag_that_counts_as_a_vote_holds_the_draw(
    database: Database, papers: dict[str, StoredPaper], name: str, *, is_kept: bool
) -> None:
    """Another tag does not."""
    await put(database, papers)
    async with database.write() as session:
        await add_tags(session, [FAR], name, _LATER)
    assert await put(database, papers, replace(AUDIT, drawn_at=_LATER)) is is_kept
