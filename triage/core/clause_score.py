"""How much a clause of an abstract looks like its main result: its cues, its numbers and its place."""

import re
from typing import Final

import msgspec

from triage.core.clauses import Clause
from triage.core.result_cues import ALL_CUES, Cue, counts, measures

_OWN = re.compile(
    r"\b(?:we|our|(?:this|the present) (?:[\w-]+,? ){0,3}(?:paper|work|study|article|report|survey|thesis|tutorial))\b",
    re.IGNORECASE,
)
_INTRODUCES = re.compile(
    r"\b(?:we|paper|work|study|article|tutorial)\b[^.]{0,30}? (?:propose|introduce|present)", re.IGNORECASE
)
_REPORTS = re.compile(
    r"\b(?:experiments?|results?|evaluations?|analys[ei]s|we)\b"
    r"(?:(?!also|further)[^.]){0,80}? (?:show|find|found|reveal|demonstrate|observe)",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(  # the report itself is in the next sentence
    r"\b(?:reveals?|shows?|find) (?:\w+ )?(?:trade-?offs|patterns|differences|findings)\b[^,;:\d]{0,60}\.?$"
)
_PURPOSE = re.compile(  # tells no result, nor does a question
    r"(?:(?<=(?:is|re) (?:designed|intended)) to|\bwhether) (?:(?! and )[^,;:.])*"
)
_TAKES_BACK = re.compile(
    r"(?:However|Nevertheless|Nonetheless|But|Yet|Still|In contrast|Conversely)\b"
    r"|[^.,]{0,40}? (?:corrects|fixes|resolves|addresses|overcomes) (?:this|these)\b"
)
_LATE: Final = 0.45  # behind this share of the abstract, "existing" and "typically" seldom open the background
_SAYS_SOMETHING: Final = frozenset(
    {"result verb", "comparison", "finding", "introduction", "argument", "scale", "breadth"}
)
_TELLS_NUMBER: Final = frozenset({"comparison", "finding"})
_PLANS: Final = frozenset({"introduction", "proposal", "set-up"})
_PRAISE: Final = frozenset({"result verb", "comparison", "finding", "live test", "trial"})
_RESULT: Final = 3.0  # a number that measures
_COUNT: Final = 0.4  # a number that only counts
_REPORTED: Final = 0.8
_SAYS_NOTHING: Final = -1.0
_SECOND_HALF: Final = 0.9  # results stand there; less, pro rata, before
_BEFORE_OWN_WORK: Final = -2.2
_NAMED: Final = 0.6
_FULL_LENGTH: Final = 60  # shorter clauses lose a point for 30 characters
_FEW: Final = 2
_INTRODUCED: Final = 0.2  # what the authors introduce first is the work; the rest, less by as much, are its parts
_FIRST_REPORT: Final = 0.4  # the main finding is mostly told before the others
_TAKEN_BACK: Final = -0.6


class Place(msgspec.Struct, frozen=True):
    """Where a clause stands: in sentence `index` (from 0) of `count`, in a paper whose title calls its system `name`.

    The authors first speak of themselves in sentence `own_work` of what they made in
    `introduced`, of what they found in `reported`;
    `is_taken_back` says that the next sentence opens with "however" or the like: this one tells half of the story.
    """

    index: int
    count: int
    name: str = ""
    own_work: int = 0
    introduced: int = 0
    reported: int = 0
    is_taken_back: bool = False

    @property
    def share(self) -> float:
        """0 for the first sentence, 1 for the last."""
        return self.index / (self.count - 1) if self.count > 1 else 1.0


def score_clause(clause: Clause, place: Place, cues: tuple[Cue, ...] = ALL_CUES) -> float:
    """Higher is more like a main result; comparable between the clauses of one abstract only."""
    text = clause.text
    lowered = _PURPOSE.sub("", text.lower())
    matched = [cue for cue in cues if cue.pattern.search(lowered)]
    names = {cue.name for cue in matched}
    has_number = measures(text, is_told=clause.reported or bool(names & _TELLS_NUMBER))
    score = sum(
        cue.weight * _discount(cue.name, names, place, is_backed=has_number or clause.reported) for cue in matched
    )
    is_backed = has_number and ("result verb" in names or not names & _PLANS)
    score += _RESULT if is_backed else _COUNT if counts(text) else 0.0
    score += _REPORTED if clause.reported else 0.0
    score += 0.0 if is_backed or clause.reported or names & _SAYS_SOMETHING else _SAYS_NOTHING
    score += _SECOND_HALF * min(2 * place.share, 1.0) + (_BEFORE_OWN_WORK if place.index < place.own_work else 0.0)
    score += _NAMED if place.name and place.name.lower() in lowered else 0.0
    if "introduction" in names:
        score += _INTRODUCED if place.index <= place.introduced else -_INTRODUCED
    score += _FIRST_REPORT if place.index == place.reported and "vague gain" not in names else 0.0
    score += _TAKEN_BACK if place.is_taken_back else 0.0
    return score - clause.cost - max(0.0, (_FULL_LENGTH - len(text)) / 30)


def _discount(cue: str, names: set[str], place: Place, *, is_backed: bool) -> float:
    """Background is a matter of place; big words pass with a number behind them, and count less in a proposal."""
    if cue == "background":
        return 1.0 if place.share <= _LATE else 0.1 if is_backed else 0.3
    if cue == "interpretation" and (is_backed or "introduction" in names):
        return 0.4
    if cue == "live test" and not (is_backed or "result verb" in names):
        return 0.0
    return 0.3 if cue in _PRAISE and "introduction" in names else 1.0


def find_places(sentences: list[str], title: str) -> list[Place]:
    """The place of each sentence of an abstract."""
    own_work, introduced = (_find(pattern, sentences) for pattern in (_OWN, _INTRODUCES))
    reported = introduced + 1 + _find(_REPORTS, sentences[introduced + 1 :])
    reported += bool(sentences[reported:] and _ANNOUNCES.search(sentences[reported]))
    name = _system_name(title)
    return [
        Place(index, len(sentences), name, own_work, introduced, reported, _TAKES_BACK.match(following) is not None)
        for index, following in enumerate([*sentences[1:], ""][: len(sentences)])
    ]


def _find(pattern: re.Pattern[str], sentences: list[str]) -> int:
    return next((index for index, sentence in enumerate(sentences) if pattern.search(sentence)), 0)


def _system_name(title: str) -> str:
    """The name before the colon of a title such as "RQ-Rec: Semantic IDs ..."; empty where there is none."""
    name, colon, _ = title.partition(":")
    name = name.strip()
    return name if colon and 0 < len(name.split()) <= _FEW and any(character.isupper() for character in name) else ""
