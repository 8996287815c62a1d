"""What a search of a store must find: the nearest by comparing with every vector."""

from triage.adapters.hashing import NAME, HashingEmbedder
from triage.adapters.vector_index.exact import ExactIndex
from triage.core.vectors import Neighbour
from triage.store.embeddings import stream_vectors
from triage.store.engine import Database

ASKED = HashingEmbedder().embed(["agents that recommend semantic ids"])[0]


async def search_all(database: Database, count: int) -> list[Neighbour]:
    """By comparing with all."""
    async with database.read() as session:
        batches = [batch async for batch in stream_vectors(session, NAME)]
    index = ExactIndex()
    for batch in batches:
        index.add(batch.keys, batch.vectors)
    return index.search(ASKED, count)
