"""Just enough English grammar to cut a sentence without breaking it or turning its meaning.

There is no parser here. A piece counts as a clause when a finite verb of the vocabulary that results are told in stands
where one must; what is not recognised is not cut.
"""

# ruff: noqa: RUF001 -- dashes, quotes and signs are what is matched and printed here

import re
from typing import Final

# Verbs that go on about the same subject behind "and", and are no nouns.
PREDICATES: Final = (
    "outperforms?|improves?|reduces?|achieves?|generalizes?|maintains?|enables?|exhibits?|demonstrates?|provides?|preserves?|"
    "delivers?|transfers|shows|offers|yields?|allows?|can|is|are|was|were|has|have|remains?|requires?|introduces|supports|"
    "generates?|performs?|produces?|sustains?|fails?|surpass(?:es)?|increases|raises|cuts|lowers|doubles"
)
_VERBS: Final = (
    "achiev attain reach improv increas boost rais enhanc outperform surpass exceed beat match reduc decreas "
    "lower cut drop fall degrad declin rise grow gain yield deliver produc provid fail succeed solv complet pass "
    "resolv score rank show demonstrat reveal find confirm indicat suggest remain exhibit display vary depend "
    "lead cause make help hurt outpac win collaps accelerat speed sav require need use generaliz generalis "
    "transfer scale recover preserv maintain retain enabl allow drive driv bring offer mitigat eliminat detect "
    "identif predict account explain correlat align agre differ favor favour tend struggl suffer miss introduc "
    "exploit undermin halv propos present develop releas creat construct build contribut evaluat cover contain "
    "span comprise consist includ establish prov validat support perform work serv run operat respond refus "
    "hallucinat lack saturat end report overclaim "
    "overestimat underestimat converg strengthen weaken narrow widen shift chang affect "
    "influenc "
    "determin dominat emerg appear persist hold expos obscur capture captur correct select combin cost tak "
    "follow replicat surviv separat distinguish answer repair trigger violat comply obey ignor avoid prevent "
    "decid lag trail closes clos approach uncover amplif induc compress simulat generat retriev learn encod turn "
    "highlight unlock tripl doubl close outscor average rate receiv obtain record observ measur estimat prefer "
    "resist execut leav stay remov excel treat handl leverag optimiz evolv behav adapt underperform incur utiliz "
    "integrat employ bridg discover suppress reproduc acquir relies rely address extend inherit encounter "
    "collaborat restor diverg alleviat overfit satisf stabiliz isolat memoriz prioritiz tackl infer reus "
    "overcome concentrat alter expand synthesiz translat mislead play vari arise stem facilitat admit"
)
_AUXILIARIES: Final = (
    "is are was were has have had can could cannot may might will would does do did doesn't don't "
    "isn't aren't must should rose fell "
    "grew led made found showed won lose loses lost held took drove spend spends spent "
    "brought became become becomes gave ran cut "
    "set sets beat built drew sits sit "
    "leads lag goes go went gets get comes come came shrinks shrank"
)


def _forms(stem: str) -> str:
    return rf"{stem}(?:e|es|s|ed|d|ies|ied|y|ve|ves|ses|ped|ts)?"


# "conducted on", "trained with": no finite verb, unlike "dropped by" and "improved from".
_PARTICIPLE: Final = (
    r"(?!(?!dropp|increas|decreas|improv|declin)[a-z]+ed "
    r"(?:by|for|in|on|at|from|with|using|as|to|via|across|over|through|under)\b)"
)
_FINITE = re.compile(
    rf"(?<![\w-]){_PARTICIPLE}(?:{'|'.join(_AUXILIARIES.split())}|{'|'.join(map(_forms, _VERBS.split()))})(?![\w-])"
)
_SUBJECT = re.compile(
    r"^(?:we|our|not a|the|this|these|it|they|a|an|all|both|each|every|most|many|some|no|none|even|only|"
    r"such|its|their|over|more|fewer|less|"
    r"at least|at most|up to|roughly|nearly|almost|about|approximately|one|two|three|four|five|six|"
    r"half|[A-Z0-9~∼≈“\"‘]\S*|(?:(?!\w+ly\b)[a-z-]+ ){0,2}[a-z-]+s|"
    r"[a-z-]+(?:ion|ing|ness|ity|ance|ence|ment|acy|racy))\b",
)
_ADVERBIAL = re.compile(
    r"^(?:while|when|where|although|though|if|as|since|because|unlike|given|by|through|using|on|in|under|"
    r"across|with|for|compared|after|before|once|"
    r"despite|based|building|at|to|from|over|relative|among|within|beyond|even (?:when|though|if|"
    r"with|under|after|on|for|without)|trained|evaluated|deployed|(?!existing\b|remaining\b|leading\b|competing\b)\w+ing|"
    r"\w+ed (?:on|in|with|to|by|from|at|via|for|under|over|as|through|against|across))\b[^,]*,",
    re.IGNORECASE,
)
_GERUND_SUBJECT = re.compile(
    r"[A-Za-z-]+ing\b[^,]* (?:is|are|was|can|does|do|improves|reduces|increases|shows|reveals|leads|yields|raises)\b"
)
_DEPENDENT = re.compile(
    r"(?:while|when|although|though|if|as|since|because|once|after|before|whereas|unless|"
    r"even though|with|by|through|using|given|despite|"
    r"unlike|compared|based|for|where|which|who|whose)\b",
    re.IGNORECASE,
)
_OPEN_PAIR = re.compile(
    r"\bboth\b(?!.* and )|\bbetween\b(?!.* and )|\bnot only\b(?!.* but )"
    r"|\b(?:they|agents|models|methods|systems|which|that|and) either\b(?!.* or )|\bneither\b(?!.* nor )",
    re.IGNORECASE,
)
# A subordinate clause that the comma ends: what follows is the main clause.
_OPEN_VERBS = re.compile(rf", (?:{PREDICATES})\b(?!.* and )")
_UNFINISHED = re.compile(
    r"(?:^|, |\bthat,? )(?:while|when|although|though|if|as|since|because|once|after|before|unless|"
    r"whereas)(?! \w+ing\b) [^,]*$",
    re.IGNORECASE,
)
_DANGLING = re.compile(
    r"\band(?:$|[;:]|,(?! (?:in|on|at|with|for|when|under|after|as|by)\b))"
    r"|\b(?:or|by|of|to|with|than|while|for|in|on|at|from|that|which|the|a|an|even|as|via|both|its|is|are)(?:[,;:]|$)",
    re.IGNORECASE,
)
_GERUND = re.compile(
    r"(?![Ee]xisting|[Cc]ompeting|[Ll]eading|[Rr]emaining)[A-Za-z-]{3,}ing\b(?! (?:time|cost|speed|error)s?\b)"
)
_AND = re.compile(r",? and ")
_IN_PARENTHESES = re.compile(r" \([^()]*\)")
_DASHES = re.compile(r" [–—-] |—")
_RELATIVE = re.compile(r"\b(?:that|which|who|whose|where|how|whether|when|if|because)\b")
_SIDE_CLAUSE = re.compile(r", (?:which|who|whose)\b[^,]*(?:,|$)")
_REPORT = re.compile(r"(?:we|[\w -]*(?:results?|experiments?)) (?:\w+ly )?\w+ that (?P<rest>.+)$", re.IGNORECASE)
_CLOSED_MEMBER = re.compile(r"(?:and|or|with|respectively)\b")
_LONGEST_MEMBER: Final = 4
_BARE_PARTICIPLE = re.compile(r" \w+ing\b")
# What must not be lost behind a cut: concessions and conditions, and behind "while" whatever is worse.
_CONCESSION = re.compile(
    r", (?:but|yet)\b|\b(?:however|although|though|except|unless|despite|albeit|provided|if|"
    r"only when|nevertheless|nonetheless|even when|"
    r"at the (?:cost|expense)|with (?:the|an?) (?:[\w-]+ ){0,3}(?:failure|error|limitation|caveat|bottleneck)|"
    r"with (?:only )?(?:an? )?(?:(?!minimal|negligible|no |little)\w+ )?(?:decrease|drop|loss|degradation|decline))\b",
    re.IGNORECASE,
)
_WORSE = re.compile(
    r"\b(?:while|whereas)\b.*(?:\b(?:fail\w*|not|no|degrad\w+|worse\w*|drops?|limited|struggl\w+|gaps?|expos\w+|lack\w*)\b|[−-]\d)"
)
# "No loss, while cost falls by half": the second half is the point.
_NO_CHANGE = re.compile(
    r"\bno (?:\w+ ){0,2}(?:change|difference|loss|gain|improvement)s?\b|\b(?:comparable|similar|same|remains? the)\b"
)
_CONTRAST = re.compile(r",? (?:while|whereas)\b")
_REMAINING_GAP = re.compile(r"\bwhile (?:[\w-]+ )?gaps? remains?\b")  # takes nothing back from "up to"
_BARE_PASSIVE = re.compile(r"(?<!\bis)(?<!\bare)(?<!\bwas)(?<!\bwere)(?<!\bbeen)(?<!\bbe)(?<!ly) [a-z]+ed$")
_BY = re.compile(r" (?:by|through|via) ")
_RESUMED = re.compile(  # "shows that X, which is new, predicts Y": X still waits for its verb
    rf", (?:which|who|whose|where)\b[^,]*, (?:\w+ly )?{_FINITE.pattern}"
)
_OTHER_HALF = re.compile(r"(?:and |or )?(?:but|yet|however|although|though|except|while|whereas|only)\b", re.IGNORECASE)


def is_clause(text: str) -> bool:
    """Whether a finite verb stands after the subject, leading adverbials aside."""
    if not _is_balanced(text) or _DANGLING.search(text):
        return False
    if "; " in text:
        return all(map(is_clause, text.split("; ")))
    body = _SIDE_CLAUSE.sub("", _without_adverbials(text))
    if _DEPENDENT.match(body):
        return False
    if _GERUND.match(body) and not _GERUND_SUBJECT.match(body):
        return False
    verbs = [match.start() for match in _FINITE.finditer(body, 1)]
    if not verbs or len(verbs) <= len(_RELATIVE.findall(body, 0, verbs[0])):
        return False
    report = _REPORT.match(body)
    return report is None or is_clause(report["rest"])


def _without_adverbials(text: str) -> str:
    while (match := _ADVERBIAL.match(text)) and not _GERUND_SUBJECT.match(text):
        text = text[match.end() :].lstrip()
    return text


def opens_clause(piece: str) -> bool:
    """Whether a piece from inside a sentence starts like one: with a subject, or an adverbial before it."""
    return bool(_SUBJECT.match(piece) or _ADVERBIAL.match(piece)) and is_clause(piece)


def turns_meaning(following: str) -> bool:
    """Whether the text behind a piece takes something of it back: "but", "however", "whereas"."""
    return _OTHER_HALF.match(following.lstrip(";: ")) is not None


def may_end(kept: str, dropped: str) -> bool:
    """Whether a sentence may end after `kept`: a whole clause, no open list, nothing in `dropped` that qualifies it."""
    _, colon, explanation = kept.rpartition(": ")
    if colon and not is_clause(explanation):
        return False
    if _NO_CHANGE.search(kept) and _CONTRAST.match(dropped):
        return False
    if "up to" in kept:
        dropped = _REMAINING_GAP.sub("", dropped)
    return is_clause(kept) and _may_drop(dropped) and not _is_open(kept, dropped)


def _may_drop(tail: str) -> bool:
    if tail[0] in ";:":
        return not turns_meaning(tail)
    clause, _, others = tail.partition("; ")
    return not (_CONCESSION.search(clause) or _WORSE.search(clause) or turns_meaning(others))


def _is_open(kept: str, dropped: str) -> bool:
    """Whether the kept part waits for more: a list without its last member, "both" without its "and"."""
    if _OPEN_PAIR.search(kept) or _is_open_series(kept) or (dropped.startswith(",") and _UNFINISHED.search(kept)):
        return True
    if _is_open_chain(kept, dropped) or _waits_for_verb(kept, dropped):
        return True
    if len(_DASHES.findall(kept)) % 2 and _DASHES.search(dropped):
        return True
    _, comma, last = _without_adverbials(_IN_PARENTHESES.sub("", kept)).rpartition(", ")
    if not comma:
        return False
    if last.startswith("with ") and _BARE_PARTICIPLE.match(dropped):
        return True
    is_short = len(last.split()) <= _LONGEST_MEMBER
    return is_short and not _CLOSED_MEMBER.match(last)


def _waits_for_verb(kept: str, dropped: str) -> bool:
    """Whether the verb is in the dropped part, behind a relative clause, or a last participle has lost its agent."""
    return bool(_RESUMED.match(dropped) or (_BY.match(dropped) and _BARE_PASSIVE.search(kept)))


def _is_open_chain(kept: str, dropped: str) -> bool:
    """Whether the clause before a cut "and" hangs on another by a mere comma: "A leads, B lags" waits for "and C"."""
    before, comma, last = _without_adverbials(kept).rpartition(", ")
    if not (comma and _AND.match(dropped) and _SUBJECT.match(last)):
        return False
    return is_clause(last) and is_clause(before)


def _is_open_series(kept: str) -> bool:
    """Whether a second verb follows a clause by a mere comma: "improves A, reduces B" waits for "and raises C"."""
    verb = _OPEN_VERBS.search(kept)
    return verb is not None and is_clause(kept[: verb.start()])


def _is_balanced(text: str) -> bool:
    return all(text.count(a) == text.count(b) for a, b in ("()", "[]", "“”")) and text.count('"') % 2 == 0
