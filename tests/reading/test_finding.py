import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes.judging_case import NOW
from fakes.search_case import break_model, open_searchable
from sqlalchemy import delete, update

from triage.adapters.hashing import NAME, HashingEmbedder
from triage.adapters.vector_index.folder import IndexFolder
from triage.core.paper import Paper
from triage.errors import InputError
from triage.pipeline.embed import embed_papers
from triage.reading.fresh_index import FreshIndex
from triage.reading.library import Library
from triage.reading.records import Hit
from triage.reading.search import search
from triage.store.engine import Database
from triage.store.models import EmbeddingRow, PaperRow
from triage.store.papers import select_papers
from triage.store.upsert import upsert_papers
from triage.store.votes import add_tags


@pytest.fixture
async def library(listed_database: Path) -> AsyncIterator[Library]:
    """The bundled week, with an index."""
    async with open_searchable(listed_database) as library:
        yield library


def list_ids(hits: Sequence[Hit]) -> list[str]:
    """In their order."""
    return [hit.paper.arxiv_id for hit in hits]


async def add_paper(database: Database, paper: Paper) -> None:
    """With its vector."""
    async with database.write() as session:
        await upsert_papers(session, [paper], NOW)
        stored = await select_papers(session, [paper.arxiv_id])
    await embed_papers(database, HashingEmbedder(), list(stored.values()))


@pytest.mark.parametrize("spelling", ["2605.90041", "arXiv:2605.90041v3", "https://arxiv.org/abs/2605.90041"])
async def test_an_arxiv_id_finds_its_paper_first(library: Library, spelling: str) -> None:
    """In any spelling, with the closeness of 1."""
    hits = await search(library, spelling, "me")
    assert (hits[0].paper.arxiv_id, hits[0].by, hits[0].closeness) == ("2605.90041", ("id",), 1.0)


async def test_an_id_that_the_store_lacks_finds_nothing(library: Library) -> None:
    """It means nothing else."""
    assert await search(library, "2605.99999", "me") == ()


async def test_the_name_of_an_author_finds_the_papers(library: Library) -> None:
    """Without the accents too."""
    assert {"2605.90041", "2605.90076"} <= set(list_ids(await search(library, "Takumi Harase", "me", 5)))
    assert list_ids(await search(library, '"Rubén Altamirano"', "me")) == ["2605.90001"]
    assert list_ids(await search(library, '"ruben altamirano"', "me")) == ["2605.90001"]


async def test_no_meaning_comes_before_a_name_or_among_its_papers(library: Library) -> None:
    """A paper that says the name over and over means it most; the author's own are all there is."""
    chatty = Paper(arxiv_id="2605.00001", version=1, title="Harase", abstract="Takumi, takumi harase. " * 9)
    await add_paper(library.database, chatty)
    hits = await search(library, "Takumi Harase", "me", 50)
    own = [hit for hit in hits if "Takumi Harase" in hit.paper.authors]
    assert {"2605.90041", "2605.90076"} <= {hit.paper.arxiv_id for hit in own}
    assert list(hits[: len(own)]) == own
    assert all("words" in hit.by for hit in hits)
    assert list_ids(await search(library, "Harase, Takumi", "me", len(own))) == list_ids(own)


async def test_titles_that_hold_the_query_come_before_what_means_it(library: Library) -> None:
    """All of them, and the rest after."""
    hits = await search(library, "generative recommendation", "me", 50)
    holds = ["generative recommendation" in hit.paper.title.lower() for hit in hits]
    assert any(holds)
    assert holds == sorted(holds, reverse=True)
    assert {hit.by for hit in hits} >= {("meaning",)}


async def test_words_and_meaning_are_fused(library: Library) -> None:
    """A title finds its paper by both, and first; what only one of them finds follows."""
    hits = await search(library, "Balanced Books: Collision-Free Semantic IDs by Optimal Transport", "me", 50)
    assert (hits[0].paper.arxiv_id, hits[0].by) == ("2605.90041", ("words", "meaning"))
    assert {hit.by for hit in hits} >= {("words", "meaning"), ("meaning",)}
    assert [hit.closeness for hit in hits] == sorted((hit.closeness for hit in hits), reverse=True)
    assert all(0 < hit.closeness <= 1 for hit in hits)


async def test_a_phrase_in_quotes_is_found_as_it_stands(library: Library) -> None:
    """Every hit holds it, and meaning adds none."""
    hits = await search(library, '"agent evaluation"', "me")
    assert {"2605.90015", "2605.90079"} <= set(list_ids(hits))
    assert {hit.by for hit in hits} == {("words",)}


async def test_equal_searches_give_equal_lists_of_any_length(library: Library) -> None:
    """A shorter list is the beginning of a longer one."""
    long = await search(library, "generative recommendation", "me", 50)
    assert long == await search(library, "generative recommendation", "me", 50)
    for limit in (1, 7, 20):
        assert await search(library, "generative recommendation", "me", limit) == long[:limit]


async def test_cards_bear_best_scores_and_the_tags_one_may_see(library: Library) -> None:
    """The own tags and shared ones, not the private ones of others."""
    async with library.database.write() as session:
        await add_tags(session, ["2605.90041"], "mine", NOW)
        await add_tags(session, ["2605.90041"], "secret", NOW, reader="bob")
    card = (await search(library, "2605.90041", "me"))[0].paper
    assert [tag.name for tag in card.tags] == ["mine"]
    assert card.topic == "generative-recommendation"
    assert card.score is not None


async def test_without_a_model_words_alone_are_searched(library: Library) -> None:
    """The answer is there, and the log says why it is smaller."""
    hits = await search(break_model(library), "semantic ids", "me")
    assert hits
    assert {hit.by for hit in hits} == {("words",)}


async def test_without_vectors_words_alone_are_searched(library: Library) -> None:
    """As before the first `triage embed`; the model is not even opened."""
    async with library.database.write() as session:
        await session.execute(delete(EmbeddingRow))
    assert {hit.by for hit in await search(break_model(library), "semantic ids", "me")} == {("words",)}


@pytest.mark.parametrize(("q", "limit"), [("", 5), ("?", 5), ("x" * 301, 5), ("agents", 0), ("agents", 51)])
async def test_searches_that_make_no_sense_are_refused(library: Library, q: str, limit: int) -> None:
    """With a sentence."""
    with pytest.raises(InputError, match="expected"):
        await search(library, q, "me", limit)


async def test_the_index_is_built_once_and_takes_in_what_is_new(library: Library, tmp_path: Path) -> None:
    """At most every three seconds it looks; the vector of a changed text replaces the old one."""
    seconds = [0.0]
    fresh = FreshIndex(library.database, NAME, IndexFolder(tmp_path, NAME), lambda: seconds[0])
    first, second = await asyncio.gather(fresh.open(), fresh.open())
    assert first is second
    before = len(first)
    await add_paper(library.database, Paper(arxiv_id="2605.99001", version=1, title="Zzyzx", abstract="Zzyzx road."))
    assert len(await fresh.open()) == before
    seconds[0] = 3.0
    assert len(await fresh.open()) == before + 1
    await add_paper(library.database, Paper(arxiv_id="2605.99001", version=2, title="Quux", abstract="Quux frob."))
    seconds[0] = 6.0
    assert len(await fresh.open()) == before + 1
    vector = HashingEmbedder().embed(["Quux. Quux frob."])[0]
    assert (await fresh.open()).search(vector, 1)[0].cosine == pytest.approx(1, abs=0.2)


async def test_vectors_of_old_texts_and_of_other_models_are_left_out(library: Library, tmp_path: Path) -> None:
    """Only what was made of the present text by the embedder in force is compared."""
    async with library.database.write() as session:
        await session.execute(update(PaperRow).where(PaperRow.arxiv_id == "2605.90041").values(content_hash="0" * 64))
        await session.execute(update(EmbeddingRow).where(EmbeddingRow.id <= 3).values(embedder="another"))
    index = await FreshIndex(library.database, NAME, IndexFolder(tmp_path, NAME)).open()
    assert len(index) == 85 - 1 - 3
    assert np.isfinite([each.cosine for each in index.search(HashingEmbedder().embed(["x"])[0], 100)]).all()
