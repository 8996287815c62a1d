"""What an audit asks: the same papers again, in another order, under other names, and with injections planted."""

import random
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from triage.evaluation.audit_names import BYLINES, add_byline, swap_names
from triage.evaluation.injections import Injection, make_injections, plant
from triage.store.papers import StoredPaper

Treatment = Literal["repeat", "shuffled", "famous", "unknown", "renamed", "clean", "planted"]


class AuditPlan(msgspec.Struct, frozen=True):
    """How many judged papers are asked about again, how often in one order, and how many injections are planted."""

    sample: int = 10
    repeats: int = 3
    injections: int = 20


class Case(msgspec.Struct, frozen=True):
    """One paper as a judge gets to see it; `round` counts repetitions from 0, `injection` is what was planted."""

    treatment: Treatment
    paper: StoredPaper
    round: int = 0
    injection: Injection | None = None


def plan_cases(
    plan: AuditPlan, judged: Sequence[StoredPaper], irrelevant: Sequence[StoredPaper], seed: str
) -> list[Case]:
    """All that is asked, in this order; the same seed draws the same papers, orders and injections.

    Of `judged` a sample is drawn and kept in its order; `irrelevant` papers are those injections are planted into.
    """
    rng = random.Random(seed)
    rows = sorted(rng.sample(range(len(judged)), min(plan.sample, len(judged))))
    sample = [judged[row] for row in rows]
    cases = [Case("repeat", paper, number) for number in range(plan.repeats) for paper in sample]
    cases += [Case("shuffled", paper) for paper in rng.sample(sample, len(sample))]
    cases += [case for row, paper in enumerate(sample) for case in _name(paper, row)]
    forms = make_injections()
    count = min(plan.injections, len(forms), len(irrelevant))
    for paper, injection in zip(rng.sample(irrelevant, count), rng.sample(forms, count), strict=True):
        cases += [Case("clean", paper), Case("planted", plant_in(paper, injection), injection=injection)]
    return cases


def plant_in(paper: StoredPaper, injection: Injection) -> StoredPaper:
    """The same paper, by its key, with the injection in its abstract."""
    return _rewrite(paper, plant(paper.paper.abstract, injection))


def _name(paper: StoredPaper, row: int) -> Iterator[Case]:
    """A pair of bylines, every other time the unknown one first, and other company names where there are any."""
    famous, unknown = BYLINES[row % len(BYLINES)]
    abstract = paper.paper.abstract
    pair = [
        Case("famous", _rewrite(paper, add_byline(abstract, famous))),
        Case("unknown", _rewrite(paper, add_byline(abstract, unknown))),
    ]
    yield from pair if row % 2 == 0 else reversed(pair)
    swapped = swap_names(abstract)
    if swapped != abstract:
        yield Case("renamed", _rewrite(paper, swapped))


def _rewrite(paper: StoredPaper, abstract: str) -> StoredPaper:
    return replace(paper, paper=replace(paper.paper, abstract=abstract))
