"""A readable sentence cut down to grammatical clauses of itself: words are only dropped at its ends or in parentheses.

Boundaries are punctuation and the words that open subordinate clauses; whether a piece stands by itself is for
`clause_grammar` to say. What would change the meaning is never dropped: a negation, a concession, a condition.
"""

# ruff: noqa: RUF001 -- dashes, quotes and signs are what is matched and printed here

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from triage.core.clause_grammar import PREDICATES, is_clause, may_end, opens_clause, turns_meaning

MAX_LENGTH: Final = 200
_FEWEST_WORDS: Final = 3
_LATER_ITEM: Final = 0.3  # of an enumeration, the first is mostly the main one

_LABEL = re.compile(
    r"^(?:[-•*]+\s+|(?:Key |Main )?(?:Results?(?: and \w+)?|Findings?|Conclusions?|Methods?|Background|Objectives?|"
    r"Contributions?|Takeaways?)\s*[:.–—]\s+|\(?(?:\d|[ivx]{1,4}|[a-d])[).]\s+|(?:First)(?:ly)?, )+"
)
_CONNECTIVE = re.compile(
    r"^(?:however|nevertheless|nonetheless|moreover|furthermore|additionally|in addition|notably|importantly|crucially|"
    r"overall|finally|lastly|specifically|"
    r"in particular|empirically|as a result|consequently|therefore|thus|hence|interestingly|"
    r"surprisingly|remarkably|more importantly|"
    r"most importantly|in this (?:paper|work|study|article|report)|in summary|in conclusion|"
    r"to summarize|here|together|taken together|"
    r"strikingly|in contrast|by contrast|conversely|most notably|more broadly|critically|then|"
    r"accordingly|meanwhile|in short|in total|"
    r"to (?:address|fill|bridge|tackle|"
    r"overcome|close|mitigate|solve|resolve|this end)[^,;:]*|to [a-z]+ [^,;:]*(?=, we )),\s+|"
    r"^(?:Second|Third|Fourth|Fifth)(?:ly)?, |"
    r"^(?:Yet|But|And|So) (?!far\b|that\b)",
    re.IGNORECASE,
)
_MEANS = re.compile(
    r"^(?:Through|By|Using|Deployed|(?:Building|Built) (?:on|upon)|Trained|Evaluated|Tested|Applied|Despite \w+ing|"
    r"Based on|Leveraging|Beyond|Motivated|Inspired|"
    r"Drawing on|Following|Guided by)\b"
    r"[^;:]{5,160}?, (?=(?:we|our|the|[A-Z]\S*) )"
)
_SETTING = re.compile(
    r"^(?:On|Across|In|Over|Using|For|Under|Through)\b[^;:]*?\b(?:benchmark|dataset|experiment|"
    r"evaluation|test|task|stud|model|domain|suite|setting)"
    r"[^;:]*?, (?=(?:we|our|the|both|even|most|all|no|only) |[A-Z])(?![^,]{0,40}, and )"
)
_EVIDENCE: Final = (
    r"experiment(?:s|al|ation)?|evaluations?|results?|analys[ei]s|findings?|stud(?:y|ies)|test(?:s|ing)?|"
    r"trials?|ablations?|comparisons?|"
    r"simulations?|theory|theoretically|investigations?|evidence|observations?|audits?|"
    r"benchmark(?:s|ing)?|deployments?|data|"
    r"measurements?|assessments?|we"
)
_REPORTING = re.compile(
    rf"^(?P<lead>(?=.*?\b(?:{_EVIDENCE}|this (?:paper|work|article))\b)[^;:]{{0,230}}?\b(?:shows?|showed|showcases?|"
    rf"demonstrate[sd]?|reveal(?:s|ed)?|find|found|confirm(?:s|ed)?|"
    r"verif(?:y|ies|ied)|validate[sd]?|establish(?:es|ed)?|prove[sd]?|observed?|report|discover|uncover|conclude)"
    r"(?: \w+ly)? that),? (?P<rest>.+)$",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    rf"^(?:.{{0,160}}?\b(?:{_EVIDENCE})|\w+ing) (?:[^,;:.()]{{0,90}} )?(?<!to )(?:shows?|showed|showing|reveal\w*|"
    r"demonstrat\w+|finds?|found|confirm\w*|observed?|exposes?|uncovers?|indicates?|validates?|verif(?:y|ies))\b|"
    r"^we .*,? and (?:we )?(?:find|show|observe|demonstrate|reveal)\b",
    re.IGNORECASE,
)
_NOT_OURS = re.compile(
    r"\b(?:not|no|neither|little|prior|previous|recent|existing|earlier|literature|others?|they|if|"
    r"whether|once|when|would)\b",
    re.IGNORECASE,
)
_PAIRED = re.compile(r"\brespectively\b")  # with what stands before, as like as not
_OURS_AGAIN = re.compile(  # "we show that A holds and identify B": the second verb is ours
    r" and (?:then |also |further )?(?:identify|propose|introduce|present|discuss|develop|outline|release|argue|"
    r"derive) "
)
_SECOND_REPORT = re.compile(r",? (?:and|but) that |, that (?=(?:it|they) )")
_SPECIFIC = re.compile(r"\b(?:on|across|under|from|in|using|with|for|at|over|of|spanning|between|against)\b")

_SPLITS = re.compile(
    r", (?:showing|demonstrating|finding|revealing|confirming|and (?:we )?(?:show|find|demonstrate|"
    r"observe|reveal)) that |"
    r"; (?:and |(?=[^;]))(?:(?:moreover|furthermore|additionally|in addition|notably), )?|: |, and (?=(?:we|our|it)\b)"
)
_PRONOUN = re.compile(r"(?:they|these|those|this|its|their)\b", re.IGNORECASE)
_PLAN = re.compile(r"\bwe (?:introduce|propose|present|contribute|develop|formulate)\b", re.IGNORECASE)
_DASH = re.compile(r" [–—-] |(?<=[a-z)%])—(?=[a-z])")
_ANY_DASH = re.compile(r" [–—-] |—")
_ITEM_MARK = re.compile(r"(?:[;,:.] |^)(?:and )?\(?(?:\d|[ivx]{1,4}|[a-f])\) ?")
_ITEM = re.compile(r"\((?:\d|[ivx]{1,4}|[a-f])\) ")
_GAIN: Final = r"\s?(?:%|[x×]|-?fold|pp|points|percent)(?!\w)"
# Where a sentence may end early, at the group if there is one, and what the loss costs.
_TAILS: Final = tuple(
    (re.compile(pattern), cost)
    for pattern, cost in (
        (
            r",? (?:thereby|thus|hence|further|effectively|simultaneously|consistently|significantly|while) \w+ing\b",
            0.3,
        ),
        (r", (?:\w+ly )?\w+ing\b", 0.2),
        (r", \w+ing\b[^,;]*?( and (?:\w+ly )?\w+ing\b)", 0.4),
        (r" in \w+ing\b[^,;]*?( and (?:\w+ly )?\w+ing\b)", 0.4),
        (r", and (?=[\w-]+ (?:experiments|analyses|analysis|studies|ablations|tests)\b)", 0.4),
        (r",? (?:spanning|covering|comprising|featuring)\b", 0.4),
        (r" (?:highlighting|demonstrating|suggesting|indicating|revealing|showing|validating|enabling)\b", 0.2),
        (r", (?:which|where|whose|who|all|often|even|the (?=strongest|best|first|most|previous|current))\b", 0.25),
        (r", an? ", 0.8),
        (r",? (?:compared|relative) (?:to|with)\b", 0.4),
        (r",? as well as\b", 0.5),
        (
            rf"\d{_GAIN} (?:in|on|for) [^,;:]{{1,40}}?(,| and) (?=(?:up to |by )?\d[\d.]*{_GAIN})(?!.*\brespectively)",
            1.1,
        ),
        (r",? and (?=an? [^,;]{0,30}\b(?:lift|gain|improvement|speedup)s? )", 0.4),
        (r", and (?=\d[\d.]*% of )", 0.45),
        (r",? while \w+ly \w+ing\b", 0.8),
        (r" with (?=the [^,;]{3,120} (?:showing|being|achieving|exhibiting)\b)", 0.4),
        (r" over (?=(?:[\w-]+ ){1,4}(?:baselines|methods|models|approaches)$)", 0.9),
        (r"\b(?:limitations|weaknesses)( in )(?=[^,;]+(?:, [^,;]+)+, and )", 0.6),
        (r", (?:with|including|such as|particularly|especially|notably|from|as)\b", 0.3),
        (r", (?:while|whereas)\b", 0.35),
        (r"; ", 0.25),
        (r" [–—-] |—(?=[a-z])", 0.35),
        (r": ", 0.6),
        (r",? and (?=(?:that|we|our|the|it|they|these) )", 0.4),
        (rf",? and (?=(?:also |further |even )?(?:{PREDICATES})\b)", 0.5),
        (rf", (?!(?:can|is|are|was|were|has|have)\b)(?=(?:{PREDICATES})\b)", 0.5),
        (rf", (?=[^,]+ (?:{PREDICATES})\b[^,]*, and )", 0.5),
        (r" in (?=terms of\b|[a-z]+ing\b)", 0.6),
        (r" across (?=(?:[\w-]+ ){1,5}[\w-]+$)", 0.7),
        (r",? and to (?=[a-z]+ )", 0.5),
        (r", and (?=(?:most|all|none?|even|both|each|many|some|only|every|more|fewer) )", 0.45),
        (r", and (?=(?:failures|errors|models|agents|performance|gains|accuracy) (?!and\b|or\b))", 0.45),
        (r",? (?:because|since|due to|so that)\b", 0.5),
        (r" (?:by|through|via) (?=[a-z-]+ing\b|a\b|the\b|its\b)", 0.6),
    )
)
_SECONDARY = re.compile(
    r"^(?:second|third|fourth|fifth|secondly|thirdly|moreover|furthermore|additionally|in addition|"
    r"finally|lastly|but|yet)\b",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r" \((?:[^()]|\([^()]*\))*\)|(?:—| [–—-] )[^—–]{3,}(?:—| [–—-]) ?(?=[a-z])")
_COSTS: Final = {
    "secondary": 0.4,
    "means": 0.3,
    "setting": 0.9,
    "report": -0.05,
    "specific report": 0.35,
    "split": 0.45,
    "plan": 0.8,
    "parentheses": 0.35,
}


class Clause(msgspec.Struct, frozen=True):
    """A piece of a sentence that stands by itself.

    `cost` grows with what was dropped; `reported` says that the sentence tells it as a finding ("we show that").
    """

    text: str
    cost: float
    reported: bool


def cut_clauses(sentence: str) -> list[Clause]:
    """Every clause of at most `MAX_LENGTH` characters found in a readable sentence; the whole one too, if it fits."""
    found: dict[str, Clause] = {}
    whole = _strip_end(_LABEL.sub("", sentence.strip()))
    for head in _heads(whole):
        for clause in (head, *_shorten(head)):
            if clause.text != whole and _ITEM.search(clause.text):
                continue
            text = polish(clause.text)
            if len(text) <= MAX_LENGTH and (text not in found or clause.cost < found[text].cost):
                found[text] = Clause(text, clause.cost, clause.reported)
    return list(found.values())


def polish(text: str) -> str:
    """Capital first, one full stop last."""
    text = _strip_end(text).strip()
    first = text.split(maxsplit=1)[0] if text else ""
    if re.fullmatch(r"[a-z]+(?:-[a-z]+)*(?:'s|,)?", first):  # not iRec, k-NN or τ-bench
        text = text[0].upper() + text[1:]
    return text if text.endswith(("?", "!")) or not text else f"{text}."


def _heads(sentence: str) -> Iterator[Clause]:
    whole = _without_connective(Clause(sentence, 0.0, reported=bool(_REPORTED.match(sentence))))
    if len(whole.text.split()) >= _FEWEST_WORDS:
        yield whole
    yield from _without_report(whole)
    for name, opening in (("means", _MEANS), ("setting", _SETTING)):
        rest = opening.sub("", whole.text)
        if rest != whole.text and is_clause(rest) and not _PAIRED.search(rest):
            shorter = Clause(rest, whole.cost + _COSTS[name], whole.reported)
            yield shorter
            yield from _without_report(shorter)
    for piece in _pieces(whole.text):
        yield piece
        yield from _without_report(piece)


def _without_connective(clause: Clause) -> Clause:
    text = clause.text
    while match := _CONNECTIVE.match(text):
        text = text[match.end() :]
    cost = _COSTS["secondary"] if _SECONDARY.match(clause.text) else 0.0
    return Clause(text, clause.cost + cost, clause.reported)


def _without_report(clause: Clause) -> Iterator[Clause]:
    match = _REPORTING.match(clause.text)
    if match is None or _NOT_OURS.search(match["lead"]) or _OURS_AGAIN.search(match["rest"]):
        return
    rest = _without_connective(Clause(_strip_end(match["rest"]), 0.0, reported=True)).text
    if second := _SECOND_REPORT.search(rest):
        if "but" in second[0]:
            return
        rest = rest[: second.start()]
    cost = _COSTS["specific report" if _SPECIFIC.search(match["lead"]) else "report"]
    cost += _COSTS["secondary"] if re.search(r"\b(?:further|also|additionally|ablations?)\b", match["lead"]) else 0.0
    if is_clause(rest) and not (_PAIRED.search(rest) and " and " in match["lead"]):
        yield Clause(rest, clause.cost + cost, reported=True)


def _pieces(sentence: str) -> Iterator[Clause]:
    """Main clauses behind a semicolon, a colon, a dash or an enumeration mark."""
    lone_dash = (_DASH,) if len(_ANY_DASH.findall(sentence)) == 1 else ()  # a pair of dashes is a parenthesis
    for pattern in (_ITEM_MARK, _SPLITS, *lone_dash):
        ends = [*(match.start() for match in pattern.finditer(sentence)), len(sentence)]
        begins = (match.end() for match in pattern.finditer(sentence))
        for number, (begin, end) in enumerate(zip(begins, ends[1:], strict=True)):
            later = _LATER_ITEM * number if pattern is _ITEM_MARK else 0.0
            if pattern is not _ITEM_MARK and _ITEM_MARK.match(sentence[begin:]):
                continue
            for stop in {end, len(sentence)} if pattern is _SPLITS else {end}:
                piece = _LABEL.sub("", re.sub(r"[;,]?(?: and)?$", "", sentence[begin:stop].strip()))
                reported = bool(_REPORTED.match(sentence)) or pattern is _ITEM_MARK
                if _PLAN.search(sentence[:begin]):
                    later += _COSTS["plan"]
                if sentence[:begin].endswith("that ") and (second := _SECOND_REPORT.search(piece)):
                    piece = piece[: second.start()]
                if opens_clause(piece) and not _PRONOUN.match(piece) and not turns_meaning(sentence[stop:]):
                    yield _without_connective(Clause(piece, _COSTS["split"] + later, reported))


def _shorten(clause: Clause) -> Iterator[Clause]:
    variants = [clause]
    bare = _PARENTHESES.sub(lambda match: " " if match[0][-1] != ")" else "", clause.text)
    if bare != clause.text and is_clause(bare):
        variants.append(Clause(bare, clause.cost + _COSTS["parentheses"], clause.reported))
        yield variants[-1]
    for variant in variants:
        for pattern, cost in _TAILS:
            for match in pattern.finditer(variant.text):
                stop = match.start(match.lastindex or 0)
                kept, dropped = variant.text[:stop], variant.text[stop:]
                if may_end(kept, dropped):
                    yield Clause(kept, variant.cost + cost, variant.reported)


def _strip_end(text: str) -> str:
    return re.sub(r"(?:[\s.;:,–—]| -)+$", "", text)
