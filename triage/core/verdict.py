"""What a judge said of one paper for one topic, checked."""

import msgspec

CERTAIN = 5.0
"""Log odds beyond which a judge is not believed more: models are surer of themselves than they are right."""


class CriterionGrade(msgspec.Struct, frozen=True):
    """A criterion's grade from 0 to 4 and the number, from 1, of the abstract's sentence that supports it.

    From a yes-or-no judge it is four times the probability of "yes", without a sentence.
    """

    name: str
    grade: float
    sentence: int | None = None


class WrittenTakeaway(msgspec.Struct, frozen=True):
    """A takeaway in a judge's words, not yet checked against the abstract; `language` is such as `en` or `zh`.

    `sentence` is the number, from 1, of the abstract's sentence that it rests on.
    """

    text: str
    language: str
    sentence: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One paper, one topic. `relevance` is the judge's log odds within ±CERTAIN, not calibrated."""

    relevance: float
    grades: tuple[CriterionGrade, ...]
    takeaways: tuple[WrittenTakeaway, ...] = ()
    flags: tuple[str, ...] = ()
