"""An index on disk: data files that never change once a manifest names them, and the manifest, put in place last."""

import hashlib
import os
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.vectors import IndexMark
from triage.errors import StoreError

FORMAT = 1
_MANIFEST = "manifest.json"
_LOCK = "lock"
_PIECE = 1 << 20


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the files hold. `checksum` is the SHA-256 of the other fields, `files` that of each file by its name."""

    format: int
    embedder: str
    recipe: str
    dimension: int
    count: int
    mark: IndexMark
    files: dict[str, str]
    checksum: str = ""

    def sum_up(self) -> str:
        """What `checksum` must be."""
        plain = msgspec.structs.replace(self, checksum="")
        return hashlib.sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()


class UnusableIndexError(StoreError):
    """A kept index is damaged, or is not the one it should be; the message says why."""


def read_manifest(folder: Path, embedder: str) -> Manifest | None:
    """The manifest, None where there is none; raises `UnusableIndexError`."""
    try:
        manifest = msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise UnusableIndexError(f"its manifest cannot be read: {error}") from error
    if manifest.checksum != manifest.sum_up():
        raise UnusableIndexError("its manifest is damaged: checksum")
    if (manifest.format, manifest.embedder) != (FORMAT, embedder):
        raise UnusableIndexError(f"it is of {manifest.embedder}, format {manifest.format}")
    return manifest


def check_files(folder: Path, manifest: Manifest) -> None:
    """Read all of them; raise `UnusableIndexError` for one that is missing or is not what was written."""
    for name, expected in manifest.files.items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise UnusableIndexError(f"{name} cannot be read: {error.strerror}") from error
        if found != expected:
            raise UnusableIndexError(f"{name} is damaged: checksum")


def publish(folder: Path, manifest: Manifest) -> None:
    """Make the files, which are on disk already, the index: all of it or, after a crash, still the old one."""
    signed = msgspec.structs.replace(manifest, checksum=manifest.sum_up())
    _sync_folder(folder)
    partial = folder / f"{_MANIFEST}.partial"
    with partial.open("wb") as file:
        file.write(msgspec.json.encode(signed))
        sync_file(file)
    partial.replace(folder / _MANIFEST)
    _sync_folder(folder)
    sweep(folder, manifest)


def sweep(folder: Path, manifest: Manifest | None) -> None:
    """Delete what is not the index of the manifest: older ones, and what processes left that were killed building."""
    kept = {_MANIFEST, _LOCK, *(manifest.files if manifest else ())}
    discard(path for path in folder.iterdir() if path.name not in kept and path.is_file())


def discard(paths: Iterable[Path]) -> None:
    """Delete files of no more use; one that another process still reads is left to the next time (Windows)."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            continue


def sync_file(file: Any) -> None:
    """Wait until what was written is on disk."""
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def claim(folder: Path) -> Iterator[bool]:
    """Whether it is this process that builds, until the end; a process that dies gives it back. Never waits.

    Where the system has no such locks two processes may build at a time: the last one wins, and both are right.
    """
    if os.name != "posix":
        yield True
        return
    import fcntl

    with (folder / _LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


class HashedFile:
    """A new file that is written once, from its beginning."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO = path.open("xb")
        self._hash = hashlib.sha256()

    def write(self, data: memoryview) -> None:
        """Append bytes."""
        self._file.write(data)
        self._hash.update(data)

    def finish(self) -> str:
        """Its SHA-256; it is on disk then."""
        sync_file(self._file)
        self._file.close()
        return self._hash.hexdigest()

    def close(self) -> None:
        """Give it up, or nothing after `finish`."""
        self._file.close()


class RowFile:
    """Rows of float32, read by number as they are needed: mapped, they would count as memory in use.

    Not to be used by two threads at a time.
    """

    def __init__(self, path: Path, dimension: int) -> None:
        self._file = path.open("rb", buffering=0)
        self.dimension = dimension
        self._finalizer = weakref.finalize(self, self._file.close)

    def read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """`(n, d)`, in the order of the rows; raises `StoreError` where the file is too short."""
        vectors = np.empty((len(rows), self.dimension), "<f4")
        for place, row in zip(vectors, rows.tolist(), strict=True):
            self._fill(place, row)
        return vectors.astype(np.float32, copy=False)

    def read_batch(self, start: int, count: int) -> NDArray[np.float32]:
        """Rows that follow one another."""
        vectors = np.empty((count, self.dimension), "<f4")
        self._fill(vectors.reshape(-1), start)
        return vectors.astype(np.float32, copy=False)

    def _fill(self, place: NDArray[np.float32], row: int) -> None:
        self._file.seek(row * self.dimension * place.itemsize)
        view = place.data.cast("B")
        while view:
            if not (count := self._file.readinto(view[:_PIECE])):
                raise StoreError(f"The index file {self._file.name} ends too early. Delete its folder.")
            view = view[count:]

    def close(self) -> None:
        """Give the file back, which also happens to one that is forgotten."""
        self._finalizer()
