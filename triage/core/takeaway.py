"""The takeaway: the sentence of an abstract, or a clause of it, that says the main result."""

import re
from typing import Final

import msgspec

from triage.core.clause_score import Place, find_places, score_clause
from triage.core.clauses import Clause, cut_clauses
from triage.core.latex import read_latex
from triage.core.result_cues import Cue, cues_of
from triage.core.sentences import split_sentences

_CUT_BEHIND: Final = 930
_CLOSED = re.compile(r"[.!?…][^\w\s]*$|https?:\S+$")
_SLACK = 3.0  # how much more than its whole sentence a clause may score; less misses clauses, more only costs time


class Takeaway(msgspec.Struct, frozen=True):
    """One line: `text`, plain, at most 200 characters, out of `source`, a sentence of the abstract as stored.

    `sentence` is that sentence's number, from 1.
    """

    text: str
    source: str
    sentence: int


def extract_takeaway(title: str, abstract: str) -> Takeaway | None:
    """The clause of the abstract that looks most like its main result.

    None only when no sentence gives a clause that fits and is not the title again, as in an empty abstract.
    """
    title = read_latex(title)
    title_words = _words(title)
    sources = _whole(split_sentences(abstract))
    places = find_places(sources, title)
    ranked = sorted(map(_read, sources, places), key=lambda sentence: sentence.promise, reverse=True)
    best: tuple[float, Takeaway] | None = None
    for sentence in ranked:
        if best is not None and sentence.promise + _SLACK < best[0]:
            break
        for clause in cut_clauses(sentence.text):
            score = score_clause(clause, sentence.place, sentence.cues)
            if (best is None or score > best[0]) and _words(clause.text) != title_words:
                number = sentence.place.index
                best = (score, Takeaway(clause.text, sources[number], number + 1))
    return best[1] if best else None


class _Sentence(msgspec.Struct, frozen=True):
    """A sentence in plain text; `promise` is the score of the whole: a clause beats it only by what it leaves out."""

    text: str
    place: Place
    cues: tuple[Cue, ...]
    promise: float


def _read(source: str, place: Place) -> _Sentence:
    text = read_latex(source)
    cues = cues_of(text)
    return _Sentence(text, place, cues, score_clause(Clause(text, 0.0, reported=False), place, cues))


def _whole(sentences: list[str]) -> list[str]:
    """Without the last sentence where a source cut it off in the middle; some keep 1,000 characters."""
    is_cut = sum(map(len, sentences)) + len(sentences) > _CUT_BEHIND and _CLOSED.search(sentences[-1]) is None
    return sentences[:-1] if is_cut and len(sentences) > 1 else sentences


def _words(text: str) -> list[str]:
    return "".join(character if character.isalnum() else " " for character in text.lower()).split()
