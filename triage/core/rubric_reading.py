"""Reads a rubric file and tells everything that is wrong with it in one go, each with its line and field."""

import re
from typing import cast, get_args

from triage.core.paper import parse_arxiv_id
from triage.core.question import Form
from triage.core.rubric import (
    LANGUAGES,
    Criterion,
    Cue,
    Exemplar,
    JudgeRules,
    NearCue,
    Rubric,
    ShortlistRules,
    Topic,
    fold_phrase,
)
from triage.core.yaml_fields import Field, Problem, RefusalError, read_each, read_yaml
from triage.errors import RubricError

_VERSION = 1
_MAX_WEIGHT = 10
_MAX_WITHIN = 100
_MAX_SIZE = 200
_MAX_EXPLORATION = 10
_MAX_AUDIT = 20
_MAX_NAME = 50
_GRADES = ("0", "1", "2", "3", "4")
_TOPIC_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
# https://arxiv.org/category_taxonomy
_CATEGORY = re.compile(
    r"(?:cs|econ|eess|math|stat|q-bio|q-fin|nlin|astro-ph)\.[A-Z]{2}"
    r"|(?:physics|cond-mat)\.[a-z]+(?:-[a-z]+)?"
    r"|hep-(?:ex|lat|ph|th)|nucl-(?:ex|th)|gr-qc|math-ph|quant-ph"
)


def read_rubric(text: str, name: str) -> Rubric:
    """The rubric in a YAML text; raises `RubricError` with one line per problem, `name` and line number first."""
    try:
        return _read_file(read_yaml(text))
    except RefusalError as refusal:
        problems = sorted(refusal.problems, key=lambda problem: problem.line)
        raise RubricError("\n".join(f"{name}:{problem.line}: {problem.text}" for problem in problems)) from None


def _read_file(field: Field) -> Rubric:
    return field.record(
        Rubric,
        {
            "version": _read_version,
            "categories": lambda found: found.each(_read_category, least=1, key=str),
            "topics": lambda found: found.each(_read_topic, least=1, key=lambda topic: topic.name),
            "shortlist": _read_shortlist,
            "judge": _read_judge,
        },
    )


def _read_version(field: Field) -> int:
    expected = f"{_VERSION}, the only version this program reads"
    return int(field.number(expected, lambda value: value == _VERSION))


def _read_category(field: Field) -> str:
    category = field.text()
    if not _CATEGORY.fullmatch(category):
        raise field.refuse("an arXiv category such as cs.IR")
    return category


def _read_topic(field: Field) -> Topic:
    return field.record(
        Topic,
        {
            "name": _read_topic_name,
            "title": Field.text,
            "definition": Field.text,
            "in_scope": lambda found: found.each(Field.text, least=1),
            "out_of_scope": lambda found: found.each(Field.text),
            "cues": _read_cues,
            "near": lambda found: found.each(_read_near),
            "exemplars": lambda found: found.each(_read_exemplar, key=lambda exemplar: exemplar.arxiv_id),
            "tags": lambda found: found.each(Field.text, key=str),
            "criteria": lambda found: found.each(_read_criterion, least=1, key=lambda criterion: criterion.name),
        },
    )


def _read_topic_name(field: Field) -> str:
    name = field.text()
    if not _TOPIC_NAME.fullmatch(name):
        raise field.refuse("lower-case words joined by hyphens, such as agent-evaluation")
    return name


def _read_cues(field: Field) -> tuple[Cue, ...]:
    cues = field.each(_read_cue, least=1, key=lambda cue: fold_phrase(cue.phrase))
    if not any(cue.weight > 0 for cue in cues):
        raise field.refuse("at least one cue of positive weight", "none")
    return cues


def _read_cue(field: Field) -> Cue:
    if not field.is_mapping:
        return Cue(_read_phrase(field))
    return field.record(Cue, {"phrase": _read_phrase, "weight": _read_cue_weight})


def _read_phrase(field: Field) -> str:
    phrase = field.text()
    if not all(map(_is_word, fold_phrase(phrase).split() or [""])):
        raise field.refuse("words, with * only at the start or end of one, such as semantic id*")
    return phrase


def _is_word(word: str) -> bool:
    inner = word.removeprefix("*").removesuffix("*")
    return "*" not in inner and any(map(str.isalnum, inner))


def _read_cue_weight(field: Field) -> float:
    expected = f"a number from {-_MAX_WEIGHT} to {_MAX_WEIGHT} other than 0"
    return field.number(expected, lambda value: 0 < abs(value) <= _MAX_WEIGHT)


def _read_near_word(field: Field) -> str:
    return fold_phrase(_read_phrase(field))


def _read_near(field: Field) -> NearCue:
    return field.record(
        NearCue,
        {
            "left": lambda found: found.each(_read_near_word, least=1, key=str),
            "right": lambda found: found.each(_read_near_word, least=1, key=str),
            "within": lambda found: found.whole_number(1, _MAX_WITHIN),
            "weight": _read_cue_weight,
        },
    )


def _read_exemplar(field: Field) -> Exemplar:
    return field.record(Exemplar, {"arxiv_id": _read_arxiv_id, "title": Field.text})


def _read_arxiv_id(field: Field) -> str:
    text = field.raw("an arXiv id such as 2604.02684")
    try:
        return parse_arxiv_id(text).id
    except ValueError as error:
        raise RefusalError(Problem(field.line, f"{field.path}: {error}")) from None


def _read_criterion(field: Field) -> Criterion:
    return field.record(
        Criterion,
        {
            "name": _read_criterion_name,
            "question": Field.text,
            "weight": lambda found: found.number("a number above 0", lambda value: value > 0),
            "anchors": _read_anchors,
        },
    )


def _read_criterion_name(field: Field) -> str:
    name = field.text()
    if len(name) > _MAX_NAME:
        raise field.refuse(f"at most {_MAX_NAME} characters", f"{len(name)}")
    return name


def _read_anchors(field: Field) -> tuple[str, str, str, str, str]:
    expected = "five texts, for grades 0 to 4"
    if field.is_mapping:
        entries = field.entries()
        if sorted(entries) != list(_GRADES):
            raise field.refuse(expected, f"the grades {', '.join(entries) or 'none'}")
        fields = [entries[grade] for grade in _GRADES]
    else:
        fields = field.items()
        if len(fields) != len(_GRADES):
            raise field.refuse(expected, str(len(fields)))
    none, little, some, much, full = read_each(fields, Field.text)
    return none, little, some, much, full


def _read_shortlist(field: Field) -> ShortlistRules:
    return field.record(
        ShortlistRules,
        {
            "size": lambda found: found.whole_number(1, _MAX_SIZE),
            "exploration": lambda found: found.whole_number(0, _MAX_EXPLORATION),
            "audit": lambda found: found.whole_number(0, _MAX_AUDIT),
        },
    )


def _read_judge(field: Field) -> JudgeRules:
    def read_money(found: Field) -> float:
        return found.number("a number, 0 or more", lambda value: value >= 0)

    return field.record(
        JudgeRules,
        {
            "form": _read_form,
            "languages": lambda found: found.each(_read_language, least=1, key=str),
            "calls": lambda found: found.whole_number(0),
            "usd": read_money,
            "usd_per_week": read_money,
            "random_share": lambda found: found.number("a number from 0 to 1", lambda value: 0 <= value <= 1),
        },
    )


def _read_form(field: Field) -> Form:
    """Quoted or not: bare `yes-no` is text in YAML, unlike `yes`."""
    text = field.raw("fill or yes-no")
    if text not in get_args(Form):
        raise field.refuse("fill (grades, for capable models) or yes-no (for small local ones)")
    return cast("Form", text)


def _read_language(field: Field) -> str:
    text = field.raw("a language such as en or zh")
    if text not in LANGUAGES:
        raise field.refuse(f"one of {', '.join(LANGUAGES)}")
    return text
