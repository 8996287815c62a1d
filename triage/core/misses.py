"""How many relevant papers the shortlists left out, estimated from what readers said of a few drawn below the line.

Six answers a week are too few to count by: had nothing but the draw a say, one answer would stand for a thousand papers
of the last band. So the scores say how many relevant papers each band should hold, and the answers correct them:

- One shift of the log odds of each band's mean score, shared by all bands, says how far the scores are out; it is
  normal around nought with a standard deviation of `_SHIFT_SPREAD`, so that the odds may be out by a factor of ten
  either way (exp(1.96 * 1.25) = 11.6).
- Around the shifted score each band has a rate of its own, Beta with the weight of `_SCORE_WEIGHT` answers: with every
  answer a band listens more to its readers and less to its scores. The same bands are pooled over the weeks.
- Papers that were known to be relevant before the draw (`Band.known`) are added as they are.
- No band is expected to hold less than `_BLIND_SHARE` relevant papers, whatever the scores say: all scorers are blind
  to some. Even a year's answers tell little of shares so small: there the interval's upper end is this assumption's.

This is the stratified beta-binomial of Webber, "Approximate Recall Confidence Intervals" (TOIS 2013), with a prior from
the scores in the place of Jeffreys', which for strata as large and as poor as these overestimates many times over.

Measured by benchmarks/miss_audit.py on the two judged weeks, on which the constants were chosen too: in every realistic
setting the 95 % interval holds the truth of 91 to 100 of 100 simulated readers, 98 on average (Jeffreys': 40), over
1 to 25 weeks, with 3 to 20 papers a week, for readers strict or with a mind of their own, papers left unanswered, and
scores whose odds are out by two. With 6 papers a week it is 83 and 169 papers wide (generative recommendation, agent
evaluation) after one week, 28 and 48 a week after 25.

It fails where readers are far narrower than the scores (a tenth of grade 3: 49 of 100 after one week, 93 after twelve);
where relevant papers are answered more often than others, which gets worse with more weeks (so do weeks of which
nothing is answered but what a reading list, imported after the draw, happens to hold); and on a single week of some
dozens of papers. Votes on listed papers may be choosy: the scores of the list weigh as much as ten answers. Told cuts
reached the wanted recall with 98 in 100 readers, and with 77 in the worst setting; where twenty relevant papers a week
lie where scores see none, they mostly do not reach it.
"""

from bisect import bisect_left
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.bands import Band

_SHIFT_SPREAD = 1.25
_SCORE_WEIGHT = 10.0
_BLIND_SHARE = 0.002
_SHIFTS = np.linspace(-5.0, 5.0, 41)
_DRAWS = 2000

Vector = NDArray[np.float64]


class BandAnswers(msgspec.Struct, frozen=True):
    """What came back from one band of one week: papers drawn, answered, and answered as relevant."""

    band: Band
    asked: int
    answered: int
    relevant: int


class ListAnswers(msgspec.Struct, frozen=True):
    """Votes on the listed papers of one week; `expected` is the sum of the scores of all `places`."""

    places: int
    answered: int
    relevant: int
    expected: float


class AuditedWeek(msgspec.Struct, frozen=True):
    """One week of a topic: its list, and its bands from the line downwards."""

    week: str
    listed: ListAnswers
    bands: tuple[BandAnswers, ...]


class Interval(msgspec.Struct, frozen=True):
    """The median of what is likely, and the bounds that hold the truth with the level that was asked for."""

    estimate: float
    low: float
    high: float


class MissEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """Of the `weeks` in which anything was answered: papers below the line, what was asked of them, what it tells.

    `missed` and `found` are relevant papers below and above the line over all those weeks, `recall` the share of the
    found, `wanted` the share to be reached. Lists of `cut` places a week, never fewer than now, would have reached it
    with probability `level`; None where only lists into the last band, which is most of the week, would.
    """

    weeks: int
    below: int
    asked: int
    answered: int
    relevant: int
    missed: Interval
    missed_per_week: Interval
    found: Interval
    recall: Interval
    wanted: float
    level: float
    cut: int | None


class _Stratum(msgspec.Struct, frozen=True):
    """The lists, or the bands of the same place, of all weeks together."""

    papers: int
    expected: float
    answered: int
    relevant: int
    bands: tuple[Band, ...] = ()

    @property
    def known(self) -> int:
        """Relevant papers of its ranks beyond its `papers`."""
        return sum(band.known for band in self.bands)

    def hold_above(self, rank: int) -> float:
        """The share of its papers down to a rank, as if they lay evenly: fewer of the relevant ones than truly do."""
        above = [min(max((rank + 1 - band.first) / (band.last + 1 - band.first), 0.0), 1.0) for band in self.bands]
        return sum(share * band.papers for share, band in zip(above, self.bands, strict=True)) / self.papers


def estimate_misses(weeks: Sequence[AuditedWeek], *, wanted: float = 0.8, level: float = 0.95) -> MissEstimate | None:
    """Estimate from the answers; None while nothing below the line is answered; the same answers, the same estimate.

    Weeks without an answer below the line are left out. Papers left unanswered are taken to be like the answered ones
    of their band, and unanswered places of the list like its answered ones and its scores: never for relevant.
    """
    audited = [week for week in weeks if any(part.answered for part in week.bands)]
    if not audited:
        return None
    strata = _pool_bands(audited)
    missed, found = _draw_counts(strata, _pool_lists(audited))
    misses = missed.sum(axis=1)
    everything = found + misses
    recall = np.divide(found, everything, out=np.ones_like(found), where=everything > 0)
    parts = [part for week in audited for part in week.bands]
    return MissEstimate(
        weeks=len(audited),
        below=sum(part.band.papers for part in parts),
        asked=sum(part.asked for part in parts),
        answered=sum(part.answered for part in parts),
        relevant=sum(part.relevant for part in parts),
        missed=_bound(misses, level),
        missed_per_week=_bound(misses / len(audited), level),
        found=_bound(found, level),
        recall=_bound(recall, level),
        wanted=wanted,
        level=level,
        cut=_find_cut(strata, missed, found, wanted, level),
    )


def _pool_bands(weeks: Sequence[AuditedWeek]) -> list[_Stratum]:
    """Strata of the k-th of n bands, for every k and n that occur."""
    groups: dict[tuple[int, int], list[BandAnswers]] = {}
    for week in weeks:
        for place, part in enumerate(week.bands):
            groups.setdefault((len(week.bands), place), []).append(part)
    return [
        _Stratum(
            papers=sum(part.band.papers for part in parts),
            expected=sum(part.band.expected for part in parts),
            answered=sum(part.answered for part in parts),
            relevant=sum(part.relevant for part in parts),
            bands=tuple(part.band for part in parts),
        )
        for parts in (groups[key] for key in sorted(groups))
    ]


def _pool_lists(weeks: Sequence[AuditedWeek]) -> _Stratum:
    return _Stratum(
        papers=sum(week.listed.places for week in weeks),
        expected=sum(week.listed.expected for week in weeks),
        answered=sum(week.listed.answered for week in weeks),
        relevant=sum(week.listed.relevant for week in weeks),
    )


def _draw_counts(strata: Sequence[_Stratum], lists: _Stratum) -> tuple[Vector, Vector]:
    """Relevant papers of the strata `(draws, strata)` and of the lists `(draws,)`, as likely as the answers leave them.

    Votes on listed papers do not move the shift: readers choose which of those they vote on.
    """
    random = np.random.default_rng(0)
    below, above = _expect_rates(strata), _expect_rates([lists])
    chosen = random.choice(len(_SHIFTS), size=_DRAWS, p=_weigh_shifts(strata, below))
    missed = _draw_relevant(strata, below[chosen], random) + [each.known for each in strata]
    return missed, _draw_relevant([lists], above[chosen], random)[:, 0]


def _expect_rates(strata: Sequence[_Stratum]) -> Vector:
    """What the scores make of each stratum's share of relevant papers under every shift, `(shifts, strata)`."""
    from scipy.special import expit, logit

    shares = np.array([each.expected / max(each.papers, 1) for each in strata])
    shifted = expit(_SHIFTS[:, None] + logit(np.clip(shares, 1e-6, 1 - 1e-6)))
    rates: Vector = _BLIND_SHARE + (1 - 2 * _BLIND_SHARE) * shifted
    return rates


def _weigh_shifts(strata: Sequence[_Stratum], rates: Vector) -> Vector:
    """How probable each shift is after the answers, `(shifts,)`."""
    from scipy.special import betaln

    yes, no = _count_answers(strata)
    prior_yes, prior_no = _SCORE_WEIGHT * rates, _SCORE_WEIGHT * (1 - rates)
    fit = (betaln(prior_yes + yes, prior_no + no) - betaln(prior_yes, prior_no)).sum(axis=1)
    log_weights = fit - 0.5 * (_SHIFTS / _SHIFT_SPREAD) ** 2
    weights = np.exp(log_weights - log_weights.max())
    probable: Vector = weights / weights.sum()
    return probable


def _draw_relevant(strata: Sequence[_Stratum], rates: Vector, random: np.random.Generator) -> Vector:
    """Those answered as relevant and, of the unanswered, as many as a rate drawn after the answers makes relevant."""
    yes, no = _count_answers(strata)
    left = np.array([each.papers - each.answered for each in strata])
    drawn = random.beta(_SCORE_WEIGHT * rates + yes, _SCORE_WEIGHT * (1 - rates) + no)
    return yes + random.binomial(left, drawn)


def _count_answers(strata: Sequence[_Stratum]) -> tuple[Vector, Vector]:
    yes = np.array([each.relevant for each in strata], dtype=np.float64)
    return yes, np.array([each.answered for each in strata]) - yes


def _bound(draws: Vector, level: float) -> Interval:
    low, middle, high = np.quantile(draws, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return Interval(float(middle), float(low), float(high))


def _find_cut(strata: Sequence[_Stratum], missed: Vector, found: Vector, wanted: float, level: float) -> int | None:
    """The fewest places that hold enough in a share `level` of the draws, short of the last band."""
    firsts = [band.first for stratum in strata for band in stratum.bands]
    enough = wanted * (found + missed.sum(axis=1)) - 1e-9

    def measure_share(places: int) -> float:
        held = found + missed @ np.array([stratum.hold_above(places) for stratum in strata])
        return float(np.mean(held >= enough))

    tried = range(min(firsts) - 1, max(firsts))
    place = bisect_left(tried, level, key=measure_share)
    return tried[place] if place < len(tried) else None
