import sys

import pytest

from triage.adapters.embedders import open_embedder
from triage.errors import ModelError


@pytest.mark.parametrize(
    ("name", "opened"), [("minilm", "all-MiniLM-L6-v2/int8w-8199be6f/256"), ("hashing", "hashed-words/64")]
)
def test_short_names_open_the_shipped_embedders(name: str, opened: str) -> None:
    """The two embedders that need no extra have short names."""
    assert open_embedder(name, threads=1).name == opened


def test_other_names_are_sentence_transformers_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other name is a model of the extra, whose absence is said with the command that installs it."""
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelError, match=r"pip install 'triage\[models\]'"):
        open_embedder("some/model", threads=0)
