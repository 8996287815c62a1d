"""Fusion: what prior and taste say of a paper and what a judge said of it, as one log odds of relevance.

The fused log odds are `intercept + cheap * logit + judge * relevance`. The difference to the logit alone is stored as
the part "judge" of a score, so that parts and intercept still add up to its log odds (`prior.sum_logit`). A paper that
was not judged keeps its logit. The curve is a sigmoid however many labels there are: isotonic steps overfit below
1,000 labels (scikit-learn's user guide), and above they would tie papers that the sum can tell apart.
"""

import hashlib
import math
from collections.abc import Mapping
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.question import Form

FUSION_NAME = "fusion-1"
"""Names the formula; raise it when that changes. The coefficients are named by `Fusion.digest`."""

_TRUST = (0.5, 0.2, 0.2)
"""How far the shipped intercept and coefficients are believed to be off, as standard deviations: assumed. In a trial,
20 labels that followed other coefficients took a fit a third of the way to those, 200 labels four fifths."""
_DIGEST_DIGITS = 12

LogOdds = TypeVar("LogOdds", float, NDArray[np.float64])


class Fusion(msgspec.Struct, frozen=True):
    """Coefficients, which never let a judge's "yes" or a better logit lower a score; `name` says where they come from.

    Raises `ValueError` for a slope below 0 and for a number that is not finite.
    """

    intercept: float
    cheap: float
    judge: float
    name: str

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.intercept, self.cheap, self.judge))) or min(self.cheap, self.judge) < 0:
            raise ValueError(f"{self} is no fusion: its numbers are finite, its slopes not below 0")

    @property
    def digest(self) -> str:
        """12 hexadecimal digits over the coefficients, for the name of a scorer."""
        numbers = msgspec.json.encode((self.intercept, self.cheap, self.judge))
        return hashlib.sha256(numbers).hexdigest()[:_DIGEST_DIGITS]

    def combine(self, cheap: LogOdds, relevance: LogOdds) -> LogOdds:
        """The fused log odds of a logit and a judge's relevance, both numbers or both `(n,)`."""
        return self.intercept + self.cheap * cheap + self.judge * relevance


SHIPPED: Mapping[Form, Fusion] = {
    "yes-no": Fusion(-1.28, 0.53, 0.62, "shipped"),
    "fill": Fusion(0.0, 0.7, 0.8, "shipped"),
}
"""What stands until `triage calibrate` has labels, for all topics and models. `yes-no` was fitted to 270 papers of two
graded weeks, judged by Qwen2.5-Coder-1.5B (`benchmarks/judge_quality.py`); `fill` is assumed, not measured."""


def judge_share(cheap_logit: float, relevance: float, fusion: Fusion) -> float:
    """The part "judge" of a score: what it adds to the parts of prior and taste."""
    return fusion.combine(cheap_logit, relevance) - cheap_logit


def fuse_week(cheap: NDArray[np.float64], relevance: NDArray[np.float64], fusion: Fusion) -> NDArray[np.float64]:
    """Log odds of all papers of a week, `(n,)`; a relevance that is NaN means not judged, and leaves the logit."""
    return np.where(np.isnan(relevance), cheap, fusion.combine(cheap, relevance))


def fit_fusion(
    cheap: NDArray[np.float64],
    relevance: NDArray[np.float64],
    labels: NDArray[np.bool_],
    shipped: Fusion,
    weights: NDArray[np.float64] | None = None,
) -> Fusion:
    """Logistic regression on judged papers, all arguments `(n,)`, with slopes of 0 and more; deterministic.

    A Gaussian pull towards `shipped` keeps few labels from swinging it; with none at all, it is `shipped` that comes
    back. SciPy does it, since scikit-learn's regression can neither bound a slope nor pull it elsewhere than to 0.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    features = np.column_stack([np.ones_like(cheap), cheap, relevance])
    start = np.array([shipped.intercept, shipped.cheap, shipped.judge])
    precision = 1 / np.square(_TRUST)
    weight = np.ones_like(cheap) if weights is None else weights

    def measure_loss(numbers: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds, off = features @ numbers, numbers - start
        loss = weight @ (np.logaddexp(0, odds) - labels * odds) + precision @ off**2 / 2
        return float(loss), features.T @ (weight * (expit(odds) - labels)) + precision * off

    bounds = [(None, None), (0, None), (0, None)]
    found = minimize(measure_loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-12})
    intercept, slope, judge = found.x.tolist()
    return Fusion(intercept, slope, judge, f"fitted to {len(labels)} labels")
