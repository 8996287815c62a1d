"""Reads relevance labels: graded judgements (JSON lines, one file per week) and label lists (CSV)."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from triage.core.paper import parse_arxiv_id
from triage.core.week import parse_week
from triage.errors import InputError

Grades = dict[str, dict[str, dict[str, int]]]  # topic -> week -> arXiv id -> grade

_TOPIC_OF_JUDGEMENT = {"gr": "generative-recommendation", "ae": "agent-evaluation"}
_HIGHEST_GRADE = 3
_VALUES = {
    "": 1,
    "relevant": 1,
    "1": 1,
    "irrelevant": -1,
    "not relevant": -1,
    "-1": -1,
    "0": -1,  # as in most published label files; what is uncertain is spelt out
    "uncertain": 0,
}
VOTE_NAMES: Final = {1: "relevant", -1: "not relevant", 0: "uncertain"}


class Label(msgspec.Struct, frozen=True):
    """One paper stands on a list of a topic; `value` is 1, -1 for a vote against it, 0 for an uncertain one."""

    arxiv_id: str
    topic: str
    value: int = 1


class _Judgement(msgspec.Struct, frozen=True):
    id: str
    topic: str
    grade: int


def read_judgements(paths: Iterable[Path]) -> Grades:
    """Grades 0 to 3 by topic, week and arXiv id; the file name is the week (`2026-W13.jsonl`).

    Raises `InputError` naming file and line.
    """
    grades: Grades = {}
    for path in paths:
        week = _week_of_file(path)
        for number, line in enumerate(_read_text(path).split("\n"), start=1):
            if line.strip():
                _add_judgement(grades, week, line, f"{path}:{number}")
    if not grades:
        raise InputError("The judgement files hold no judgement: expected lines such as {id, topic, grade}.")
    return grades


def read_labels(path: Path) -> tuple[Label, ...]:
    """Rows of a CSV with the column `arxiv_id` and, optional, `topic` and `vote`; other columns are ignored.

    A paper counts once per topic however many lists it stands on. Underscores in topic names become hyphens. Raises
    `InputError` naming file and line, also when two rows of a paper vote against each other.
    """
    labels: dict[tuple[str, str], Label] = {}
    for where, row in _csv_rows(path):
        label = _label(row, where)
        known = labels.setdefault((label.topic, label.arxiv_id), label)
        if known.value != label.value:
            votes = f"{VOTE_NAMES[known.value]} and {VOTE_NAMES[label.value]}"
            of_topic = f" for {label.topic}" if label.topic else ""
            raise InputError(f"{where}: {label.arxiv_id} is voted {votes}{of_topic}.")
    if not labels:
        raise InputError(f"{path}: no labels, only a header.")
    return tuple(labels.values())


def ids_voted(labels: Iterable[Label], topic: str, *, relevant: bool) -> frozenset[str]:
    """The arXiv ids voted relevant (or not relevant) for a topic; an uncertain vote is neither."""
    value = 1 if relevant else -1
    return frozenset(label.arxiv_id for label in labels if label.topic == topic and label.value == value)


def _add_judgement(grades: Grades, week: str, line: str, where: str) -> None:
    try:
        judgement = msgspec.json.decode(line, type=_Judgement)
        arxiv_id = parse_arxiv_id(judgement.id).id
    except (msgspec.DecodeError, ValueError) as error:
        raise InputError(f"{where}: not a judgement: {error}") from error
    if not 0 <= judgement.grade <= _HIGHEST_GRADE:
        raise InputError(f"{where}: grade {judgement.grade} is none of 0, 1, 2, 3.")
    topic = _TOPIC_OF_JUDGEMENT.get(judgement.topic, judgement.topic)
    known = grades.setdefault(topic, {}).setdefault(week, {}).setdefault(arxiv_id, judgement.grade)
    if known != judgement.grade:
        raise InputError(f"{where}: {arxiv_id} has grade {known} for {topic} further up and {judgement.grade} here.")


def _week_of_file(path: Path) -> str:
    try:
        return str(parse_week(path.stem))
    except ValueError as error:
        raise InputError(
            f"{path}: a judgement file is named after its week, such as 2026-W13.jsonl: {error}"
        ) from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text (byte {error.start}).") from error


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """(`file:line`, row) of every row."""
    reader = csv.DictReader(io.StringIO(_read_text(path), newline=""), restval="", strict=True)
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = names
        for name in ("arxiv_id", "topic", "vote"):
            if names.count(name) > 1:
                raise InputError(f"{path}:1: the header has the column {name} twice.")
        if "arxiv_id" not in names:
            raise InputError(f"{path}:1: expected a header with the column arxiv_id (and, if wanted, topic and vote).")
        for row in reader:
            yield f"{path}:{reader.line_num}", row
    except csv.Error as error:
        raise InputError(f"{path}:{reader.reader.line_num}: not a CSV row: {error}.") from error


def _label(row: dict[str, str], where: str) -> Label:
    try:
        arxiv_id = parse_arxiv_id(row["arxiv_id"]).id
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error
    topic, vote = row.get("topic", "").strip().replace("_", "-"), row.get("vote", "").strip().lower().replace("_", " ")
    if vote not in _VALUES:
        raise InputError(f"{where}: vote {row['vote']!r} is none of `relevant` (1), `irrelevant` (-1, 0), `uncertain`.")
    return Label(arxiv_id, topic, _VALUES[vote])
