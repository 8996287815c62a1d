import gzip
import io
import itertools
import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.adapters.raw_answers import KeptSession, RawAnswers
from triage.errors import InputError, TriageError

BEGUN = datetime(2026, 8, 21, 2, 31, 7, 123456, tzinfo=UTC)
URL = "https://oaipmh.arxiv.org/oai?verb=ListRecords"
ANSWERS = [(URL, b"<a>one\n</a>"), (f"{URL}&resumptionToken=x%3D1", b""), (URL, b"\x00\xff\n" * 40)]


_P = ParamSpec("_P")
_T = TypeVar("_T")


def _record(folder: Path, begun: datetime = BEGUN, answers: list[tuple[str, bytes]] = ANSWERS) -> KeptSession:
    recording = RawAnswers(folder).begin("oai", begun, {"archive": "cs", "categories": ["cs.IR"]})
    for url, body in answers:
        recording.keep(url, body)
    return RawAnswers(folder).sessions()[-1]


def _read(session: KeptSession) -> list[tuple[str, bytes]]:
    return [(answer.url, answer.body) for answer in session.answers()]


def test_answers_come_back_as_they_were(tmp_path: Path) -> None:
    """With what a replay must know, and in order; the time is in UTC whatever zone it was given in."""
    session = _record(tmp_path, BEGUN.astimezone(timezone(timedelta(hours=-4))))
    assert _read(session) == ANSWERS
    assert (session.kind, session.started_at) == ("oai", BEGUN)
    assert session.started_at.utcoffset() == timedelta(0)
    assert session.details == {"archive": "cs", "categories": ["cs.IR"]}


def test_names_sort_by_time_and_are_readable(tmp_path: Path) -> None:
    """A person finds the session and the answer; the first file says what the session was."""
    session = _record(tmp_path)
    assert session.path.name.startswith("20260821T023107.123456Z-oai-")
    assert sorted(path.name for path in session.path.iterdir()) == ["0001.gz", "0002.gz", "0003.gz", "session.json"]
    assert json.loads((session.path / "session.json").read_text()) == {
        "kind": "oai",
        "started_at": "2026-08-21T02:31:07.123456Z",
        "details": {"archive": "cs", "categories": ["cs.IR"]},
        "format": 1,
    }


def test_equal_answers_give_equal_files(tmp_path: Path) -> None:
    """No file holds the time at which it was written, so that two runs can be compared byte by byte."""
    first, second = _record(tmp_path / "a"), _record(tmp_path / "b")
    for name in ("0001.gz", "0002.gz", "0003.gz", "session.json"):
        assert (first.path / name).read_bytes() == (second.path / name).read_bytes()


def test_two_sessions_of_one_moment_are_two(tmp_path: Path) -> None:
    """Two processes that begin at the same time do not write into each other's folder."""
    raw = RawAnswers(tmp_path)
    for recording in (raw.begin("oai", BEGUN, {}), raw.begin("oai", BEGUN, {})):
        recording.keep(URL, b"x")
    assert [_read(session) for session in raw.sessions()] == [[(URL, b"x")]] * 2


def test_nothing_is_made_before_the_first_answer(tmp_path: Path) -> None:
    """A harvest that gets no answer leaves nothing, and a folder that is not there holds no session."""
    raw = RawAnswers(tmp_path / "raw")
    raw.begin("oai", BEGUN, {})
    assert raw.sessions() == []
    assert raw.expire(BEGUN) == 0
    assert not (tmp_path / "raw").exists()


def test_sessions_come_oldest_first(tmp_path: Path) -> None:
    """By the time they were begun, not by the time they were written."""
    days = [3, 0, 12, 7]
    for day in days:
        _record(tmp_path, BEGUN + timedelta(days=day))
    begun = [session.started_at for session in RawAnswers(tmp_path).sessions()]
    assert begun == [BEGUN + timedelta(days=day) for day in sorted(days)]


@pytest.mark.parametrize("name", ["0001.gz", "0002.gz"])
def test_a_missing_answer_is_named(tmp_path: Path, name: str) -> None:
    """Before any answer is handed out."""
    session = _record(tmp_path)
    (session.path / name).unlink()
    with pytest.raises(InputError, match=name):
        session.answers()


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _swap_body(data: bytes) -> bytes:
    head, _, body = gzip.decompress(data).partition(b"\n")
    return gzip.compress(head + b"\n" + body + b"!", mtime=0)


@pytest.mark.parametrize(
    "damage",
    [_cut, _swap_body, lambda _data: b"", lambda _data: b"plain", lambda data: data[:-4]],
    ids=["cut", "other body", "empty", "no gzip", "no end"],
)
def test_a_damaged_answer_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """Cut, empty, no gzip, or another body under the same checksum; the answers before it are whole."""
    session = _record(tmp_path)
    file = session.path / "0002.gz"
    file.write_bytes(damage(file.read_bytes()))
    answers = session.answers()
    assert next(answers).body == ANSWERS[0][1]
    with pytest.raises(InputError, match=r"0002\.gz"):
        next(answers)


@settings(max_examples=5)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_no_flipped_bit_gives_another_answer(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Every flip ends in the same answer (an idle bit of the gzip header) or in a named error."""
    session = _record(tmp_path_factory.mktemp("raw"), answers=ANSWERS[:1])
    file = session.path / "0001.gz"
    whole = file.read_bytes()
    for place in random.Random(seed).sample(range(len(whole) * 8), 60):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        file.write_bytes(flipped)
        try:
            assert _read(session) == ANSWERS[:1]
        except InputError as error:
            assert "0001.gz" in str(error)  # noqa: PT017 -- either outcome is right


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"kind":"oai","started_at":"2026-08-21T02:31:07","details":{},"format":1}', '{"kind":' * 5000],
    ids=["empty", "no fields", "no time zone", "deep"],
)
def test_a_damaged_description_is_named(tmp_path: Path, text: str) -> None:
    """A session whose description cannot be read is neither passed over nor guessed at."""
    (_record(tmp_path).path / "session.json").write_text(text)
    with pytest.raises(InputError, match=r"session\.json"):
        RawAnswers(tmp_path).sessions()


def test_another_format_is_refused(tmp_path: Path) -> None:
    """A later version of the program may keep answers otherwise."""
    file = _record(tmp_path).path / "session.json"
    file.write_text(file.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(InputError, match="format 2"):
        RawAnswers(tmp_path).sessions()


def test_what_a_crash_leaves_is_passed_over(tmp_path: Path) -> None:
    """A temporary file beside whole answers, a folder before its first answer, and files of other origin."""
    session = _record(tmp_path)
    (session.path / ".0004.gz.tmp").write_bytes(b"\x1f\x8b")
    (tmp_path / "20260821T023107.123456Z-oai-00000000").mkdir()
    (tmp_path / "20260820T023107.123456Z-oai-00000000").mkdir()
    (tmp_path / "20260820T023107.123456Z-oai-00000000" / "session.json").write_text("{")
    (tmp_path / "notes.txt").write_text("mine")
    sessions = RawAnswers(tmp_path).sessions()
    assert [_read(kept) for kept in sessions] == [ANSWERS]


class _KilledError(BaseException):
    """Stands for the end of the process."""


class _Life:
    """Lets that many calls through; the process ends right after the effect of the next one."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def limit(self, plain: Callable[_P, _T]) -> Callable[_P, _T]:
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            result = plain(*args, **kwargs)
            self.left -= 1
            if self.left < 0:
                if isinstance(result, io.IOBase):
                    result.close()
                raise _KilledError
            return result

        return call


def _record_until_killed(folder: Path, calls: int) -> bool:
    """Keep the answers with a limit on the calls that change the disk; say whether that was enough."""
    life = _Life(calls)
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((Path, "mkdir"), (Path, "open"), (Path, "replace"), (os, "fsync")):
            patch.setattr(owner, name, life.limit(getattr(owner, name)))
        try:
            _record(folder)
        except _KilledError:
            return False
    return True


def test_a_crash_at_any_step_leaves_whole_answers(tmp_path: Path) -> None:
    """At every call that changes the disk: what can be read afterwards is a beginning of what was kept."""
    counts = []
    for calls in itertools.count():
        folder = tmp_path / str(calls)
        is_whole = _record_until_killed(folder, calls)
        kept = [answer for session in RawAnswers(folder).sessions() for answer in _read(session)]
        assert kept == ANSWERS[: len(kept)]
        counts.append(len(kept))
        RawAnswers(folder).expire(BEGUN + timedelta(seconds=1))
        assert not folder.exists() or list(folder.iterdir()) == []
        if is_whole:
            break
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3}
    assert len(counts) > 15


def test_expiry_removes_whole_sessions_begun_before(tmp_path: Path) -> None:
    """To the microsecond, damaged ones too, what an earlier removal left as well, and nothing of other origin."""
    times = [BEGUN - timedelta(days=1), BEGUN - timedelta(microseconds=1), BEGUN, BEGUN + timedelta(days=1)]
    sessions = [_record(tmp_path, time) for time in times]
    (sessions[0].path / "session.json").unlink()
    (tmp_path / ".expired-20260101T000000.000000Z-oai-00000000").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    assert RawAnswers(tmp_path).expire(BEGUN.astimezone(timezone(timedelta(hours=9)))) == 2
    left = [session.started_at for session in RawAnswers(tmp_path).sessions()]
    assert left == times[2:]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*(s.path.name for s in sessions[2:]), "notes.txt"]
    assert RawAnswers(tmp_path).expire(BEGUN) == 0


def test_a_full_disk_is_a_failure_that_says_so(tmp_path: Path) -> None:
    """The harvest stops: an answer that is not kept would be a hole in every replay."""
    (tmp_path / "raw").write_text("a file in the way")
    with pytest.raises(TriageError, match="cannot be kept"):
        RawAnswers(tmp_path / "raw").begin("oai", BEGUN, {}).keep(URL, b"x")


def test_keeping_goes_on_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that could not be kept leaves no hole when the next one can."""
    recording = RawAnswers(tmp_path).begin("oai", BEGUN, {})
    recording.keep(URL, b"one")

    def fail(_self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(TriageError, match="No space left on device"):
            recording.keep(URL, b"two")
    recording.keep(URL, b"three")
    assert _read(RawAnswers(tmp_path).sessions()[0]) == [(URL, b"one"), (URL, b"three")]


@pytest.mark.parametrize("kind", ["", "OAI", "../oai", "oai 2", "-"])
def test_a_kind_is_a_word(tmp_path: Path, kind: str) -> None:
    """It becomes part of a folder's name."""
    with pytest.raises(InputError, match="kind of harvest"):
        RawAnswers(tmp_path).begin(kind, BEGUN, {})


def test_times_must_have_a_zone(tmp_path: Path) -> None:
    """A naive time would be read as local time."""
    with pytest.raises(InputError, match="no time zone"):
        RawAnswers(tmp_path).begin("oai", BEGUN.replace(tzinfo=None), {})
    with pytest.raises(InputError, match="no time zone"):
        RawAnswers(tmp_path).expire(BEGUN.replace(tzinfo=None))
