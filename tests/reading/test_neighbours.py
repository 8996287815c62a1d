from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.search_case import break_model, open_searchable
from sqlalchemy import delete, select, update

from triage.errors import InputError, UnknownPaperError
from triage.reading.library import Library
from triage.reading.neighbours import find_similar
from triage.store.models import EmbeddingRow, PaperRow


@pytest.fixture
async def library(listed_database: Path) -> AsyncIterator[Library]:
    """The bundled week, with an index."""
    async with open_searchable(listed_database) as library:
        yield library


async def test_the_nearest_papers_are_found_without_a_model(library: Library) -> None:
    """The twin of a paper comes first, the paper itself never; vectors alone are compared."""
    hits = await find_similar(break_model(library), "2605.90041", "me", 10)
    ids = [hit.paper.arxiv_id for hit in hits]
    assert len(ids) == 10
    assert "2605.90076" in ids
    assert "2605.90041" not in ids
    assert [hit.closeness for hit in hits] == sorted((hit.closeness for hit in hits), reverse=True)
    assert {hit.by for hit in hits} == {("meaning",)}


async def test_withdrawn_papers_are_left_out(library: Library) -> None:
    """Others take their places."""
    near = [hit.paper.arxiv_id for hit in await find_similar(library, "2605.90041", "me", 3)]
    async with library.database.write() as session:
        await session.execute(update(PaperRow).where(PaperRow.arxiv_id == near[0]).values(is_withdrawn=True))
    then = [hit.paper.arxiv_id for hit in await find_similar(library, "2605.90041", "me", 3)]
    assert then[:2] == near[1:]
    assert len(then) == 3


async def test_a_paper_without_a_vector_is_like_no_other(library: Library) -> None:
    """Nothing is made up."""
    async with library.database.write() as session:
        key = select(PaperRow.id).where(PaperRow.arxiv_id == "2605.90041").scalar_subquery()
        await session.execute(delete(EmbeddingRow).where(EmbeddingRow.paper_id == key))
    assert await find_similar(library, "2605.90041", "me") == ()


async def test_a_version_in_the_id_is_ignored(library: Library) -> None:
    """The newest is what the store has."""
    assert await find_similar(library, "2605.90041v1", "me") == await find_similar(library, "2605.90041", "me")


@pytest.mark.parametrize(
    ("arxiv_id", "limit", "error"),
    [("2605.99999", 5, UnknownPaperError), ("x", 5, InputError), ("2605.90041", 51, InputError)],
)
async def test_what_cannot_be_answered_is_refused(
    library: Library, arxiv_id: str, limit: int, error: type[InputError]
) -> None:
    """An unknown paper, what is no id, too many."""
    with pytest.raises(error):
        await find_similar(library, arxiv_id, "me", limit)
