import gzip
import importlib.util
import json
import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from triage.adapters.minilm import MiniLmEmbedder
from triage.adapters.openvino_minilm import Form, OpenVinoMiniLmEmbedder
from triage.adapters.sentence_transformer import REFERENCE_MODEL, SentenceTransformerEmbedder, _reference_folder
from triage.errors import ModelError

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("sentence_transformers") is None,
        reason="needs the extra: pip install '.[models]'",
    ),
]

_MADE_UP = [
    "A benchmark for agents that use tools",
    "Semantic IDs for generative recommendation, studied at length with many words. " * 40,
    "A",
    "Naïve Bayes, 日本語, $\\alpha$-divergence",
]


@pytest.fixture(scope="module")
def reference() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(REFERENCE_MODEL, device="cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's own copy of the reference model."""
    return Path(shutil.copytree(_reference_folder(), tmp_path / "my-model"))


def _cosines(reference: SentenceTransformerEmbedder, texts: list[str]) -> NDArray[np.float32]:
    cosines: NDArray[np.float32] = np.sum(reference.embed(texts) * MiniLmEmbedder().embed(texts), axis=1)
    return cosines


def test_default_embedder_agrees_on_made_up_texts(reference: SentenceTransformerEmbedder) -> None:
    """Short, cut and accented texts: the default's vectors are the reference's within cosine 0.999."""
    assert _cosines(reference, _MADE_UP).min() >= 0.999


def test_default_embedder_agrees_on_real_abstracts(reference: SentenceTransformerEmbedder, shared_data: Path) -> None:
    """On real papers the mean cosine to the float32 reference is at least 0.999 (1,000: benchmarks/embed_speed.py)."""
    with gzip.open(shared_data / "arxiv" / "week-2026-W31.jsonl.gz", "rt", encoding="utf-8") as lines:
        papers = [json.loads(line) for line in islice(lines, 120)]
    assert _cosines(reference, [f"{paper['title']}\n{paper['abstract']}" for paper in papers]).mean() >= 0.999


def test_near_lossless_form_agrees_on_made_up_texts(reference: SentenceTransformerEmbedder) -> None:
    """Short, cut and accented texts: the vectors of minilm-bf16 are the reference's within cosine 0.9999."""
    if importlib.util.find_spec("openvino") is None:
        pytest.skip("needs the extra: pip install '.[fast]'")
    ours = OpenVinoMiniLmEmbedder(Form.BF16)
    assert np.sum(reference.embed(_MADE_UP) * ours.embed(_MADE_UP), axis=1).min() >= 0.9999


def test_rows_are_unit_vectors_in_order(reference: SentenceTransformerEmbedder) -> None:
    """Rows are finite float32 of length one and follow the texts, alone as among others, within 1e-5."""
    vectors = reference.embed(_MADE_UP)
    assert vectors.shape == (len(_MADE_UP), reference.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(vectors, np.concatenate([reference.embed([text]) for text in _MADE_UP]), atol=1e-5)


def test_no_texts_yield_no_rows(reference: SentenceTransformerEmbedder) -> None:
    """An empty list is answered with an empty matrix of the right width."""
    assert reference.embed([]).shape == (0, 384)


def test_name_follows_weights_and_limit_not_place(reference: SentenceTransformerEmbedder, folder: Path) -> None:
    """A copy is named by its folder, cut short, the same weights and its own length limit; no path is in it.

    With votes and a judge, a scorer's name holds 100 characters beside the embedder's, and PostgreSQL takes 160.
    """
    folder = folder.rename(folder.with_name("my-model" + "x" * 200))
    config = folder / "sentence_bert_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"max_seq_length": 128}))
    model, weights, limit = reference.name.split("/")
    assert (model, limit) == (REFERENCE_MODEL, "256")
    name = SentenceTransformerEmbedder(str(folder), device="cpu").name
    assert name == f"{'my-model'.ljust(40, 'x')}/{weights}/128"
    assert len(name) <= 60


def test_changed_weights_have_another_name(reference: SentenceTransformerEmbedder, folder: Path) -> None:
    """One changed byte of the weights separates the vectors from those stored before."""
    file = folder / "model.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert SentenceTransformerEmbedder(str(folder), device="cpu").name.split("/")[1] != reference.name.split("/")[1]


def test_damaged_folder_is_refused(folder: Path) -> None:
    """A cut weights file ends in a sentence that names the model."""
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ModelError, match="my-model' is not complete on this machine"):
        SentenceTransformerEmbedder(str(folder), device="cpu")


def test_absent_hub_model_is_not_downloaded() -> None:
    """A name the machine does not have fails at once and says how to fetch it."""
    with pytest.raises(ModelError, match="hf download nobody/no-such-model"):
        SentenceTransformerEmbedder("nobody/no-such-model")
