"""How much a clause of an abstract looks like its main result: weighted cues, no model.

The weights were set by hand while reading some 400 real abstracts beside their takeaways; they rank the clauses of one
abstract and mean nothing across abstracts.
"""

# ruff: noqa: RUF001 -- dashes, quotes and signs are what is matched and printed here

import re
from typing import Final

import msgspec

from triage.core.clauses import Clause

_UNIT = (
    r"(?:%|percent\b|percentage|pp\b|p\.p\.|points?\b|pts?\b|×|x\b|-?fold\b|times\b|ms\b|"
    r"seconds?\b|hours?\b|minutes?\b|orders? of)"
)
RESULT_NUMBER: Final = re.compile(
    rf"[+−–-]?\d[\d,]*(?:\.\d+)?(?:\s?±\s?[\d.]+)?\s?-?{_UNIT}"
    r"|(?:\b(?:of|to|at|by|reach\w*|achiev\w*|only|from|scores?)|[=≈<>∼~]) ?[+−-]?\d*\.\d+|"
    r"[+−]\d+(?:\.\d+)?|[=≈] ?-?\d|\$\d"
    r"|\b\d+(?:\.\d+)? (?:out )?of (?:the )?\d+|\bfrom \d[\d.]* to \d[\d.]*(?!\d|[.\d]*[BM]\b)|\b\d+/\d+\b"
    r"|\b(?:half|twice|tenfold|two-thirds|one-third|a third)\b"
)
_MAYBE_NUMBER = re.compile(r"\d|half|twice|fold|third")
_ANY_NUMBER = re.compile(r"(?<![\w.-])\d[\d,.]*\b")


class Cue(msgspec.Struct, frozen=True):
    """A pattern of lower-case text and what a match of it is worth."""

    name: str
    weight: float
    pattern: re.Pattern[str]

    @property
    def is_anchored(self) -> bool:
        """Whether it looks at the first words only."""
        return self.pattern.pattern.startswith("^")


def _cue(name: str, weight: float, *alternatives: str) -> Cue:
    """A cue of lower-case alternatives that start a word, or, written with "^", the clause."""
    joined = "|".join(alternatives)
    return Cue(name, weight, re.compile(joined if joined.startswith("^") else rf"\b(?:{joined})"))


_OWN = re.compile(
    r"\b(?:we|our|(?:this|the present) (?:\w+ )?(?:paper|work|study|article|report|survey|thesis))\b", re.IGNORECASE
)
_AUTHORS = (
    r"(?:we|this (?:paper|work|study)|the paper|this article)(?: \w+ly)?(?: then| also|"
    r" further| first| therefore| thus)? "
)
_CUES: Final = (
    _cue(
        "result verb",
        1.2,
        r"(?:outperform|surpass|exceed|improves?\b|improv(?:ed|ing) (?:\w+ ){0,6}(?:by|from|to|"
        r"over)\b|improvements? (?:of|in|over|on|across)\b|achiev|attain)",
        r"(?:reduc(?:es?|ed|ing)|increas(?:es?|ed|ing)|drop(?:s|ped)|fail(?:s|ed)?|solves?|"
        r"resolves?|reach(?:es|ed)?|matches|matched (?:the|or|by))\b",
        r"(?:cuts?|rais(?:es|ed)|delivers?|lifts?|rises?|rose|falls?|fell|completes|completed|lags?|"
        r"scor(?:es|ed)|beats?|passes)\b",
        r"(?:boost|yield|gain|degrad|declin|decreas|succeed|accelerat|speedup|doubl|collaps|"
        r"underperform|struggl|worsen|outscore)",
        r"(?:undermin|halv|narrows|widens|converg|correlat|agree(?:s|d|ment (?:of|with))\b|"
        r"recover(?:s|ed)\b|generaliz(?:es|ed)|detects?\b|varies\b|gap\b)",
        r"led to|remain(?:s|ed)? (?:far |well )?(?:below|low|limited)|accounts? for",
    ),
    _cue(
        "comparison",
        0.7,
        r"(?:than|baselines?|compared (?:to|with)|relative to|versus|vs|state-of-the-art|sota|best|"
        r"strongest|best-performing|up to)\b",
        r"(?:at most|at least|worse|better|higher|lower|fewer|more|faster)\b",
    ),
    _cue(
        "finding",
        0.6,
        r"(?:even|only|fewer than|less than|no (?:model|agent|system|single)|none|never|rarely|most|"
        r"majority|significant(?:ly)?)\b",
        r"(?:does not|do not|did not|cannot|no longer|consistent(?:ly)?|primarily|largely|strong(?:ly|est)?)\b",
    ),
    _cue("live test", 0.8, r"a/b|online\b.{0,40}?\b(?:tests?|experiments?|deployment)|deployed\b|production\b"),
    _cue(
        "introduction",
        0.3,
        _AUTHORS + r"(?:propose|introduce|present)s?\b",
        r"the (?:goal|aim|objective) of this (?:work|paper|study) is\b",
    ),
    _cue("trial", 0.5, r"(?:experiments?|experimental|evaluations?|empirical(?:ly)?|evaluating|trials?|tests?)\b"),
    _cue(
        "proposal",
        -1.6,
        _AUTHORS + r"(?:develop|describe|design|construct|build|formali[sz]e|create|curate|explore|"
        r"investigate|study|examine|release|address|"
        r"argue|adopt|provide|define|offer|employ|leverage|use|apply|implement|extend|collect|"
        r"formulate|revisit|consider|aim|focus|ask|"
        r"model|contribute|outline|derive|discuss|survey|review|treat|decompose|instantiate|characteri[sz]e|track)s?\b",
    ),
    _cue(
        "set-up",
        -1.6,
        r"we (?:\w+ly )?(?:evaluate|conduct|test|benchmark|compare|analy[sz]e|assess|audit|measure|"
        r"run|perform|validate|collect|sample)\b"
        r"(?!.*\b(?:find|show|observ|achiev|improv|(?<!to )demonstrat|reveal|outperform|indicat|all of which)\w*\b)",
        r"(?:are|is|was|were) (?:evaluated|conducted|validated|tested|assessed|compared|measured) ",
    ),
    _cue(
        "method",
        -1.3,
        r"(?:consists? of|comprises?|is (?:built|designed|based|trained|organized|composed)|"
        r"are (?:then )?(?:trained|fed|combined))\b",
        r"(?:modules?|leverages?|employs?|incorporates?|integrates?|decomposes?|formulates?|"
        r"encodes?|utilizes?|adopts?)\b",
        r"(?:each (?:task|instance|item|example)|is equipped|operates|constructs?|two stages)\b",
        r"to (?:capture|enable|ensure|support|deploy|preserve|encode)\b",
    ),
    _cue(
        "description",
        -0.6,
        r"^(?:the (?:dataset|benchmark|framework)|it|[a-z]\S+)(?: further| then|"
        r" also)? (?:includes?|contains?|encompass\w*|features?|"
        r"covers?|compris\w+|consists?|spans?|introduces?|provides?|enhances?|organizes?|uses?|"
        r"combines?|supports?|builds?|treats?|"
        r"models?|maintains?|performs?|consolidates?|evaluates|implements?)\b",
    ),
    _cue("scale", 0.5, r"benchmark (?:of|with|comprising|containing)\b|(?:compris|contain|span|cover)\w* [\d,]+"),
    _cue(
        "detail",
        -1.0,
        r"^(?:concretely|specifically|technically|conceptually|in detail|by \w+ing|to (?:the best of )?our)\b",
    ),
    _cue("secondary", -0.5, r"(?<!that )(?<!which )(?:further|also|additionally)\b"),
    _cue("breadth", 0.6, r"^(?:across|evaluating|over) [^,]{3,80}, "),
    _cue(
        "background",
        -2.6,
        r"(?:recent(?:ly)?(?! years)|existing|current(?:ly)? (?:approaches|methods|benchmarks|"
        r"evaluations?|agents? are)|traditional)\b",
        r"(?:conventional(?:ly)? (?:methods|approaches)|prior|previous (?:work|studies|methods)|"
        r"increasingly|promising|widely)\b",
        r"(?:have|has) (?:emerged|become|shown|gained|attracted|made|been)\b|(?:typically|often|"
        r"growing|rapid|crucial|essential)\b",
        r"(?:un|under)explored\b|open (?:question|problem|challenge)\b|little is known\b|overlook|"
        r"no (?:empirical|systematic)\b",
        r"remains? (?:unclear|challenging|a challenge|open|poorly|largely|under|an open|"
        r"difficult)\b|lack(?:s|ing)?\b|suffer",
        r"plays? a|critical for\b",
    ),
    _cue(
        "interpretation",
        -0.9,
        r"(?:highlight|underscor|suggest|insights?|pave|foundation|point(?:s|ing)? to|call(?:s|"
        r"ing)? for|effectiveness|superiority)\w*",
        r"(?:validat(?:e|es|ing) (?:the|its|our)|practical value|potential|motivat|guidance|"
        r"implications?|establish(?:es)? a)\w*",
        r"(?:offers? a|provides? (?:a|an|the|insights?)|new paradigm|promising|should|enabl(?:es?|ing)|contribut)\w*",
    ),
    _cue(
        "interpretive opening",
        -0.8,
        r"^(?:[^,]*, )?these (?:results|findings|observations|insights) ",
        r"^(?:[^,]*, )?(?:our|the) (?:results|findings|observations|insights) (?:\w+ )?(?:highlight|"
        r"underscore|suggest|establish|point|"
        r"position|provide|offer|motivate)",
        r"^this (?:suggests|highlights|indicates|finding)",
    ),
    _cue(
        "future",
        -3.0,
        r"future (?:work|research|directions?|studies)|further (?:research|work)\b",
        r"we (?:hope|plan|recommend|conclude by|discuss|outline)\b",
    ),
    _cue(
        "availability",
        -8.0,
        r"https?://|github\b|available (?:at|on|under|upon|in|here)\b|project page\b|accepted (?:at|to|by)\b",
        r"(?:code|data(?:sets?)?|models?|benchmark|materials?|demo|website|corpus|weights|"
        r"artifacts?|framework|implementation)\b"
        r".{0,40}?\b(?:available|(?:is|are|been|be|publicly|fully) released|open-?sourced?|accessible)\b",
        r"we (?:\w+ )?(?:release|open-?source|make|publish)\b",
    ),
    _cue("question", -3.0, r"\w+\?"),
    _cue(
        "pointer",
        -0.9,
        r"^(?:it|they|this(?! (?:paper|work|study|article))|these|those|such|its|their|"
        r"the (?:former|latter|result|resulting)|that|here)\b",
        r"^(?!although|while|when|as|if|after|before|once)[^,]{0,60}, (?:it|they|this|these)\b",
        r"^(?:in this setting|the first \w+ models|combined with the)\b",
    ),
    _cue("work of others", -2.0, r"^(?:prior|previous|earlier) (?:works?|stud|methods?|approach|research|benchmarks?)"),
    _cue("example", -2.0, r"^(?:for example|for instance|e\.g|to illustrate)"),
    _cue("enumeration left over", -0.6, r"^.*\((?:[12ab]|ii?)\)"),
    _cue(
        "announcement",
        -1.5,
        r"(?:two|three|four|five|six|several|following|key) (?:\w+ )?(?:findings|patterns|results|"
        r"insights|lessons|contributions|"
        r"observations|limitations|directions|challenges|questions|conclusions)\b",
        r"(?:reveal|show|expose|uncover|exhibit)\w* an? (?:\w+ ){0,2}(?:reality|trade-?off|pattern|"
        r"trend|gap|picture|degradation|difference|disparity|contrast|tension|phenomenon)\.$",
    ),
)
_LATE: Final = 0.45  # behind this share of the abstract, "existing" and "typically" seldom open the background
_SAYS_SOMETHING: Final = frozenset({"result verb", "comparison", "finding", "introduction", "scale", "breadth"})
_PLANS: Final = frozenset({"introduction", "proposal", "set-up"})
_PRAISE: Final = frozenset({"result verb", "comparison", "finding", "live test", "trial"})
_RESULT: Final = 3.0  # a number that measures
_COUNT: Final = 0.4  # a number that only counts
_REPORTED: Final = 0.8
_SAYS_NOTHING: Final = -1.0
_SECOND_HALF: Final = 0.9  # results stand there; less, pro rata, before
_BEFORE_OWN_WORK: Final = -1.6
_NAMED: Final = 0.6
_FULL_LENGTH: Final = 60  # shorter clauses lose a point for 30 characters
_FEW: Final = 2


class Place(msgspec.Struct, frozen=True):
    """Where a clause stands: in sentence `index` (from 0) of `count`; `name` is what the title calls the system, or "".

    `is_own` is False in the sentences before the authors first speak of their work.
    """

    index: int
    count: int
    name: str = ""
    is_own: bool = True

    @property
    def share(self) -> float:
        """0 for the first sentence, 1 for the last."""
        return self.index / (self.count - 1) if self.count > 1 else 1.0


def cues_of(sentence: str) -> tuple[Cue, ...]:
    """The cues that may match a clause of the sentence: those that match it, and those that look at first words."""
    text = sentence.lower()
    return tuple(cue for cue in _CUES if cue.is_anchored or cue.pattern.search(text))


def score_clause(clause: Clause, place: Place, cues: tuple[Cue, ...] = _CUES) -> float:
    """Higher is more like a main result; comparable between the clauses of one abstract only."""
    text = clause.text
    lowered = text.lower()
    matched = [cue for cue in cues if cue.pattern.search(lowered)]
    names = {cue.name for cue in matched}
    has_number = _MAYBE_NUMBER.search(text) is not None and RESULT_NUMBER.search(text) is not None
    score = sum(
        cue.weight * _discount(cue.name, names, place, is_backed=has_number or clause.reported) for cue in matched
    )
    is_backed = has_number and ("result verb" in names or not names & _PLANS)
    score += _RESULT if is_backed else _COUNT if _ANY_NUMBER.search(text) else 0.0
    score += _REPORTED if clause.reported else 0.0
    score += 0.0 if is_backed or clause.reported or names & _SAYS_SOMETHING else _SAYS_NOTHING
    score += _SECOND_HALF * min(2 * place.share, 1.0) + (0.0 if place.is_own else _BEFORE_OWN_WORK)
    score += _NAMED if place.name and place.name.lower() in lowered else 0.0
    return score - clause.cost - max(0.0, (_FULL_LENGTH - len(text)) / 30)


def _discount(cue: str, names: set[str], place: Place, *, is_backed: bool) -> float:
    """Background is a matter of place; big words pass with a number behind them, and count less in a proposal."""
    if cue == "background":
        return 1.0 if place.share <= _LATE else 0.1 if is_backed else 0.3
    if cue == "interpretation" and is_backed:
        return 0.4
    return 0.3 if cue in _PRAISE and "introduction" in names else 1.0


def own_work_starts(sentences: list[str]) -> int:
    """The index of the first sentence with "we", "our" or "this paper"; 0 if there is none."""
    return next((index for index, sentence in enumerate(sentences) if _OWN.search(sentence)), 0)


def system_name(title: str) -> str:
    """The name before the colon of a title such as "RQ-Rec: Semantic IDs ..."; empty where there is none."""
    name, colon, _ = title.partition(":")
    name = name.strip()
    return name if colon and 0 < len(name.split()) <= _FEW and any(character.isupper() for character in name) else ""
