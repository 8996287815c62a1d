"""Comparison: two lists of one topic and week, and why a paper's place differs between them."""

from collections.abc import Mapping, Sequence

import msgspec

from triage.core.changes import TOLD, explain_parts, explain_wording
from triage.core.prior import read_words, sum_logit
from triage.core.rubric import Topic
from triage.store.papers import StoredPaper
from triage.store.scores import Score
from triage.store.shortlists import Shortlist

_NAMED = 3


class Side(msgspec.Struct, frozen=True):
    """One of the two lists; `scores` of every paper on either list, as far as they were kept, by arXiv id."""

    shortlist: Shortlist
    ranks: dict[str, int]
    read: frozenset[str]
    scores: dict[str, Score]

    @property
    def bar(self) -> float:
        """The score that takes the last place; 0 where places are left."""
        ranked = self.shortlist.ranked
        return ranked[-1].score if ranked and len(ranked) >= self.shortlist.size else 0.0

    @property
    def judged(self) -> int:
        """Of the places, those that a judge spoke on."""
        return sum(entry.judgement == "judged" for entry in self.shortlist.ranked)


class Comparison(msgspec.Struct, frozen=True):
    """`topics` are the two wordings, None where the old list stands on one that is gone."""

    old: Side
    new: Side
    papers: Mapping[str, StoredPaper]
    topics: tuple[Topic, Topic] | None
    is_reworded: bool


def find_score(side: Side, arxiv_id: str) -> float | None:
    """As the list says it, else as it was kept."""
    if arxiv_id in side.ranks:
        return side.shortlist.ranked[side.ranks[arxiv_id] - 1].score
    kept = side.scores.get(arxiv_id)
    return kept.value if kept else None


def explain_change(compared: Comparison, arxiv_id: str) -> list[str]:
    """What of the paper itself is scored otherwise, then what lies in rules and in other papers."""
    own = _explain_own(compared, arxiv_id)
    if arxiv_id not in compared.old.ranks:
        return own + _explain_entry(compared, arxiv_id, is_told=bool(own))
    if arxiv_id not in compared.new.ranks:
        return own + _explain_exit(compared, arxiv_id, is_told=bool(own))
    return own + _explain_move(compared, arxiv_id)


def _explain_own(compared: Comparison, arxiv_id: str) -> list[str]:
    old, new = compared.old.scores.get(arxiv_id), compared.new.scores.get(arxiv_id)
    if old is None or new is None:
        return ["its text changed since the list was published"] if arxiv_id in compared.old.ranks else []
    paper = compared.papers[arxiv_id].paper
    said = explain_wording(read_words(paper.title, paper.abstract), *compared.topics) if compared.topics else []
    return [*said, *explain_parts(old.parts, new.parts, is_reworded=compared.is_reworded)]


def _explain_entry(compared: Comparison, arxiv_id: str, *, is_told: bool) -> list[str]:
    old, new = compared.old, compared.new
    before, after = find_score(old, arxiv_id), find_score(new, arxiv_id)
    if arxiv_id not in old.read:
        return ["stands in a category that only the new rubric reads"]
    if before is None:
        return ["its present text was not scored when the list was published"]
    if before > old.bar:
        stood = "a near-copy stood for it"
        return [f"was not there when the list was published, or {stood}" if old.shortlist.published_at else stood]
    if not is_told or (after is not None and after <= old.bar):  # others made room
        return [*_compare_sizes(compared, grown=True), *_name("takes a place left by", _list_left(compared))]
    return []


def _explain_exit(compared: Comparison, arxiv_id: str, *, is_told: bool) -> list[str]:
    old, new = compared.old, compared.new
    before, after = find_score(old, arxiv_id), find_score(new, arxiv_id)
    if compared.papers[arxiv_id].paper.is_withdrawn:
        return ["withdrawn since the list was published"]
    if arxiv_id not in new.read:
        return ["stands in no category that the new rubric reads"]
    if after is not None and after > new.bar:
        return ["a near-copy stands for it"]
    if not is_told or (
        before is not None and before <= new.bar
    ):  # what it had before would not have been enough either
        return [*_compare_sizes(compared, grown=False), *_name("pushed out by", _list_passing(compared, arxiv_id))]
    return []


def _explain_move(compared: Comparison, arxiv_id: str) -> list[str]:
    """Only where its own score does not."""
    old, new = compared.old.scores.get(arxiv_id), compared.new.scores.get(arxiv_id)
    own = sum_logit(new.parts) - sum_logit(old.parts) if old and new else 0.0
    if compared.new.ranks[arxiv_id] > compared.old.ranks[arxiv_id]:
        return _name("passed by", _list_passing(compared, arxiv_id)) if own > -TOLD else []
    return _name("passes", _list_passed(compared, arxiv_id)) if own < TOLD else []


def _compare_sizes(compared: Comparison, *, grown: bool) -> list[str]:
    old, new = compared.old.shortlist.size, compared.new.shortlist.size
    return [f"the list has {new} places instead of {old}"] if (new > old if grown else new < old) else []


def _list_left(compared: Comparison) -> list[str]:
    return [arxiv_id for arxiv_id in compared.old.ranks if arxiv_id not in compared.new.ranks]


def _list_passing(compared: Comparison, arxiv_id: str) -> list[str]:
    """Who stands above it now and did not before."""
    return _list_above(compared.new.ranks, compared.old.ranks, arxiv_id)


def _list_passed(compared: Comparison, arxiv_id: str) -> list[str]:
    """Who stood above it before and does not now."""
    return _list_above(compared.old.ranks, compared.new.ranks, arxiv_id)


def _list_above(here: Mapping[str, int], there: Mapping[str, int], arxiv_id: str) -> list[str]:
    own_here, own_there = here.get(arxiv_id, len(here) + 1), there.get(arxiv_id, len(there) + 1)
    above = [other for other, rank in here.items() if rank < own_here]
    return [other for other in above if other not in there or there[other] > own_there]


def _name(what: str, arxiv_ids: Sequence[str]) -> list[str]:
    """One reason, or none where there is nobody to name."""
    more = len(arxiv_ids) - _NAMED
    named = ", ".join(arxiv_ids[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return [f"{what} {named}"] if arxiv_ids else []
