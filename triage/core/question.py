"""One call to a language model and its answer, as plain records: what is asked, and what came back."""

from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant"]
Form = Literal["fill", "yes-no"]
"""`fill`: grades by JSON schema, for capable models. `yes-no`: the first token's probabilities, for small ones."""


class Message(msgspec.Struct, frozen=True):
    """One turn of a conversation."""

    role: Role
    content: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What one call asks. Without `schema` only the first token of the answer counts, and what it might have been.

    `key` is a SHA-256 in hexadecimal over all that affects the answer but the model; the random delimiter is left out.
    """

    messages: tuple[Message, ...]
    schema: dict[str, Any] | None
    max_tokens: int
    key: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one call gave, unchecked. `model` is what the server calls itself, snapshot included.

    `alternatives` are what the first token might have been, with natural-log probabilities.
    """

    text: str
    finish_reason: str
    refusal: str | None = None
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    alternatives: tuple[tuple[str, float], ...] = ()
