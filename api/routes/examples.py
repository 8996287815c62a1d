"""How answers look, for the documentation: made-up papers of the sample week; tests check them against the schema."""

from datetime import UTC, date, datetime
from typing import Final

from api.routes.answers import LedgerRecord, NoteView, ShortlistPlace, ShortlistView, VoteView, WeekAccount
from triage.core.ledger import State
from triage.pipeline.ledger import Counts, LedgerDay, LedgerLine
from triage.reading.marks import VoteEffect
from triage.reading.records import (
    Hit,
    Page,
    PaperCard,
    PaperView,
    PlaceView,
    Settled,
    TagSummary,
    TagView,
    TopicScore,
    TopicView,
    VersionView,
    WeekView,
)
from triage.reading.week_map import MapPoint, Theme, WeekMap
from triage.store.runs import Run

_TOPIC: Final = "generative-recommendation"
_WEEK: Final = "2026-W20"
_TITLE: Final = "Semantic IDs for Generative Recommendation at Scale"
_TAKEAWAY: Final = "Semantic IDs lift recall@10 by 12% over item ids in an online A/B test."
_NOON: Final = datetime(2026, 5, 18, 12, tzinfo=UTC)
_FINGERPRINT: Final = "0123456789ab"

TOPICS: Final = (TopicView(_TOPIC, "Generative recommendation", "Recommenders that generate items.", (_WEEK,)),)
WEEKS: Final = Page((WeekView(_WEEK, 412, (_TOPIC,), ()),), 1, 0, 20)
TAGS: Final = (TagView("semantic-ids", "me", is_shared=False, is_mine=True),)
TAG_SUMMARIES: Final = (TagSummary("semantic-ids", 3, is_shared=False, is_mine=True),)
CARD: Final = PaperCard(
    "2605.90015",
    _TITLE,
    ("Ada Example", "Bo Sample"),
    ("cs.IR", "cs.LG"),
    date(2026, 5, 13),
    _WEEK,
    is_withdrawn=False,
    topic=_TOPIC,
    score=0.91,
    tags=TAGS,
)
PAPERS: Final = Page((CARD,), 1, 0, 20)
HITS: Final = (Hit(CARD, ("words", "meaning"), 0.87),)
SHORTLIST: Final = ShortlistView(
    _TOPIC,
    _WEEK,
    412,
    _FINGERPRINT,
    "prior",
    _NOON,
    _NOON,
    (
        ShortlistPlace(
            rank=1,
            arxiv_id="2605.90015",
            title=_TITLE,
            score=0.91,
            takeaway=_TAKEAWAY,
            takeaway_source=_TAKEAWAY,
            takeaway_by="api.example.org/some-model",
            takeaways={},
            judgement="judged",
            reasons=("says “semantic ids”",),
            url="https://arxiv.org/abs/2605.90015",
            is_withdrawn=False,
            version=1,
            newest_version=1,
        ),
    ),
    (),
)
PAPER: Final = PaperView(
    "2605.90015",
    1,
    _TITLE,
    f"We study generative recommendation. {_TAKEAWAY}",
    ("Ada Example", "Bo Sample"),
    ("cs.IR", "cs.LG"),
    "cs.IR",
    date(2026, 5, 13),
    _WEEK,
    _NOON,
    _NOON,
    "12 pages",
    "10.48550/arXiv.2605.90015",
    "Proc. of a Conference",
    is_withdrawn=False,
    url="https://arxiv.org/abs/2605.90015",
    takeaway=_TAKEAWAY,
    takeaway_source=_TAKEAWAY,
    takeaway_by="api.example.org/some-model",
    scores=(
        TopicScore(
            _TOPIC,
            0.91,
            {"words": 1.4, "meaning": 0.9},
            ("says “semantic ids”",),
            _FINGERPRINT,
            "prior",
            _NOON,
            is_current=True,
        ),
    ),
    places=(PlaceView(_TOPIC, _WEEK, "ranked", 1, 0.91, _TAKEAWAY, ("says “semantic ids”",), is_published=False),),
    versions=(VersionView(1, _NOON, is_withdrawn=False),),
    changes=(),
    votes={_TOPIC: 1},
    tags=TAGS,
    note="Compare with last week's.",
    settled=(Settled(_TOPIC, 1, "Item tokens are generated, not only embedded.", _NOON),),
)
VOTE: Final = VoteView("2605.90015", _TOPIC, 1)
VOTE_EFFECT: Final = VoteEffect(
    is_new=True,
    topic=_TOPIC,
    arxiv_id="2605.90015",
    value=1,
    counts={_TOPIC: 6},
    drafts=(_WEEK,),
    note=f"The draft of {_WEEK} is ranked anew now; published lists stay as they are.",
)
NOTE: Final = NoteView("2605.90015", "Compare with last week's.")
SUBSCRIPTIONS: Final = (_TOPIC,)
RUNS: Final = Page((Run("harvest", _WEEK, _NOON, 12.5, "done", {"seen": 412, "done": 412}),), 1, 0, 20)
MAP: Final = WeekMap(
    _WEEK,
    _TOPIC,
    (MapPoint("2605.90015", _TITLE, 0.31, 0.72, 0.91, is_listed=True, theme=0),),
    (Theme("semantic ids, generation", 0.3, 0.7),),
)
_COUNTS: Final = {
    "harvested": 412,
    "embedded": 412,
    "scored": 412,
    "judged": 80,
    "not_judged": 332,
    "shortlisted": 20,
}
_DAYS: Final = (LedgerDay(date(2026, 5, 13), State.OK, 412),)
LEDGER: Final = LedgerRecord(
    _WEEK,
    412,
    Counts(**_COUNTS),
    (
        LedgerLine(
            category="cs.IR",
            day=date(2026, 5, 13),
            state=State.OK,
            reason="",
            expected=412,
            witness="feed",
            missing=0,
            **_COUNTS,
        ),
    ),
    (),
    (),
    (WeekAccount(_WEEK, 412, _DAYS),),
)
