"""The default rubric, topics by name and the fingerprint's laws."""

import gzip
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.rubric import (
    Criterion,
    Cue,
    Exemplar,
    JudgeRules,
    NearCue,
    Rubric,
    ShortlistRules,
    Topic,
    find_topic,
    fingerprint,
)
from triage.core.rubric_reading import read_rubric
from triage.errors import UnknownTopicError

_TOPIC = Topic(
    name="agent-evaluation",
    title="Agent evaluation",
    definition="How agents are measured.",
    in_scope=("Benchmarks for agents", "Judges of trajectories"),
    out_of_scope=("Agents without evaluation",),
    cues=(Cue("agent benchmark*", 2.0), Cue("failure modes"), Cue("game", -1.0)),
    near=(NearCue(("agent", "agents"), ("evaluat*", "benchmark*")), NearCue(("tool",), ("judge*",), 5, 0.5)),
    exemplars=(Exemplar("2308.03688", "AgentBench"), Exemplar("2307.13854", "WebArena")),
    criteria=(Criterion("centrality", "How central?", 2.0, ("a", "b", "c", "d", "e")),),
    tags=("agents", "benchmarks"),
)
_RUBRIC = Rubric(version=1, categories=("cs.AI", "cs.CL"), topics=(_TOPIC,))


def _print_of(topic: Topic) -> str:
    return fingerprint(Rubric(version=1, categories=("cs.AI",), topics=(topic,)), topic.name)


@pytest.fixture
def default_text(root: Path) -> str:
    """The rubric that ships."""
    return (root / "rubric.yaml").read_text(encoding="utf-8")


def test_default_rubric_reads_clean(default_text: str) -> None:
    """The rubric that ships has no problem, and its records hold what the file says."""
    rubric = read_rubric(default_text, "rubric.yaml")
    assert [topic.name for topic in rubric.topics] == ["generative-recommendation", "agent-evaluation"]
    assert rubric.categories == ("cs.IR", "cs.CL", "cs.AI", "cs.LG", "cs.MA", "cs.SE")
    assert (rubric.shortlist.size, rubric.shortlist.exploration) == (20, 2)
    assert all(len(criterion.anchors) == 5 for topic in rubric.topics for criterion in topic.criteria)
    assert "2305.05065" in {exemplar.arxiv_id for exemplar in rubric.topics[0].exemplars}


def test_default_topics_differ_in_fingerprint(default_text: str) -> None:
    """Each topic of the rubric that ships has its own fingerprint of 12 hexadecimal digits."""
    rubric = read_rubric(default_text, "rubric.yaml")
    prints = {fingerprint(rubric, topic.name) for topic in rubric.topics}
    assert len(prints) == 2
    assert all(re.fullmatch("[0-9a-f]{12}", one) for one in prints)


def test_exemplars_carry_the_titles_of_the_archive(default_text: str, shared_data: Path) -> None:
    """An exemplar's title is the one arXiv gives that id, wherever the data at hand hold it."""
    wanted = {
        exemplar.arxiv_id: exemplar.title
        for topic in read_rubric(default_text, "rubric.yaml").topics
        for exemplar in topic.exemplars
    }
    lines = gzip.decompress((shared_data / "arxiv" / "labelled-extra.jsonl.gz").read_bytes()).splitlines()
    papers = [msgspec.json.decode(line) for line in lines]
    known = {paper["id"]: paper["title"] for paper in papers if paper["id"] in wanted}
    assert known
    assert known == {arxiv_id: wanted[arxiv_id] for arxiv_id in known}


def test_fingerprint_is_stable_over_releases() -> None:
    """The same rubric has the fingerprint it had when this was written: stored scores stay valid."""
    assert fingerprint(_RUBRIC, "agent-evaluation") == "a7e457c98b2c"


def test_comments_and_white_space_leave_the_fingerprint(default_text: str) -> None:
    """Without its comments, with more blank lines and with a folded text unfolded, the file scores the same."""
    before = read_rubric(default_text, "a.yaml")
    bare = re.sub(r"(?m)(^|\s)#.*$", "", default_text).replace("\n\n", "\n\n\n").replace(": >-\n", ": >-\n\n")
    after = read_rubric(bare, "b.yaml")
    assert bare != default_text
    for topic in before.topics:
        assert fingerprint(after, topic.name) == fingerprint(before, topic.name)


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_order_leaves_the_fingerprint(data: st.DataObject) -> None:
    """Cues, near pairs with their words, exemplars and tags are sets."""
    near = tuple(
        msgspec.structs.replace(
            pair,
            left=tuple(data.draw(st.permutations(pair.left))),
            right=tuple(data.draw(st.permutations(pair.right))),
        )
        for pair in data.draw(st.permutations(_TOPIC.near))
    )
    shuffled = msgspec.structs.replace(
        _TOPIC,
        cues=tuple(data.draw(st.permutations(_TOPIC.cues))),
        near=near,
        exemplars=tuple(data.draw(st.permutations(_TOPIC.exemplars))),
        tags=tuple(data.draw(st.permutations(_TOPIC.tags))),
    )
    assert _print_of(shuffled) == _print_of(_TOPIC)


@given(data=st.data(), word=st.text("abcxyz ", min_size=1).filter(str.strip))
@settings(max_examples=60, deadline=None)
def test_each_scoring_field_changes_the_fingerprint(data: st.DataObject, word: str) -> None:
    """Any other text or weight in a field that the prior reads gives another fingerprint."""
    near, cue, exemplar = _TOPIC.near[0], _TOPIC.cues[0], _TOPIC.exemplars[0]
    word = f"{' '.join(word.split())} more"
    changes: dict[str, object] = {
        "definition": _TOPIC.definition + word,
        "in_scope": (*_TOPIC.in_scope, word),
        "tags": (*_TOPIC.tags, word),
        "cues": data.draw(
            st.sampled_from(
                [
                    (*_TOPIC.cues, Cue(word)),
                    (Cue(word, cue.weight), *_TOPIC.cues[1:]),
                    (Cue(cue.phrase, cue.weight + 0.5), *_TOPIC.cues[1:]),
                ]
            )
        ),
        "near": data.draw(
            st.sampled_from(
                [
                    _TOPIC.near[1:],
                    (NearCue(near.right, near.left), _TOPIC.near[1]),
                    (NearCue((*near.left, word), near.right), _TOPIC.near[1]),
                    (NearCue(near.left, (*near.right, word)), _TOPIC.near[1]),
                    (NearCue(near.left, near.right, near.within + 1), _TOPIC.near[1]),
                    (NearCue(near.left, near.right, near.within, near.weight + 1), _TOPIC.near[1]),
                ]
            )
        ),
        "exemplars": data.draw(
            st.sampled_from(
                [
                    _TOPIC.exemplars[1:],
                    (Exemplar(exemplar.arxiv_id, word), _TOPIC.exemplars[1]),
                ]
            )
        ),
    }
    field = data.draw(st.sampled_from(sorted(changes)))
    assert _print_of(msgspec.structs.replace(_TOPIC, **{field: changes[field]})) != _print_of(_TOPIC)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Another title"},
        {"out_of_scope": ("Something else",)},
        {"exemplars": (Exemplar("2406.12045", _TOPIC.exemplars[0].title), *_TOPIC.exemplars[1:])},
    ],
)
def test_fields_the_prior_does_not_read_leave_the_fingerprint(changes: dict[str, object]) -> None:
    """A score that could not change keeps its fingerprint, so nothing is scored again for nothing."""
    assert _print_of(msgspec.structs.replace(_TOPIC, **changes)) == _print_of(_TOPIC)


def test_text_moved_between_scopes_changes_the_fingerprint() -> None:
    """A sentence is not the same in scope as out of scope, nor two sentences the same as one."""
    moved = msgspec.structs.replace(_TOPIC, in_scope=_TOPIC.in_scope[:1], out_of_scope=_TOPIC.in_scope[1:])
    joined = msgspec.structs.replace(_TOPIC, in_scope=("\n".join(_TOPIC.in_scope),))
    assert len({_print_of(_TOPIC), _print_of(moved), _print_of(joined)}) == 3


@pytest.mark.parametrize(
    "cues",
    [
        (Cue("Agent Benchmark*", 2), Cue("failure modes"), Cue("game", -1)),
        (Cue("agent-benchmark*", 2.0), Cue("failure-modes", 1.0), Cue("GAME", -1.0)),
    ],
    ids=["case-and-whole-weights", "hyphens"],
)
def test_spellings_that_match_alike_leave_the_fingerprint(cues: tuple[Cue, ...]) -> None:
    """Case and hyphens do not matter to matching, so they do not to the fingerprint."""
    assert _print_of(msgspec.structs.replace(_TOPIC, cues=cues)) == _print_of(_TOPIC)


@pytest.mark.parametrize(
    "change",
    [
        {"shortlist": ShortlistRules(5, 0)},
        {"judge": JudgeRules("yes-no", ("en",), 0, 0.0, 0.0, 0.5)},
        {"categories": ("cs.RO",)},
        {"topics": (_TOPIC, msgspec.structs.replace(_TOPIC, name="other", definition="Something else."))},
        {"topics": (msgspec.structs.replace(_TOPIC, criteria=()),)},
    ],
    ids=["sizes", "limits", "categories", "other-topics", "criteria"],
)
def test_what_does_not_score_leaves_the_fingerprint(change: dict[str, object]) -> None:
    """Sizes, limits, categories, other topics and the judge's criteria are not part of the prior."""
    assert fingerprint(msgspec.structs.replace(_RUBRIC, **change), _TOPIC.name) == fingerprint(_RUBRIC, _TOPIC.name)


def test_topic_is_found_by_name() -> None:
    """A topic's name leads to the topic."""
    assert find_topic(_RUBRIC, "agent-evaluation") is _TOPIC


def test_unknown_topic_names_the_known_and_the_closest() -> None:
    """A mistyped topic gets the likely one and all that exist; an odd one gets all that exist."""
    with pytest.raises(
        UnknownTopicError, match=r"no topic 'agent-evalution'; did you mean agent-evaluation\? .*topics: "
    ):
        find_topic(_RUBRIC, "agent-evalution")
    with pytest.raises(UnknownTopicError, match=r"no topic 'zzz'\. Its topics: agent-evaluation\."):
        fingerprint(_RUBRIC, "zzz")
