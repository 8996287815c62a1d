import gzip
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.adapters.snapshot import SnapshotFile, open_snapshot
from triage.core.arxiv_json import MAX_LINE_BYTES
from triage.errors import InputError

_LINES = [b'{"id": "%d"}\n' % number for number in range(5_000)]
_TEXT = b"".join(_LINES)


def write(folder: Path, content: bytes, name: str = "papers.jsonl") -> Path:
    """A file with those bytes."""
    path = folder / name
    path.write_bytes(content)
    return path


def read_all(file: SnapshotFile) -> list[bytes]:
    """The bytes of every line."""
    return [line.data for line in file.read_lines()]


@pytest.mark.parametrize("name", ["papers.jsonl", "papers.gz", "papers"])
@pytest.mark.parametrize("content", [_TEXT, gzip.compress(_TEXT, mtime=0)], ids=["plain", "gzip"])
def test_gzip_is_known_by_its_bytes_and_not_by_its_name(tmp_path: Path, name: str, content: bytes) -> None:
    """Plain or packed, under any name, the lines are the same and the position ends at the file's size."""
    file = open_snapshot(write(tmp_path, content, name))
    lines = list(file.read_lines())
    assert [line.data for line in lines] == _LINES
    assert [line.number for line in lines] == list(range(1, 5_001))
    positions = [line.position for line in lines]
    assert positions == sorted(positions)
    assert positions[-1] == file.size == len(content)
    assert read_all(file) == _LINES  # and again


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    """A copy under another name has the same; other bytes have another."""
    digests = [
        open_snapshot(write(tmp_path, content, name)).digest
        for name, content in (("a", _TEXT), ("b", _TEXT), ("c", _TEXT + b"\n"), ("d", gzip.compress(_TEXT, mtime=0)))
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_byte_order_mark_blank_lines_and_a_missing_last_newline(tmp_path: Path) -> None:
    """The mark goes, blank lines keep their numbers, and the last line needs no end."""
    file = open_snapshot(write(tmp_path, b'\xef\xbb\xbf{"id": 1}\r\n\n{"id": 2}'))
    assert read_all(file) == [b'{"id": 1}\r\n', b"\n", b'{"id": 2}']
    assert read_all(open_snapshot(write(tmp_path, b'\n\n{"id": 1}\n'))) == [b"\n", b"\n", b'{"id": 1}\n']


def test_a_line_without_end_takes_bounded_memory(tmp_path: Path) -> None:
    """It is cut one byte over the limit, and the lines after it are whole and rightly numbered."""
    endless = b'{"id": "' + b"x" * (MAX_LINE_BYTES + 3_000_000) + b'"}\n'
    lines = list(open_snapshot(write(tmp_path, gzip.compress(_LINES[0] + endless + _LINES[1], mtime=0))).read_lines())
    assert [len(line.data) for line in lines] == [len(_LINES[0]), MAX_LINE_BYTES + 1, len(_LINES[1])]
    assert (lines[2].number, lines[2].data) == (3, _LINES[1])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n\t\n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "its first line is no JSON object"),
        (b"id,title\n2401.00001,x\n", "expected JSON lines"),
        (b'[{"id": "2401.00001"}]\n', "its first line is no JSON object"),
        (b'{\n  "id": "2401.00001"\n}\n', "its first line is no JSON object"),
        ('{"id": "2401.00001"}\n'.encode("utf-16"), "its first line is no JSON object"),
        (b"[" * 200_000, "its first line is no JSON object"),
        (gzip.compress(b"id,title\n", mtime=0), "its first line is no JSON object"),
        (b'{"id": "\xff"}\n', "its first line is no JSON object"),
    ],
)
def test_what_is_no_metadata_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Pictures, tables, arrays, pretty-printed JSON and nothing: the error names the file and what was expected."""
    path = write(tmp_path, content)
    with pytest.raises(InputError, match=message) as caught:
        open_snapshot(path)
    assert str(path) in str(caught.value)


def test_a_name_that_promises_gzip_is_mentioned(tmp_path: Path) -> None:
    """The likely mistake is said."""
    with pytest.raises(InputError, match=r"ends in \.gz, but it is no gzip file"):
        open_snapshot(write(tmp_path, b"<html>Not found</html>", "papers.jsonl.gz"))


def test_a_zip_archive_is_named_as_such(tmp_path: Path) -> None:
    """The dump is handed out as a zip; the error says to unpack it."""
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("papers.jsonl", _TEXT)
    with pytest.raises(InputError, match="zip archive: unpack it"):
        open_snapshot(path)


@pytest.mark.parametrize("kept", [2, 12, 500, -9, -1])
def test_a_gzip_file_that_breaks_off_is_refused(tmp_path: Path, kept: int) -> None:
    """In its header, in the middle, or in its checksum: nothing of it is handed out."""
    packed = gzip.compress(_TEXT, mtime=0)
    with pytest.raises(InputError, match=r"is damaged after line \d+"):
        open_snapshot(write(tmp_path, packed[:kept]))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(gzip.compress(_TEXT, mtime=0)) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_noticed_or_harmless(tmp_path: Path, place: int, bit: int) -> None:
    """A damaged gzip file is refused, or its lines are all the same (header fields that do not matter)."""
    packed = bytearray(gzip.compress(_TEXT, mtime=0))
    packed[place] ^= 1 << bit
    try:
        file = open_snapshot(write(tmp_path, bytes(packed)))
    except InputError:
        return
    assert read_all(file) == _LINES


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder and a pipe, each with its own words."""
    os.mkfifo(tmp_path / "pipe")
    for name, message in (("missing", "does not exist"), (".", "is a folder"), ("pipe", "is no ordinary file")):
        with pytest.raises(InputError, match=message):
            open_snapshot(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_one_may_not_read_is_refused(tmp_path: Path) -> None:
    """The system's reason is passed on."""
    path = write(tmp_path, _TEXT)
    path.chmod(0)
    with pytest.raises(InputError, match=r"cannot be read: .*Permission denied"):
        open_snapshot(path)
