"""Whether a sentence says what a line says: its words, and the ways in which the same words can say something else.

Each check returns what is wrong, in words, or None. None of them knows what words mean; together they allow a line to
leave things out, to use plain synonyms and to change the grammar, and little else.
"""

# ruff: noqa: RUF001 -- dashes, quotes and Chinese punctuation are what is matched here

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from triage.core.grounding_lexicon import MODALS
from triage.core.grounding_names import is_self_reference
from triage.core.grounding_roles import find_exchanged_roles
from triage.core.grounding_words import (
    Word,
    canonical,
    direction_of,
    is_comparison,
    is_content,
    is_meaningful,
    is_negator,
    read_words,
    stems_of,
    strength_of,
)

_NEIGHBOUR_WORDS = 3  # how many words from other sentences may describe what the cited sentence calls "our method"
_NEGATION_REACH = 6  # words behind a negation that it covers
_ALTERNATIVE_REACH = 3  # words behind "rather than"
_MODAL_REACH = 2
_DIRECTION_REACH = 4
_ENDS_OF_NEGATION: Final = frozenset(["but", "while", "whereas", "yet", "and", "because", "when", "if"])
_BETTER_WORDS: Final = (
    "better above improve improves improved improving improvement improvements gain gains higher superior more larger "
    "faster advantage boost boosts"
)
_BETTER: Final = frozenset(_BETTER_WORDS.split())
_WORSE: Final = frozenset(("worse", "below", "inferior"))
_KEEP: Final = canonical("keep")
_STOPS: Final = frozenset(".;:!?()—–-")


class Evidence(msgspec.Struct, frozen=True):
    """What a line may rest on; words as compared. `elsewhere` are the stems of the other sentences."""

    line: list[Word]
    cited: list[Word]
    title: set[str]
    elsewhere: set[str]
    refers_to_itself: bool


def gather_evidence(line: str, cited: str, title: str, elsewhere: str, expansions: str) -> Evidence:
    """All arguments are plain text; `expansions` spells out the abbreviations of the cited sentence."""
    return Evidence(
        read_words(line),
        read_words(cited),
        stems_of(read_words(title)) | stems_of(read_words(expansions)),
        stems_of(read_words(elsewhere)),
        is_self_reference(cited),
    )


def find_unsupported_claim(evidence: Evidence) -> str | None:
    """The first thing that the line says and the cited sentence does not; None when nothing is found."""
    checks: tuple[Callable[[Evidence], str | None], ...] = (
        _find_foreign_word, _find_strong_word, _find_negation, _find_lost_modal, _find_direction,
    )  # fmt: skip
    found = (check(evidence) for check in checks)
    return next((reason for reason in found if reason), None) or find_exchanged_roles(
        evidence.line, evidence.cited, evidence.title
    )


def _find_foreign_word(evidence: Evidence) -> str | None:
    cited = stems_of(evidence.cited)
    borrowed = shared = 0
    is_subject = True
    for word in evidence.line:
        is_subject = is_subject and not word.quantity and not direction_of(word)
        if (
            not is_content(word)
            or direction_of(word)
            or is_negator(word)
            or strength_of(word)
            or word.text.lower() in MODALS
        ):
            continue
        if word.stem in cited:
            shared += 1
            continue
        if word.stem in evidence.title:
            continue
        borrowed += 1
        may_borrow = is_subject and evidence.refers_to_itself and borrowed <= _NEIGHBOUR_WORDS
        if not (may_borrow and word.stem in evidence.elsewhere):
            return f"“{word.text}” is not in the sentence it cites"
    is_told = shared or any(word.quantity for word in evidence.line)
    return None if is_told else "nothing of it is in the sentence it cites"


def _find_strong_word(evidence: Evidence) -> str | None:
    cited = evidence.cited
    not_only = [index for index, word in enumerate(cited) if index and cited[index - 1].text.lower() == "not"]
    told = {strength_of(word) for index, word in enumerate(cited) if index not in not_only}
    for before, word in zip((None, *evidence.line), evidence.line, strict=False):
        kind = None if before and before.text.lower() == "not" else strength_of(word)
        if kind and kind not in told:
            return f"“{word.text}” is not in the sentence it cites"
    return None


def _find_negation(evidence: Evidence) -> str | None:
    """What the sentence only denies may not be asserted; of what the line denies, some must be denied there."""
    asserted, denied = _split_by_negation(evidence.line)
    asserted_there, denied_there = _split_by_negation(evidence.cited)
    told, only_denied = set().union(*asserted_there), set().union(*denied_there) - set().union(*asserted_there)
    for stem in sorted(set().union(*asserted) & only_denied):
        word = next(word.text for word in evidence.line if word.stem == stem)
        return f"“{word}” is denied in the sentence it cites"
    if sum(map(is_negator, evidence.line)) > sum(map(is_negator, evidence.cited)):
        return "it denies what the sentence it cites does not"
    for scope in denied:
        if not denied_there or (scope & told and not scope & set().union(*denied_there)):
            return "it denies what the sentence it cites does not"
    return None


def _split_by_negation(words: Sequence[Word]) -> tuple[list[set[str]], list[set[str]]]:
    """Stems outside and inside the reach of negations, a set for each negation."""
    outside: set[str] = set()
    scopes: list[set[str]] = []
    left = 0
    for index, word in enumerate(words):
        following = words[index + 1].text.lower() if index + 1 < len(words) else ""
        text = word.text.lower()
        if is_negator(word) and following not in {"only", "merely"}:
            scopes, left = [*scopes, set()], _NEGATION_REACH
        elif text in {"rather", "instead"} and following in {"than", "of"}:
            scopes, left = [*scopes, set()], _ALTERNATIVE_REACH
        elif (not word.stem and not word.quantity) or text in _ENDS_OF_NEGATION:
            left = 0
        elif is_meaningful(word):
            (scopes[-1] if left else outside).add(word.stem)
            left = max(0, left - 1)
    return [outside], scopes


def _find_lost_modal(evidence: Evidence) -> str | None:
    """What the sentence says of some, or says may be, the line may not say of all, or say is."""
    line, cited = _weakened(evidence.line), _weakened(evidence.cited)
    for stem, modal in line.items():
        told = cited.get(stem)
        if told and not modal and stem in cited:
            return f"the sentence it cites says “{told}”"
    return None


def _weakened(words: Sequence[Word]) -> dict[str, str]:
    """For each content stem the modal word before it, or "" if it ever stands without."""
    found: dict[str, str] = {}
    for index, word in enumerate(words):
        if is_content(word) and word.text.lower() not in MODALS:
            before = (other.text.lower() for other in words[max(0, index - _MODAL_REACH) : index])
            modal = next((text for text in before if text in MODALS), "")
            found[word.stem] = modal and found.get(word.stem, modal)
    return found


def _find_direction(evidence: Evidence) -> str | None:
    """Up and down: each must be told, and of the same thing."""
    left = Counter(direction_of(word) for word in evidence.cited)
    for index, word in enumerate(evidence.line):
        sign = direction_of(word)
        if not sign:
            continue
        left[sign] -= 1
        if left[sign] < 0:
            return f"“{word.text}” is not what the sentence it cites says"
        if is_comparison(word):
            if sign not in {
                direction_of(other) for other in evidence.cited if is_comparison(other) or other.text.lower() in _BETTER
            }:
                return f"“{word.text}” is not what the sentence it cites says"
            continue
        things = _things_at(evidence.line, index)
        signs = [_agreement(evidence.cited, thing, word.stem, sign) for thing in things]
        if next((agrees for agrees in signs if agrees), 0) < 0:
            return f"“{word.text}” is the wrong way round"
    return None


def _things_at(words: Sequence[Word], index: int) -> list[str]:
    """What a word of direction is about: content words right behind it in its clause, or before it if none follow."""
    behind, before = [], []
    for word in words[index + 1 : index + 1 + _DIRECTION_REACH]:
        if word.text in _STOPS:
            break
        behind.append(word)
    for word in reversed(words[max(0, index - _DIRECTION_REACH) : index]):
        if word.text in _STOPS:
            break
        before.append(word)
    for side in (behind, before):
        things = [word.stem for word in side if is_content(word) and not direction_of(word)]
        if things:
            return things
    return []


def _agreement(words: Sequence[Word], thing: str, same: str, wanted: int) -> int:
    """1 where the direction word nearest to the thing is of the wanted sign, -1 where it is not, 0 where none is near.

    A direction word before the thing is taken for nearer; `same`, the very word of the line, agrees from further off.
    What is "kept" goes neither way.
    """
    best = (2 * _DIRECTION_REACH, 0)
    for place, word in enumerate(words):
        if word.stem != thing:
            continue
        for index, other in enumerate(words):
            if other.stem == same and abs(index - place) <= _DIRECTION_REACH:
                return 1
            sign = -wanted if other.stem == _KEEP and index < place else direction_of(other)
            distance = place - index if index < place else index - place + 1
            if sign and index != place and distance < best[0]:
                best = (distance, sign)
    return best[1] * wanted


def is_formula_told(line: str, cited: str) -> str | None:
    """A formula (`Θ(n log m)`) must stand in the sentence sign by sign."""
    squeezed = re.sub(r"\s|,(?=\d{3}\b)", "", cited)
    for match in re.finditer(r"[OΘΩ]\s?\((?:[^()]|\((?:[^()])*\))*\)|\w+\s?[=≤≥≈<>]\s?\w+(?:\.\d+)?", line):
        if re.sub(r"\s|,(?=\d{3}\b)", "", match[0]) not in squeezed:
            return f"the formula {match[0]} is not in the sentence it cites"
    return None
