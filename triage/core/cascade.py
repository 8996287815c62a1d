"""Cascade: which papers a judge is asked about, so that few calls give the shortlist that judging all would give.

Papers are asked about in the order of their cheap logits. One is worth a call as long as it could stand on the list:
while its own logit, or its log odds fused with the surest "yes", reach the score at the last place. When none is left,
what is on the list is judged, and no verdict up to that surest one could lift another paper on to it: the list holds
what it would hold had every paper been judged, however ties are settled. A paper that could not be judged keeps its
logit. With `CERTAIN` as the surest "yes" this is exact for any judge. No judge was seen to use the whole scale, so in
practice `find_surest` takes the surest one given so far once a list's worth of papers is judged; what that costs the
list is measured by `benchmarks/judge_quality.py`.

A random share of what was passed over is judged as well, to measure what the cheap model misses.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from triage.core.fusion import Fusion
from triage.core.verdict import CERTAIN

Key = TypeVar("Key")


def list_open(
    candidates: Sequence[tuple[Key, float]],
    verdicts: Mapping[Key, float | None],
    fusion: Fusion,
    size: int,
    surest: float = CERTAIN,
) -> list[Key]:
    """Papers to ask about, best logit first, ties as they come; none when the first `size` places stand.

    `candidates` are keys and cheap logits; `verdicts` hold the relevance of papers asked about, None if not judged.
    To be asked for again after each verdict, or each few: a "yes" mostly closes others, a "no" may open some.
    """
    scores = sorted((_score(logit, verdicts.get(key), fusion) for key, logit in candidates), reverse=True)
    if not scores:
        return []
    last = scores[min(size, len(scores)) - 1]
    open_ = [(key, logit) for key, logit in candidates if key not in verdicts and _best(logit, surest, fusion) >= last]
    return [key for key, _ in sorted(open_, key=lambda candidate: -candidate[1])]


def find_surest(verdicts: Mapping[Key, float | None], size: int) -> float:
    """The surest "yes" to reckon with: `CERTAIN` for the first `size` verdicts, then the surest of those given."""
    given = [relevance for relevance in verdicts.values() if relevance is not None]
    return max(given) if len(given) >= size else CERTAIN


def draw_sample(arxiv_ids: Iterable[str], share: float, seed: str) -> list[str]:
    """Each paper with the probability `share`, in a random order; `seed` is the week, such as `2026-W17`.

    Whether a paper is drawn depends on the seed, the share and its own id alone, so that a larger share only adds
    papers, and judging some of them does not draw others.
    """
    places = {arxiv_id: _place(f"{seed} {arxiv_id}") for arxiv_id in arxiv_ids}
    return sorted((arxiv_id for arxiv_id, place in places.items() if place < share), key=places.__getitem__)


def _score(logit: float, relevance: float | None, fusion: Fusion) -> float:
    return logit if relevance is None else fusion.combine(logit, relevance)


def _best(logit: float, surest: float, fusion: Fusion) -> float:
    """The highest that a paper can end at: judged as surely as any, or not judged."""
    return max(logit, fusion.combine(logit, surest))


def _place(text: str) -> float:
    """From 0 to 1, uniform."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64
