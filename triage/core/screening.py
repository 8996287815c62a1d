"""Text from papers is data: what no reader sees is removed from it, and what looks like an instruction is flagged.

A flag is a warning to show, no proof: who knows the patterns can write around them, and keyword stuffing has none. What
holds against both is that a judge's answer is only grades and a checked line. How many made-up injections and how many
real abstracts are flagged is measured by `benchmarks/injection_flags.py`: nearly all forms that the patterns were made
for, 70 % of those of a stranger, about a quarter of those held out, none of keyword stuffing.
"""

# ruff: noqa: RUF001 -- quotation marks are what is matched here

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from triage.core.instruction_signs import (
    ADDRESS,
    COMMAND,
    FOREIGN,
    FOREIGN_WORDS,
    HIDDEN,
    ORDER,
    PROSE_SIGNS,
    ROLE,
    SIGNS,
)
from triage.core.sentences import split_sentences
from triage.core.unmasking import (
    decode_markup,
    decode_pieces,
    fold_case,
    fold_letters,
    has_letters_apart,
    read_tags,
    undo_disguises,
)

ENCODED: Final = "base64 or other encoded text"
DISGUISED: Final = "letters spaced out, swapped or turned round"
INVISIBLE: Final = "words in invisible characters"

# Control, format, private, surrogate and unassigned characters, by general category.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
# Letters and marks that print nothing: Unicode's Default_Ignorable_Code_Point outside those categories, and the blank
# Braille pattern.
_BLANK = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# A short quotation behind words that say it is an example is talked about, not said.
_QUOTED = re.compile(
    r"[\"“”„«]([^\"“”„«»]{1,70})[\"“”»]|`{1,2}([^`]{1,70})[`']{1,2}|(?<!\w)['‘]([^'‘’]{1,70})['’](?!\w)"
)
_TALKED_ABOUT = re.compile(
    r"injection|jailbreak|attack|adversar|malicious|hidden|such as|e\.g\.|for example|for instance|\blike\b|phrase"
    r"|prompt|command|called|named|template|token|told|asked|begins? with|says|saying|words|strings?"
)
_REACH: Final = 90  # characters before a quotation in which such a word may stand
_QUOTABLE: Final = frozenset({ORDER, ADDRESS, ROLE, COMMAND})
_PROSE = re.compile(r"[.!]\s|[.!]$")
_FOREIGN_SHARE: Final = 0.3  # of a sentence's words, at least two


class Screened(msgspec.Struct, frozen=True):
    """The text fit to hand on, how many characters were removed from it, and what in it looks like an instruction."""

    text: str
    removed: int
    flags: tuple[str, ...]


def screen(text: str) -> Screened:
    """Remove what no reader sees, collapse white space, and flag; the words themselves stay as they are."""
    kept = remove_unseen(text)
    flags = set(_find_signs(kept))
    flags |= {INVISIBLE for _ in _find_signs(read_tags(text))}
    removed = sum(not character.isspace() for character in text) - sum(not character.isspace() for character in kept)
    return Screened(kept, removed, tuple(sorted(flags)))


def remove_unseen(text: str) -> str:
    """The text without characters that print nothing, white space single; idempotent. Lone surrogates go too."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    seen = (c for c in _BLANK.sub("", text) if c.isspace() or unicodedata.category(c) not in _UNSEEN)
    return " ".join("".join(seen).split())


def _find_signs(text: str) -> Iterable[str]:
    folded = fold_letters(text)
    yield from _match(folded, SIGNS)
    if _PROSE.search(folded):
        yield from _match(folded, PROSE_SIGNS, PROSE_SIGNS)
    if any(_is_foreign(sentence) for sentence in split_sentences(folded)):
        yield FOREIGN
    yield from _match(fold_case(text), (FOREIGN,))
    yield from _match(text.casefold(), (HIDDEN,))
    if has_letters_apart(folded):
        yield DISGUISED
    for mended in undo_disguises(folded):
        yield from _match_anew(mended, folded, DISGUISED)
    for decoded in decode_pieces(text):
        yield ENCODED
        yield from _match(fold_letters(decoded), SIGNS)
    yield from _match_anew(fold_letters(decode_markup(text)), folded, ENCODED)


def _match(text: str, names: Iterable[str], signs: Mapping[str, re.Pattern[str]] = SIGNS) -> Iterable[str]:
    for name in names:
        matches = signs[name].finditer(text)
        if any(name not in _QUOTABLE or not _is_talked_about(text, match) for match in matches):
            yield name


def _match_anew(mended: str, folded: str, disguise: str) -> Iterable[str]:
    """What only the mended text shows, and the disguise that hid it."""
    if mended != folded and (found := set(_match(mended, SIGNS)) - set(_match(folded, SIGNS))):
        yield from found
        yield disguise


def _is_foreign(sentence: str) -> bool:
    words = re.findall(r"[a-z]+", sentence)
    foreign = sum(word in FOREIGN_WORDS for word in words)
    return foreign > 1 and foreign >= _FOREIGN_SHARE * len(words)


def _is_talked_about(text: str, match: re.Match[str]) -> bool:
    return any(
        quotation.start() <= match.start() + 1 and match.end() - 1 <= quotation.end() and _TALKED_ABOUT.search(before)
        for quotation in _QUOTED.finditer(text)
        if (before := text[max(0, quotation.start() - _REACH) : quotation.start()])
    )
