"""What gives a main result away in the words of a clause: weighted cues, no model.

The weights were set by hand while reading some 400 real abstracts beside their takeaways; they rank the clauses of one
abstract and mean nothing across abstracts.
"""

# ruff: noqa: RUF001 -- dashes, quotes and signs are what is matched and printed here

import re
from typing import Final

import msgspec

_UNIT = r"(?:%|percent\b|percentage|pp\b|p\.p\.|points?\b|pts?\b|×|[xX]\b|-?fold\b|times\b|orders? of)"
_TIME = r"\d[\d,]*(?:\.\d+)?\s?-?(?:ms|milliseconds?|seconds?|hours?|minutes?)\b"
_NUMBER_WORD = r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_RESULT_NUMBER: Final = re.compile(
    rf"[+−–-]?\d[\d,]*(?:\.\d+)?(?:\s?±\s?[\d.]+)?\s?-?{_UNIT}"
    r"|(?:\b(?:of|to|at|by|is|are|was|were|averages?|averaging|reach\w*|achiev\w*|only|from|scores?)|[=≈<>∼~])"
    r" ?[+−-]?\d*\.\d+(?![\d.]*\s?[BMKT]\b)|[+−]\d+(?:\.\d+)?|[=≈] ?-?\d|\$\d"
    r"|\b\d+(?:\.\d+)? (?:out )?of (?:the )?\d+|\bfrom \d[\d.]* to \d[\d.]*(?!\d|[.\d]*[BM]\b)|\b\d+/\d+\b"
    r"|\d\.\d+ (?:vs\.?|versus|compared)"
    rf"|\b(?:{_NUMBER_WORD}|\d+) (?:out )?of {_NUMBER_WORD}\b"
    rf"|\b(?:by|from|only|within|under) (?:{_TIME}|half\b)|\bhalf (?:of|as)\b"
)
# These tell a result only beside a comparison or in a report; else they describe a set-up: "tasks of 2.3 hours".
_SOFT_NUMBER: Final = re.compile(rf"{_TIME}|\b(?:half|twice|tenfold|two-thirds|one-third|a third)\b")
_MAYBE_NUMBER = re.compile(r"\d|half|twice|fold|third| of ")
_ANY_NUMBER = re.compile(r"(?<![\w.-])\d[\d,.]*\b")


class Cue(msgspec.Struct, frozen=True):
    """A pattern of lower-case text and what a match of it is worth; an anchored one looks at the first words only."""

    name: str
    weight: float
    pattern: re.Pattern[str]
    is_anchored: bool


def _cue(name: str, weight: float, *alternatives: str) -> Cue:
    """A cue of lower-case alternatives that start a word, or, written with "^", the clause."""
    joined = "|".join(alternatives)
    is_anchored = joined.startswith("^")
    return Cue(name, weight, re.compile(joined if is_anchored else rf"\b(?:{joined})"), is_anchored)


_AUTHORS = (
    r"(?:we|this (?:[\w-]+,? ){0,3}(?:paper|work|study|tutorial|report)|"
    r"the paper|this article)(?: \w+ly)?(?: then| also| further| first| therefore| thus)? "
)
_RESULT_VERBS: Final = (
    (
        r"(?:outperform|surpass|exceed|improves?\b|improv(?:ed|ing) (?:\w+ ){0,6}(?:by|from|to|"
        r"over)\b|improvements? (?:of|in|over|on|across)\b|achiev|attain)"
    ),
    (
        r"(?:reduc(?:es?|ed|ing)|increas(?:es?|ed|ing)|drop(?:s|ped)|fail(?:s|ed)?|solves?|"
        r"resolves?|reach(?:es|ed)?|matches|matched (?:the|or|by))\b"
    ),
    (
        r"(?:cuts?|rais(?:es|ed)|delivers?|lifts?|rises?|rose|falls?|fell|completes|completed|lags?|"
        r"scor(?:es|ed) (?:only|just|at|below|above|between|around|\d)|beats?|passes)\b"
    ),
    (
        r"(?:boost|yield|retains\b|elevat|driv(?:es|ing)\b|drove\b|(?:led|leads?) (?:at|with) \d|"
        r"gain|degrad|declin|decreas|succeed|accelerat|speedup|doubl|collaps|underperform|struggl|worsen|outscore)"
    ),
    (
        r"(?:undermin|halv|narrows|widens|diverges?\b|converg|correlat|agree(?:s|d|ment (?:of|with))\b|"
        r"recover(?:s|ed)\b|generaliz(?:es|ed)|detects?\b|varies\b|gap\b|separates\b|distinguish(?:es)?\b)"
    ),
    r"identified|uncovered|surfaced|led to|remain(?:s|ed)? (?:far |well )?(?:below|low|limited)|accounts? for",
)
ALL_CUES: Final = (
    _cue("result verb", 1.2, *(rf"(?<!to )(?:{verbs})" for verbs in _RESULT_VERBS)),  # "to improve" is a plan
    _cue(
        "comparison",
        0.7,
        r"(?:(?<!rather )(?<!other )than|baselines?|compared (?:to|with)|relative to|versus|vs|state-of-the-art|sota|"
        r"best|strongest|highest|best-performing|up to)\b",
        r"(?:at most|at least|worse|(?<!for )(?<!to )better|higher|lower|fewer|more|faster)\b",  # "for better": a plan
    ),
    _cue(
        "finding",
        0.6,
        r"(?:even|only|fewer than|less than|no (?:model|agent|system|single)|none|never|rarely|most|"
        r"majority|significant(?:ly)?|miscalibrated|overconfident|brittle)\b",
        r"all (?:\w+ )?(?:tested|evaluated|models|agents|systems|methods)\b",
        r"(?:does not|do not|did not|cannot|no longer|consistent(?:ly)?|primarily|largely|strong(?:ly|est)?)\b",
    ),
    _cue("live test", 0.8, r"a/b|online\b.{0,40}?\b(?:tests?|experiments?|deployment)|deployed\b|production\b"),
    _cue(
        "introduction",
        -0.1,
        _AUTHORS + r"(?:propose|introduce|present)(?:s|d|ed)?\b",
        r"the (?:goal|aim|objective) of this (?:work|paper|study) is\b",
        r"we (?:address|tackle|fill|close|bridge) th\w+ (?:[\w-]+ )?\w+ (?:with|by introducing)\b",
    ),
    _cue(
        "headline",
        0.5,
        r"^(?:(?:on|under|across|in|with|among|of|for|at)\b[^,]*, )?(?:even )?the (?:best|strongest|highest|top)\b(?!,)"
        r"(?! (?:\w+ )?(?:baselines?|competitors?|prior|existing|previous)\b)",
    ),
    _cue(
        "main finding",
        1.5,
        r"(?:main|key|central|primary|headline) (?:finding|result|observation|conclusion)(?: is| was|:)",
    ),
    _cue("unnamed", -0.4, r"^(?:the(?: proposed)?|this) (?:approach|method|framework|model|system|pipeline|loop)\b"),
    _cue("argument", -0.7, _AUTHORS + r"(?:argues?|argued)\b"),
    _cue("live gain", 0.4, r"(?:a/b|online|live|production|deployed)\b.*\d\s?(?:%|percent)"),
    _cue(
        "vague gain",
        -0.4,
        r"(?:significant|substantial|consistent|notable|considerable|remarkable)(?:ly)? (?:\w+ )?"
        r"(?:improvements?|gains?|(?:outperform|surpass)\w* (?:[\w-]+ ){0,4}(?:baselines|methods|approaches|models))\b"
        r"(?!.*\d)",
        r"(?:demonstrat|validat|verif|show|confirm)\w* (?:the|its|our) (?:\w+ )?(?:effectiveness|efficacy)\b",
    ),
    _cue(
        "trial",
        0.5,
        r"(?:(?<!prior )experiments?|experimental|evaluations?|empirical(?:ly)?|evaluating|trials?|tests?)\b",
    ),
    _cue(
        "proposal",
        -1.6,
        _AUTHORS + r"(?:develop|describe|design|construct|build|formali[sz]e|create|curate|explore|"
        r"investigate|study|examine|release|address(?!e?s? th\w+ (?:[\w-]+ )?\w+ (?:with|by)\b)|"
        r"adopt|provide|define|offer|employ|leverage|use|apply|implement|extend|collect|"
        r"formulate|revisit|consider|aim|focus|ask|"
        r"model|contribute|outline|derive|discuss|survey|review|treat|decompose|instantiate|characteri[sz]e|track|clarify|"
        r"buil[td]|studie|applie|produce)(?:s|d|ed)?\b",
    ),
    _cue(
        "set-up",
        -1.6,
        r"(?<!models )(?<!model )(?<!agents )(?<!agent )(?<!systems )(?<!system )(?<!methods )(?<!all )"
        r"we (?:\w+ly |also |then )?(?:evaluate|conduct|test|benchmark|compare|analy[sz]e|assess|audit|measure|"
        r"run|ran|perform|validate|collect|sample|prompt|query|aggregate|annotate)(?:d|ed)?\b"
        r"(?!.*\b(?:find|show|observ(?!ed \w+s\b)|achiev|improv|(?<!to )(?<!by )demonstrat|"
        r"reveal|outperform|indicat|all of which)\w*\b)",
        r"(?:are|is|was|were) (?:evaluated|conducted|validated|tested|assessed|compared|measured) ",
    ),
    _cue(
        "method",
        -1.3,
        r"(?:consists? of|comprises?|is (?:built|designed|based|trained|organized|composed)|"
        r"are (?:then )?(?:trained|fed|combined))\b",
        r"(?:modules?|leverages?|employs?|incorporates?|integrates?|decomposes?|formulates?|"
        r"encodes?|utilizes?|adopts?)\b",
        r"(?:is an? (?:set|method|runtime|module|component) |"
        r"each (?:task|instance|item|example|scenario)|is equipped|operates|"
        r"runs (?:in|on|as)\b|constructs?|two stages)\b",
        r"to (?:capture|enable|ensure|support|deploy|preserve|encode)\b",
    ),
    _cue(
        "description",
        -0.6,
        r"^(?:the (?:\w+ )?(?:dataset|benchmark|framework|architecture|module|release|suite|corpus|toolkit|platform|"
        r"simulator)|it|(?!we |this )[a-z]\S+)(?: further| then|"
        r" also)? (?:includes?|contains?|encompass\w*|features?|"
        r"covers?|compris\w+|consists?|spans?|introduces?|provides?|enhances?|organizes?|uses?|"
        r"combines?|supports?|builds?|treats?|"
        r"models?|maintains?|performs?|consolidates?|evaluates|implements?|applies|specifies|injects?|"
        r"fuses?|routes?|transforms?)\b",
    ),
    _cue("scale", 0.5, r"benchmark (?:of|with|comprising|containing)\b|(?:compris|contain|span|cover)\w* [\d,]+"),
    _cue(
        "detail",
        -1.0,
        r"^(?:concretely|specifically|technically|conceptually|in detail|by \w+ing|to (?:the best of )?our)\b",
    ),
    _cue("secondary", -0.5, r"(?<!that )(?<!which )(?:further|also|additionally|we first|ablations?)\b"),
    _cue("breadth", 0.6, r"^(?:across(?! both\b)|evaluating|over) [^,]{3,80}, "),
    _cue(
        "background",
        -2.6,
        r"(?:recent(?:ly)?(?! years)|existing|current(?:ly)? (?:approaches|methods|benchmarks|"
        r"evaluations?|agents? are)|traditional)\b",
        r"(?:conventional(?:ly)? (?:methods|approaches)|prior|previous (?:work|studies|methods)|"
        r"increasingly|promising|widely(?! used (?:\w+ )?(?:bench|data)))\b",
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
        r"^(?:[^,]*, )?these (?:results|findings|observations|insights|contributions|advances) ",
        r"^(?:[^,]*, )?(?:our|the) (?:results|findings|observations|insights) (?:\w+ )?(?:highlight|"
        r"underscore|suggest|establish|point|position|provide|offer|motivate)",
        r"^this (?:suggests|highlights|indicates|finding)",
    ),
    _cue(
        "future",
        -3.0,
        r"future (?:work|research|directions?|studies|evaluations)|further (?:research|work)\b",
        r"we (?:hope|plan|recommend|conclude by|discuss|outline)\b",
        r"(?:identify|highlight|present) (?:[\w-]+ ){0,2}(?:challenges|directions|opportunities)\b",
    ),
    _cue(
        "availability",
        -8.0,
        r"https?://|github\b(?! (?:repositories|issues|pull|projects|stars|actions|copilot))",
        r"available (?:at|on|under|upon|in|here)\b|project page\b|accepted (?:at|to|by)\b",
        r"(?:code|data(?:sets?)?|models?|benchmark|materials?|demo|website|corpus|weights|"
        r"artifacts?|framework|implementation)\b"
        r".{0,40}?\b(?:available|(?:is|are|been|be|publicly|fully) released|open-?sourced?|accessible)\b",
        r"we (?:\w+ )?(?:release|open-?source|make|publish)\b",
        r"(?:package|repository|release|artifacts?) (?:provides?|includes?|contains?)\b",
    ),
    _cue("question", -3.0, r"\w+\?"),
    _cue("truism", -1.5, r"^(?:most|many) (?:people|practitioners|researchers|teams|organi[sz]ations|papers)\b"),
    _cue(
        "aside",
        -1.0,
        r"an? follow-up\b|post[- ]hoc\b|we (?:do not|make no) claim\b",
        r"we (?:position|(?:further|also) argue)\b|this (?:phase|step|stage)\b",
    ),
    _cue(
        "pronoun",
        -0.4,
        r"^(?:it|they|this (?:\w+ly )?(?:is|enables?|allows?|leads?|makes?|ensures?))\b",
    ),
    _cue(
        "pointer",
        -0.9,
        r"^(?:it|they|this(?! (?:paper|work|study|article))|these|those|such|its|their|"
        r"the (?:former|latter|result|resulting)|that|here)\b",
        r"^(?!although|while|when|as|if|after|before|once)[^,]{0,60}, (?:it|they|this|these)\b",
        r"^(?:in this setting|the (?:first|last|other|remaining|same) (?:two|three|four|five)\b|combined with the\b)",
    ),
    _cue("baseline", -0.9, r"^(?:[^,]*, )?(?:even )?(?:the|an?) (?:[\w-]+ ){0,3}baseline\b"),
    _cue(
        "check",
        -1.6,
        r"human (?:evaluation|study)\b.{0,60}? confirms|"
        r"(?:calibration|sanity|validity) checks?\b|human validation|inter-?(?:annotator|rater)\b",
    ),
    _cue("bound", -0.5, r"suboptimality|asymptotic|theorem|bounded by|o\("),
    _cue(
        "pointer inside",
        -0.4,
        r"(?<=.)(?<!address )(?<!bridge )(?<!fill )(?<!close )"
        r"(?<!tackle )(?:these|those|this) (?!papers?|work|stud|article|results?|findings?)\w+",
        r"(?<=.)that (?:\w+ed )?(?:set|gap|condition|benchmark)\b",
    ),
    _cue("work of others", -2.0, r"^(?:prior|previous|earlier) (?:works?|stud|methods?|approach|research|benchmarks?)"),
    _cue("example", -2.0, r"^(?:for example|for instance|e\.g|to illustrate)"),
    _cue("enumeration left over", -0.6, r"^.*\((?:[12ab]|ii?)\)"),
    _cue(
        "announcement",
        -1.5,
        r"(?:two|three|four|five|six|several|following|key) (?:\w+ )?(?:findings|patterns|results|"
        r"insights|lessons|contributions|observations|limitations|directions|challenges|questions|conclusions)\b",
        r"(?:reveal|show|expose|uncover|exhibit)\w* an? (?:\w+ ){0,2}(?:reality|trade-?off|pattern|"
        r"trend|gap|picture|degradation|difference|disparity|contrast|tension|phenomenon)\.$",
        r"(?:reveal|show|expose|uncover|exhibit)\w* [\w-]+ and [\w-]+ \w+s\.$",
        r"(?:reveal|show|expose|uncover|exhibit)\w* (?:clear |key |important |distinct )?(?:trade-?offs|patterns|"
        r"differences) (?:across|between|among) [\w-]+(?: and [\w-]+)?\.$",
        r"shows? (?:where|how|why|what)\b",
        r"(?:reveals?|exposes?|uncovers?) an? (?:[\w-]+ ){0,3}[\w-]+\.$",
    ),
)


def cues_of(sentence: str) -> tuple[Cue, ...]:
    """The cues that may match a clause of the sentence: those that match it, and those that look at first words."""
    text = sentence.lower()
    return tuple(cue for cue in ALL_CUES if cue.is_anchored or cue.pattern.search(text))


def measures(text: str, *, is_told: bool) -> bool:
    """Whether a number in the text measures something; `is_told` says that its clause tells a finding."""
    if not _MAYBE_NUMBER.search(text):
        return False
    return bool(_RESULT_NUMBER.search(text) or (is_told and _SOFT_NUMBER.search(text)))


def counts(text: str) -> bool:
    """Whether there is a number at all, names such as GPT-5 aside."""
    return _ANY_NUMBER.search(text) is not None
