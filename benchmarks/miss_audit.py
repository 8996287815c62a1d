"""Does the miss audit's interval hold the truth? Simulated readers of judged weeks answer it: `--data FOLDER [--json]`.

The judged weeks (FOLDER/judgements, papers in FOLDER/arxiv; what is not judged counts as grade 0) are ranked by our own
scorer without votes, and each reader answers what is drawn below the line by a truth that is known (`miss_readers`).
Where more weeks are audited than are judged, the judged ones come in turn, each time with papers drawn anew and, where
a reader's mind is a coin, with a truth drawn anew: draws and readers vary as over real weeks, the scorer's errors less.
Exit code 1 when, in one of the realistic settings, the 95 % interval of the missed papers or that of the recall holds
the truth of fewer than 90 in 100 readers.
"""

import argparse
import gzip
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.console import require_files, say
from benchmarks.miss_readers import PLACES, READERS, VARIANTS, Asked, RankedWeek, Setting, ask_reader
from triage.adapters.embedders import open_embedder
from triage.core.misses import AuditedWeek, Interval, estimate_misses
from triage.core.prior import embed_topic, sum_logit
from triage.core.rubric import Topic
from triage.core.rubric_reading import read_rubric
from triage.core.taste import Examples
from triage.evaluation.labels import Grades, read_judgements
from triage.pipeline.score import compute_parts
from triage.ports import Embedder

_ROOT = Path(__file__).resolve().parents[1]
_DATA = _ROOT.parent / "shared" / "data"
_SAMPLES, _SAMPLE = (3, 6, 20), 6
_WEEKS = (1, 4, 12, 25)
_WANTED = (0.8, 0.95)  # every other reader
_LEAST = 0.9
Ranked = dict[str, dict[str, list[RankedWeek]]]  # by scorer and topic


class Text(msgspec.Struct, frozen=True):
    """What a scorer reads of a line of a week file."""

    id: str
    title: str
    abstract: str


class Tally(msgspec.Struct):
    """Of the readers: who were told a cut, and with whom it held the share they wanted."""

    asked: int = 0
    told: int = 0
    held: int = 0


class Cell(msgspec.Struct, kw_only=True):
    """One setting. `covered`, `recall_covered` and `jeffreys_covered` count readers among the `estimated`.

    `truth`, `bias` (of the median) and widths are relevant papers a week, means over readers; `recall_width` a share.
    """

    setting: str
    topic: str
    sample: int
    weeks: int
    is_realistic: bool
    estimated: int = 0
    covered: int = 0
    recall_covered: int = 0
    truth: float = 0.0
    bias: float = 0.0
    width: float = 0.0
    recall_width: float = 0.0
    jeffreys_covered: int = 0
    jeffreys_width: float = 0.0
    cuts: dict[str, Tally] = {}

    @property
    def is_held(self) -> bool:
        """Whether enough intervals hold the truth, or nobody asks that of this setting."""
        return not self.is_realistic or min(self.covered, self.recall_covered) >= _LEAST * self.estimated


def rank_weeks(data: Path, embedders: Mapping[str, Embedder]) -> Ranked:
    """Every judged week of the folder under every topic of the shipped rubric."""
    rubric = read_rubric((_ROOT / "rubric.yaml").read_text("utf-8"), "rubric.yaml")
    files = sorted((data / "judgements").glob("*.jsonl"))
    require_files(data, *(f"arxiv/week-{file.stem}.jsonl.gz" for file in files))
    grades = read_judgements(files)
    ranked: Ranked = {scorer: {topic.name: [] for topic in rubric.topics} for scorer in embedders}
    for file in files:
        texts = _read_texts(data / "arxiv" / f"week-{file.stem}.jsonl.gz")
        for scorer, embedder in embedders.items():
            say(f"{file.stem}: {len(texts):,} papers, {embedder.name}")
            vectors = embedder.embed([f"{text.title}\n{text.abstract}" for text in texts])
            papers = Examples([(text.title, text.abstract) for text in texts], vectors)
            for topic in rubric.topics:
                week = _rank(topic, papers, embedder, _find_grades(grades, topic, file.stem, texts))
                ranked[scorer][topic.name].append(week)
    return ranked


def _read_texts(file: Path) -> list[Text]:
    decoder = msgspec.json.Decoder(Text)
    with gzip.open(file) as lines:
        return [decoder.decode(line) for line in lines]


def _find_grades(grades: Grades, topic: Topic, week: str, texts: Sequence[Text]) -> list[int]:
    judged = grades[topic.name][week]
    return [judged.get(text.id, 0) for text in texts]


def _rank(topic: Topic, papers: Examples, embedder: Embedder, grades: list[int]) -> RankedWeek:
    parts = compute_parts(topic, papers, embed_topic(topic, embedder.embed))
    return RankedWeek(np.array([sum_logit(each) for each in parts]), np.array(grades))


def measure(ranked: Ranked, readers: int, samples: Sequence[int], weeks: Sequence[int], seed: int) -> Iterator[Cell]:
    """Every reader with every size of the sample, and the variants with the default size."""
    plans = [(setting, sample) for setting in READERS for sample in samples]
    plans += [(setting, _SAMPLE) for setting in VARIANTS]
    for number, (setting, sample) in enumerate(plans):
        say(f"{number + 1} of {len(plans)}: {setting.name}, {sample} a week")
        for place, topic in enumerate(ranked["chosen"]):
            by_scorer = {scorer: found[topic] for scorer, found in ranked.items()}
            for count in weeks:
                cell = Cell(
                    setting=setting.name, topic=topic, sample=sample, weeks=count, is_realistic=setting.is_realistic
                )
                random = np.random.default_rng([seed, number, place, count])
                _fill(cell, setting, by_scorer, readers, random)
                yield cell


def _fill(
    cell: Cell,
    setting: Setting,
    ranked: Mapping[str, Sequence[RankedWeek]],
    readers: int,
    random: np.random.Generator,
) -> None:
    cell.cuts = {f"{wanted:.0%}": Tally() for wanted in _WANTED}
    for reader in range(readers):
        asked = ask_reader(setting, ranked, cell.weeks, cell.sample, random)
        _add(cell, asked, _WANTED[reader % len(_WANTED)], random)
    for name in ("truth", "bias", "width", "recall_width", "jeffreys_width"):
        setattr(cell, name, getattr(cell, name) / max(cell.estimated, 1))


def _add(cell: Cell, asked: Asked, wanted: float, random: np.random.Generator) -> None:
    found = estimate_misses(asked.weeks, wanted=wanted)
    if found is None:  # a single week that nobody answered
        return
    listed, weeks = asked.count(PLACES), len(asked.weeks)
    missed = asked.total - listed
    plain = bound_by_jeffreys(asked.weeks, random)
    cell.estimated += 1
    cell.covered += _holds(found.missed, missed)
    cell.recall_covered += not asked.total or _holds(found.recall, listed / asked.total)
    cell.truth += missed / weeks
    cell.bias += found.missed_per_week.estimate - missed / weeks
    cell.width += found.missed_per_week.high - found.missed_per_week.low
    cell.recall_width += found.recall.high - found.recall.low
    cell.jeffreys_covered += _holds(plain, missed)
    cell.jeffreys_width += (plain.high - plain.low) / weeks
    tally = cell.cuts[f"{wanted:.0%}"]
    tally.asked += 1
    tally.told += found.cut is not None
    tally.held += found.cut is not None and asked.count(found.cut) >= wanted * asked.total


def _holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


def bound_by_jeffreys(weeks: Sequence[AuditedWeek], random: np.random.Generator) -> Interval:
    """Webber's interval: strata pooled over the weeks, half a paper of each kind before the answers, no scores."""
    counts = np.array([[(part.band.papers, part.answered, part.relevant) for part in week.bands] for week in weeks])
    papers, answered, relevant = counts.sum(axis=0).T
    rates = random.beta(relevant + 0.5, answered - relevant + 0.5, size=(1000, len(papers)))
    missed = (relevant + random.binomial(papers - answered, rates)).sum(axis=1)
    low, middle, high = np.quantile(missed, [0.025, 0.5, 0.975])
    return Interval(float(middle), float(low), float(high))


def tell(cells: Sequence[Cell]) -> None:
    """A line for each cell, and one above those that differ in the number of weeks only."""
    print("95 % intervals: readers covered of estimated; width, bias / truth a week; recall: covered, width;")
    print("[Jeffreys: covered, width]; for each wanted recall, cuts that reach it of those told of readers asked")
    title = ""
    for cell in cells:
        demand = "" if cell.is_realistic else " (need not hold)"
        if title != (title := f"{cell.setting}, {cell.sample} a week, {cell.topic}{demand}"):
            print(title)
        print(_describe(cell))


def _describe(cell: Cell) -> str:
    parts = [
        f"  {cell.weeks:2} weeks: {cell.covered:3} of {cell.estimated:3}",
        f"{cell.width:5.1f}, {cell.bias:+5.1f} / {cell.truth:4.1f}",
        f"recall {cell.recall_covered:3}, {cell.recall_width:.2f}",
        f"[{cell.jeffreys_covered:3}, {cell.jeffreys_width:6.1f}]",
        *(f"{wanted}: {each.held} of {each.told} of {each.asked}" for wanted, each in cell.cuts.items()),
    ]
    return "; ".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Tell each setting's coverage; 1 where it is too low."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=_DATA, help="folder with arxiv/ and judgements/")
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--samples", type=int, nargs="+", default=_SAMPLES)
    parser.add_argument("--weeks", type=int, nargs="+", default=_WEEKS)
    parser.add_argument("--embedder", default="minilm-int8")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    embedders = {"chosen": open_embedder(options.embedder, 1), "hashing": open_embedder("hashing", 1)}
    ranked = rank_weeks(options.data, embedders)
    cells = []
    for cell in measure(ranked, options.readers, options.samples, options.weeks, options.seed):
        cells.append(cell)
        if not cell.is_held:
            say(f"TOO LOW: {cell}")
    if options.json:
        sys.stdout.write(msgspec.json.encode(cells).decode() + "\n")
    else:
        tell(cells)
    return int(not all(cell.is_held for cell in cells))


if __name__ == "__main__":
    raise SystemExit(main())
