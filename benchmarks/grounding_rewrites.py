"""True rewrites of a main result, as a judge makes them."""

# ruff: noqa: RUF001 -- signs of the abstracts are what is matched here

import re
from collections.abc import Callable
from random import Random
from typing import Final

import msgspec

from triage.core.clauses import polish
from triage.core.grounding_names import long_forms, own_names


class Line(msgspec.Struct, frozen=True):
    """A line, the number of the sentence it rests on, and the plain text of its paper."""

    text: str
    sentence: int
    title: str
    sentences: tuple[str, ...]

    @property
    def cited(self) -> str:
        """The sentence the line rests on."""
        return self.sentences[self.sentence - 1]


_SYNONYMS: Final = {
    "outperforms": "surpasses beats exceeds", "outperform": "surpass beat exceed", "surpasses": "outperforms beats",
    "improves": "enhances", "improving": "enhancing", "reduces": "lowers cuts decreases", "reducing": "lowering "
    "decreasing",
    "achieves": "reaches attains obtains", "achieving": "reaching attaining", "demonstrates": "shows",
    "reveals": "shows",
    "substantially": "considerably", "increases": "raises", "maintains": "keeps preserves", "maintaining": "preserving",
    "retaining": "keeping", "utilizes": "uses", "leverages": "uses", "requires": "needs", "enables": "allows",
    "decreases": "reduces",
}  # fmt: skip
_DIGITS: Final = {
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
}
_ADVERB = re.compile(
    r",? ?\b(?:significantly|consistently|substantially|notably|effectively|further|also|successfully|markedly) "
)
_PARENTHESES = re.compile(r" \([^()]*\)")
_REPORT = re.compile(
    r"^(?:We|Our [\w-]+|(?:Extensive |Comprehensive )?(?:[Ee]xperiments?|[Rr]esults?|[Ee]valuations?)[^,]*?) (?:show|"
    r"find|demonstrate|reveal|observe)s? that "
)
_WHICH = re.compile(
    r"^We (?:propose|introduce|present) (?P<name>[A-Z][\w.-]*),? (?:a|an) [^,]*?,? (?:which|that) (?=\w+s\b)"
)
_SUBJECT = re.compile(
    r"^(?:Our (?:proposed )?(?:method|approach|framework|model|system)|The proposed (?:method|approach|framework|"
    r"model|system)|It|We) (?=\w+s\b)"
)
_LEADING = re.compile(
    r"^(?P<lead>(?:On|In|Across|Under|For) [^,]{5,70}), (?P<rest>(?:it|our|the|[A-Z][\w-]+) [^,;:]*?)(?P<dot>\.)$"
)
_TRAILING = re.compile(
    r",? (?:demonstrating|highlighting|showing|suggesting|indicating|underscoring|while|enabling|validating|thereby) "
    r"[^;]*$"
)
_PASSIVE = re.compile(
    r"^(?P<a>[A-Z][\w-]+) (?P<verb>outperforms|surpasses) (?P<b>[^,;.]{4,70}?)(?P<tail> (?:by|on|in|across|with|"
    r"under) .*)?\.$"
)


def _coin(rng: Random) -> bool:
    return rng.getrandbits(1) == 1


def _swap_synonym(line: Line, rng: Random) -> str:
    found = [match for match in re.finditer(r"\b[a-z]+\b", line.text) if match[0] in _SYNONYMS]
    if not found:
        return line.text
    match = rng.choice(found)
    return f"{line.text[: match.start()]}{rng.choice(_SYNONYMS[match[0]].split())}{line.text[match.end() :]}"


def _respell_numbers(line: Line, rng: Random) -> str:
    text = line.text
    if _coin(rng):
        text = re.sub(r"(?<=\d)%", " percent", text)
    text = text.replace("percentage points", rng.choice(["points", "pp", "percentage points"]))
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", rng.choice(["", ","]), text)
    text = re.sub(r"(?<=\d)×", "x", text)
    words = list(re.finditer(r"\b(" + "|".join(_DIGITS) + r")\b(?!-)", text))
    for match in reversed(words):
        text = f"{text[: match.start()]}{_DIGITS[match[0]]}{text[match.end() :]}"
    return text


def _name_subject(line: Line, rng: Random) -> str:
    names = own_names(line.title, " ".join(line.sentences))
    name = names[0] if names and line.title.startswith(names[0]) else ""
    if not name:
        return line.text
    text = _SUBJECT.sub(f"{name} ", line.text)
    return (
        text
        if text != line.text or _coin(rng)
        else re.sub(r"\b[Oo]ur (?:method|approach|framework|model)\b", name, text)
    )


def _abbreviate(line: Line, rng: Random) -> str:
    text = line.text
    for short, long in sorted(long_forms(" ".join(line.sentences)).items(), key=lambda _: rng.random()):
        text = re.sub(rf"\b{re.escape(long)}s?(?: \({short}s?\))?", short.upper(), text, flags=re.IGNORECASE)
    return text


def _lead_last(line: Line, rng: Random) -> str:
    match = _LEADING.match(line.text)
    if not match or _coin(rng):
        return line.text
    return f"{match['rest']} {match['lead'][0].lower()}{match['lead'][1:]}."


def _passive(line: Line, _: Random) -> str:
    match = _PASSIVE.match(line.text)
    if not match:
        return line.text
    participle = {"outperforms": "outperformed", "surpasses": "surpassed"}[match["verb"]]
    return f"{match['b'][0].upper()}{match['b'][1:]} are {participle} by {match['a']}{match['tail'] or ''}."


def _by(pattern: re.Pattern[str], replacement: str = "") -> Callable[[Line, Random], str]:
    return lambda line, _: pattern.sub(replacement, line.text)


def _title_name_first(line: Line, rng: Random) -> str:
    head, colon, _ = line.title.partition(":")
    return f"{head}: {line.text}" if colon and len(head.split()) == 1 and _coin(rng) else line.text


REWRITES: Final[tuple[Callable[[Line, Random], str], ...]] = (
    _swap_synonym, _respell_numbers, _name_subject, _abbreviate, _lead_last, _passive, _by(_ADVERB, " "),
    _by(_PARENTHESES),
    _by(_REPORT), _by(_WHICH, r"\g<name> "), _by(_TRAILING, "."), _by(re.compile(r"\bcompared (?:to|with)\b"),
    "relative to"),
    _title_name_first, _by(re.compile(r"(?<= )the (?=baselines|existing|previous|prior)")),
    _by(re.compile(r"\bstate-of-the-art\b"), "SOTA"),
)  # fmt: skip


def rewrite(line: Line, rng: Random) -> Line:
    """One to four rewrites that keep the meaning."""
    for change in rng.sample(REWRITES, rng.randint(3, 8)):
        text = polish(" ".join(change(line, rng).split()).replace(" .", ".").replace(" ,", ","))
        line = msgspec.structs.replace(line, text=text)
    return line
