"""Who did what in a sentence, as far as word order tells: whose number it is, who beats whom, what is contrasted."""

# ruff: noqa: RUF001 -- dashes, quotes and Chinese punctuation are what is matched here

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from triage.core.grounding_owners import find_wrong_count, find_wrong_owner
from triage.core.grounding_subjects import find_wrong_subject
from triage.core.grounding_words import Word, is_content, is_meaningful, stems_of

_OPENED_BY_CONTRAST = 2  # sides so far, of "While A …, B …"
_SIDE_REACH = 4  # words behind "outperforms" or "than" that name the one who is beaten
_BEATS_WORDS: Final = (
    "outperform outperforms outperformed outperforming beat beats beating surpass surpasses surpassed surpassing "
    "exceed exceeds exceeded exceeding outscore outscores over than dominates dominate"
)
_BEATS: Final = frozenset(_BEATS_WORDS.split())
_BESIDES: Final = frozenset(["compared", "comparison", "relative", "contrast", "contrary", "opposed"])  # … to X
_CONTRASTS: Final = frozenset(["while", "whereas", "but", "although", "though", "yet", "vs", "versus"])
_VERB_ENDINGS: Final = ("ing", "es", "ed")
_AUXILIARIES_WORDS: Final = (
    "is are was were does do did can cannot has have also only not still remains remain fails fail will may might "
    "further with for on at in by without"
)
_AUXILIARIES: Final = frozenset(_AUXILIARIES_WORDS.split())
_CLAUSE_ENDS: Final = frozenset(",.;:!?()—–")


def find_exchanged_roles(line: Sequence[Word], cited: Sequence[Word], title: set[str]) -> str | None:
    """What stands in another's place; None when nothing is seen to."""
    return (
        find_wrong_count(line, cited)
        or find_wrong_owner(line, cited)
        or _find_exchanged_sides(line, cited)
        or _find_mixed_contrast(line, cited, title)
        or find_wrong_subject(line, cited)
    )


def _find_exchanged_sides(line: Sequence[Word], cited: Sequence[Word]) -> str | None:
    """Who is better than whom: nobody changes sides."""
    pairs = [(better - worse, worse - better) for better, worse in _sides(cited)]
    for left, right in _sides(line):
        is_told = any(left & better and right & worse for better, worse in pairs)
        if not is_told and any((left - right) & worse or (right - left) & better for better, worse in pairs):
            return "the sides of its comparison are exchanged"
    is_compared = _compares_by_than(cited) or any(_reaches_beside(cited, index) for index in range(len(cited)))
    compared = set().union(*(worse for _, worse in pairs)) if is_compared and not any(_sides(line)) else set()
    if compared & {word.stem for word in line if is_content(word)}:
        return "it says of one side of a comparison what is told of the other"
    return None


def _compares_by_than(words: Sequence[Word]) -> bool:
    """More, larger … than: "rather than" and "more than 3" compare nothing."""
    return any(
        word.text.lower() == "than" and before.text.lower() not in {"rather", "other"} and not after.quantity
        for before, word, after in zip(words, words[1:], words[2:], strict=False)
    )


def _reaches_beside(words: Sequence[Word], index: int) -> int:
    """How many words from here say "unlike" or "compared to", which set the other side beside the subject."""
    text = words[index].text.lower()
    following = words[index + 1].text.lower() if index + 1 < len(words) else ""
    return 1 if text == "unlike" else 2 if text in _BESIDES and following in {"to", "with"} else 0


def _find_beside(words: Sequence[Word], index: int, reached: int) -> tuple[set[str], set[str]]:
    """The subject, and what "unlike X" sets beside it and nothing else is told of."""
    before, behind = words[:index], words[index + reached :]
    if any(map(is_meaningful, before)):
        first = next((place for place in range(1, index) if _reaches_beside(words, place)), index)
        subject = _clause(words[:first], backwards=True) or _clause(words[:first])
        other = _clause(behind)
    else:
        comma = _end_of_opening(behind)
        subject, other = _clause(behind[comma + 1 :]), stems_of(filter(is_meaningful, behind[:comma]))
        before = behind[comma + 1 :]
    return subject, other - stems_of(before)


def _end_of_opening(words: Sequence[Word]) -> int:
    """The comma before the subject, in "A, KiteRec …", "A, B, and C, KiteRec …" and "A, which …, KiteRec …"."""
    commas = [index for index, word in enumerate(words) if word.text == ","]
    end = commas[0] if commas else len(words)
    for start, stop in pairwise(commas):
        item = words[start + 1 : stop]
        is_relative = start == end and item[:1] and item[0].text.lower() in {"which", "who", "where", "whose"}
        is_last = any(word.text.lower() in {"and", "or"} for word in item) and all(
            word.text.lower() in {"and", "or", "the"} or word.text[:1].isupper()
            for word in words[end + 1 : stop]
            if word.text != ","
        )
        end = stop if is_relative or is_last else end
    return end


def _sides(words: Sequence[Word]) -> Iterator[tuple[set[str], set[str]]]:
    for index, word in enumerate(words):
        reached = _reaches_beside(words, index)
        if reached:
            subject, other = _find_beside(words, index, reached)
            if subject and other:
                yield subject, other
        is_amount = word.text.lower() in {"over", "than"} and index + 1 < len(words) and words[index + 1].quantity
        if word.text.lower() in _BEATS and not is_amount:
            is_passive = (
                index + 1 < len(words) and words[index + 1].text.lower() == "by" and word.text.lower().endswith("ed")
            )
            left = _clause(words[:index], backwards=True) or _clause(words[:index])
            right = _clause(words[index + 1 + is_passive :])
            if left and right:
                yield (right, left) if is_passive else (left, right)


def _clause(words: Sequence[Word], *, backwards: bool = False) -> set[str]:
    stems: set[str] = set()
    for word in reversed(words) if backwards else words:
        if not backwards and (
            len(stems) == _SIDE_REACH or (stems and not is_meaningful(word) and word.text.lower() not in {"and", "or"})
        ):
            break
        if (
            word.text in _CLAUSE_ENDS
            or word.text.lower() in _CONTRASTS
            or word.text.lower() in {"when", "if", "that", "by"}
        ):
            break
        if is_meaningful(word) and not word.text.endswith("ly"):
            stems.add(word.stem)
    return stems


def _find_mixed_contrast(line: Sequence[Word], cited: Sequence[Word], title: set[str]) -> str | None:
    """A clause of the line takes its words from one side of the sentence's contrast ("A …, whereas B …")."""
    sides = _contrasted(cited)
    if len(sides) == 1:
        return None
    stems = [_things(side) for side in sides]
    for clause in _contrasted(line):
        told = _things(clause) - {word.stem for word in clause if word.stem in title and not word.text[1:].islower()}
        shares = [told & (own - set().union(*stems[:index], *stems[index + 1 :])) for index, own in enumerate(stems)]
        if sum(bool(share) for share in shares) > 1:
            return "it mixes the two sides of a contrast"
    return None


def _things(words: Sequence[Word]) -> set[str]:
    return {word.quantity.value if word.quantity else word.stem for word in words if word.quantity or is_content(word)}


def _contrasted(words: Sequence[Word]) -> list[Sequence[Word]]:
    """The sides of a contrast; a side without a subject of its own belongs to the one before."""
    sides: list[list[Word]] = [[]]
    opened = False
    for index, word in enumerate(words):
        text = word.text.lower()
        if text == ")" and opened:
            opened = False
            sides.append(sides.pop(-2))  # what stood before the parenthesis goes on
        elif text == ";" or (text in _CONTRASTS and _has_subject(words[index + 1 :], text)):
            opened = _is_inside(words[:index])
            sides.append([])
        elif (
            text == ","
            and sides[-1]
            and index
            and words[0].text.lower() in {"while", "although", "whereas", "though"}
            and len(sides) == _OPENED_BY_CONTRAST
        ):
            sides.append([])
        sides[-1].append(word)
    return [side for side in sides if any(map(is_content, side))]


def _is_inside(words: Sequence[Word]) -> bool:
    """Whether a parenthesis is open behind these words."""
    return sum(word.text == "(" for word in words) > sum(word.text == ")" for word in words)


def _has_subject(words: Sequence[Word], marker: str) -> bool:
    if marker in {"vs", "versus"}:
        return True
    first = next((word.text.lower() for word in words if word.stem and not word.text.lower().endswith("ly")), "")
    return bool(first) and first not in _AUXILIARIES and not first.endswith(_VERB_ENDINGS)
