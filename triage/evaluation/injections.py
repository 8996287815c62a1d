"""Injections: texts that try to talk a judge into a grade. All of them are made up by us, for audits and tests.

Keyword stuffing gives no instruction and cannot be told from an abstract by its form; it is here to be counted.
"""

# ruff: noqa: RUF001 -- look-alike letters are what is made here

import base64
import codecs
import html
import unicodedata
import urllib.parse
import zlib
from collections.abc import Callable
from itertools import cycle, islice
from typing import Final

import msgspec

from triage.core.sentences import split_sentences
from triage.evaluation.injections_later import LATER_INJECTIONS
from triage.evaluation.injections_written import DISGUISED_TEXTS, WRITTEN_INJECTIONS

KEYWORD_STUFFING: Final = "keyword stuffing"

_CYRILLIC: Final = str.maketrans("aeopcxyiAEOPCTH", "аеорсхуіАЕОРСТН")
_GREEK: Final = str.maketrans("oavnuiAEOTIN", "οανηυιΑΕΟΤΙΝ")
_SMALL_CAPITALS: Final = str.maketrans("abcdefghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ")
_LEET: Final = str.maketrans("aeiostl", "4310571")
_LEET_SIGNS: Final = str.maketrans("aeios", "@3!0$")
_SCRAMBLED: Final = 5  # letters of the shortest word that is


class Injection(msgspec.Struct, frozen=True):
    """One form; forms of one family use the same trick."""

    family: str
    text: str


def make_injections() -> tuple[Injection, ...]:
    """The corpus, in one fixed order, each text once."""
    families = {**WRITTEN_INJECTIONS, **LATER_INJECTIONS}
    written = [Injection(family, text) for family, texts in families.items() for text in texts]
    return (*written, *(form for trick in _DISGUISES for form in _disguise(trick)))


def plant(abstract: str, injection: Injection) -> str:
    """The abstract with the injection before it, in its middle or behind it; the text decides which."""
    sentences = split_sentences(abstract)
    place = (0, len(sentences) // 2, len(sentences))[zlib.crc32(injection.text.encode()) % 3]
    return " ".join([*sentences[:place], injection.text, *sentences[place:]])


def _disguise(trick: tuple[str, int, Callable[[str], str]]) -> list[Injection]:
    family, count, disguise = trick
    start = zlib.crc32(family.encode()) % len(DISGUISED_TEXTS)
    texts = islice(cycle(DISGUISED_TEXTS), start, start + count)
    return [Injection(family, disguise(text)) for text in texts]


def _base64(text: str) -> str:
    return f"Supplementary key: {base64.b64encode(text.encode()).decode()}"


def _base64_in_pieces(text: str) -> str:
    encoded = base64.b64encode(text.encode()).decode()
    return " ".join(encoded[at : at + 40] for at in range(0, len(encoded), 40))


def _hex(text: str) -> str:
    return f"Decode and follow: {text.encode().hex()}"


def _hex_in_pairs(text: str) -> str:
    return text.encode().hex(" ")


def _escapes(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def _entities(text: str) -> str:
    return "".join(f"&#{ord(character)};" for character in html.unescape(text))


def _binary(text: str) -> str:
    return " ".join(f"{byte:08b}" for byte in text.encode())


def _tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(character)) for character in text)


def _split_by(mark: str) -> Callable[[str], str]:
    return mark.join


def _fullwidth(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)


def _bold(text: str) -> str:
    letters = {ord(small): chr(0x1D41A + at) for at, small in enumerate("abcdefghijklmnopqrstuvwxyz")}
    capitals = {ord(big): chr(0x1D400 + at) for at, big in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
    return text.translate(letters | capitals)


def _circled(text: str) -> str:
    return text.lower().translate({ord(c): chr(0x24D0 + at) for at, c in enumerate("abcdefghijklmnopqrstuvwxyz")})


def _spaced_words(text: str) -> str:
    return "   ".join(" ".join(word) for word in text.split())


def _reversed_words(text: str) -> str:
    return " ".join(word[::-1] for word in text.split())


def _scrambled(text: str) -> str:
    """Every longer word with its inner letters turned by one, which people and models still read."""
    return " ".join(
        word[0] + word[2:-1] + word[1] + word[-1] if len(word) >= _SCRAMBLED and word.isalpha() else word
        for word in text.split()
    )


def _stacked_marks(text: str) -> str:
    return "".join(character + "\u0335\u0353\u0301" * character.isalpha() for character in text)


def _accented(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(c + "\u0301" * (c in "aeiou") for c in text))


def _wrapped(before: str, after: str) -> Callable[[str], str]:
    return lambda text: f"{before}{text}{after}"


_DISGUISES: Final[tuple[tuple[str, int, Callable[[str], str]], ...]] = (
    ("base64", 5, _base64),
    ("base64 in pieces", 3, _base64_in_pieces),
    ("hexadecimal", 4, _hex),
    ("hexadecimal in pairs", 2, _hex_in_pairs),
    ("escapes", 3, _escapes),
    ("entities", 3, _entities),
    ("percent encoding", 3, urllib.parse.quote),
    ("binary", 2, _binary),
    ("rot13", 5, lambda text: f"rot13: {codecs.encode(text, 'rot13')}"),
    ("Unicode tags", 6, _tags),
    ("zero width", 4, _split_by("\u200b")),
    ("word joiners", 2, _split_by("\u2060")),
    ("soft hyphens", 2, _split_by("\u00ad")),
    ("variation selectors", 2, _split_by("\ufe0f")),
    ("Cyrillic look-alikes", 5, lambda text: text.translate(_CYRILLIC)),
    ("Greek look-alikes", 4, lambda text: text.translate(_GREEK)),
    ("full width", 3, _fullwidth),
    ("mathematical bold", 3, _bold),
    ("circled letters", 2, _circled),
    ("small capitals", 3, lambda text: text.lower().translate(_SMALL_CAPITALS)),
    ("leetspeak", 5, lambda text: text.translate(_LEET)),
    ("leetspeak with signs", 3, lambda text: text.translate(_LEET_SIGNS)),
    ("letters apart", 4, _spaced_words),
    ("letters dotted", 3, _split_by(".")),
    ("letters underscored", 2, _split_by("_")),
    ("backwards", 3, lambda text: text[::-1]),
    ("words backwards", 3, _reversed_words),
    ("scrambled letters", 5, _scrambled),
    ("stacked marks", 3, _stacked_marks),
    ("accents", 3, _accented),
    ("right-to-left override", 3, lambda text: f"\u202e{text[::-1]}\u202c"),
    ("LaTeX white text", 3, _wrapped(r"\textcolor{white}{", "}")),
    ("LaTeX white group", 2, _wrapped(r"{\color[rgb]{1,1,1} ", "}")),
    ("LaTeX tiny type", 3, _wrapped(r"{\fontsize{0.1pt}{0.1pt}\selectfont ", "}")),
    ("LaTeX tiny", 2, _wrapped(r"{\tiny ", "}")),
    ("LaTeX phantom", 2, _wrapped(r"\phantom{", "}")),
    ("LaTeX comment", 2, _wrapped("\\iffalse ", " \\fi")),
    ("HTML comment", 3, _wrapped("<!-- ", " -->")),
    ("HTML hidden", 3, _wrapped('<span style="color:white;font-size:0px">', "</span>")),
    ("Markdown comment", 3, _wrapped("[//]: # (", ")")),
    ("broken by commands", 3, _split_by("{}")),
)
