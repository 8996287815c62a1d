"""Cues and near cues, matched against the words of a title or an abstract.

A word is a run of letters and digits, lower-cased, so hyphens and LaTeX marks are blanks. A text is its words joined by
single blanks with one at either end, which makes every match a plain string or regular-expression search.
"""

import re
from bisect import bisect_left
from functools import lru_cache

from triage.core.rubric import NearCue

_WORD = re.compile(r"[^\W_]+")
_ASCII_WORDS = {code: chr(code) if chr(code).isalnum() else " " for code in range(128)}
_ANY = r"[^ ]*"


def normalise_words(text: str) -> str:
    """Words joined by single blanks, one blank at either end; idempotent."""
    text = text.lower()
    words = text.translate(_ASCII_WORDS).split() if text.isascii() else _WORD.findall(text)
    return f" {' '.join(words)} "


def count_phrases(words: str, phrases: tuple[str, ...]) -> list[int]:
    """How often each phrase (its words may end or begin with `*`) occurs in normalised words.

    Most do not occur, which a set of the words knows fastest.
    """
    present = {"", *words.split(" ")}
    return [
        sum(1 for _ in pattern.finditer(words)) if whole in present and stem in words else 0
        for whole, stem, pattern in _compile_phrases(phrases)
    ]


def find_phrase(words: str, phrase: str) -> str | None:
    """The first occurrence, as it stands in the normalised words."""
    pattern, stem = _compile_phrase(phrase)
    match = pattern.search(words) if stem in words else None
    return match[0][1:] if match else None


def count_near(words: str, cue: NearCue) -> int:
    """How many left words have a right word within `cue.within` words of them, the word itself not counted."""
    left = _find_positions(words, cue.left)
    right = _find_positions(words, cue.right) if left else []
    return sum(_has_neighbour(position, right, cue.within) for position in left)


def find_near(words: str, cue: NearCue) -> tuple[str, str] | None:
    """The closest left and right words within the window, in the order they stand; the first among equals."""
    told = words.split()
    left, right = _find_positions(words, cue.left), _find_positions(words, cue.right)
    pairs = [(abs(i - j), min(i, j), max(i, j)) for i in left for j in right if 0 < abs(i - j) <= cue.within]
    if not pairs:
        return None
    _, first, second = min(pairs)
    return told[first], told[second]


@lru_cache(maxsize=4096)
def _compile_phrase(phrase: str) -> tuple[re.Pattern[str], str]:
    """The pattern, the blank before it included, and its longest literal part, which a text must hold: a fast no."""
    words = _split_pattern(phrase)
    pattern = " ".join(re.escape(word).replace(r"\*", _ANY) for word in words)
    stem = max(" ".join(words).split("*"), key=len)
    return re.compile(f" {pattern}(?= )"), stem


@lru_cache(maxsize=64)
def _compile_phrases(phrases: tuple[str, ...]) -> list[tuple[str, str, re.Pattern[str]]]:
    """For each a word that a text must hold, empty where all of them have a `*`; and what `_compile_phrase` gives."""
    compiled = [(phrase, *_compile_phrase(phrase)) for phrase in phrases]
    return [(_find_whole_word(phrase), stem, pattern) for phrase, pattern, stem in compiled]


def _find_whole_word(phrase: str) -> str:
    return max((word for word in _split_pattern(phrase) if "*" not in word), key=len, default="")


def _split_pattern(phrase: str) -> list[str]:
    return re.findall(r"[^\W_]*\*?[^\W_]+\*?", phrase.lower())


@lru_cache(maxsize=4096)
def _compile_words(words: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(word.lower()).replace(r"\*", _ANY) for word in words)
    return re.compile(f" (?:{alternatives})(?= )")  # a blank first: `re` looks for it fast


def _find_positions(words: str, wanted: tuple[str, ...]) -> list[int]:
    """Indices of matching words, ascending."""
    return [words.count(" ", 0, match.start()) for match in _compile_words(wanted).finditer(words)]


def _has_neighbour(position: int, others: list[int], within: int) -> bool:
    start = bisect_left(others, position - within)
    return any(other != position and other <= position + within for other in others[start : start + 2])
