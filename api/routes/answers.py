"""Answers that only the API has; everything else is a record of `triage`, sent as it is."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from triage.pipeline.ledger import Counts, LedgerDay, LedgerLine
from triage.reading.agreement import LONGEST_REASON
from triage.reading.marks import VoteValue
from triage.reading.records import LONGEST_NOTE
from triage.store.witnesses import Missing


class ShortlistPlace(msgspec.Struct, frozen=True, kw_only=True):
    """One place of a shortlist: what `triage shortlist --json` prints of it, to the byte."""

    rank: int
    arxiv_id: str
    title: str
    score: float
    takeaway: str | None
    takeaway_source: str | None
    takeaway_by: str | None
    takeaways: dict[str, str]
    judgement: str | None
    reasons: tuple[str, ...]
    url: str
    is_withdrawn: bool
    version: int | None
    newest_version: int | None


class ShortlistView(msgspec.Struct, frozen=True):
    """A shortlist: `papers` by rank, `exploration` beside them; frozen once `published_at` is set."""

    topic: str
    week: str
    considered: int
    fingerprint: str
    scorer: str
    built_at: datetime
    published_at: datetime | None
    papers: tuple[ShortlistPlace, ...]
    exploration: tuple[ShortlistPlace, ...]


class VoteView(msgspec.Struct, frozen=True):
    """Your vote on a paper for a topic: 1 relevant, -1 not, 0 uncertain."""

    arxiv_id: str
    topic: str
    value: int


class VoteChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """1: relevant for the topic, -1: not, 0: uncertain, which teaches nothing. To take a vote back, DELETE it."""

    value: VoteValue


class AdjudicationChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """1: relevant for the topic, -1: not, 0: the topic leaves it open, so that nothing is learned from it."""

    value: VoteValue
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_REASON)]


class TagChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether other readers see the tag."""

    is_shared: bool = False


class NoteView(msgspec.Struct, frozen=True):
    """What you wrote beside a paper."""

    arxiv_id: str
    text: str


class NoteChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole note; an empty one deletes it."""

    text: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)]


class WeekAccount(msgspec.Struct, frozen=True):
    """A week of the calendar, by listing day."""

    week: str
    papers: int
    days: tuple[LedgerDay, ...]


class LedgerRecord(msgspec.Struct, frozen=True):
    """The last of the weeks in full, and all of them as `calendar`; what `triage ledger --json` prints."""

    week: str
    papers: int
    totals: Counts
    lines: tuple[LedgerLine, ...]
    missing: tuple[Missing, ...]
    alarms: tuple[LedgerLine, ...]
    calendar: tuple[WeekAccount, ...]


class CriterionView(msgspec.Struct, frozen=True):
    """One question to a judge, and what earns 0 to 4."""

    name: str
    question: str
    weight: float
    anchors: tuple[str, ...]


class TopicRules(msgspec.Struct, frozen=True):
    """What a topic is. The fingerprints change when what the cheap score, or a judge, goes by changes."""

    name: str
    title: str
    definition: str
    in_scope: tuple[str, ...]
    out_of_scope: tuple[str, ...]
    tags: tuple[str, ...]
    criteria: tuple[CriterionView, ...]
    fingerprint: str
    judge_fingerprint: str


class RubricView(msgspec.Struct, frozen=True):
    """The rubric in force: followed categories, lengths of lists, papers drawn below the line, the topics."""

    version: int
    categories: tuple[str, ...]
    size: int
    exploration: int
    audit: int
    topics: tuple[TopicRules, ...]


class Health(msgspec.Struct, frozen=True):
    """`ok`, always: whatever is not is a problem."""

    status: Literal["ok"] = "ok"
