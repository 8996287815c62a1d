"""Which of a topic's words readers part over: the papers that each cue and line of scope speaks of, and their votes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.agreement import wilson_interval
from triage.core.cues import count_near, find_phrase
from triage.core.prior import Embed, PaperWords
from triage.core.rubric import NearCue, Topic
from triage.core.yaml_fields import read_yaml

LEAST_PAPERS: Final = 5
"""Papers with two votes or more that a piece of wording must speak of to be told."""

BETWEEN: Final = 0.05
"""A paper lies between two lines whose cosines with it differ by no more."""

Kind = Literal["in_scope", "out_of_scope", "cue", "near"]


class Share(msgspec.Struct, frozen=True):
    """Of so many papers with several votes, on how many readers part, and the 95 % interval of that share."""

    papers: int
    parted: int
    low: float
    high: float


class Wording(msgspec.Struct, frozen=True):
    """A piece of the rubric, and how often readers part where it speaks of a paper."""

    kind: Kind
    text: str
    share: Share


class Boundary(msgspec.Struct, frozen=True):
    """A line of `in_scope` and one of `out_of_scope`, and how often readers part where both are as near."""

    inside: str
    outside: str
    share: Share


class VotedPaper(msgspec.Struct, frozen=True):
    """A paper with several votes; `vector` is `(d,) float32`, unit, None where it has none."""

    words: PaperWords
    vector: NDArray[np.float32] | None
    has_parted: bool


class Lines(msgspec.Struct, frozen=True):
    """The lines of `in_scope` and of `out_of_scope`, `(n, d) float32` each, unit rows, in the rubric's order."""

    inside: NDArray[np.float32]
    outside: NDArray[np.float32]


class Place(NamedTuple):
    """A piece of wording by what it is and what it says."""

    kind: Kind
    text: str


def embed_lines(topic: Topic, embed: Embed) -> Lines:
    """The vectors of a topic's lines; they are few, so this is done anew each time."""
    vectors = embed([*topic.in_scope, *topic.out_of_scope])
    return Lines(vectors[: len(topic.in_scope)], vectors[len(topic.in_scope) :])


def rank_wording(papers: Sequence[VotedPaper], topic: Topic, lines: Lines) -> tuple[Wording, ...]:
    """The pieces that speak of `LEAST_PAPERS` or more; those that part readers most surely come first.

    A cue speaks of the papers that hold it, a line of those that it is nearest to of all lines.
    """
    parted: defaultdict[Place, list[bool]] = defaultdict(list)
    for paper in papers:
        for place in [*_find_cues(paper.words, topic), *_find_nearest(paper, topic, lines)]:
            parted[place].append(paper.has_parted)
    ranked = [Wording(*place, _measure(votes)) for place, votes in parted.items() if len(votes) >= LEAST_PAPERS]
    return tuple(sorted(ranked, key=lambda each: (*_order(each.share), each.kind, each.text)))


def rank_boundaries(papers: Sequence[VotedPaper], topic: Topic, lines: Lines) -> tuple[Boundary, ...]:
    """The pairs of lines between which `LEAST_PAPERS` or more lie, in the order of `rank_wording`."""
    parted: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for paper in papers:
        if paper.vector is not None and len(lines.outside):
            inside, outside = lines.inside @ paper.vector, lines.outside @ paper.vector
            if abs(float(inside.max() - outside.max())) <= BETWEEN:
                pair = topic.in_scope[int(inside.argmax())], topic.out_of_scope[int(outside.argmax())]
                parted[pair].append(paper.has_parted)
    ranked = [Boundary(*pair, _measure(votes)) for pair, votes in parted.items() if len(votes) >= LEAST_PAPERS]
    return tuple(sorted(ranked, key=lambda each: (*_order(each.share), each.inside, each.outside)))


def find_lines(text: str, topic: Topic) -> dict[tuple[str, str], int]:
    """Where a rubric's YAML has the pieces of a topic: the number of the line by kind and text.

    `text` is what the topic was read from.
    """
    found: dict[tuple[str, str], int] = {}
    for fields in (each.entries() for each in read_yaml(text).entries()["topics"].items()):
        if fields["name"].text() == topic.name:
            for kind in ("in_scope", "out_of_scope"):
                found |= {(kind, each.text()): each.line for each in fields[kind].items()}
            cues = zip(topic.cues, fields["cues"].items(), strict=True)
            found |= {("cue", cue.phrase): each.line for cue, each in cues}
            if topic.near:
                nears = zip(topic.near, fields["near"].items(), strict=True)
                found |= {("near", write_near(near)): each.line for near, each in nears}
    return found


def write_near(cue: NearCue) -> str:
    """A near cue in one line."""
    return f"{' | '.join(cue.left)} within {cue.within} of {' | '.join(cue.right)}"


def _find_cues(words: PaperWords, topic: Topic) -> Iterator[Place]:
    for cue in topic.cues:
        if find_phrase(words.title, cue.phrase) or find_phrase(words.abstract, cue.phrase):
            yield Place("cue", cue.phrase)
    for near in topic.near:
        if count_near(words.title, near) or count_near(words.abstract, near):
            yield Place("near", write_near(near))


def _find_nearest(paper: VotedPaper, topic: Topic, lines: Lines) -> Iterator[Place]:
    if paper.vector is None:
        return
    places = [Place("in_scope", text) for text in topic.in_scope]
    places += [Place("out_of_scope", text) for text in topic.out_of_scope]
    yield places[int((np.concatenate([lines.inside, lines.outside]) @ paper.vector).argmax())]


def _measure(parted: Sequence[bool]) -> Share:
    found = wilson_interval(sum(parted), len(parted))
    return Share(len(parted), sum(parted), found.low, found.high)


def _order(share: Share) -> tuple[float, int]:
    return -share.low, -share.papers
