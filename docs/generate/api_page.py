"""docs/api.md: every route, record and error of the API, from the application itself."""

import json
from collections.abc import Mapping
from typing import Final

from api.openapi import PATH
from api.problems import Problem, list_problems
from docs.generate.error_help import HELP
from docs.generate.markdown import fence, flow, link, page, slug, table
from docs.generate.records import Records, Schema
from docs.generate.routes import Route, list_routes, open_app, read_document

_EVERYWHERE: Final = (401, 403, 429, 500, 503)
_MACHINES: Final = "Agents, measures and the document"
_MACHINE_PATHS: Final = ("/mcp", "/metrics", PATH)
_PAGES: Final = "Pages"
_TITLES: Final = {"Health": "Health checks"}  # a record has the same name as the tag
_OTHER_INTROS: Final = {
    _MACHINES: "What the document leaves out: other protocols have descriptions of their own, such as `tools/list`.",
    _PAGES: """\
For people: HTML, and forms that answer with a page. They may change with any version; programs use the addresses above.
Whoever is not signed in is sent to the sign-in page.""",
}
_KEYS: Final = f"""\
`/docs` of a server shows the same to try out; `{PATH}` is the document for programs. Without accounts no key is
needed, and only the machine of the server is answered. With `TRIAGE_ACCOUNTS=true`, one of the keys below is, made on
the page Account or by [`triage user token`](commands.md#triage-user-token). Its scopes, `read`, `write`, `admin`, say
what it may do, and none of them holds another; *Who* below each address says what is wanted."""
_FIRST: Final = """\
curl -H "Authorization: Bearer $KEY" https://triage.example.org/api/v1/topics
curl http://127.0.0.1:8000/api/v1/shortlists/agent-evaluation/2026-W20"""
_PAPERS: Final = """\
What is about one paper has two addresses: its id stands as `{paper_id}`, and an id from before April 2007 as two parts,
`{archive}/{number}`. Besides what is named below, any address may answer"""
_RECORDS: Final = "Records"
_ERRORS: Final = "Errors"
_ERRORS_INTRO: Final = """\
Every error of the API, the feeds and `/mcp`'s door is `application/problem+json` (RFC 9457) with the fields of
[`Problem`](#problem): `code` names its kind and never changes, `type` is `/problems/` and the code, `detail` is a
sentence for people, and `errors` names the fields that were wrong."""


def write_page() -> str:
    """The whole page; raises `KeyError` for an error without help, or a route without a word."""
    app = open_app()
    document = read_document(app)
    routes = list_routes(app)
    records = Records(document, routes)
    sections = _sort_routes(document, routes)
    told = {tag["name"]: tag["description"] for tag in document["tags"]} | _OTHER_INTROS
    parts = [
        "\n\n".join([_head_section(name), told[name], *(_write_route(each, document, records) for each in found)])
        for name, found in sections.items()
    ]
    errors = "\n\n".join(_write_error(problem) for problem in list_problems())
    return page(
        "API",
        _write_intro(document),
        _write_contents(sections),
        *parts,
        f"## {_RECORDS}\n\n{records.write()}",
        f"## {_ERRORS}\n\n{_ERRORS_INTRO}\n\n{errors}",
    )


def _sort_routes(document: Schema, routes: list[Route]) -> dict[str, list[Route]]:
    """By the document's tags, in its order; then what it leaves out."""
    sections: dict[str, list[Route]] = {tag["name"]: [] for tag in document["tags"]}
    for route in routes:
        operation = document["paths"].get(route.path, {}).get(route.method.lower())
        other = _MACHINES if route.path.startswith(_MACHINE_PATHS) else _PAGES
        section = operation["tags"][0] if operation else other
        sections.setdefault(section, []).append(route)
    pages = sections.pop(_PAGES)
    return sections | {_PAGES: pages}


def _write_intro(document: Schema) -> str:
    keys = [
        (f"`{name}`", _describe_key(each), each["description"])
        for name, each in document["components"]["securitySchemes"].items()
    ]
    universal = ", ".join(link(_name_code(status)) for status in _EVERYWHERE)
    told = flow(document["info"]["description"])
    return "\n\n".join([told, _KEYS, table(("key", "how", "what"), keys), fence(_FIRST), f"{_PAPERS} {universal}."])


def _describe_key(scheme: Schema) -> str:
    if scheme["type"] == "http":
        return f"`Authorization: {scheme['scheme'].capitalize()}`"
    return f"cookie `{scheme['name']}`"


def _head_section(name: str) -> str:
    return f"## {_TITLES.get(name, name)}"


def _write_contents(sections: Mapping[str, list[Route]]) -> str:
    lines = []
    for name, routes in sections.items():
        inner = "" if name == _PAGES else ": " + ", ".join(_link_route(each) for each in routes)
        lines.append(f"- {link(_TITLES.get(name, name))}{inner}")
    codes = ", ".join(f"[`{each.code}`](#{each.code})" for each in list_problems())
    return "\n".join([*lines, f"- {link(_RECORDS)}", f"- {link(_ERRORS)}: {codes}"])


def _link_route(route: Route) -> str:
    short = f"{route.method} {route.path.removeprefix('/api/v1')}"
    return f"[`{short}`](#{slug(route.name)})"


def _write_route(route: Route, document: Schema, records: Records) -> str:
    operation = document["paths"].get(route.path, {}).get(route.method.lower(), {})
    parts = [f"### {route.name}", route.told, f"Who: {route.who}."]
    if parameters := operation.get("parameters"):
        rows = [_write_parameter(each, records) for each in parameters]
        parts.append(table(("parameter", "in", "type", "meaning"), rows))
    if operation:
        parts += _write_exchange(operation, records)
    return "\n\n".join(part for part in parts if part)


def _write_parameter(parameter: Schema, records: Records) -> tuple[str, str, str, str]:
    schema = parameter["schema"]
    told = parameter["description"]
    if parameter.get("examples"):
        example = next(iter(parameter["examples"].values()))["value"]
        told += f" Such as `{example}`."
    default = f"; default `{json.dumps(schema['default'])}`" if schema.get("default") not in {None, ""} else ""
    return f"`{parameter['name']}`", parameter["in"], f"{records.describe(schema)}{default}", told


def _write_exchange(operation: Schema, records: Records) -> list[str]:
    """What is sent, what is answered, and how that looks."""
    told, examples = [], []
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        told.append(f"Body: {records.describe(schema)}.")
        examples.append(records.show_once("What is sent", records.make_example(schema)))
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            told.append(f"Answers {status}: {_describe_answer(answer, records)}.")
            examples += [
                records.show_once("What is answered", each["value"])
                for content in answer.get("content", {}).values()
                for each in content.get("examples", {}).values()
            ]
    more = sorted(int(status) for status in operation["responses"] if status >= "3" and int(status) not in _EVERYWHERE)
    if more:
        told.append("Also: " + ", ".join(_describe_status(status) for status in more) + ".")
    return [" ".join(told), *examples]


def _describe_answer(answer: Schema, records: Records) -> str:
    kinds = [
        records.describe(content["schema"]) if media == "application/json" else f"`{media}`"
        for media, content in answer.get("content", {}).items()
    ]
    return ", ".join(kinds) or "nothing more"


def _describe_status(status: int) -> str:
    return link(_name_code(status)) if status >= 400 else f"{status}, you have it already"  # noqa: PLR2004 - HTTP


def _name_code(status: int) -> str:
    return next(problem.code for problem in list_problems() if problem.status == status)


def _write_error(problem: Problem) -> str:
    comes, mend = HELP[problem.code]
    return f"### {problem.code}\n\nStatus {problem.status}, “{problem.title}”. {comes} {mend}"
