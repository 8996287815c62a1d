"""How answers of the miss audit and of agreement look; as `examples`."""

from datetime import UTC, datetime
from typing import Final

from triage.core.agreement import Coefficients, Measure, ReaderPair
from triage.core.misses import Interval, MissEstimate
from triage.core.wording import Boundary, Share, Wording
from triage.reading.agreement import Agreement, ReaderVotes, SplitPaper
from triage.reading.audits import Question, Questions
from triage.store.adjudications import Adjudication

_TOPIC: Final = "generative-recommendation"
_WEEK: Final = "2026-W20"
_TITLE: Final = "Tokenizing Catalogues for Recommendation"
_NOON: Final = datetime(2026, 5, 18, 12, tzinfo=UTC)

QUESTIONS: Final = Questions(
    _TOPIC,
    _WEEK,
    _NOON,
    (
        Question(
            "2605.90041",
            _TITLE,
            "We learn item tokens from a catalogue. They help cold items most.",
            ("Cy Specimen",),
            ("cs.IR",),
            "They help cold items most.",
            vote=None,
        ),
    ),
)
MISSES: Final = MissEstimate(
    weeks=4,
    below=1_560,
    asked=24,
    answered=24,
    relevant=2,
    missed=Interval(12.0, 1.6, 36.0),
    missed_per_week=Interval(3.0, 0.4, 9.0),
    found=Interval(61.0, 57.0, 64.0),
    recall=Interval(0.84, 0.62, 0.97),
    wanted=0.8,
    level=0.95,
    cut=34,
)
ADJUDICATION: Final = Adjudication(
    _TOPIC, "2605.90041", 1, "carol", "Item tokens are generated, not only embedded.", _NOON
)
_MEASURES: Final = Coefficients(
    38, 3, 81, Measure(0.84, 0.73, 0.94), Measure(0.66, 0.41, 0.87), Measure(0.71, 0.5, 0.9)
)
AGREEMENT: Final = Agreement(
    _TOPIC,
    (ReaderVotes("reader 1", 21, 2, 16), ReaderVotes("reader 2", 24, 1, 17)),
    6,
    _MEASURES,
    _MEASURES,
    ((19, 1, 3), (1, 0, 0), (2, 0, 12)),
    (ReaderPair("reader 1", "reader 2", 38, 6, 0.66, 0.71),),
    (SplitPaper("2605.90015", _TITLE, _WEEK, 0.58, 1, 0, 1, 1.0, None),),
    (),
    (Wording("cue", "item token*", Share(9, 4, 0.19, 0.73)),),
    (Boundary("Semantic IDs for items", "Embeddings for retrieval alone", Share(7, 3, 0.16, 0.75)),),
)
