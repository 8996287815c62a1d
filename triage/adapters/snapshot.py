"""JSON-lines files of arXiv metadata: arXiv's bulk dump and the week files, plain or gzip."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from triage.core.arxiv_json import MAX_LINE_BYTES
from triage.errors import InputError

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BUFFER = 2**20


class Line(NamedTuple):
    """One line, counted from 1, without its end; `position` is how many bytes of the file were read so far."""

    number: int
    data: bytes
    position: int


class SnapshotFile(msgspec.Struct, frozen=True):
    """A file that was found whole, from end to end; `digest` is the SHA-256 of its bytes."""

    path: Path
    size: int
    digest: str

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    def read_lines(self) -> Iterator[Line]:
        """Every line in order, blank ones too; one of more than `MAX_LINE_BYTES` is cut there plus one byte."""
        with _reading(self.path), self.path.open("rb") as raw:
            for number, data in enumerate(_split_lines(_decompress(raw)), start=1):
                yield Line(number, data, raw.tell())


def open_snapshot(path: Path) -> SnapshotFile:
    """Check a file before anything of it is imported; gzip is known by its first bytes, not by its name.

    Raises `InputError` for a file that is missing, unreadable, empty, damaged, or does not begin with a JSON object.
    """
    if not path.is_file():
        problem = "is a folder" if path.is_dir() else "is no ordinary file" if path.exists() else "does not exist"
        raise InputError(f"{path} {problem}: expected a file of arXiv metadata, JSON lines, plain or gzip.")
    with _reading(path), path.open("rb") as raw:
        digest = hashlib.file_digest(raw, "sha256").hexdigest()
        size = raw.tell()
        raw.seek(0)
        if _is_gzip(raw):
            _check_whole(path, gzip.GzipFile(fileobj=raw))
            raw.seek(0)
        _check_first_line(path, raw)
    return SnapshotFile(path, size, digest)


def _check_first_line(path: Path, raw: BinaryIO) -> None:
    start = raw.read(len(_ZIP))
    raw.seek(0)
    if start == _ZIP:
        raise InputError(f"{path} is a zip archive: unpack it and import the JSON-lines file in it.")
    first = next((line for line in _split_lines(_decompress(raw)) if line.strip()), None)
    if first is None:
        raise InputError(f"{path} is empty: expected JSON lines, one arXiv record per line.")
    try:
        is_object = isinstance(msgspec.json.decode(first), dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        is_object = False
    if not is_object:
        name_lies = path.suffix == ".gz" and not start.startswith(_GZIP)
        hint = " Its name ends in .gz, but it is no gzip file." if name_lies else ""
        raise InputError(
            f"{path} is no file of arXiv metadata: expected JSON lines (plain or gzip), but its first line is no "
            f"JSON object.{hint} Nothing was imported."
        )


def _check_whole(path: Path, packed: gzip.GzipFile) -> None:
    """Unpack a file to its end, where its checksum is, so that a broken copy is refused before it is imported."""
    lines = 0
    try:
        while block := packed.read1(_BUFFER):
            lines += block.count(b"\n")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path} is damaged after line {lines} ({error}): get a whole copy. Nothing was imported."
        ) from error


def _is_gzip(raw: BinaryIO) -> bool:
    start = raw.read(len(_GZIP))
    raw.seek(0)
    return start == _GZIP


def _decompress(raw: BinaryIO) -> BinaryIO | io.BufferedReader:
    return io.BufferedReader(gzip.GzipFile(fileobj=raw), _BUFFER) if _is_gzip(raw) else raw


def _split_lines(stream: BinaryIO | io.BufferedReader) -> Iterator[bytes]:
    is_first = True
    while line := stream.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            _skip_to_next_line(stream, line)
        yield line.removeprefix(_BYTE_ORDER_MARK) if is_first else line
        is_first = False


def _skip_to_next_line(stream: BinaryIO | io.BufferedReader, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(_BUFFER)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
