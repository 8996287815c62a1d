"""The rubric: what each topic is, in the words that score papers. Read and checked by `read_rubric`."""

import difflib
import hashlib
from collections.abc import Mapping

import msgspec

from triage.core.question import Form
from triage.errors import UnknownTopicError

# Stands in every fingerprint of the prior; raise it when the meaning of a field changes but its words do not.
_PRIOR_SCHEME = "prior/1"
_JUDGE_SCHEME = "judge/1"  # the same for what a judge is told
_FINGERPRINT_DIGITS = 12


LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "Chinese"}
"""Languages that a takeaway can be written in, and checked."""


class Cue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phrase whose presence speaks for the topic, or against it when the weight is negative.

    Matching ignores case and takes hyphens as blanks; a word ending in `*` matches every word that starts so,
    one beginning with `*` every word that ends so.
    """

    phrase: str
    weight: float = 1.0


class NearCue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two sets of words that mean the topic when they stand near each other, such as *agent* and *benchmark*."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    within: int = 15
    weight: float = 1.0


class Exemplar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A known paper at the heart of the topic."""

    arxiv_id: str
    title: str


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question with an anchored scale: what earns 0, 1, 2, 3 and 4."""

    name: str
    question: str
    weight: float
    anchors: tuple[str, str, str, str, str]


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One interest."""

    name: str
    title: str
    definition: str
    in_scope: tuple[str, ...]
    out_of_scope: tuple[str, ...]
    cues: tuple[Cue, ...]
    exemplars: tuple[Exemplar, ...]
    criteria: tuple[Criterion, ...]
    near: tuple[NearCue, ...] = ()
    tags: tuple[str, ...] = ()


class ShortlistRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a shortlist is, how many places beside it go to exploration, and to papers drawn for the miss audit."""

    size: int = 20
    exploration: int = 2
    audit: int = 6


class JudgeRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a language model is asked, and what it may cost; the share of the rest it sees measures what is missed."""

    form: Form = "fill"
    languages: tuple[str, ...] = ("en",)
    calls: int = 400
    usd: float = 1.0
    usd_per_week: float = 3.0
    random_share: float = 0.02


class Rubric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    version: int
    categories: tuple[str, ...]
    topics: tuple[Topic, ...]
    shortlist: ShortlistRules = ShortlistRules()
    judge: JudgeRules = JudgeRules()


def find_topic(rubric: Rubric, name: str) -> Topic:
    """The topic of that name; `UnknownTopicError` lists the known ones and the closest."""
    topics = {topic.name: topic for topic in rubric.topics}
    if name in topics:
        return topics[name]
    close = difflib.get_close_matches(name, topics, n=1)
    hint = f"; did you mean {close[0]}?" if close else "."
    raise UnknownTopicError(f"The rubric has no topic {name!r}{hint} Its topics: {', '.join(topics)}.")


def fold_phrase(phrase: str) -> str:
    """A phrase as matching sees it: case folded, hyphens as blanks, single blanks."""
    return " ".join(phrase.casefold().replace("-", " ").split())


def fingerprint(rubric: Rubric, topic: str) -> str:
    """12 hexadecimal digits that change exactly when the prior of the topic could; raises `UnknownTopicError`.

    Titles, sizes, categories, what is out of scope, criteria, judge limits (the prior reads none of them) and the order
    of cues, tags and exemplars leave it as it is.
    """
    return _digest(_prior_parts(find_topic(rubric, topic)))


def judge_fingerprint(rubric: Rubric, topic: str) -> str:
    """12 hexadecimal digits that change when what a judge is told of the topic does; the form is no part of it."""
    found = find_topic(rubric, topic)
    criteria = [(each.name, each.question, float(each.weight), each.anchors) for each in found.criteria]
    told = _JUDGE_SCHEME, found.title, found.definition, found.in_scope, found.out_of_scope, criteria
    return _digest((*told, sorted(rubric.judge.languages)))


def _prior_parts(topic: Topic) -> tuple[object, ...]:
    """What the prior reads of a topic, in one canonical form; the order of scope sentences counts, for joined texts."""
    return (
        _PRIOR_SCHEME,
        topic.definition,
        topic.in_scope,
        sorted((fold_phrase(cue.phrase), float(cue.weight)) for cue in topic.cues),
        sorted(
            (_fold_words(near.left), _fold_words(near.right), near.within, float(near.weight)) for near in topic.near
        ),
        sorted(exemplar.title for exemplar in topic.exemplars),
        sorted(topic.tags),
    )


def _fold_words(words: tuple[str, ...]) -> list[str]:
    return sorted(fold_phrase(word) for word in words)


def _digest(parts: tuple[object, ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:_FINGERPRINT_DIGITS]
