"""MiniLM's graph in int8: activations calibrated on the made-up sample week that ships with us, kept on disk.

Post-training quantisation by NNCF with its settings for transformers: weights per channel, activations per tensor.
Their ranges are the widest seen: with NNCF's usual mean over the texts, the sample cuts off more of real papers (mean
cosine to float32 0.994 instead of 0.997). It takes a minute, so that the result is kept on disk.
"""

import contextlib
import hashlib
import io
import json
import logging
import tempfile
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from triage.adapters.minilm import open_tokenizer
from triage.adapters.minilm_weights import SHA256

_RECIPE = "1"  # to be raised when the graph or a setting below changes
_TITLES = 20
_PARTS = ("graph.xml", "graph.bin")


class _Manifest(msgspec.Struct):
    sha256: dict[str, str]


def read_calibration_texts() -> list[str]:
    """Every made-up paper of the bundled week, and some titles alone: searches and topics are as short as those."""
    lines = (files("triage.sample") / "sample-week.jsonl").read_text("utf-8").splitlines()
    papers = [json.loads(line) for line in lines]
    short = ["", *(paper["title"] for paper in papers[:_TITLES])]
    return [*(f"{paper['title']}\n{paper['abstract']}" for paper in papers), *short]


def hash_recipe() -> str:
    """Of all that the vectors depend on: weights, calibration texts, NNCF's version, our settings; of no machine."""
    digest = hashlib.sha256(f"{_RECIPE}\n{SHA256}\n{version('nncf')}\n".encode())
    digest.update("\0".join(read_calibration_texts()).encode())
    return digest.hexdigest()[:8]


def quantise(graph: Any, texts: list[str]) -> Any:
    """The graph in int8; NNCF's progress and advice are not shown."""
    with contextlib.redirect_stdout(io.StringIO()):
        import nncf
        from nncf.quantization.range_estimator import RangeEstimatorParametersSet

        nncf.set_log_level(logging.ERROR)
        tokenizer = open_tokenizer()
        inputs = [{"ids": np.array([found.ids], np.int64)} for found in tokenizer.encode_batch(texts)]
        return nncf.quantize(
            graph,
            nncf.Dataset(inputs),
            model_type=nncf.ModelType.TRANSFORMER,
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(inputs),
            advanced_parameters=nncf.AdvancedQuantizationParameters(
                activations_range_estimator_params=RangeEstimatorParametersSet.MINMAX
            ),
        )


def load_graph(folder: Path) -> Any | None:
    """The graph that `keep_graph` left there; None where it is absent, damaged, half written or unreadable."""
    import openvino

    try:
        manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=_Manifest)
        parts = {name: (folder / name).read_bytes() for name in _PARTS}
    except (OSError, msgspec.DecodeError):
        return None
    if {name: hashlib.sha256(part).hexdigest() for name, part in parts.items()} != manifest.sha256:
        return None
    try:
        return openvino.Core().read_model(parts["graph.xml"], parts["graph.bin"])
    except RuntimeError:  # of a newer OpenVINO
        return None


def keep_graph(graph: Any, folder: Path) -> None:
    """Write it so that another process sees all of it or a mismatch; raises `OSError` where nothing can be written."""
    import openvino

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        try:
            openvino.save_model(graph, Path(place, "graph.xml"), compress_to_fp16=False)
        except RuntimeError as error:  # such as a full disk
            raise OSError(str(error)) from error
        digests = {name: hashlib.sha256(Path(place, name).read_bytes()).hexdigest() for name in _PARTS}
        Path(place, "manifest.json").write_bytes(msgspec.json.encode(_Manifest(digests)))
        for name in (*_PARTS, "manifest.json"):
            Path(place, name).replace(folder / name)
