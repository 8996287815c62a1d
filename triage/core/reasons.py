"""Why a paper has its place, in words that a reader can check against the abstract."""

import re
from collections.abc import Mapping

from triage.core.cues import find_near
from triage.core.prior import PaperWords, list_hits
from triage.core.rubric import Topic
from triage.core.verdict import CriterionGrade, Verdict

_MAX_CUES = 4
_EVIDENCE: Mapping[str, re.Pattern[str]] = {
    "A/B test in the abstract": re.compile(r"\bA/B[- ]test", re.IGNORECASE),
    "deployed in production": re.compile(
        r"\bdeployed (?:\w+ ){0,4}(?:in|to|into|on) (?:\w+ ){0,2}production\b"
        r"|\bfully deployed (?:in|on|at)\b|\bdeployed online\b",
        re.IGNORECASE,
    ),
    "code or data released": re.compile(
        r"\b(?:our|the|all|source|project)\s[^.;]{0,40}\b(?:code|datasets?|data|benchmark|models?|weights)\b[^.;]{0,40}"
        r"\b(?:is|are)\s(?:(?:now|made|publicly|freely|openly|also)\s)*(?:available|released|open[- ]sourced)\b"
        r"|\bwe\s(?:(?:also|publicly|fully|openly)\s)*(?:release|open[- ]source)\b|\bgithub\.com/",
        re.IGNORECASE,
    ),
    "ablation in the abstract": re.compile(r"\bablation", re.IGNORECASE),
}
_SOME_TASTE = 0.3  # share in the logit that moves a probability of one half by 7 points


def explain_place(words: PaperWords, abstract: str, topic: Topic, parts: Mapping[str, float]) -> list[str]:
    """Reasons that lie in the paper itself, most telling first. Never empty."""
    reasons = []
    hits = list_hits(words, topic)[:_MAX_CUES]
    if hits:
        reasons.append(f"says {', '.join(f'“{hit}”' for hit in hits)}")
    pair = _find_pair(words.title, topic)
    if pair:
        reasons.append(f"“{pair[0]}” near “{pair[1]}” in the title")
    reasons += [name for name, pattern in _EVIDENCE.items() if pattern.search(abstract)]
    taste = parts.get("taste", 0.0)
    if abs(taste) >= _SOME_TASTE:
        reasons.append(f"votes {'speak for' if taste > 0 else 'speak against'} it")
    return reasons or ["close in meaning to the topic's definition"]


def explain_verdict(verdict: Verdict) -> list[str]:
    """What a judge found, with the sentences of the abstract it named for it."""
    grades = [_word_grade(grade) for grade in verdict.grades]
    side = "for" if verdict.relevance > 0 else "against"
    return [f"the judge speaks {side} it" + (f" ({', '.join(grades)})" if grades else "")]


def _word_grade(grade: CriterionGrade) -> str:
    """`centrality 4 of 4, sentence 3`; a probability of a yes-or-no judge in per cent."""
    if grade.sentence is None:
        return f"{grade.name} {grade.grade / 4:.0%}"
    return f"{grade.name} {grade.grade:g} of 4, sentence {grade.sentence}"


def _find_pair(words: str, topic: Topic) -> tuple[str, str] | None:
    pairs = (find_near(words, near) for near in sorted(topic.near, key=lambda near: -near.weight) if near.weight > 0)
    return next((pair for pair in pairs if pair), None)
