"""Words of a rubric over which readers part."""

from pathlib import Path

import numpy as np
from fakes.judging_case import read_bundled_rubric
from numpy.typing import NDArray

from triage.core.prior import read_words
from triage.core.rubric import Cue, NearCue, Topic
from triage.core.wording import (
    BETWEEN,
    LEAST_PAPERS,
    Boundary,
    Lines,
    VotedPaper,
    Wording,
    embed_lines,
    find_lines,
    rank_boundaries,
    rank_wording,
    write_near,
)

_NEAR = NearCue(("agent*",), ("test", "score"), within=3)
TOPIC = Topic(
    "t", "T", "What it is.", ("north", "east"), ("south",), (Cue("ice"), Cue("snow*"), Cue("rain")), (), (), (_NEAR,)
)
LINES = Lines(np.eye(3, dtype=np.float32)[:2], np.eye(3, dtype=np.float32)[2:])


def make_paper(text: str, *, parted: bool, vector: tuple[float, float, float] | None = None) -> VotedPaper:
    """With a vector of length one in the direction given, if any."""
    towards = None if vector is None else np.array(vector, dtype=np.float32) / np.float32(np.linalg.norm(vector))
    return VotedPaper(read_words("A title", text), towards, parted)


def tell(ranked: tuple[Wording, ...]) -> list[tuple[str, str, int, int]]:
    """What it speaks of, how many papers, on how many readers part."""
    return [(each.kind, each.text, each.share.papers, each.share.parted) for each in ranked]


def test_cues_speak_of_the_papers_that_hold_them() -> None:
    """Those where readers part most surely come first; what few papers hold is not told, were all of them parted."""
    papers = [
        *(make_paper("Ice on the lake.", parted=number < 8) for number in range(10)),
        *(make_paper("Snowfall tonight.", parted=number < 5) for number in range(20)),
        *(make_paper("Rain.", parted=True) for _ in range(LEAST_PAPERS - 1)),
        *(make_paper("Each agent gets a score.", parted=False) for _ in range(6)),
    ]
    near = "agent* within 3 of test | score"
    assert write_near(_NEAR) == near
    ranked = rank_wording(papers, TOPIC, LINES)
    assert tell(ranked) == [("cue", "ice", 10, 8), ("cue", "snow*", 20, 5), ("near", near, 6, 0)]
    assert 0.4 < ranked[0].share.low < 0.8 < ranked[0].share.high < 1


def test_a_sure_piece_comes_before_one_with_a_higher_share() -> None:
    """5 of 5 papers may be luck; 45 of 50 is not."""
    papers = [make_paper("Rain.", parted=True) for _ in range(5)]
    papers += [make_paper("Ice.", parted=number >= 5) for number in range(50)]
    assert [text for _, text, *_ in tell(rank_wording(papers, TOPIC, LINES))] == ["ice", "rain"]


def test_a_line_speaks_of_the_papers_nearest_to_it() -> None:
    """Of all lines, in scope or out; a paper without a vector is near none."""
    papers = [make_paper("x", parted=True, vector=(0.1, 0.9, 0.2)) for _ in range(5)]
    papers += [make_paper("x", parted=False, vector=(0.1, 0.2, 0.9)) for _ in range(6)]
    papers += [make_paper("x", parted=True) for _ in range(9)]
    assert tell(rank_wording(papers, TOPIC, LINES)) == [("in_scope", "east", 5, 5), ("out_of_scope", "south", 6, 0)]


def test_papers_between_two_lines_name_both() -> None:
    """The nearest in scope and the nearest out of scope, if nearly as near as each other."""
    papers = [make_paper("x", parted=number < 4, vector=(0.1, 0.7, 0.7)) for number in range(5)]
    papers += [make_paper("x", parted=True, vector=(0.1, 0.7, 0.7 - 2 * BETWEEN)) for _ in range(9)]
    (found,) = rank_boundaries(papers, TOPIC, LINES)
    assert (found.inside, found.outside, found.share.papers, found.share.parted) == ("east", "south", 5, 4)
    assert isinstance(found, Boundary)


def test_a_topic_may_leave_nothing_out() -> None:
    """Without lines out of scope there is nothing to lie between."""
    topic = Topic("t", "T", "What it is.", ("north", "east", "up"), (), (Cue("ice"),), (), ())

    def embed(texts: object) -> NDArray[np.float32]:
        assert texts == ["north", "east", "up"]
        return np.eye(3, dtype=np.float32)

    lines = embed_lines(topic, embed)
    papers = [make_paper("x", parted=True, vector=(0, 0, 1)) for _ in range(5)]
    assert tell(rank_wording(papers, topic, lines)) == [("in_scope", "up", 5, 5)]
    assert rank_boundaries(papers, topic, lines) == ()


def test_every_piece_of_the_rubric_is_found_in_its_file(root: Path) -> None:
    """The number is that of the line on which it begins, as an editor counts."""
    text = (root / "rubric.yaml").read_text(encoding="utf-8")
    lines = text.split("\n")
    for topic in read_bundled_rubric().topics:
        found = find_lines(text, topic)
        assert len(found) == len(topic.in_scope) + len(topic.out_of_scope) + len(topic.cues) + len(topic.near)
        for (_, piece), number in found.items():
            assert piece.split()[0].strip("*") in lines[number - 1]
