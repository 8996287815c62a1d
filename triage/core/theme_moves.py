"""What moved between two weeks: phrases that several listed papers share, and how many candidates said them before.

A theme is a phrase that its papers say, in title or abstract, so that a reader can check each count; it stands in a
title at least, which keeps turns of phrase out. Phrases are weighed by how much more the topic's candidates say them
than the rest of the week, as in keyphrase extraction by divergence (Tomokiyo and Hurst 2003).
"""

# ruff: noqa: RUF001 -- apostrophes are what is matched here

import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from triage.core.cues import normalise_words
from triage.core.grounding_names import long_forms
from triage.core.latex import read_latex
from triage.core.paper import clean_text
from triage.core.theme_words import BREAKS, GENERIC

MOST_THEMES: Final = 5
_FEWEST: Final = 3  # candidates that make a theme, two of them listed, or one more where one is
_OF_OTHERS: Final = 0.1  # what a candidate counts that is not listed
_LONGEST: Final = 3  # words of a phrase
_TOO_COMMON: Final = 0.6  # of the candidates: true of the topic itself
_MOST_ALIKE: Final = 0.5  # papers that two themes share, among those of either
_LENGTH_BONUS: Final = (0.7, 1.0, 1.1)  # of one, two and three words: a phrase says more than a word
_LEAST_LIFT: Final = (8.0, 2.5, 2.5)  # of one, two and three words: how much more often than in the rest of the week
_TITLES_OF_WORD: Final = 3  # that hold a word, for it to be a theme by itself; of a phrase one does
_COVERED: Final = 0.4  # what a listed paper counts that stands in a chosen theme already
_SAME_STEM: Final = 7  # letters by which "recommender" is "recommendation"
_ENDINGS: Final = (" ", "s ", "es ")
_OFTEN: Final = 0.25
_SHORTEST_PLURAL: Final = 3
_SINGULAR: Final = ("ss", "us", "is")
_PLURALS: Final = (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("s", ""))

_TOKEN = re.compile(r"(?:\b[^\W_]-)?[^\W_]+(?:['’][^\W_]+)?|[^\w\s/-]")  # "e-commerce" is one word
_NO_NOUN = re.compile(r"\w+(?:ly|ive|[^v]al|ous|able|ible|ed|ful|less|ary)")


class Text(msgspec.Struct, frozen=True):
    """A title and an abstract as they are stored."""

    title: str
    abstract: str


class Move(msgspec.Struct, frozen=True):
    """A theme: how many candidates say it, how many of the week before, and the listed ones by place, from 0."""

    label: str
    papers: int
    before: int
    places: tuple[int, ...]

    @property
    def order(self) -> tuple[int, int, int, str]:
        """Those with the most listed papers first, then those that grew the most."""
        return -len(self.places), self.before - self.papers, -self.papers, self.label


class _Said(msgspec.Struct, frozen=True):
    """The phrases of a text, each as it is written there, by what it is in small letters and the singular."""

    title: Mapping[str, str]
    abstract: Mapping[str, str]

    def list_phrases(self, aliases: Mapping[str, str]) -> frozenset[str]:
        said = {*self.title, *self.abstract}
        return frozenset(said | {aliases[short] for short in said & aliases.keys()})


def find_moves(
    listed: Sequence[Text], others: Sequence[Text], before: Sequence[Text], rest: Sequence[Text], topic: str
) -> tuple[Move, ...]:
    """At most five themes. Deterministic; takes a millisecond or so for each candidate.

    `listed` and `others` are the topic's candidates, `before` those of the week before, `rest` the week's other papers.
    What the topic's title says is no theme, being true of all.
    """
    said = [_read(text) for text in (*listed, *others)]
    earlier = [_read(text) for text in before]
    aliases = _find_aliases(listed)
    now = [each.list_phrases(aliases) for each in said]
    titles = Counter(phrase for each in said for phrase in each.title)
    counts = _count_shared(now, len(listed), titles, {*GENERIC, *_list_words(topic)})
    weights = _weigh({phrase: count / len(now) for phrase, count in counts.items()}, rest)
    then = Counter(phrase for each in earlier for phrase in each.list_phrases(aliases))
    moves = [
        Move(
            _write(phrase, said),
            counts[phrase],
            then[phrase],
            tuple(place for place, each in enumerate(now[: len(listed)]) if phrase in each),
        )
        for phrase in _choose(weights, now, len(listed))
    ]
    return tuple(sorted(moves, key=lambda move: move.order))


def _count_shared(
    now: Sequence[frozenset[str]], listed: int, titles: Mapping[str, int], general: Collection[str]
) -> dict[str, int]:
    """How many candidates say each phrase that could be a theme: that enough of them say, and not nearly all."""
    shown = Counter(phrase for each in now[:listed] for phrase in each)
    counts = Counter(phrase for each in now for phrase in each if phrase in shown)
    stems = {word[:_SAME_STEM] for word in general if len(word) >= _SAME_STEM}
    return {
        phrase: count
        for phrase, count in counts.items()
        if (_FEWEST if shown[phrase] > 1 else _FEWEST + 1) <= count <= _TOO_COMMON * len(now)
        and titles[phrase] >= (1 if " " in phrase else _TITLES_OF_WORD)
        and any(word not in general and word[:_SAME_STEM] not in stems for word in phrase.split())
        and not _NO_NOUN.fullmatch(phrase.split()[-1])
    }


def _weigh(shares: Mapping[str, float], rest: Sequence[Text]) -> dict[str, float]:
    """The more, the more often the candidates say it than the other papers do; without what they hardly say more."""
    words = [normalise_words(f"{text.title} {text.abstract}") for text in rest]
    weights = {}
    for phrase, share in shares.items():
        blanks, said = phrase.count(" "), f" {phrase.replace('-', ' ')}"
        usual = sum(said in each and any(said + ending in each for ending in _ENDINGS) for each in words)
        lift = share * (len(words) + 1) / (usual + 1)
        if lift >= _LEAST_LIFT[blanks]:
            weights[phrase] = math.log(lift) * _LENGTH_BONUS[blanks]
    return weights


def _choose(weights: Mapping[str, float], now: Sequence[frozenset[str]], listed: int) -> Iterator[str]:
    """One after the other the phrase that says most of papers that no other says, unlike those before it."""
    papers = {phrase: {place for place, each in enumerate(now) if phrase in each} for phrase in weights}
    chosen: list[str] = []
    covered: set[int] = set()
    for _ in range(MOST_THEMES):
        values = {
            phrase: weight
            * sum(_OF_OTHERS if at >= listed else _COVERED if at in covered else 1.0 for at in papers[phrase])
            for phrase, weight in weights.items()
            if all(_is_apart(phrase, other, papers) for other in chosen)
        }
        if not values:
            return
        best = min(values, key=lambda phrase: (-values[phrase], phrase))
        chosen.append(best)
        covered |= papers[best]
        yield best


def _is_apart(phrase: str, other: str, papers: Mapping[str, set[int]]) -> bool:
    shared, either = papers[phrase] & papers[other], papers[phrase] | papers[other]
    return not set(phrase.split()) & set(other.split()) and len(shared) <= _MOST_ALIKE * len(either)


def _find_aliases(listed: Sequence[Text]) -> dict[str, str]:
    """What abbreviations stand for in most of the texts that spell them out."""
    votes: Counter[tuple[str, str]] = Counter()
    for text in listed:
        for short, long in long_forms(clean_text(read_latex(text.abstract))).items():
            words = _list_words(long)
            if 1 < len(words) <= _LONGEST:
                votes[short, " ".join(words)] += 1
    return {short: long for (short, long), _ in sorted(votes.items(), key=lambda vote: (vote[1], vote[0]))}


def _write(phrase: str, said: Sequence[_Said]) -> str:
    """As most abstracts write it, else as titles do; in the plural if that is common, with a capital only if always."""
    written = Counter(each.abstract[phrase] for each in said if phrase in each.abstract)
    written = written or Counter(each.title[phrase] for each in said if phrase in each.title)
    plural = {form: count for form, count in written.items() if form.endswith("s")}
    forms = plural if sum(plural.values()) >= _OFTEN * written.total() else written
    form = min(forms, key=lambda each: (-forms[each], each))
    is_name = all(each[0].isupper() for each in written)
    return form if is_name or not form[1:2].islower() else form[0].lower() + form[1:]


def _read(text: Text) -> _Said:
    return _Said(*(_list_phrases(clean_text(read_latex(each))) for each in (text.title, text.abstract)))


def _list_phrases(text: str) -> dict[str, str]:
    """A compound with hyphens stands in a phrase whole or not at all."""
    found: dict[str, str] = {}
    for run in _cut_runs(text):
        words = [_fold(match[0]) for match in run]
        opens = [text[match.start() - 1 : match.start()] != "-" for match in run]
        for start in itertools.compress(range(len(run)), opens):
            for end in range(start + 1, min(start + _LONGEST, len(run)) + 1):
                if end == len(run) or opens[end]:
                    found.setdefault(" ".join(words[start:end]), text[run[start].start() : run[end - 1].end()])
    return found


def _cut_runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Words in a row without a word or mark in between that ends a phrase."""
    run: list[re.Match[str]] = []
    for match in _TOKEN.finditer(text):
        if _may_be_said(match[0]):
            run.append(match)
        else:
            yield run
            run = []
    yield run


@lru_cache(8192)
def _may_be_said(word: str) -> bool:
    return word.lower() not in BREAKS and sum(map(str.isalpha, word)) > 1


def _list_words(text: str) -> list[str]:
    return [_fold(match[0]) for match in _TOKEN.finditer(text)]


@lru_cache(8192)
def _fold(word: str) -> str:
    """In small letters and the singular."""
    word = word.lower()
    if len(word) < _SHORTEST_PLURAL or word.endswith(_SINGULAR):
        return word
    for plural, singular in _PLURALS:
        if word.endswith(plural):
            return word.removesuffix(plural) + singular
    return word
