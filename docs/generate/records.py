"""The records of the API: what stands in bodies and answers, from the OpenAPI document's schemas."""

import json
from collections.abc import Mapping
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec

from docs.generate.markdown import fence, flow, slug, table
from docs.generate.routes import Route

Schema = Mapping[str, Any]
_REF: Final = "#/components/schemas/"
_FORMATS: Final = {"date": "date", "date-time": "time"}
_LIMITS: Final = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minItems", "at least {}"),
    ("maxItems", "at most {}"),
)


class Records:
    """The schemas of a document, and the docstrings of the records behind them."""

    def __init__(self, document: Schema, routes: list[Route]) -> None:
        self._schemas: Schema = document["components"]["schemas"]
        self._told = _read_docstrings(routes)
        self._shown: set[str] = set()

    def write(self) -> str:
        """A section for each, by name."""
        named = sorted((_name(schema), schema) for schema in self._schemas.values())
        return "\n\n".join(self._write_record(name, schema) for name, schema in named)

    def show_once(self, title: str, value: Any) -> str:
        """An example to unfold; nothing where the same one stands above."""
        text = json.dumps(value, indent=2, ensure_ascii=False)
        if text in self._shown:
            return ""
        self._shown.add(text)
        return f"<details><summary>{title}</summary>\n\n{fence(text, 'json')}\n\n</details>"

    def describe(self, schema: Schema) -> str:
        """A type in words, with links to records."""
        if "$ref" in schema:
            name = _name(self._find(schema))
            return f"[`{name}`](#{slug(name)})"
        if "oneOf" in schema:
            kinds = [self.describe(each) for each in schema["oneOf"] if each]
            return " or ".join(sorted(kinds, key="null".__eq__)) + _describe_limits(schema)
        if "enum" in schema:
            return " or ".join(f"`{json.dumps(each)}`" for each in schema["enum"])
        if schema.get("type") == "array":
            return self._describe_list(schema)
        if isinstance(values := schema.get("additionalProperties"), dict):
            return f"object of {self.describe(values)}"
        return _FORMATS.get(schema.get("format", ""), str(schema.get("type", "anything"))) + _describe_limits(schema)

    def _describe_list(self, schema: Schema) -> str:
        """Of any length, or with so many places."""
        if places := schema.get("prefixItems"):
            return f"({', '.join(map(self.describe, places))})"
        return f"list of {self.describe(schema['items'])}" + _describe_limits(schema)

    def make_example(self, schema: Schema) -> Any:
        """A value that the schema takes: its default where there is one, else the first choice, or the simplest."""
        if "$ref" in schema:
            return self.make_example(self._find(schema))
        if "default" in schema:
            return schema["default"]
        if choices := schema.get("enum") or schema.get("oneOf"):
            return choices[0] if "enum" in schema else self.make_example(choices[0])
        if schema["type"] == "object":
            return {name: self.make_example(inner) for name, inner in schema.get("properties", {}).items()}
        if schema["type"] == "array":
            return [self.make_example(each) for each in schema.get("prefixItems") or [schema["items"]]]
        return {"string": "…", "integer": 1, "number": 0.5, "boolean": True}[schema["type"]]

    def _write_record(self, name: str, schema: Schema) -> str:
        parts = [f"### {name}", flow(schema.get("description") or self._told.get(name.partition("[")[0], ""))]
        if "enum" in schema:
            parts.append("One of " + ", ".join(f"`{json.dumps(each)}`" for each in schema["enum"]) + ".")
        required = set(schema.get("required", ()))
        fields = schema.get("properties", {})
        rows = [
            (f"`{field}`", self.describe(inner), _describe_default(inner, is_required=field in required))
            for field, inner in fields.items()
        ]
        if rows:
            parts.append(table(("field", "type", "when left out"), rows))
        return "\n\n".join(part for part in parts if part)

    def _find(self, schema: Schema) -> Schema:
        found: Schema = self._schemas[schema["$ref"].removeprefix(_REF)]
        return found


def _name(schema: Schema) -> str:
    """Such as `Page[PaperCard]`, where the key of the schema has a module's name in it."""
    return str(schema["title"])


def _read_docstrings(routes: list[Route]) -> dict[str, str]:
    """Of all records that bodies and answers hold, by name: Litestar leaves them out of the document."""
    found: dict[str, str] = {}
    for route in routes:
        data = route.handler.parsed_data_field
        kinds = [spec.data_container for spec in (route.handler.responses or {}).values()]
        for kind in (*kinds, route.handler.parsed_return_field.annotation, data and data.annotation):
            _collect_docstrings(kind, found)
    return found


def _collect_docstrings(kind: Any, found: dict[str, str]) -> None:
    """Go through a type, its arguments and its fields; generic records go by their bare name."""
    for inner in get_args(kind):
        _collect_docstrings(inner, found)
    record = get_origin(kind) or kind
    if isinstance(record, type) and issubclass(record, msgspec.Struct) and record.__name__ not in found:
        found[record.__name__] = record.__doc__ or ""
        for hint in get_type_hints(record).values():
            _collect_docstrings(hint, found)


def _describe_default(schema: Schema, *, is_required: bool) -> str:
    if is_required:
        return ""
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else "`null`"


def _describe_limits(schema: Schema) -> str:
    told = [words.format(f"{schema[name]:g}") for name, words in _LIMITS if name in schema]
    return f", {', '.join(told)}" if told else ""
