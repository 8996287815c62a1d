"""Readers whose truth is known: they answer an audit's questions about judged weeks."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.bands import Band, Below, draw_papers
from triage.core.misses import AuditedWeek, BandAnswers, ListAnswers

PLACES = 20
_DEEP = 640  # no list that anyone would read reaches that rank
Vector = NDArray[np.float64]


class RankedWeek:
    """A judged week in the order of a scorer: log odds `(n,)` and grades `(n,)`, best first."""

    def __init__(self, log_odds: Vector, grades: NDArray[np.int64]) -> None:
        order = np.argsort(-log_odds, kind="stable")
        self.log_odds, self.grades = log_odds[order], grades[order]
        self._bands: dict[tuple[int, float], tuple[tuple[Band, int], ...]] = {}

    @property
    def depth(self) -> int:
        """The rank from which papers count as deep: in a week of the sample all but the list's."""
        return _DEEP if len(self.grades) > 2 * _DEEP else PLACES

    def score(self, odds: float) -> Vector:
        """Probabilities, their odds so many times what the scorer says."""
        scores: Vector = 1 / (1 + np.exp(-self.log_odds) / odds)
        return scores

    def cut(self, sample: int, odds: float) -> tuple[tuple[Band, int], ...]:
        """The bands of a draw, and how many papers it takes from each."""
        if (sample, odds) not in self._bands:
            below = [Below(str(rank), rank, score) for rank, score in enumerate(self.score(odds).tolist(), 1)]
            drawn = draw_papers(below[PLACES:], sample, "")
            self._bands[sample, odds] = tuple((each.band, len(each.arxiv_ids)) for each in drawn)
        return self._bands[sample, odds]


class Setting(msgspec.Struct, frozen=True):
    """A kind of reader and a kind of scorer.

    `chances` says how often a reader holds a paper of grade 0, 1, 2, 3 to be relevant, and `hidden` how many papers
    beyond rank 640 of each week besides. `odds`: how far the scores are out. `answering`: the chances with which an
    irrelevant and a relevant paper are answered, `voting` those with which one on the list is voted on. `scorer`: by
    which embedder weeks are ranked, the `chosen` one or `hashing`. The coverage must hold where `is_realistic`.
    """

    name: str
    chances: tuple[float, float, float, float]
    scorer: str = "chosen"
    hidden: int = 0
    odds: float = 1.0
    answering: tuple[float, float] = (1.0, 1.0)
    voting: tuple[float, float] = (0.7, 0.7)
    is_realistic: bool = True


_PLAIN = (0.0, 0.0, 1.0, 1.0)
_NOISY = (0.002, 0.15, 0.8, 0.98)
READERS = (
    Setting("grade 2 and 3", _PLAIN),
    Setting("grade 3", (0.0, 0.0, 0.0, 1.0)),
    Setting("own mind", _NOISY),
)
"""Asked with every size of the sample."""

VARIANTS = (
    Setting("scores' odds halved", _PLAIN, odds=0.5),
    Setting("scores' odds doubled", _PLAIN, odds=2.0),
    Setting("ranked by hashed words", _NOISY, scorer="hashing"),
    Setting("4 a week hidden deep", _PLAIN, hidden=4),
    Setting("3 of 10 unanswered", _NOISY, answering=(0.7, 0.7)),
    Setting("votes on liked places mostly", _NOISY, voting=(0.1, 0.6)),
    Setting("20 a week hidden deep", _PLAIN, hidden=20, is_realistic=False),
    Setting("relevant answered twice as often", _PLAIN, answering=(0.4, 0.8), is_realistic=False),
    Setting("a tenth of grade 3", (0.0, 0.0, 0.0, 0.1), is_realistic=False),
)
"""Asked with the default size."""


class Asked(msgspec.Struct, frozen=True):
    """A reader's answers, and the truth: the ranks of the relevant papers of each week."""

    weeks: tuple[AuditedWeek, ...]
    relevant: tuple[NDArray[np.int64], ...]

    def count(self, places: int) -> int:
        """Relevant papers among the first `places` of all weeks."""
        return sum(int((ranks <= places).sum()) for ranks in self.relevant)

    @property
    def total(self) -> int:
        """Relevant papers of all weeks."""
        return sum(len(ranks) for ranks in self.relevant)


def ask_reader(
    setting: Setting, ranked: Mapping[str, Sequence[RankedWeek]], weeks: int, sample: int, random: np.random.Generator
) -> Asked:
    """Let a new reader answer the audits of that many weeks: the judged ones in turn, each time drawn anew.

    Weeks without an answer below the line are left out: they are no part of the estimate.
    """
    judged = ranked[setting.scorer]
    first = int(random.integers(len(judged)))
    found = [_ask_week(setting, judged[(first + turn) % len(judged)], sample, random) for turn in range(weeks)]
    found = [(audited, ranks) for audited, ranks in found if any(part.answered for part in audited.bands)]
    return Asked(tuple(audited for audited, _ in found), tuple(ranks for _, ranks in found))


def _ask_week(
    setting: Setting, week: RankedWeek, sample: int, random: np.random.Generator
) -> tuple[AuditedWeek, NDArray[np.int64]]:
    relevant = random.random(len(week.grades)) < np.array(setting.chances)[week.grades]
    relevant[random.choice(np.arange(week.depth, len(relevant)), setting.hidden, replace=False)] = True
    answered = random.random(len(relevant)) < np.array(setting.answering)[relevant.astype(int)]
    answered[:PLACES] = random.random(PLACES) < np.array(setting.voting)[relevant[:PLACES].astype(int)]
    bands = []
    for band, share in week.cut(sample, setting.odds):
        # Numpy's draw for the program's own, which hashes every id: thousands of times faster, and as fair.
        drawn = random.choice(np.arange(band.first - 1, band.last), share, replace=False)
        drawn = drawn[answered[drawn]]
        bands.append(BandAnswers(band, share, len(drawn), int(relevant[drawn].sum())))
    voted, expected = answered[:PLACES], float(week.score(setting.odds)[:PLACES].sum())
    listed = ListAnswers(PLACES, int(voted.sum()), int(relevant[:PLACES][voted].sum()), expected)
    return AuditedWeek("", listed, tuple(bands)), np.flatnonzero(relevant) + 1
