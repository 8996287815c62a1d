"""What a judge answered, checked to the last field and read as a verdict; or one sentence that says what is wrong."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from triage.core.paper import clean_text
from triage.core.prompt import FLAGS, RELEVANCE, list_carrying, name_criterion_question
from triage.core.question import Answer
from triage.core.rubric import JudgeRules, Topic
from triage.core.verdict import CERTAIN, CriterionGrade, Verdict, WrittenTakeaway

_MAX_CHARACTERS: Final = 20_000
_TOP_GRADE: Final = 4
_SHOWN: Final = 40  # characters of what was found that a reason repeats
# Log odds of the best and, negative, of the worst grades: assumed, as a grade says less than a probability does;
# calibration refits it.
_FILLED_CERTAIN: Final = 0.6 * CERTAIN
_LEAST_DECIDED: Final = 0.5  # probability of "yes" and "no" together, below which the model meant something else
_AROUND: Final = " \t\r\n\u2581\u0120\u010a*\"'`.,:;!()"  # with the blanks that tokenizers write as letters
_ROUNDING: Final = 1e-3  # by which a log-probability may exceed 0


class UnreadableError(ValueError):
    """An answer is no verdict; the message is one sentence for the repair and for the reason that is kept."""


def read_filled(answer: Answer, topic: Topic, rules: JudgeRules, reference: str, sentences: int) -> Verdict:
    """The verdict in a filled rubric about a paper of so many sentences; raises `UnreadableError`, and nothing else.

    Its log odds rest half on the grade of relevance and half on the weighted mean of the criteria.
    """
    _refuse_unfinished(answer, {"stop"})
    found = _read_fields(_read_object(answer.text), ("reference", "criteria", "takeaway", RELEVANCE, "flags"), "answer")
    if found["reference"] != reference:
        raise UnreadableError(f"The reference must be {reference}, not {_show(found['reference'])}.")
    grades = _read_grades(found["criteria"], topic, sentences)
    relevance = _read_integer(found[RELEVANCE], 0, _TOP_GRADE, RELEVANCE)
    weights = [criterion.weight for criterion in topic.criteria]
    mean = math.fsum(weight * each.grade for weight, each in zip(weights, grades, strict=True)) / math.fsum(weights)
    return Verdict(
        relevance=_FILLED_CERTAIN * ((relevance + mean) / _TOP_GRADE - 1),
        grades=grades,
        takeaways=_read_takeaways(found["takeaway"], rules, sentences),
        flags=_read_flags(found["flags"]),
    )


def read_yes_no(answers: Mapping[str, Answer], topic: Topic) -> Verdict:
    """The verdict in the answers to the questions of `ask_yes_no`, by their names; raises `UnreadableError` alone.

    A grade is four times the share of "yes" in "yes" and "no". The log odds rest half on the topic's question and half
    on the weighted mean of the criteria's, which did better on W13 and W31 than either (`benchmarks/judge_quality.py`).
    """
    asked = list_carrying(topic)
    shares = [_share_of_yes(answers, name_criterion_question(criterion)) for criterion in asked]
    odds = _to_log_odds(_share_of_yes(answers, RELEVANCE))
    if asked:
        weights = [criterion.weight for criterion in asked]
        mean = math.fsum(
            weight * _to_log_odds(share) for weight, share in zip(weights, shares, strict=True)
        ) / math.fsum(weights)
        odds = (odds + mean) / 2
    grades = (CriterionGrade(each.name, _TOP_GRADE * share) for each, share in zip(asked, shares, strict=True))
    return Verdict(relevance=odds, grades=tuple(grades))


def _to_log_odds(share: float) -> float:
    """Within ±CERTAIN."""
    odds = math.log(share / (1 - share)) if 0 < share < 1 else math.copysign(math.inf, share - 0.5)
    return min(CERTAIN, max(-CERTAIN, odds))


def _refuse_unfinished(answer: Answer, finished: Iterable[str]) -> None:
    if answer.refusal:
        raise UnreadableError(f"The model refused: {_show(answer.refusal)}.")
    if answer.finish_reason == "content_filter":
        raise UnreadableError("The provider's content filter stopped the answer.")
    if answer.finish_reason not in finished:
        cut = answer.finish_reason == "length"
        raise UnreadableError(
            "The answer was cut because it was too long."
            if cut
            else f"The answer did not finish: {_show(answer.finish_reason)}."
        )


def _read_object(text: str) -> dict[str, Any]:
    """The one JSON object in a text; prose and fences around it are let pass."""
    if len(text) > _MAX_CHARACTERS:
        raise UnreadableError(f"The answer has {len(text)} characters, more than {_MAX_CHARACTERS}.")
    start = text.find("{")
    if start < 0:
        raise UnreadableError("The answer holds no JSON object." if text.strip() else "The answer is empty.")
    decoder = json.JSONDecoder(object_pairs_hook=_refuse_repeated, parse_constant=_refuse_constant)
    try:
        value, end = decoder.raw_decode(text, start)
    except UnreadableError:
        raise
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"The answer is no valid JSON: {_show(str(error))}.") from None
    if "{" in text[end:]:
        raise UnreadableError("The answer holds more than one JSON object.")
    fields: dict[str, Any] = value
    return fields


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        repeated = next(name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at]))
        raise UnreadableError(f"The field {_show(repeated)} stands twice in one object.")
    return fields


def _refuse_constant(name: str) -> None:
    raise UnreadableError(f"{name} is no number that JSON knows.")


def _read_fields(value: object, names: Iterable[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableError(f"The {where} must be a JSON object, not {_show(value)}.")
    wanted = list(names)
    for name in wanted:
        if name not in value:
            raise UnreadableError(f"The {where} lacks the field {_show(name)}.")
    for name in value:
        if name not in wanted:
            raise UnreadableError(f"The {where} has a field {_show(name)} that was not asked for.")
    return value


def _read_integer(value: object, least: int, most: int, where: str) -> int:
    if type(value) is not int or not least <= value <= most:  # a bool is an int, but no grade
        raise UnreadableError(f"The {where} must be a whole number from {least} to {most}, not {_show(value)}.")
    return value


def _read_grades(value: object, topic: Topic, sentences: int) -> tuple[CriterionGrade, ...]:
    names = [criterion.name for criterion in topic.criteria]
    graded = _read_fields(value, names, "field 'criteria'")
    return tuple(_read_grade(graded[name], name, sentences) for name in names)


def _read_grade(value: object, name: str, sentences: int) -> CriterionGrade:
    fields = _read_fields(value, ("sentence", "grade"), f"criterion {_show(name)}")
    sentence = _read_integer(fields["sentence"], 1, sentences, f"sentence of {_show(name)}")
    return CriterionGrade(name, _read_integer(fields["grade"], 0, _TOP_GRADE, f"grade of {_show(name)}"), sentence)


def _read_takeaways(value: object, rules: JudgeRules, sentences: int) -> tuple[WrittenTakeaway, ...]:
    """Those that are not empty, in the rubric's order of languages."""
    fields = _read_fields(value, ("sentence", *rules.languages), "field 'takeaway'")
    sentence = _read_integer(fields["sentence"], 1, sentences, "sentence of the takeaway")
    texts = {language: _read_text(fields[language], language) for language in rules.languages}
    return tuple(WrittenTakeaway(text, language, sentence) for language, text in texts.items() if text)


def _read_text(value: object, language: str) -> str:
    if not isinstance(value, str):
        raise UnreadableError(f"The takeaway in {_show(language)} must be a text, not {_show(value)}.")
    return clean_text(value)


def _read_flags(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise UnreadableError(f"The field 'flags' must be a list, not {_show(value)}.")
    unknown = [flag for flag in value if flag not in FLAGS]
    if unknown:
        raise UnreadableError(f"The flag {_show(unknown[0])} is none of these: {', '.join(FLAGS)}.")
    return tuple(flag for flag in FLAGS if flag in value)


def _share_of_yes(answers: Mapping[str, Answer], name: str) -> float:
    if name not in answers:
        raise UnreadableError(f"The question {_show(name)} has no answer.")
    return read_share(answers[name], name)


def read_share(answer: Answer, name: str) -> float:
    """The share of "yes" in "yes" and "no", from 0 to 1, of the answer to one question; raises `UnreadableError`."""
    _refuse_unfinished(answer, {"stop", "length"})
    if not answer.alternatives:
        raise UnreadableError("The server gave no log-probabilities.")
    yes, no = (_probability(answer, word) for word in ("yes", "no"))
    if yes + no < _LEAST_DECIDED:
        raise UnreadableError(f"The model said neither yes nor no to the question {_show(name)}.")
    return yes / (yes + no)


def _probability(answer: Answer, word: str) -> float:
    """Of all first tokens that are this word, in any case and with any blanks or marks around it."""
    logs = [log for token, log in answer.alternatives if token.strip(_AROUND).casefold() == word]
    if not all(log <= _ROUNDING for log in logs):  # false for NaN too
        raise UnreadableError("The server gave log-probabilities that are none.")
    return math.fsum(math.exp(log) for log in logs)


def _show(value: object) -> str:
    """What was found, short and printable: it goes back into a prompt and into the store."""
    shown = ascii(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
