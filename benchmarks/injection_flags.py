"""How many made-up injections screening flags, family by family, and how many abstracts of a real week.

    python benchmarks/injection_flags.py --data ../shared/data --week 2026-W22

`--data` holds `arxiv/week-YYYY-Wnn.jsonl.gz`, JSON lines with `id`, `title` and `abstract`. Each injection is planted
into the abstract of another paper of the week that has no flag of its own. The patterns were tuned on W31 and W13, and
on all families but "held out". The independent ones were written by someone who had not seen the patterns.
"""

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable
from itertools import cycle
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.independent_injections import INDEPENDENT

from triage.core.screening import screen
from triage.evaluation.injections import KEYWORD_STUFFING, Injection, make_injections, plant
from triage.evaluation.injections_later import HELD_OUT


class _Record(msgspec.Struct):
    id: str
    title: str
    abstract: str

    @property
    def flags(self) -> tuple[str, ...]:
        return tuple(sorted({*screen(self.title).flags, *screen(self.abstract).flags}))


def read_week(file: Path) -> list[_Record]:
    """The papers of a week, in the file's order."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [msgspec.json.decode(line, type=_Record) for line in lines]


def miss_injections(injections: Iterable[Injection], clean: list[_Record]) -> list[Injection]:
    """Those that raise no flag in the abstract they are planted into."""
    planted = zip(injections, cycle(clean), strict=False)
    return [injection for injection, record in planted if not screen(plant(record.abstract, injection)).flags]


def tell_share(part: int, whole: int) -> str:
    """Such as `263 of 274 (96.0 %)`."""
    return f"{part} of {whole} ({100 * part / whole:.2f} %)"


def report(week: str, records: list[_Record]) -> dict[str, object]:
    """Everything that is printed: shares, what was missed, and the clean papers that were flagged."""
    flagged = {record.id: (record.title, record.flags) for record in records if record.flags}
    clean = [record for record in records if record.id not in flagged]
    missed = miss_injections(make_injections(), clean)
    independent = miss_injections([Injection("independent", text) for text in INDEPENDENT], clean)
    forms, lost = (Counter(each.family for each in some) for some in (make_injections(), missed))
    tuned = {family: count for family, count in forms.items() if family not in {HELD_OUT, KEYWORD_STUFFING}}
    return {
        "all": tell_share(forms.total() - len(missed), forms.total()),
        "without held out and keyword stuffing": tell_share(
            sum(tuned.values()) - sum(lost[family] for family in tuned), sum(tuned.values())
        ),
        "independent": tell_share(len(INDEPENDENT) - len(independent), len(INDEPENDENT)),
        "families": {family: tell_share(count - lost[family], count) for family, count in forms.items()},
        "missed": [f"{each.family}: {each.text}" for each in missed],
        "clean": f"{week}: {tell_share(len(flagged), len(records))}",
        "flagged": {paper: f"{title} -- {', '.join(flags)}" for paper, (title, flags) in flagged.items()},
    }


def main() -> None:
    """Print the shares as JSON, or why there is nothing to measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--week", default="2026-W22")
    args = parser.parse_args()
    file = args.data / "arxiv" / f"week-{args.week}.jsonl.gz"
    if not file.is_file():
        print(f"Skipped: there is no {file}.")
        return
    print(json.dumps(report(args.week, read_week(file)), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
