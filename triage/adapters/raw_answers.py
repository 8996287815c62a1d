"""Raw answers kept in files, so that a harvest can be replayed and examined: one folder per session.

A session's folder holds `session.json` and one gzip file per answer, `0001.gz` and on: a line of JSON that names the
URL and the SHA-256 of the body, then the body. Each file is whole or absent, whenever the process ends.
"""

import gzip
import hashlib
import os
import re
import secrets
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec

from triage.errors import InputError, TriageError

_FORMAT = 1
_ABOUT = "session.json"
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_FOLDER = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[a-z][a-z0-9-]*-[0-9a-f]{8}", re.ASCII)
_FILE = re.compile(r"(?P<number>\d{4,})\.gz", re.ASCII)
_KIND = re.compile(r"[a-z][a-z0-9-]*", re.ASCII)
_EXPIRED = ".expired-"  # prefix of a session that is being removed
_LEVEL = 6  # XML shrinks to about a quarter; level 9 takes longer and saves little more


class _About(msgspec.Struct, frozen=True):
    """`session.json`."""

    kind: str
    started_at: Annotated[datetime, msgspec.Meta(tz=True)]
    details: dict[str, Any]
    format: int


class _Head(msgspec.Struct, frozen=True):
    """The first line of an answer's file."""

    url: str
    sha256: str


class KeptAnswer(msgspec.Struct, frozen=True):
    """What was asked, and the body that came, decompressed."""

    url: str
    body: bytes


class KeptSession(msgspec.Struct, frozen=True):
    """The answers of one harvest; `started_at` is aware, UTC; `details` are as JSON gives them back."""

    kind: str
    started_at: datetime
    details: dict[str, Any]
    path: Path

    def answers(self) -> Iterator[KeptAnswer]:
        """Every answer in the order it came; raises `InputError` that names the file missing or damaged."""
        return (_read_answer(file) for file in self._list_files())

    def _list_files(self) -> list[Path]:
        with _reading(self.path):
            found = {
                int(match["number"]): path for path in self.path.iterdir() if (match := _FILE.fullmatch(path.name))
            }
        if missing := set(range(1, len(found) + 1)) - found.keys():
            raise InputError(
                f"{self.path / _name_file(min(missing))} is missing: this kept harvest has a hole. Choose another one."
            )
        return [found[number] for number in sorted(found)]


class Recording:
    """A session that is being kept; its folder is made with the first answer. For one thread at a time."""

    def __init__(self, path: Path, about: bytes) -> None:
        self._path = path
        self._about = about
        self._count = 0

    def keep(self, url: str, body: bytes) -> None:
        """Keep one more answer, safe on disk on return; raises `TriageError` where that fails."""
        head = msgspec.json.encode(_Head(url, hashlib.sha256(body).hexdigest()))
        packed = gzip.compress(head + b"\n" + body, _LEVEL, mtime=0)  # no time: equal answers give equal files
        try:
            if self._count == 0:
                self._path.mkdir(parents=True, exist_ok=True)
                _write_whole(self._path / _ABOUT, self._about)
                _sync_folder(self._path.parent)
            _write_whole(self._path / _name_file(self._count + 1), packed)
        except OSError as error:
            raise TriageError(
                f"An answer of arXiv cannot be kept in {self._path} ({error.strerror}): make room or allow writing "
                "there, and run the command again."
            ) from error
        self._count += 1


class RawAnswers:
    """The folder of all sessions; it is made when the first answer is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, kind: str, started_at: datetime, details: Mapping[str, Any]) -> Recording:
        """A new session; `kind` is a word such as `oai`, `details` is what a replay must know, as JSON can hold it.

        Raises `InputError` for another kind of `kind` and for a time without a zone.
        """
        if not _KIND.fullmatch(kind):
            raise InputError(f"{kind!r} names no kind of harvest: expected a word in lower case, such as oai.")
        name = f"{_write_stamp(started_at)}-{kind}-{secrets.token_hex(4)}"
        about = msgspec.json.encode(_About(kind, started_at.astimezone(UTC), dict(details), _FORMAT))
        return Recording(self._folder / name, msgspec.json.format(about) + b"\n")

    def sessions(self) -> list[KeptSession]:
        """Every session with an answer, the oldest first; raises `InputError` that names a file it cannot read."""
        return [_read_about(path) for path in self._list_folders() if _has_answer(path)]

    def expire(self, before: datetime) -> int:
        """Remove whole sessions that were begun before that time, damaged ones too, and say how many.

        What a crash left of an earlier removal is removed as well. Raises `TriageError` where that fails.
        """
        limit = _write_stamp(before)
        count = 0
        try:
            for path in self._list_folders():
                if path.name < limit:  # the stamps are of one width, so that names compare as times
                    with suppress(FileNotFoundError):  # another process was faster
                        path.rename(path.with_name(_EXPIRED + path.name))  # so that no crash leaves half a session
                        count += 1
            for path in self._folder.glob(f"{_EXPIRED}*"):
                shutil.rmtree(path)
        except OSError as error:
            raise TriageError(f"Old answers of arXiv cannot be removed from {self._folder}: {error}.") from error
        return count

    def _list_folders(self) -> list[Path]:
        if not self._folder.exists():
            return []
        with _reading(self._folder):
            return sorted(path for path in self._folder.iterdir() if _FOLDER.fullmatch(path.name))


def _write_stamp(time: datetime) -> str:
    if time.tzinfo is None:
        raise InputError(f"{time} has no time zone: expected an aware time.")
    return time.astimezone(UTC).strftime(_STAMP)


def _name_file(number: int) -> str:
    return f"{number:04d}.gz"


def _has_answer(path: Path) -> bool:
    with _reading(path):
        return any(_FILE.fullmatch(file.name) for file in path.iterdir())


def _write_whole(path: Path, data: bytes) -> None:
    """A crash leaves the file whole or absent, and perhaps a temporary one that nobody reads."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    """Make the names in a folder as safe as the files' contents."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_about(path: Path) -> KeptSession:
    file = path / _ABOUT
    with _reading(file):
        about = msgspec.json.decode(file.read_bytes(), type=_About)
    if about.format != _FORMAT:
        raise InputError(f"{file} is of format {about.format}, which another version of triage wrote: use that one.")
    return KeptSession(about.kind, about.started_at, about.details, path)


def _read_answer(file: Path) -> KeptAnswer:
    with _reading(file):
        head, _, body = gzip.decompress(file.read_bytes()).partition(b"\n")
        answer = msgspec.json.decode(head, type=_Head)
    if hashlib.sha256(body).hexdigest() != answer.sha256:
        raise _damaged(file, "the body has another checksum")
    return KeptAnswer(answer.url, body)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, reason: str) -> InputError:
    return InputError(f"{path} cannot be read ({reason}): this kept harvest is of no use; choose or make another one.")
