"""A fault, and the alterations of a chat completion that faults are made of."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from triage.adapters.fake_arxiv.answer import Alteration, Answer, change
from triage.core.question import Form

_JSON = {"Content-Type": "application/json"}


class Fault(NamedTuple):
    """`heals`: the same question asked again may go well. `form`: the only questions it fits, None for all."""

    alter: Alteration
    heals: bool = True
    form: Form | None = None


def refuse(status: int, message: str = "The request was refused.", code: str = "", **headers: str) -> Alteration:
    """Another status, with the body that OpenAI gives an error."""
    error = {"message": message, "type": code or "error", "param": None, "code": code or None}
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return change(status=status, headers={**_JSON, **named}, body=msgspec.json.encode({"error": error}))


def edit(spoil: Callable[[dict[str, Any]], object]) -> Alteration:
    """Change the chat completion."""

    def alter(answer: Answer) -> None:
        completion = msgspec.json.decode(answer.body)
        spoil(completion)
        answer.body = msgspec.json.encode(completion)

    return alter


def edit_choice(**values: Any) -> Alteration:
    """Set fields of the choice."""
    return edit(lambda completion: completion["choices"][0].update(values))


def edit_message(**values: Any) -> Alteration:
    """Set fields of the message."""
    return edit(lambda completion: completion["choices"][0]["message"].update(values))


def edit_text(spoil: Callable[[str], str], finish_reason: str = "stop") -> Alteration:
    """Change what the model wrote, and why it stopped."""

    def alter(completion: dict[str, Any]) -> None:
        choice = completion["choices"][0]
        choice["finish_reason"] = finish_reason
        choice["message"]["content"] = spoil(choice["message"]["content"])

    return edit(alter)


def both(first: Alteration, second: Alteration) -> Alteration:
    """One alteration after the other."""

    def alter(answer: Answer) -> None:
        first(answer)
        second(answer)

    return alter
