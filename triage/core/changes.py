"""Why a score differs between two wordings of a topic, in words that a reader can check against paper and rubric."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping

from triage.core.cues import find_near, find_phrase
from triage.core.prior import PaperWords
from triage.core.rubric import Topic

TOLD = 0.05
"""Share of log odds from which a change is worth telling: it moves a probability of one half by one point."""

_MAX_WORDS = 4
_PARTS: Mapping[str, str] = {
    "title_cues": "cues in the title",
    "abstract_cues": "cues in the abstract",
    "title_near": "words near each other in the title",
    "abstract_near": "words near each other in the abstract",
    "meaning": "likeness in meaning",
    "taste": "your votes",
    "judge": "the judge",
}


def explain_wording(words: PaperWords, old: Topic, new: Topic) -> list[str]:
    """What the paper says that weighs otherwise now, the largest change first."""
    before, after = _weigh_words(words, old), _weigh_words(words, new)
    changed = [said for said in before | after if not math.isclose(before.get(said, 0.0), after.get(said, 0.0))]
    changed.sort(key=lambda said: (-abs(after.get(said, 0.0) - before.get(said, 0.0)), said))
    return [f"says {said}, {_word_weight(before.get(said), after.get(said))}" for said in changed[:_MAX_WORDS]]


def explain_parts(old: Mapping[str, float], new: Mapping[str, float], *, is_reworded: bool) -> list[str]:
    """The parts of a score that differ, in log odds, the largest change first; `is_reworded`: to a judge too."""
    changes = {name: new.get(name, 0.0) - old.get(name, 0.0) for name in sorted(old.keys() | new.keys())}
    told = sorted((name for name in changes if abs(changes[name]) >= TOLD), key=lambda name: -abs(changes[name]))
    return [f"{_name_part(name, old, new, is_reworded=is_reworded)} {changes[name]:+.1f}" for name in told]


def _name_part(name: str, old: Mapping[str, float], new: Mapping[str, float], *, is_reworded: bool) -> str:
    if name == "judge" and name not in new:
        return f"judge: not judged {'under the new wording' if is_reworded else 'now'}"
    if name == "judge" and name not in old:
        return f"judge: judged {'under the new wording' if is_reworded else 'now'} only"
    return _PARTS.get(name, name)


def _weigh_words(words: PaperWords, topic: Topic) -> dict[str, float]:
    """Weights by what of the paper's own words matched, so that another spelling of the same cue is no change."""
    weights: defaultdict[str, float] = defaultdict(float)
    for said, weight in _match_words(words, topic):
        weights[said] += weight
    return dict(weights)


def _match_words(words: PaperWords, topic: Topic) -> Iterator[tuple[str, float]]:
    for cue in topic.cues:
        found = find_phrase(words.title, cue.phrase) or find_phrase(words.abstract, cue.phrase)
        if found:
            yield f"“{found}”", cue.weight
    for near in topic.near:
        pair = find_near(words.title, near) or find_near(words.abstract, near)
        if pair:
            yield f"“{pair[0]}” near “{pair[1]}”", near.weight


def _word_weight(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        weight = before if after is None else after
        against = " against it" if weight is not None and weight < 0 else ""
        return f"{'now' if before is None else 'no longer'} a cue{against}"
    return f"a cue of weight {after:g} instead of {before:g}"
