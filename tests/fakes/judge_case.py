"""Questions to put to a judge, and a judge that asks the fake endpoint."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from triage.adapters.fake_judge.server import FakeJudge
from triage.adapters.openai_judge import OpenAiJudge
from triage.core.question import Message, Question

KEY = "sk-very-secret-0123456789"
REFERENCE = "5eed5eed"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["reference", "criteria", "relevance", "takeaway", "flags"],
    "properties": {
        "reference": {"type": "string"},
        "criteria": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "grade", "sentence"],
                "properties": {
                    "name": {"type": "string", "enum": ["centrality", "evidence"]},
                    "grade": {"type": "integer", "minimum": 0, "maximum": 4},
                    "sentence": {"type": ["integer", "null"], "minimum": 1, "maximum": 3},
                },
            },
        },
        "relevance": {"type": "integer", "enum": [0, 1, 2, 3, 4]},
        "takeaway": {"type": "string", "maxLength": 200},
        "flags": {"type": "array", "items": {"type": "string", "enum": ["survey", "position"]}},
    },
}
PAPER = f"""Reference: {REFERENCE}
Title: Semantic IDs for sequential recommendation
1. We build semantic IDs that raise recall by 12 percent.
2. They are learned end to end."""


def ask(text: str = PAPER, *, schema: dict[str, Any] | None = SCHEMA, max_tokens: int = 200) -> Question:
    """A question with a system message, about a paper."""
    messages = (Message("system", "Judge the paper. Answer in JSON."), Message("user", text))
    return Question(messages=messages, schema=schema, max_tokens=max_tokens, key="0" * 64)


def ask_yes_no() -> Question:
    """The same paper, for the first token's probabilities."""
    return ask(f"{PAPER}\nIs it about recommendation? Answer Yes or No.", schema=None, max_tokens=1)


@asynccontextmanager
async def open_judge(server: FakeJudge, patience: float = 30.0, **options: Any) -> AsyncIterator[OpenAiJudge]:
    """The real adapter, with a key; `patience` is its time-out."""
    async with OpenAiJudge(server.url, "some/model", KEY, patience, **options) as judge:
        yield judge
