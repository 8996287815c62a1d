"""Words of a takeaway as grounding compares them: stems, synonyms, and the words whose kind matters."""

# ruff: noqa: RUF001 -- dashes and quotes are what is matched here

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from triage.core.grounding_lexicon import DOWN, GRAMMAR, IRREGULAR, NEGATORS, REPORTING, STRONG, SYNONYMS, UP
from triage.core.grounding_quantities import Quantity, read_quantities

_TOKEN = re.compile(
    r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:\.\d+)*(?:['’][a-z]+)?|[.,;:!?()—–，。；、]|(?<=\s)-(?=\s)"
)
_STATE_OF_THE_ART = re.compile(r"\bstate[- ]of[- ]the[- ]art\b", re.IGNORECASE)
_PLURAL_HYPHEN = re.compile(r"(?<=\w)[-‐‑/](?=\w)")
_SUFFIXES: Final = (  # each with the fewest letters that must stay before it
    ("ifications ification ifies ified ify", 4), (("izations ization isations isation izing ized izes ize ising ised "
    "ise"), 4),
    ("ations ation ating ated ates ate ators ator ative atively", 4), (("abilities ability ibility ably able ible "
    "ibly"), 4),
    ("iveness fulness ousness ments ment mental mentally ness", 4), (("encies ency ancies ancy ences ence ances ance "
    "ently ent ant"), 4),
    ("ionally ional ions ion ively ives ive ors or", 4), (("ilities ility ities ity ically ical ics ic ally als al "
    "ously ous"), 4),
    ("ered ering", 4), ("edly ings ing ied ies ed ers er est es ly s", 3), ("e y", 3),
)  # fmt: skip
_ENDINGS: Final = tuple(
    sorted(((ending, least) for group, least in _SUFFIXES for ending in group.split()), key=lambda it: -len(it[0]))
)
_SHORTEST_STEM: Final = 3


class Word(msgspec.Struct, frozen=True):
    """A word or mark as written and as compared; marks have an empty stem, numbers their `quantity`."""

    text: str
    stem: str
    quantity: Quantity | None = None


def read_words(text: str) -> list[Word]:
    """Words, numbers and marks in order; hyphens and slashes part words, a number with its unit is one."""
    words, start = [], 0
    for quantity in read_quantities(text):
        words += _plain_words(text[start : max(start, quantity.start)])
        words.append(Word(quantity.shown, "", quantity))
        start = quantity.end
    return words + _plain_words(text[start:])


def _plain_words(text: str) -> list[Word]:
    return [
        Word(match[0], canonical(match[0]) if match[0][0].isalnum() else "")
        for match in _TOKEN.finditer(_PLURAL_HYPHEN.sub(" ", _STATE_OF_THE_ART.sub("SOTA", text)))
    ]


@lru_cache(maxsize=65536)
def canonical(word: str) -> str:
    """The stem of a word, or of the first of its synonyms."""
    stem = _stem(word)
    return _CANONICAL.get(stem, stem)


def stems_of(words: Iterable[Word]) -> set[str]:
    """Stems of the words, marks left out."""
    return {word.stem for word in words if word.stem}


def is_content(word: Word) -> bool:
    """Whether a word must be accounted for: a letter in it, and neither grammar nor reporting."""
    text = word.text.lower()
    return is_meaningful(word) and text not in REPORTING


def is_meaningful(word: Word) -> bool:
    """Whether a word is more than grammar."""
    text = word.text.lower()
    return bool(word.stem) and text not in GRAMMAR and any(map(str.isalpha, text)) and len(text) > 1


def direction_of(word: Word) -> int:
    """1 where a word says more or better, -1 less or worse, else 0."""
    text = word.text.lower()
    if text.startswith("lower"):
        return -1
    if text.endswith("er") or text in {"more", "less", "better", "worse"}:  # "higher" says more, "high" does not
        return (text in UP) - (text in DOWN)
    return (word.stem in _UP_STEMS) - (word.stem in _DOWN_STEMS)


def is_comparison(word: Word) -> bool:
    """Whether a verb says that one beats another, or falls behind it."""
    return word.stem in _COMPARISONS


def is_negator(word: Word) -> bool:
    """Whether a word turns what follows into its opposite."""
    text = word.text.lower().replace("’", "'")
    return text in NEGATORS or text.endswith("n't")


def strength_of(word: Word) -> str | None:
    """The kind of strong claim that a word makes ("all", "best", "cause"…), if it makes one."""
    return _STRENGTHS.get(word.text.lower())


def _stem(word: str) -> str:
    word = word.lower().replace("’", "'").removesuffix("'s").removesuffix("s'")
    word = IRREGULAR.get(word, word)
    if word.startswith("general"):
        return "general"  # and not what is generated
    for ending, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith(("ss", "us", "ias", "eed")):
            word = word[: -len(ending)]
            break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] if len(word) > _SHORTEST_STEM and word[-1] in "ey" else word


_CANONICAL: Final = {_stem(word): _stem(group.split()[0]) for group in SYNONYMS for word in group.split()}
_UP_STEMS: Final = frozenset(canonical(word) for word in UP if not word.endswith("er"))
_DOWN_STEMS: Final = frozenset(canonical(word) for word in DOWN if not word.endswith("er"))
_COMPARISONS: Final = frozenset(
    map(canonical, ("outperform", "beat", "surpass", "exceed", "outscore", "underperform", "trail", "lag"))
)
_STRENGTHS: Final = {word: kind for kind, words in STRONG.items() for word in words.split()}
