"""Which embedder a name in the settings stands for."""

from triage.adapters import hashing, minilm, openvino_minilm
from triage.adapters.hashing import HashingEmbedder
from triage.adapters.minilm import MiniLmEmbedder
from triage.adapters.openvino_minilm import Form, OpenVinoMiniLmEmbedder
from triage.adapters.sentence_transformer import SentenceTransformerEmbedder
from triage.errors import ModelError
from triage.ports import Embedder


def open_embedder(name: str, threads: int) -> Embedder:
    """`minilm`, `minilm-bf16`, `minilm-int8`, `hashing`, or any sentence-transformers model by name or folder.

    `threads` (0: every core) is for the first three; torch has its own setting, OMP_NUM_THREADS. Raises `ModelError`.
    """
    match name:
        case "minilm":
            return MiniLmEmbedder(threads)
        case "minilm-bf16" | "minilm-int8":
            return OpenVinoMiniLmEmbedder(Form(name.removeprefix("minilm-")), threads)
        case "hashing":
            return HashingEmbedder()
        case _ if name.startswith("minilm"):
            raise ModelError(f"There is no embedder {name!r}: expected minilm, minilm-bf16 or minilm-int8.")
        case _:
            return SentenceTransformerEmbedder(name)


def name_embedder(name: str, threads: int) -> str:
    """What `open_embedder` would call itself, without loading weights where that can be known; raises `ModelError`."""
    match name:
        case "minilm":
            return minilm.NAME
        case "minilm-bf16" | "minilm-int8":
            return openvino_minilm.name_form(Form(name.removeprefix("minilm-")))
        case "hashing":
            return hashing.NAME
        case _:
            return open_embedder(name, threads).name
