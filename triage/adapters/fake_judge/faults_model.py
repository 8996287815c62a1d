"""What can go wrong with what a model says: cut, wrapped, refused, or valid and yet impossible."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from triage.adapters.fake_arxiv.answer import Alteration
from triage.adapters.fake_arxiv.answer import edit as edit_body
from triage.adapters.fake_judge.alteration import Fault, both, edit_choice, edit_message, edit_text

_SORRY = "I'm sorry, but I can't help with that."
_OTHER_REFERENCE = "0badf00d"
_FIRST_PROBABILITY = re.compile(rb'("logprob":)[-0-9.e]+')
_MEMBER = re.compile(r'"\w+":(?:"[^"]*"|[0-9.]+)')


def _edit_filled(spoil: Callable[[dict[str, Any]], object]) -> Alteration:
    """Change the JSON that the model wrote."""

    def alter(text: str) -> str:
        filled = msgspec.json.decode(text)
        spoil(filled)
        return msgspec.json.encode(filled).decode()

    return edit_text(alter)


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, the outer first."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _walk(each)


def _is_grade(name: str, value: object) -> bool:
    return isinstance(value, int | float) and name != "sentence"


def _set_grades(new: object) -> Callable[[dict[str, Any]], None]:
    def spoil(filled: dict[str, Any]) -> None:
        for each in _walk(filled):
            each.update({name: new for name, value in each.items() if _is_grade(name, value)})

    return spoil


def _set_field(field: str, new: object) -> Callable[[dict[str, Any]], None]:
    def spoil(filled: dict[str, Any]) -> None:
        for each in _walk(filled):
            each.update({field: new} if field in each else {})

    return spoil


def _find_grades(filled: dict[str, Any]) -> list[Any] | dict[str, Any]:
    """The list or the object that holds a grade per criterion."""
    for each in _walk(filled):
        for value in each.values():
            inside = list(value.values()) if isinstance(value, dict) else value
            if isinstance(inside, list) and any(
                isinstance(one, dict) and any(_is_grade(*pair) for pair in one.items()) for one in inside
            ):
                return value  # type: ignore[no-any-return]  # a list or an object, as was seen
    raise LookupError("the schema asks for no grades of criteria")


def _drop_criterion(filled: dict[str, Any]) -> None:
    grades = _find_grades(filled)
    grades.pop(0 if isinstance(grades, list) else next(iter(grades)))  # type: ignore[arg-type]  # the one that fits


def _rename_criterion(filled: dict[str, Any]) -> None:
    grades = _find_grades(filled)
    if isinstance(grades, dict):
        grades["beauty"] = grades.pop(next(iter(grades)))
    else:
        grades[0].update({name: "beauty" for name, value in grades[0].items() if isinstance(value, str)})


def _write_nan(text: str) -> str:
    return re.sub(r'("(?!sentence)\w+":)\d+(?:\.\d+)?', r"\1NaN", text)


def _halve(text: str) -> str:
    return text[: len(text) // 2]


def _repeat_member(text: str) -> str:
    """The same name twice in one object, with another value the second time."""
    member = _MEMBER.search(text)
    if member is None:
        raise LookupError("the schema asks for no plain value")
    name = member[0].partition(":")[0]
    return text[: member.end()] + f',{name}:"{_OTHER_REFERENCE}"' + text[member.end() :]


def _name_others(count: int) -> list[dict[str, Any]]:
    return [{"token": "The", "logprob": -0.1, "top_logprobs": [{"token": "The", "logprob": -0.1}]}] * count


SAID: dict[str, Fault] = {
    "empty_text": Fault(edit_message(content="")),
    "null_content": Fault(edit_message(content=None)),
    "refusal": Fault(edit_message(content=None, refusal=_SORRY)),
    "content_filter": Fault(both(edit_message(content=None), edit_choice(finish_reason="content_filter"))),
    "nul": Fault(edit_text(lambda text: "\0" + text)),
}
_fill = partial(Fault, form="fill")
FILLED: dict[str, Fault] = {
    "cut_by_length": _fill(edit_text(_halve, "length")),
    "cut_at_stop": _fill(edit_text(_halve)),
    "prose_around": _fill(edit_text(lambda text: f"Sure! Here is my verdict:\n\n{text}\n\nLet me know if I can help.")),
    "code_fence": _fill(edit_text(lambda text: f"```json\n{text}\n```")),
    "prose_only": _fill(edit_text(lambda _text: "This paper is highly relevant.")),
    "refusal_prose": _fill(edit_text(lambda _text: _SORRY)),
    "list_around": _fill(edit_text(lambda text: f"[{text}]")),
    "wrong_types": _fill(_edit_filled(_set_grades("three"))),
    "grades_null": _fill(_edit_filled(_set_grades(None))),
    "not_a_number": _fill(edit_text(_write_nan)),
    "grade_11": _fill(_edit_filled(_set_grades(11))),
    "grade_negative": _fill(_edit_filled(_set_grades(-1))),
    "sentence_99": _fill(_edit_filled(_set_field("sentence", 99))),
    "sentence_0": _fill(_edit_filled(_set_field("sentence", 0))),
    "another_reference": _fill(_edit_filled(_set_field("reference", _OTHER_REFERENCE))),
    "unknown_criterion": _fill(_edit_filled(_rename_criterion)),
    "missing_criterion": _fill(_edit_filled(_drop_criterion)),
    "duplicate_keys": _fill(edit_text(_repeat_member)),
}
_yes_no = partial(Fault, form="yes-no")
ODDS: dict[str, Fault] = {
    "no_logprobs": _yes_no(edit_choice(logprobs=None), heals=False),
    "empty_logprobs": _yes_no(edit_choice(logprobs={"content": []})),
    "neither_yes_nor_no": _yes_no(edit_choice(logprobs={"content": _name_others(1)})),
    "logprob_not_a_number": _yes_no(edit_body(lambda body: _FIRST_PROBABILITY.sub(rb"\1NaN", body))),
    "logprob_above_zero": _yes_no(edit_body(lambda body: _FIRST_PROBABILITY.sub(rb"\g<1>7.5", body))),
}
