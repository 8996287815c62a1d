"""YAML as fields that know their line and path, so that every problem of a file can be told at once and in its place.

A reader turns one `Field` into a value or raises `RefusalError`; `Field.record` and `Field.each` go on past a refusal
and raise one for all of them. Anchors and aliases are refused: with them a small file could grow without end.
"""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeVar

import msgspec
import yaml

from triage.core.paper import clean_text

MAX_BYTES = 2**20
_MAX_DEPTH = 20
_SHOWN = 40
_TAG = "tag:yaml.org,2002:"
_NAMES = {
    "str": "the text",
    "int": "the number",
    "float": "the number",
    "bool": "the truth value",
    "timestamp": "the date",
}

T = TypeVar("T")
R = TypeVar("R", bound=msgspec.Struct)


class Problem(NamedTuple):
    """One thing wrong, in the order in which problems are told; `line` counts from 1."""

    line: int
    text: str


class RefusalError(Exception):
    """A field could not be read; holds all that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


class Field(NamedTuple):
    """One place in the file: `line` counts from 1, `path` is such as `topics[0].cues[1].weight`, empty for the file."""

    node: yaml.Node
    line: int
    path: str = ""

    @property
    def is_list(self) -> bool:
        """Whether a list stands here."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        """Whether a mapping stands here."""
        return isinstance(self.node, yaml.MappingNode)

    def refuse(self, expected: str, found: str | None = None) -> RefusalError:
        """To be raised: what should stand here, and what does."""
        where = f"{self.path}: " if self.path else ""
        return RefusalError(Problem(self.line, f"{where}expected {expected}; found {found or self._found()}"))

    def _found(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            return "a list" if self.is_list else "a mapping"
        kind = self.node.tag.removeprefix(_TAG)
        if kind == "null" or not self.node.value.strip():
            return "nothing"
        return f"{_NAMES.get(kind, 'the value')} {_shorten(self.node.value)}"

    def raw(self, expected: str) -> str:
        """The characters of any plain value: `2410.10120` is an id here and not a number that loses its last digit."""
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value.strip():
            raise self.refuse(expected)
        return str(self.node.value).strip()

    def text(self) -> str:
        """Cleaned text that is not empty."""
        if not isinstance(self.node, yaml.ScalarNode) or self._is("null"):
            raise self.refuse("text")
        if not self._is("str"):
            raise self.refuse("text in quotes")
        value = clean_text(self.node.value)
        if not value:
            raise self.refuse("text")
        return value

    def number(self, expected: str, accepts: Callable[[float], bool]) -> float:
        """A finite number that `accepts` takes."""
        if not (self._is("int") or self._is("float")):
            raise self.refuse(expected)
        try:
            value = float(self.node.value)
        except ValueError:  # YAML 1.1 also knows 0x1F, 1:30 and .nan
            raise self.refuse(expected) from None
        if not (math.isfinite(value) and accepts(value)):
            raise self.refuse(expected)
        return value

    def whole_number(self, least: int, most: float = math.inf) -> int:
        """An integer from `least` to `most`, both included."""
        upper = "or more" if math.isinf(most) else f"to {most:g}"
        expected = f"a whole number, {least} {upper}"
        if not self._is("int"):
            raise self.refuse(expected)
        return int(self.number(expected, lambda value: least <= value <= most))

    def items(self) -> list["Field"]:
        """The items of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.refuse("a list")
        return [Field(node, _line_of(node), f"{self.path}[{number}]") for number, node in enumerate(self.node.value)]

    def each(
        self, read: Callable[["Field"], T], *, least: int = 0, key: Callable[[T], str] | None = None
    ) -> tuple[T, ...]:
        """The items of a list as `read` reads them, at least so many; with a `key`, no two may share it."""
        items = self.items()
        if len(items) < least:
            raise self.refuse(f"a list of at least {least}", str(len(items)))
        return read_each(items, read, key)

    def entries(self) -> dict[str, "Field"]:
        """The fields of a mapping by name, each name once; each has the line of its name."""
        fields, problems = self._sift_entries()
        if problems:
            raise RefusalError(*problems)
        return fields

    def record(self, kind: type[R], readers: Mapping[str, Callable[["Field"], object]]) -> R:
        """A record, each of its fields read by the reader of that name; fields with a default may be absent."""
        entries, problems = self._sift_entries()
        values: dict[str, object] = {}
        for name, field in entries.items():
            try:
                values[name] = _known(field, name, readers)(field)
            except RefusalError as refusal:
                problems += refusal.problems
        for wanted in msgspec.structs.fields(kind):
            if wanted.required and wanted.name not in entries:
                problems += self._inner(wanted.name, self.node, self.line).refuse("this field", "nothing").problems
        if problems:
            raise RefusalError(*problems)
        return kind(**values)

    def _sift_entries(self) -> tuple[dict[str, "Field"], list[Problem]]:
        if not isinstance(self.node, yaml.MappingNode):
            raise self.refuse("a mapping")
        fields: dict[str, Field] = {}
        problems: list[Problem] = []
        for key, node in self.node.value:
            if not isinstance(key, yaml.ScalarNode):
                problems += Field(key, _line_of(key), self.path).refuse("the name of a field").problems
                continue
            name = clean_text(key.value)
            field = self._inner(name, node, _line_of(key))
            if (first := fields.setdefault(name, field)) is not field:
                problems += field.refuse("this field only once", f"it again, first on line {first.line}").problems
        return fields, problems

    def _inner(self, name: str, node: yaml.Node, line: int) -> "Field":
        return Field(node, line, f"{self.path}.{name}" if self.path else name)

    def _is(self, kind: str) -> bool:
        return bool(self.node.tag == _TAG + kind)


def read_each(
    fields: Iterable[Field], read: Callable[[Field], T], key: Callable[[T], str] | None = None
) -> tuple[T, ...]:
    """What `read` makes of each field; one refusal for all that fail or repeat a key."""
    values: list[T] = []
    problems: list[Problem] = []
    first: dict[str, Field] = {}
    for field in fields:
        try:
            value = read(field)
            if key is not None and (same := first.setdefault(key(value), field)) is not field:
                raise field.refuse("each only once", f"{_shorten(key(value))} again, first on line {same.line}")
            values.append(value)
        except RefusalError as refusal:
            problems += refusal.problems
    if problems:
        raise RefusalError(*problems)
    return tuple(values)


def read_yaml(text: str) -> Field:
    """The whole text as one field; raises `RefusalError` when it is no YAML, empty, too large or too deep."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise RefusalError(Problem(1, f"expected at most {MAX_BYTES // 2**20} MiB; found more"))
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        found = f"the character U+{error.character:04X}"
        raise RefusalError(Problem(line, f"expected printable text; found {found}")) from None
    except yaml.MarkedYAMLError as error:
        raise RefusalError(_problem_of(error)) from None
    except (
        ValueError,
        OverflowError,
    ) as error:  # PyYAML lets "\\U00110000" and an endless %YAML number through to here
        raise RefusalError(Problem(loader.line + 1, f"cannot be read as YAML: {error}")) from None
    if node is None:
        raise RefusalError(Problem(1, "expected a mapping; found an empty file"))
    return Field(node, _line_of(node))


class _Loader(yaml.SafeLoader):
    """Composes nodes and builds nothing from them."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self._depth >= _MAX_DEPTH and parent is not None:
            raise yaml.MarkedYAMLError(problem="nested too deep", problem_mark=parent.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if self.anchors:
            anchored = next(iter(self.anchors.values()))
            what = "anchors (&) and aliases (*) are not allowed"
            raise yaml.MarkedYAMLError(problem=what, problem_mark=anchored.start_mark)
        return node


def _problem_of(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = "; ".join(part for part in (error.context, error.problem) if part)
    hint = " (indent with blanks, not with tabs)" if "\\t" in what else ""
    return Problem(line, f"column {column}: cannot be read as YAML: {what}{hint}")


def _line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _known(field: Field, name: str, readers: Mapping[str, Callable[[Field], T]]) -> Callable[[Field], T]:
    if name in readers:
        return readers[name]
    close = difflib.get_close_matches(name, readers, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise field.refuse(f"one of the fields {', '.join(readers)}", f"{_shorten(name)}{hint}")


def _shorten(text: str) -> str:
    text = clean_text(text)
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")
