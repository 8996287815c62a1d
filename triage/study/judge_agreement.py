"""How far a judge agrees with readers, and on whose side the rubric is where the two part."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.agreement import CERTAIN, SCALE, Ballots, Coefficients, measure_agreement
from triage.core.metrics import RELEVANT_GRADE
from triage.core.paper import Paper
from triage.core.prior import PaperWords, list_hits, read_words, score_parts
from triage.core.rubric import Topic
from triage.core.verdict import Verdict
from triage.core.wording import Lines

Cause = Literal["the rubric backs the judge", "the rubric backs the label", "ambiguous"]

UNSURE = 0.4
"""Log odds around the line within which a verdict counts as "uncertain": between 40 and 60 %. Assumed."""
_JUDGE, _READERS = "judge", "readers"
_NEARER = 0.02  # cosine by which one side of the scope must be nearer than the other to count: assumed
_MUCH, _LITTLE = 3.0, 1.5  # log odds that words carry in the prior: assumed; it takes some 4 to make a list
_WEIGHTS = {1: "rubric words weigh much", 0: "rubric words weigh something", -1: "rubric words weigh little"}
_MARGINAL = 1  # grade


class Case(msgspec.Struct, frozen=True):
    """A paper that was judged and labelled. `label` is 1, 0 (readers are split or uncertain) or -1.

    `votes` are all readers' own, empty where judgements gave the `grade` instead. `vector` is `(d,) float32`, unit.
    """

    paper: Paper
    verdict: Verdict
    label: int
    votes: tuple[int, ...]
    grade: int | None
    vector: NDArray[np.float32]

    def said(self, line: float = 0.0) -> int:
        """1, 0 or -1: what the judge said, where so many log odds are the line."""
        above = self.verdict.relevance - line
        return 0 if abs(above) < UNSURE else int(np.sign(above))


class Disagreement(msgspec.Struct, frozen=True):
    """Why judge and readers part on a paper, as far as the rubric and the votes can tell; `why` is for people."""

    case: Case
    cause: Cause
    why: tuple[str, ...]


class Threshold(msgspec.Struct, frozen=True):
    """What a line at these log odds would let pass, and agreement as kappa, None where that does not exist."""

    line: float
    passed: int
    recall: float
    precision: float | None
    kappa: float | None


def read_label(votes: Mapping[str, int], settled: int | None, grade: int | None) -> int | None:
    """What an editor settled, else what most readers say, 0 where as many say each, else the grade; None without."""
    if settled is not None:
        return settled
    if votes:
        return int(np.sign(sum(votes.values())))
    return None if grade is None else (1 if grade >= RELEVANT_GRADE else 0 if grade == _MARGINAL else -1)


def compare(cases: Sequence[Case], line: float = 0.0) -> tuple[Coefficients, Coefficients]:
    """Agreement of judge and readers, with "uncertain" as an opinion of its own, and without such papers."""
    ballots = _to_ballots(cases, line)
    return measure_agreement(ballots, SCALE), measure_agreement(ballots, CERTAIN)


def count_matrix(cases: Sequence[Case], line: float = 0.0) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Names of the rows, and `(rows, 3)` papers: readers' grades 3 to 0 or votes, by what the judge said, yes first."""
    if all(case.grade is not None and not case.votes for case in cases):
        names = tuple(f"grade {grade}" for grade in (3, 2, 1, 0))
        keys = [3 - case.grade for case in cases if case.grade is not None]
    else:
        names, keys = ("relevant", "uncertain", "not relevant"), [SCALE.index(case.label) for case in cases]
    counts = np.zeros((len(names), len(SCALE)), dtype=np.int64)
    for key, case in zip(keys, cases, strict=True):
        counts[key, SCALE.index(case.said(line))] += 1
    return names, counts


def explain_disagreements(cases: Sequence[Case], topic: Topic, lines: Lines) -> list[Disagreement]:
    """Papers on which one says yes and the other no, or only one is uncertain; opposite answers come first."""
    parted = [case for case in cases if case.said() != case.label]
    parted.sort(key=lambda case: (-abs(case.said() - case.label), -abs(case.verdict.relevance), case.paper.arxiv_id))
    return [explain(case, topic, lines) for case in parted]


def explain(case: Case, topic: Topic, lines: Lines) -> Disagreement:
    """Ambiguous where readers part, either side is uncertain or the rubric speaks both ways; else who has its backing.

    The rubric speaks for a paper by its words, as the prior weighs them, and by a line of `in_scope` that is nearest in
    meaning; against it by few words, or none, and one of `out_of_scope`.
    """
    doubts = list(_list_doubts(case))
    words = read_words(case.paper.title, case.paper.abstract)
    told, hits = weigh_words(words, topic), list_hits(words, topic)
    side, nearest = find_side(case.vector, topic, lines)
    found = f"{_WEIGHTS[told]}: {', '.join(hits[:5])}" if hits else "no rubric word"
    why = [*doubts, found, nearest, *_tell_sentences(case.verdict)]
    backing = int(np.sign(told + side))
    if doubts:
        return Disagreement(case, "ambiguous", tuple(why))
    if backing == 0:
        return Disagreement(case, "ambiguous", ("the rubric's words and scope do not decide", *why))
    sides_with: Cause = "the rubric backs the judge" if backing == case.said() else "the rubric backs the label"
    return Disagreement(case, sides_with, tuple(why))


def weigh_words(words: PaperWords, topic: Topic) -> int:
    """1 where the rubric's words in a paper carry much of the prior's log odds, -1 where next to nothing, else 0."""
    share = math.fsum(score_parts(words, topic, 0.0).values())
    return 1 if share >= _MUCH else -1 if share < _LITTLE else 0


def find_side(vector: NDArray[np.float32], topic: Topic, lines: Lines) -> tuple[int, str]:
    """1 where a line of `in_scope` is nearest in meaning, -1 for `out_of_scope`, 0 where both are; and which."""
    inside = lines.inside @ vector
    if not len(lines.outside):
        return 0, f"nearest in scope: {topic.in_scope[int(inside.argmax())]}"
    outside = lines.outside @ vector
    gap = float(inside.max() - outside.max())
    near_in, near_out = topic.in_scope[int(inside.argmax())], topic.out_of_scope[int(outside.argmax())]
    if abs(gap) < _NEARER:
        return 0, f"as near to in scope “{near_in}” as to out of scope “{near_out}”"
    return (1, f"nearest: in scope “{near_in}”") if gap > 0 else (-1, f"nearest: out of scope “{near_out}”")


def sweep_lines(cases: Sequence[Case], lines: Sequence[float]) -> list[Threshold]:
    """Each line by itself, without an uncertain middle, on papers that readers are certain about: there must be one."""
    certain = [case for case in cases if case.label]
    return [_measure_line(certain, float(line)) for line in lines]


def find_best(found: Sequence[Threshold]) -> Threshold:
    """The line with the highest kappa, of equals the nearest to 0; raises `ValueError` for no line."""
    return max(found, key=lambda each: (-1.0 if each.kappa is None else round(each.kappa, 9), -abs(each.line)))


def _measure_line(cases: Sequence[Case], line: float) -> Threshold:
    passed = np.array([case.verdict.relevance >= line for case in cases])
    relevant = np.array([case.label > 0 for case in cases])
    hits = int((passed & relevant).sum())
    observed = float((passed == relevant).mean())
    chance = float(passed.mean() * relevant.mean() + (~passed).mean() * (~relevant).mean())
    return Threshold(
        line,
        int(passed.sum()),
        hits / int(relevant.sum()) if relevant.any() else 0.0,
        hits / int(passed.sum()) if passed.any() else None,
        None if chance == 1 else (observed - chance) / (1 - chance),
    )


def _to_ballots(cases: Sequence[Case], line: float) -> Ballots:
    return {case.paper.arxiv_id: {_JUDGE: case.said(line), _READERS: case.label} for case in cases}


def _list_doubts(case: Case) -> Iterator[str]:
    if len(set(case.votes)) > 1:
        yield f"readers part ({', '.join(f'{vote:+d}' if vote else '0' for vote in case.votes)})"
    elif case.label == 0:
        yield "readers are uncertain" if case.votes else f"grade {case.grade}, marginal"
    if case.said() == 0:
        yield f"the judge is unsure ({case.verdict.relevance:+.2f} log odds)"


def _tell_sentences(verdict: Verdict) -> Iterator[str]:
    """What the judge named as its evidence."""
    by_sentence: dict[int, list[str]] = {}
    for grade in verdict.grades:
        if grade.sentence is not None:
            by_sentence.setdefault(grade.sentence, []).append(f"{grade.name} {grade.grade:g}")
    if by_sentence:
        cited = (f"sentence {number} for {', '.join(grades)}" for number, grades in sorted(by_sentence.items()))
        yield f"the judge cites {'; '.join(cited)} (of 4)"
    elif verdict.grades:
        yield "the judge grades " + ", ".join(f"{grade.name} {grade.grade:.1f}" for grade in verdict.grades) + " (of 4)"
