import os
import subprocess
import sys
from pathlib import Path

import pytest

from triage.adapters.embedders import open_embedder
from triage.errors import ModelError


@pytest.mark.parametrize(
    ("name", "opened"), [("minilm", "all-MiniLM-L6-v2/int8w-8199be6f/256"), ("hashing", "hashed-words/64")]
)
def test_short_names_open_the_shipped_embedders(name: str, opened: str) -> None:
    """The two embedders that need no extra have short names."""
    assert open_embedder(name, threads=1).name == opened


def test_a_misspelt_short_name_is_told() -> None:
    """It is taken for no sentence-transformers model: the short names are named."""
    with pytest.raises(ModelError, match="expected minilm, minilm-bf16 or minilm-int8"):
        open_embedder("minilm-int9", threads=0)


def test_the_runtime_reports_nothing(tmp_path: Path) -> None:
    """ONNX Runtime keeps what it would send to its maker in the user's cache folder: there is nothing."""
    program = "from triage.adapters.embedders import open_embedder; open_embedder('minilm', 1).embed(['a'])"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)  # noqa: S603 -- our own text, no shell
    assert list(tmp_path.rglob("*onnxruntime*")) == []


def test_other_names_are_sentence_transformers_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other name is a model of the extra, whose absence is said with the command that installs it."""
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelError, match=r"pip install '\.\[models\]'"):
        open_embedder("some/model", threads=0)
