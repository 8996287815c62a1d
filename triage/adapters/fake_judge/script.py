"""Honest answers by rule: any JSON schema is filled, any yes-or-no question answered, from one number per paper."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from triage.core.question import Message

Brain = Callable[[Sequence[Message]], float]
"""How well the paper in a conversation fits the topic in it: a probability."""
MODEL = "fake-judge-2026-11-01"

_REFERENCE = re.compile(r"\b[0-9a-f]{8}\b")
_PAPER = re.compile(r"<paper\b.*</paper\b", re.DOTALL)  # as the prompt delimits it
_FIRST_SENTENCE = re.compile(r"^\W*1\W+(.{10,200}?[.!?])(?:\s|$)", re.MULTILINE)
_ANY_SENTENCE = "The paper says what it says."
_ELSEWHERE = 0.02  # of the probability that goes to neither yes nor no
_BYTES_PER_TOKEN = 4


def look_for(*words: str) -> Brain:
    """A brain that knows these words: the share of them that the paper has, between 0.02 and 0.98."""

    def think(messages: Sequence[Message]) -> float:
        asked = next(message.content for message in messages if message.role == "user").casefold()
        paper = _PAPER.search(asked)
        found = sum(word.casefold() in (paper[0] if paper else asked) for word in words)
        return 0.02 + 0.96 * found / len(words)

    return think


def find_reference(messages: Sequence[Message]) -> str:
    """The eight hexadecimal digits that the first question names its paper by, or nothing."""
    asked = next((message.content for message in messages if message.role == "user"), "")
    after = asked.casefold().find("reference")
    found = _REFERENCE.search(asked, max(after, 0)) or _REFERENCE.search(asked)
    return found[0] if found else ""


def find_schema(request: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON schema that a request brings."""
    schema: dict[str, Any] | None = request.get("response_format", {}).get("json_schema", {}).get("schema")
    return schema


def complete(request: dict[str, Any], brain: Brain, schema: dict[str, Any] | None) -> dict[str, Any]:
    """A chat completion, as OpenAI gives it; JSON is written by the schema, as if the prompt told it."""
    messages = [Message(each["role"], each["content"]) for each in request["messages"]]
    belief = min(max(brain(messages), 0.001), 0.999)
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "logprobs": None}
    if request.get("logprobs"):
        content = "Yes" if belief >= 0.5 else "No"  # noqa: PLR2004 -- more likely than not
        choice["logprobs"] = {"content": [_weigh(content, belief)]}
    else:
        content = msgspec.json.encode(fill(schema or {}, messages, belief)).decode()
    choice["message"] = {"role": "assistant", "content": content, "refusal": None}
    tokens_in = sum(len(message.content.encode()) for message in messages) // _BYTES_PER_TOKEN
    usage = {"prompt_tokens": tokens_in, "completion_tokens": len(content) // _BYTES_PER_TOKEN + 1}
    return {"object": "chat.completion", "model": MODEL, "choices": [choice], "usage": usage}


def _weigh(content: str, belief: float) -> dict[str, Any]:
    shares = {"Yes": belief * (1 - _ELSEWHERE), "No": (1 - belief) * (1 - _ELSEWHERE), "The": _ELSEWHERE}
    ordered = sorted(shares.items(), key=lambda each: -each[1])
    top = [{"token": token, "logprob": math.log(share)} for token, share in ordered]
    return {"token": content, "logprob": top[0]["logprob"], "top_logprobs": top}


def fill(schema: dict[str, Any], messages: Sequence[Message], belief: float) -> Any:
    """A value that the schema allows: what `belief` says between the limits of each number, true references and text.

    A list of objects that one of a few names tells apart gets one of each; `sentence` is always the first.
    """
    return _Filler(schema, messages, belief).fill(schema, "")


class _Filler:
    def __init__(self, root: dict[str, Any], messages: Sequence[Message], belief: float) -> None:
        self._root = root
        self._reference = find_reference(messages)
        self._belief = belief
        sentence = _FIRST_SENTENCE.search("\n".join(each.content for each in messages if each.role == "user"))
        self._sentence = sentence[1] if sentence else _ANY_SENTENCE

    def fill(self, schema: dict[str, Any], name: str) -> Any:
        schema = self._resolve(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0] if name == "sentence" else self._choose(schema["enum"])
        kind = schema.get("type")
        if kind == "object":
            return {key: self.fill(each, key) for key, each in schema.get("properties", {}).items()}
        if kind == "array":
            return self._fill_list(schema, name)
        return self._fill_plain(schema, kind, name)

    def _fill_plain(self, schema: dict[str, Any], kind: object, name: str) -> str | float | bool:
        if kind in {"integer", "number"}:
            return self._grade(schema, name)
        if kind == "boolean":
            return self._belief >= 0.5  # noqa: PLR2004 -- more likely than not
        return (self._reference if name == "reference" else self._sentence)[: schema.get("maxLength")]

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Without `$ref`, and of several kinds the first that is not null."""
        if "$ref" in schema:
            place: Any = self._root
            for step in schema["$ref"].removeprefix("#/").split("/"):
                place = place[step]
            return self._resolve(place)
        if "anyOf" in schema:
            return self._resolve(next(each for each in schema["anyOf"] if each.get("type") != "null"))
        if isinstance(schema.get("type"), list):
            return {**schema, "type": next(each for each in schema["type"] if each != "null")}
        return schema

    def _choose(self, values: list[Any]) -> Any:
        """Of numbers the one that the belief stands for, of names the first."""
        is_scale = all(isinstance(each, int | float) for each in values)
        return values[round(self._belief * (len(values) - 1))] if is_scale else values[0]

    def _grade(self, schema: dict[str, Any], name: str) -> float:
        low, high = schema.get("minimum", 0), schema.get("maximum", 4)
        value: float = max(low, 1) if name == "sentence" else low + self._belief * (high - low)
        return round(value) if schema["type"] == "integer" else value

    def _fill_list(self, schema: dict[str, Any], name: str) -> list[Any]:
        item = self._resolve(schema["items"])
        least = schema.get("minItems", 0)
        if item.get("type") != "object":
            return [self.fill(item, name) for _ in range(least)]
        first = self.fill(item, name)
        for key, each in item.get("properties", {}).items():
            names = self._resolve(each).get("enum", [])
            if len(names) > 1 and all(isinstance(value, str) for value in names):
                return [{**first, key: value} for value in names]
        return [first] * max(least, 1)
