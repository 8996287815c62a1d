"""Which embedder a name in the settings stands for."""

from triage.adapters import hashing, minilm
from triage.adapters.hashing import HashingEmbedder
from triage.adapters.minilm import MiniLmEmbedder
from triage.adapters.sentence_transformer import SentenceTransformerEmbedder
from triage.ports import Embedder


def open_embedder(name: str, threads: int) -> Embedder:
    """`minilm`, `hashing`, or any sentence-transformers model by name or folder; raises `ModelError`.

    `threads` (0: every core) is for `minilm`; torch has its own setting, OMP_NUM_THREADS.
    """
    match name:
        case "minilm":
            return MiniLmEmbedder(threads)
        case "hashing":
            return HashingEmbedder()
        case _:
            return SentenceTransformerEmbedder(name)


def name_embedder(name: str, threads: int) -> str:
    """What `open_embedder` would call itself, without loading weights where that can be known; raises `ModelError`."""
    known = {"minilm": minilm.NAME, "hashing": hashing.NAME}
    return known.get(name) or open_embedder(name, threads).name
