"""An abstract cut into its sentences, LaTeX kept."""

# ruff: noqa: RUF001 -- dashes, quotes and signs are what is matched and printed here

import re
from typing import Final

# A full stop, question or exclamation mark with what closes behind it, white space, and what may open a sentence.
_BOUNDARY = re.compile(
    r"(?P<end>[.!?]+(?:\}|\)|\]|\"|''|'|”|’|\$)*)\s+(?=(?:[\"“‘'`(\[{$*%\\]|\\[A-Za-z]+\s*)*[^\W_]\S*)"
)
# "performance.We propose": the space after the stop is missing, which a long word before or these openers make certain.
_GLUED = re.compile(
    r"(?<=[a-z)%]{2})\.(?=(?:We|Our|This|These|However|To|In|The|Experiments?|Extensive|Code)[\s,])|(?<=[a-z]{5})\.(?=[A-Z][a-z]{2,}[\s,])"
)
_OPENING_MARKS = re.compile(r"^(?:[\"“‘'`(\[{$*%\\]|\\[A-Za-z]+(?=\s*\{))+")
_NAMED_BY_COMMAND = re.compile(
    r"\\[A-Za-z]+(?:(?:\{\})?\s+[a-z]|(?<=textsc|texttt)\{)"
)  # "\ours beats": the command is the subject
_ROMAN = re.compile(r"[(*]*\(?[ivx]{1,4}\)")
_PROTECTED = re.compile(r"(?<!\\)\$[^$]{1,80}(?<!\\)\$|\\\(.*?\\\)|\\\[.*?\\\]")
_NEVER_LAST_WORDS: Final = (
    "e.g i.e vs cf fig figs eq eqs sec sect tab ref refs dr prof resp ex v avg approx w.r.t viz ca no nos vol st alg"
)
# After these a sentence may end; it does when the next word is one that opens sentences.
_SOMETIMES_LAST_WORDS: Final = "al pp inc corp ltd co jr sr u.s u.k u.n a.k.a ph.d i.i.d a.m p.m"
_OPENING_WORDS: Final = (
    "we our the this these those it its they in to on for from by with through using across under at as and but a an i "
    "however moreover furthermore additionally finally overall first second third here while when "
    "although despite results "
    "experiments extensive experimental empirical recent existing unlike specifically notably code thus therefore such "
    "current compared building based both evaluations there instead many most some"
)
_LONG_WORD = re.compile(r"[a-z]{5,}\W*$")
_ENUMERATOR = re.compile(r"(?:^|[:;,]\s)(?:\d{1,2}|[ivx]{1,4}|[A-Za-z])\.$")
_INITIAL = re.compile(r"(?:^|[\s(.])[A-Z]\.$")
_LAST_WORD = re.compile(r"([^\s(\[{\"“'~]+)$")


_NEVER_LAST: Final = frozenset(_NEVER_LAST_WORDS.split())
_SOMETIMES_LAST: Final = frozenset(_SOMETIMES_LAST_WORDS.split())
_OPENERS: Final = frozenset(_OPENING_WORDS.split())


def split_sentences(text: str) -> list[str]:
    """The sentences in order, each as written; nothing but white space is lost. Empty text has none."""
    text = " ".join(text.split())
    protected = [match.span() for match in _PROTECTED.finditer(text)]
    sentences, start = [], 0
    for stop, resume in sorted(_boundaries(text)):
        inside_math = any(begin < stop < end for begin, end in protected)
        if not inside_math and _ends_sentence(text[start:stop], text[resume:]):
            sentences.append(text[start:stop])
            start = resume
    return [sentence for sentence in (*sentences, text[start:]) if sentence]


def _boundaries(text: str) -> list[tuple[int, int]]:
    spaced = [(match.end("end"), match.end()) for match in _BOUNDARY.finditer(text)]
    return spaced + [(match.end(), match.end()) for match in _GLUED.finditer(text)]


def _ends_sentence(before: str, after: str) -> bool:
    if _NAMED_BY_COMMAND.match(after) or _ROMAN.match(after):
        return True
    following = _OPENING_MARKS.sub("", after)
    if not before.endswith("."):
        return not following[:1].islower() or before.endswith("!")
    if not (_can_open(following) or after.startswith("$")):
        return bool(_LONG_WORD.search(before))
    last = _LAST_WORD.search(before)
    word = last[1].rstrip(".").lower() if last else ""
    opens = re.split(r"[^A-Za-z]", following, maxsplit=1)[0].lower() in _OPENERS
    if word in _NEVER_LAST:
        return word == "no" and not following[:1].isdigit()
    if word in _SOMETIMES_LAST or _INITIAL.search(before) or before.endswith("..."):
        return opens
    return not _ENUMERATOR.search(before)


def _can_open(following: str) -> bool:
    """A capital, a digit, or a name such as iRec, k2 or a Greek letter."""
    word = following.split(maxsplit=1)[0] if following else ""
    if not word[:1].islower():
        return bool(word)
    return not word[0].isascii() or any(character.isupper() or character.isdigit() for character in word.split("-")[0])
