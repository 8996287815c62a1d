"""`triage doctor` says whether search by meaning is fast and right."""

from pathlib import Path

import pytest
from sqlalchemy import update

from triage.adapters.hashing import NAME
from triage.adapters.vector_index.folder import IndexFolder
from triage.pipeline.doctor import Check
from triage.reading.fresh_index import FreshIndex
from triage.reading.index_check import check_index
from triage.store.engine import Database
from triage.store.models import EmbeddingRow


class Case:
    """The bundled week of 85 papers with vectors, whose index is kept in files."""

    def __init__(self, url: str, root: Path) -> None:
        self.url = url
        self.root = root

    async def check(self, *, most_exact: int = 20, embedder: str = NAME) -> Check:
        """What doctor says."""
        shelf = IndexFolder(self.root, embedder, most_exact=most_exact)
        return await check_index(self.url, embedder, shelf, shelf.folder)

    async def build(self) -> Path:
        """The file of codes."""
        database = Database(self.url)
        await FreshIndex(database, NAME, IndexFolder(self.root, NAME, most_exact=20)).prepare_large()
        await database.close()
        return next(self.root.glob("*/*.codes"))


@pytest.fixture
def case(listed_database: Path, tmp_path: Path) -> Case:
    """With no index yet."""
    return Case(f"sqlite+aiosqlite:///{listed_database}", tmp_path / "index")


async def test_a_small_index_is_made_in_memory(case: Case) -> None:
    """Nothing is kept, and nothing need be."""
    assert await case.check(most_exact=85) == Check("index", "ok", "85 vectors, made in memory.")
    assert not case.root.exists()


async def test_a_large_index_is_read_and_checked(case: Case) -> None:
    """Missing or damaged, searches are slow until it is built."""
    missing = await case.check()
    assert missing.status == "warning"
    assert "has built one" in missing.message
    codes = await case.build()
    good = await case.check()
    assert good.status == "ok"
    assert good.message == f"85 vectors, 85 of them in {codes.parent}, checksums right."
    codes.write_bytes(codes.read_bytes()[:-1] + b"?")
    assert await case.check() == missing


async def test_vectors_of_other_embedders_are_told(case: Case) -> None:
    """As after an upgrade that changed the model's name: few unused ones are fine, most of them are not."""
    other = await case.check(embedder="newer/8")
    assert other.status == "warning"
    assert other.message.startswith("0 vectors of newer/8.")
    assert f"85 of {NAME}." in other.message
    assert other.message.endswith("triage embed --all")
    database = Database(case.url)
    async with database.write() as session:
        await session.execute(update(EmbeddingRow).where(EmbeddingRow.id <= 5).values(embedder="older/8"))
    await database.close()
    few = await case.check(most_exact=85)
    assert few.status == "ok"
    assert few.message.startswith("80 vectors, made in memory. Unused")
    assert few.message.endswith("5 of older/8.")


async def test_vectors_that_cannot_be_read_are_a_failure(tmp_path: Path) -> None:
    """Rather than none."""
    (tmp_path / "triage.db").write_bytes(b"no database " * 400)
    case = Case(f"sqlite+aiosqlite:///{tmp_path / 'triage.db'}", tmp_path / "index")
    assert (await case.check()).status == "failed"
