"""The scores that a stored shortlist rests on."""

from collections.abc import Sequence

from triage.core.taste import TASTE_NAME
from triage.store.engine import Session
from triage.store.papers import StoredPaper
from triage.store.scores import Score, ScoreKey, load_scores
from triage.store.shortlists import Shortlist


async def load_list_scores(session: Session, shortlist: Shortlist, papers: Sequence[StoredPaper]) -> dict[int, Score]:
    """By paper key: fused ones, and under the name before the judge's those not judged; the others are absent."""
    found: dict[int, Score] = {}
    segments = shortlist.scorer.split("+")  # a judge's name may hold a + too
    for end in range(len(segments), 0, -1):
        missing = [paper for paper in papers if paper.key not in found]
        key = ScoreKey(shortlist.topic, shortlist.fingerprint, "+".join(segments[:end]))
        found |= await load_scores(session, missing, key)
        if segments[end - 1].startswith(TASTE_NAME):
            break
    return found
