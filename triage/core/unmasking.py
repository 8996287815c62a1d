"""Text as a language model may understand it: what is written in look-alike letters, turned round or encoded, read.

For detection only: what is read here is never handed on. Look-alikes after Unicode's confusables (UTS 39), cut down to
the letters of English words; tricks after the OWASP sheet on prompt injection.
"""

import base64
import binascii
import codecs
import html
import re
import unicodedata
import urllib.parse
from collections.abc import Iterator
from typing import Final

_LOOK_ALIKES: Final = str.maketrans(
    "авекмнорстухіјѕԁԛԝһӏɡαβεηικνορτυχωɑɩʀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꜱᴛᴜᴠᴡʏᴢᴀ",
    "abekmhopctyxijsdqwhlgabenikvoptuxwairbcdefghijklmnopstuvwyza",
)
_LEET: Final = tuple(str.maketrans("013457@$!", letters) for letters in ("oieastasi", "oleastasi"))
_LETTER = re.compile(r"[a-z]")
_LEET_SIGN = re.compile(r"[013457@$!]")
_INSIDE_WORDS = re.compile(r"(?<=[a-z])(?:[-._|*~^·]|\{\}|\\[a-z]+\{|[{}])+(?=[a-z])")
_APART = re.compile(r"(?<![a-z])(?:[a-z][\s._*|·-]{1,3}){10,}[a-z](?![a-z])")
_WORD = re.compile(r"[a-z]{5,}")
_BASE64 = re.compile(r"(?<![\w/+])[A-Za-z0-9+/_-]{16,}={0,2}(?: [A-Za-z0-9+/_-]{16,}={0,2})*")
_HEX = re.compile(r"\b(?:[0-9a-fA-F]{2}[ :]?){10,}\b")
_BINARY = re.compile(r"\b(?:[01]{8} ?){6,}")
_ESCAPED = re.compile(r"(?:\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})){4,}")
_READABLE = re.compile(r"[\w\s.,:;!?'\"(){}<>/=%#*-]{8,}", re.ASCII)
_TAG_BLOCK: Final = range(0xE0020, 0xE007F)

_KEYWORDS: Final = (
    "ignore disregard forget override discard previous earlier above instructions instruction guidelines prompt "
    "rubric criteria criterion system assistant language model reviewer grader attention message grade score relevance "
    "relevant highest maximum answer output assign please paper highly fully submission central"
)
_KEYWORD = re.compile(rf"\b(?:{'|'.join(_KEYWORDS.split())})\b")
_UNSCRAMBLED: Final = {(word[0], *sorted(word[1:-1]), word[-1]): word for word in _KEYWORDS.split()}


def fold_letters(text: str) -> str:
    """Case and accents folded, compatibility forms and look-alike letters as the Latin ones, white space single."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(letters.translate(_LOOK_ALIKES).split())


def fold_case(text: str) -> str:
    """Compatibility forms and case folded, other scripts left as they are."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def has_letters_apart(folded: str) -> bool:
    """Whether ten letters or more stand one by one, as in `i g n o r e`."""
    return _APART.search(folded) is not None


def undo_disguises(folded: str) -> Iterator[str]:
    """Folded text mended (marks inside words, digits for letters, inner letters swapped), turned round or rotated.

    Only what brings out a word that instructions use and that was not to be seen before.
    """
    seen = set(_KEYWORD.findall(folded))
    return (mended for mended in _mend(folded) if not seen.issuperset(_KEYWORD.findall(mended)))


def decode_pieces(text: str) -> Iterator[str]:
    """What base64, hexadecimal, binary and escapes in the text say, where that is readable."""
    for match in _BASE64.finditer(text):
        for encoded in {match[0], *match[0].split()}:
            yield from _readable(_decode_base64(encoded))
    for match in _HEX.finditer(text):
        yield from _readable(bytes.fromhex("".join(re.findall(r"[0-9a-fA-F]{2}", match[0]))))
    for match in _BINARY.finditer(text):
        yield from _readable(bytes(int(byte, 2) for byte in re.findall(r"[01]{8}", match[0])))
    for match in _ESCAPED.finditer(text):
        yield re.sub(r"\\[ux]([0-9a-fA-F]+)", lambda code: chr(int(code[1], 16)), match[0])


def decode_markup(text: str) -> str:
    """Text with character references and percent signs decoded, which also honest abstracts and addresses hold."""
    return html.unescape(urllib.parse.unquote(text))


def read_tags(text: str) -> str:
    """What characters of Unicode's tag block (U+E0020 to U+E007E) spell."""
    return "".join(chr(ord(character) - 0xE0000) for character in text if ord(character) in _TAG_BLOCK)


def _mend(folded: str) -> Iterator[str]:
    joined = _INSIDE_WORDS.sub("", folded.replace("{}", ""))
    for letters in _LEET:
        yield _WORD.sub(_unscramble, " ".join(_read_leet(word, letters) for word in joined.split()))
    yield folded[::-1]
    yield " ".join(word[::-1] for word in folded.split())
    yield codecs.decode(folded, "rot13")


def _read_leet(word: str, letters: dict[int, int]) -> str:
    return word.translate(letters) if _LETTER.search(word) and _LEET_SIGN.search(word) else word


def _unscramble(match: re.Match[str]) -> str:
    word = match[0]
    return _UNSCRAMBLED.get((word[0], *sorted(word[1:-1]), word[-1]), word)


def _decode_base64(encoded: str) -> bytes:
    joined = re.sub(r"[ =]", "", encoded).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(joined + "=" * (-len(joined) % 4))
    except binascii.Error:  # one letter over: no length that base64 can have
        return b""


def _readable(decoded: bytes) -> Iterator[str]:
    text = decoded.decode("utf-8", errors="replace")
    if _READABLE.fullmatch(text) and " " in text:
        yield text
