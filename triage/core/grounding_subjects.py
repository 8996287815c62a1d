"""What a number and a verb are told of: no place becomes the subject, no gain a level, no best the weakest."""

from collections.abc import Sequence
from typing import Final

from triage.core.grounding_lexicon import REPORTING
from triage.core.grounding_words import Word, canonical, direction_of, is_content, is_meaningful, strength_of

_PLACES: Final = frozenset(["on", "in", "across", "at"])
_OPENERS: Final = _PLACES | {"for", "under", "with", "by", "unlike", "compared", "relative", "when", "while", "using"}
_JOINTS: Final = frozenset(["the", "a", "an", "and", "or", "both", "its", "their", "our"])
_VERBS: Final = frozenset(map(canonical, ("require", "match", "keep", "learn", "support", "allow", "solve", "fail")))
_LEVEL_WORDS: Final = (
    "is are was were of reach reaches reached reaching achieve achieves achieved achieving attain attains obtain "
    "obtains score scores equals"
)
_LEVELS: Final = frozenset(_LEVEL_WORDS.split())
_DIFFERENCE_WORDS: Final = (
    "margin gap difference advantage lead factor average change saving savings relative above below ahead behind "
    "beyond than"
)
_DIFFERENCES: Final = frozenset(_DIFFERENCE_WORDS.split())
_HEDGING: Final = frozenset(["a", "an", "about", "up", "to", "over", "only", "nearly", "roughly", "around", "almost"])
_CLAUSE_REACH = 6  # words on either side of a number among which a word like "improvement" makes it a gain
_GAIN, _LEVEL = "a gain", "a level"
_RANKS: Final = frozenset(["best", "worst"])


def find_wrong_subject(line: Sequence[Word], cited: Sequence[Word]) -> str | None:
    """What is told there of something else, or as something else; None when nothing is seen to be."""
    return _find_acting_place(line, cited) or _find_wrong_measure(line, cited) or _find_wrong_rank(line, cited)


def _find_acting_place(line: Sequence[Word], cited: Sequence[Word]) -> str | None:
    """Of “On Amazon, KiteRec improves recall” may be made “recall improves”, but not “Amazon improves recall”."""
    places, elsewhere = _split_by_place(cited)
    subject, rest = _split_at_verb(line)
    if not subject or not all(word.stem in places - elsewhere for word in subject):
        return None
    told = next((word for word in rest[1:] if word.text.lower() not in _JOINTS and not word.text.endswith("ly")), None)
    return f"“{subject[0].text}” is where it was seen, not what did it" if told and is_content(told) else None


def _split_by_place(words: Sequence[Word]) -> tuple[set[str], set[str]]:
    """Stems of the phrases behind "on", "in", "across" and "at", and all others."""
    places: set[str] = set()
    elsewhere: set[str] = set()
    is_inside = False
    for word in words:
        text = word.text.lower()
        if text in _PLACES:
            is_inside = True
        elif text not in _JOINTS and (not is_meaningful(word) or direction_of(word)):
            is_inside = False
        (places if is_inside else elsewhere).add(word.stem)
    return places, elsewhere


def _split_at_verb(words: Sequence[Word]) -> tuple[list[Word], Sequence[Word]]:
    """The subject of the main clause, and what follows from its verb on; no subject where no known verb follows it."""
    start = 0
    if words and words[0].text.lower() in _OPENERS:
        start = next((index + 1 for index, word in enumerate(words) if word.text == ","), 0)
    subject: list[Word] = []
    for index, word in enumerate(words[start:], start):
        if word.text.lower() in REPORTING or direction_of(word) or word.stem in _VERBS:
            return subject, words[index:]
        if is_meaningful(word):
            subject.append(word)
        elif word.text.lower() not in _JOINTS:
            break
    return [], ()


def _find_wrong_measure(line: Sequence[Word], cited: Sequence[Word]) -> str | None:
    """What improves by 12 % is not therefore 12 %, nor the other way round."""
    for index, word in enumerate(line):
        if word.quantity is None:
            continue
        told = {
            _measure(cited, place)
            for place, other in enumerate(cited)
            if other.quantity and other.quantity.value == word.quantity.value
        }
        wanted = _measure(line, index)
        if wanted and told and told <= {_GAIN, _LEVEL} - {wanted}:
            return f"{word.text} is {told.pop()} there, not {wanted}"
    return None


def _measure(words: Sequence[Word], index: int) -> str:
    """Whether a number says how much better or how good, where the words beside it tell."""
    quantity = words[index].quantity
    if quantity and quantity.role == "by":
        return _GAIN if any(map(direction_of, words[:index])) else ""  # not "labelled by 3 experts"
    if quantity and quantity.role:
        return _LEVEL
    before = [word for word in _clause(words[:index][::-1]) if word.text.lower() not in _HEDGING]
    beside = [*before[:_CLAUSE_REACH], *_clause(words[index + 1 :])[:_CLAUSE_REACH]]
    if any(direction_of(word) or word.text.lower() in _DIFFERENCES for word in beside):
        return ""
    return _LEVEL if before and before[0].text.lower() in _LEVELS else ""


def _clause(words: Sequence[Word]) -> Sequence[Word]:
    """The words up to the next mark or conjunction."""
    ends = (index for index, word in enumerate(words) if word.text.lower() in {",", ";", ".", ":", "(", ")", "and"})
    return words[: next(ends, len(words))]


def _find_wrong_rank(line: Sequence[Word], cited: Sequence[Word]) -> str | None:
    """Where a sentence gives numbers of the best and of the weakest, neither gets the other's."""
    told = _ranked(cited)
    if set(told) != _RANKS:
        return None
    for rank, values in _ranked(line).items():
        (other,) = _RANKS - {rank}
        if values & (told[other] - told[rank]):
            name = next(word.text for word in cited if _rank(word) == other)
            return f"its number is that of the {name} there"
    return None


def _ranked(words: Sequence[Word]) -> dict[str, set[str]]:
    """The numbers behind "best" and "worst"; none where a name of rank follows its number ("77 for the weakest")."""
    found: dict[str, set[str]] = {}
    rank = ""
    for index, word in enumerate(words):
        if _rank(word):
            if any(
                other.text.lower() in {"by", "for", "from", "of", "than"} for other in words[max(0, index - 2) : index]
            ):
                return {}
            rank = _rank(word)
        elif rank and word.quantity:
            found.setdefault(rank, set()).add(word.quantity.value)
    return found


def _rank(word: Word) -> str:
    """The kind of a superlative, best or worst; "most" and "top" are mostly something else."""
    kind = strength_of(word) or ""
    return kind if kind in _RANKS and word.text.lower().endswith(("est", "worst")) else ""
