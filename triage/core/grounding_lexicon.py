"""The word lists of grounding: what carries no claim, what says more or less, what denies, weakens or overstates."""

from collections.abc import Mapping
from typing import Final

_GRAMMAR_WORDS: Final = (
    "a an the and or of in on to for from by with at as is are was were be been being it its this that these those "
    "they their them we our us ours which who whose what where when while whereas than then there here how if into "
    "onto over under across through throughout against among between about per via such so also both either do does "
    "did doing done has have had having can will would shall one ones other others another own more much further "
    "still yet longer even though although but however thus hence thereby therefore without within upon after before "
    "during towards toward including include includes like using used use uses compared relative versus vs up "
    "down out off e g i s t re whether well just rather too not no nor respective respectively percentage percent "
    "points point times fold pp very whatever regardless especially particularly namely instead each only must should"
)
_REPORTING_WORDS: Final = (
    "based show shows showed shown showing demonstrate demonstrates demonstrated find finds found report reports "
    "reported reveal reveals observe observes present presents propose proposes proposed introduce introduces "
    "introduced new novel paper papers work study authors author results result experiments experiment experimental "
    "experimentally empirically evaluation evaluations extensive comprehensive method approach framework model system "
    "overall make makes making let lets give gives giving given get gets getting achieve achieves achieved achieving "
    "reach reaches reached reaching attain attains attained obtain obtains obtained deliver delivers delivered yield "
    "yields yielding score scores clearly visibly peak peaks"
)
_UP_WORDS: Final = (
    "improve increase raise boost lift elevate enhance gain grow rise higher faster accelerate speedup double triple "
    "outperform beat surpass exceed better strengthen widen amplify superior outscore expand more advance "
    "upgrade uplift larger greater stronger"
)
_DOWN_WORDS: Final = (
    "reduce lower decrease decline degrade shrink narrow fall worsen less fewer slower collapse halve underperform "
    "worse hurt harm impair inferior lag weaken diminish minimize mitigate alleviate suppress smaller cut trail "
    "cheaper shorten drop deteriorate undermine slow erode"
)
_NEGATORS_WORDS: Final = (
    "not no never none neither nor without cannot can't don't doesn't didn't isn't aren't won't n't fail fails "
    "failed failing lack lacks lacked lacking avoid avoids avoided avoiding hardly "
    "barely rarely seldom little few unable nothing absent"
)
_MODALS_WORDS: Final = (
    "may might could possibly potentially often sometimes partially partly virtually nearly almost mostly some many "
    "likely suggest suggests appear appears seem seems tend tends largely generally typically usually frequently "
    "occasionally"
)

GRAMMAR: Final = frozenset(_GRAMMAR_WORDS.split())
"""Words that carry no claim of their own."""

REPORTING: Final = frozenset(_REPORTING_WORDS.split())
"""What every abstract says of itself, and the plainest verbs: a line may add them."""

UP: Final = frozenset(_UP_WORDS.split())
"""Words that say more or better."""

DOWN: Final = frozenset(_DOWN_WORDS.split())
"""Words that say less or worse."""

NEGATORS: Final = frozenset(_NEGATORS_WORDS.split())
"""Words that turn what follows into its opposite."""

MODALS: Final = frozenset(_MODALS_WORDS.split())
"""Words that make a claim weaker."""

STRONG: Final[Mapping[str, str]] = {
    "all": "all every each entire whole everything everywhere any universal universally",
    "always": "always invariably", "never": "never", "only": "only solely exclusively sole just",
    "best": "best strongest highest largest top greatest leading optimal most", "worst": "worst weakest lowest "
    "smallest least",
    "first": "first pioneer pioneering", "sota": "sota", "fully": "fully completely perfectly perfect entirely totally",
    "guarantee": "guarantee guarantees guaranteed guaranteeing guarantee ensure ensures ensuring ensured certify "
    "certifies certified", "prove": "prove proves proved proof proven provable provably", "cause": "cause because "
    "due causal causes caused causing causally",
    "eliminate": "eliminate eliminates eliminated eliminating solve solves solved", "significant": "significant "
    "significantly substantial substantially dramatic dramatically considerable",
    "consistent": "consistent consistently", "human": "superhuman human-level", "unprecedented": "unprecedented "
    "breakthrough revolution revolutionary",
}  # fmt: skip
"""Kinds of strong claims, and their words: none may be added."""

IRREGULAR: Final[Mapping[str, str]] = {
    word: lemma
    for lemma, words in {
        "rise": "rose risen arise", "fall": "fell fallen", "grow": "grew grown", "find": "found finding findings",
        "beat": "beaten beats", "lead": "led", "draw": "drew drawn", "give": "gave given gives giving",
        "take": "took taken",
        "make": "made makes making", "run": "ran running runs", "keep": "kept", "drop": "dropped",
        "cut": "cuts cutting",
        "solve": "solution solutions", "better": "best", "datum": "data dataset datasets", "analyse": "analysis "
        "analyses analyze analyzing",
        "hold": "held", "lose": "lost loses losing", "reduce": "reduction reductions", "meet": "met",
        "choose": "chose chosen choice choices",
        "build": "built", "write": "wrote written", "learn": "learnt", "use": "used uses using usage",
        "fail": "failure failures",
        "train": "training trained trains", "model": "modeling modelling", "rank": "ranking rankings",
        "index": "indices",
    }.items()
    for word in words.split()
}  # fmt: skip
"""Forms that the rules of `grounding_words` would not bring together, and the one that stands for them."""

SYNONYMS: Final = (
    "achieve attain reach obtain deliver yield score get earn hit give offer provide bring produce",
    "keep preserve retain maintain stay remain",
    "need require demand", "use employ utilize leverage exploit apply via", ("show demonstrate reveal indicate "
    "exhibit display"),
    "help aid assist", "many numerous several multiple various diverse", ("large substantial big considerable "
    "significant marked"),
    "predict forecast", "drop remove discard", "start initial begin", "people human", ("paper work study survey "
    "article report"),
    "approach method technique framework system", "language llm lm", "let allow enable permit", ("fix repair correct "
    "resolve"),
    "task problem", "include contain comprise cover span", "run execute", "match equal rival par tie",
    "whole full entire", "nearly almost virtually", "enough sufficient", "main primary chief", ("test evaluate assess "
    "measure"),
    "strong robust", "cost expense", "create build construct generate", "change alter modify shift", "agent agentic",
    "public open", "compromise sacrifice", "large huge massive", "kind type", "part component", "quick fast rapid",
    "answer respond",
    "difficult hard challenging", "easy simple", "happen occur", "mistake error", "wrong incorrect", ("right correct "
    "accurate"),
    "lack miss absent", "guide steer", "rely depend", "collect gather", "compare comparison", "speed fast",
    "often frequent",
    "roughly about approximate around", "describe description", "summarize summary", "explain explanation",
    "simulate simulator",
    "unlike contrast",
    "difference gap", "combine integrate couple", "detect identify spot find discover", "small compact",
)  # fmt: skip
"""Groups of words that may stand for one another."""
