"""Files of arXiv records in any size: the real ones first, then as many as are wanted made from them.

A made-up record is a real one under a new id, some years of 52 weeks older, so that a week holds about as many papers
as real ones do; every second sentence and half of the title come from another paper, so that no two texts are alike.
"""

import gzip
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import msgspec

from triage.adapters.snapshot import open_snapshot

CORPUS = "corpus.jsonl.gz"
JUDGED_WEEK = "2026-W31"
_YEAR = timedelta(weeks=52)
_MOST_YEARS = 9
_FIRST_MADE_UP = 50_001  # real ids of one month end before 40,000
_DAY = len("2026-07-31")

Record = dict[str, Any]


def list_sources(data: Path) -> list[Path]:
    """The real files of complete records: the judged week first, then from the newest week backwards."""
    weeks = sorted(data.glob("week-*.jsonl.gz"), key=lambda path: (JUDGED_WEEK not in path.name, path.name))
    return [*weeks[:1], *reversed(weeks[1:]), *sorted(data.glob("scale-*.jsonl.gz"))]


def write_corpus(sources: Sequence[Path], size: int, path: Path) -> tuple[str, ...]:
    """Write `size` records, one a line, gzip; return the categories they bear. Memory does not grow with the size."""
    categories: set[str] = set()
    with gzip.open(path, "wb", compresslevel=1) as file:
        for record in islice(_make_records(sources), size):
            categories.update(record["categories"])
            file.write(msgspec.json.encode(record) + b"\n")
    return tuple(sorted(categories))


def _make_records(sources: Sequence[Path]) -> Iterator[Record]:
    """In the first pass as they are, then mixed with the record that stands one, two and so on places before."""
    before: deque[Record] = deque(maxlen=_MOST_YEARS)
    numbers = Counter[str]()
    for years in range(_MOST_YEARS + 1):
        for record in _read_records(sources):
            yield _vary(record, before[-years], years, numbers) if years else record
            before.append(record)
    raise SystemExit(f"{sources[0].name} and its like make no more papers than this: name a folder with more (--data).")


def _read_records(sources: Iterable[Path]) -> Iterator[Record]:
    for source in sources:
        for line in open_snapshot(source).read_lines():
            yield msgspec.json.decode(line.data, type=Record)


def _vary(record: Record, mate: Record, years: int, numbers: Counter[str]) -> Record:
    times = {name: _shift(record.get(name), years) for name in ("published", "updated", "announced")}
    month = f"{(times['published'] or times['announced'] or '').replace('-', '')[2:6]}"
    numbers[month] += 1
    return record | {
        "id": f"{month}.{_FIRST_MADE_UP + numbers[month]:05d}",
        "title": _halve(record["title"], 0) + " " + _halve(mate["title"], 1),
        "abstract": _interleave(record["abstract"].split(". "), mate["abstract"].split(". ")),
        "authors": mate["authors"],
        **times,
    }


def _shift(moment: str | None, years: int) -> str | None:
    """An ISO day, or a time that begins with one, so many times 52 weeks earlier: weekdays stay."""
    if not moment:
        return None
    return f"{date.fromisoformat(moment[:_DAY]) - years * _YEAR}{moment[_DAY:]}"


def _halve(text: str, half: int) -> str:
    words = text.split()
    middle = (len(words) + 1) // 2
    return " ".join(words[middle:] if half else words[:middle])


def _interleave(ours: Sequence[str], theirs: Sequence[str]) -> str:
    pairs = zip_longest(ours[::2], theirs[1::2][: len(ours) // 2])
    return ". ".join(sentence for pair in pairs for sentence in pair if sentence)
