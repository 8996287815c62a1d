"""Does data get into headers of mails? `python benchmarks/mail_headers.py [--cases 100000] [--seed 1] [--json]`.

Each case puts payloads of header injection, damaged usual values or random Unicode into fields of a letter. It must be
refused with `InputError`, or three parsers must read from the bytes exactly the headers meant, and the very texts.
All else is printed and ends in exit code 1. The same seed makes the same cases.
"""

import argparse
import platform
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.header_case import find_difference, read_bodies
from fakes.header_corpus import HEADER_PAYLOADS

from triage.core.account import clean_email
from triage.errors import InputError
from triage.mailing.message import Letter, make_message_id, name_domain, name_list, name_sender, write_message

_SHOWN = 5  # findings
_MILD = "abcXYZ019 .,:;-_/()'!é論文Ж😀"  # letters of words that should pass
_FIELDS = {
    "reader": "ada",
    "email": "ada@example.org",
    "subject": "Triage, week 31 of 2026",
    "topic": "agent-evaluation",
    "title": "Agents that read",
    "key": "k" * 32,
    "mail_from": "triage@example.org",
    "public_url": "https://triage.example.org",
    "list_id": "<digest.triage.example.org>",
    "message_id": "<2026-w31.0a1b@triage.example.org>",
    "language": "en",
}
"""Where data gets into a letter, and what is usual there."""


class Outcome(msgspec.Struct):
    """What became of the cases; `refused` by the field that was not as usual, `findings` are broken promises."""

    cases: int = 0
    accepted: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)
    findings: list[str] = msgspec.field(default_factory=list)
    seconds: float = 0.0
    python: str = platform.python_version()


def draw_text(rng: Random, usual: str) -> str:
    """A payload, alone, joined or within what is usual; that with a character more, less or changed; other words."""
    at = rng.randrange(len(usual) + 1)
    before, after = usual[:at], usual[at + rng.randrange(2) :]
    match rng.randrange(6):
        case 0:
            text = rng.choice(HEADER_PAYLOADS)
        case 1:
            text = before + rng.choice(HEADER_PAYLOADS) + after
        case 2:
            text = rng.choice(HEADER_PAYLOADS) + rng.choice(HEADER_PAYLOADS)
        case 3:
            text = before + _draw_letters(rng, rng.randrange(2)) + after
        case 4:
            text = _draw_letters(rng, rng.randrange(1, 30))
        case _:
            text = "".join(rng.choice(_MILD) for _ in range(rng.randrange(1, 150)))
    return text


def draw_data(rng: Random) -> dict[str, str]:
    """What the one to three fields hold that are not as usual."""
    return {name: draw_text(rng, _FIELDS[name]) for name in rng.sample(list(_FIELDS), rng.choice((1, 1, 1, 2, 3)))}


def make_letter(data: dict[str, str], rng: Random) -> Letter:
    """As the program makes its digests, or with ids and languages as they come; may raise `InputError`."""
    field = _FIELDS | data
    url, email = field["public_url"], field["email"]
    reader = field["reader"].encode(errors="replace").decode()  # names come from the database: whole letters
    made_id = make_message_id("secret", "2026-W31", reader, name_domain(url))
    return Letter(
        sender=name_sender(rng.choice((field["mail_from"], data.get("mail_from", ""))), url),
        recipient=rng.choice((email, clean_email(email))),
        subject=f"{field['subject']}: {field['topic']}" if rng.randrange(2) else field["subject"],
        text=f"{field['title']}\n\n{field['topic']}\n",
        html=None if rng.randrange(2) else f"<h1>{field['title']}</h1>\n",
        date=datetime(2026, 8, 3, tzinfo=UTC) + timedelta(seconds=rng.randrange(10**9)),
        message_id=data.get("message_id", made_id),
        list_id=data.get("list_id", name_list(url)),
        unsubscribe=f"{url}/mail/{field['key']}/unsubscribe",
        language=field["language"],
    )


def try_case(rng: Random, outcome: Outcome) -> None:
    """Draw a letter, write it, read it back, and count."""
    outcome.cases += 1
    data = draw_data(rng)
    try:
        letter = make_letter(data, rng)
        message = write_message(letter)
    except InputError:
        outcome.refused[next(iter(data)) if len(data) == 1 else "several"] += 1
        return
    outcome.accepted += 1
    difference = find_difference(message, letter) or _compare_bodies(message, letter)
    if difference is not None:
        outcome.findings.append(f"{letter}\n  {difference}")


def _compare_bodies(message: bytes, letter: Letter) -> str | None:
    meant = [("text/plain", letter.text)] + ([("text/html", letter.html)] if letter.html is not None else [])
    wanted = [(kind, text.replace("\r\n", "\n").replace("\r", "\n")) for kind, text in meant]
    found = read_bodies(message)
    return None if found == wanted else f"bodies: {found}"


def run(cases: int, seed: int) -> Outcome:
    """All cases of a seed."""
    rng, outcome, started = Random(seed), Outcome(), time.perf_counter()
    for _ in range(cases):
        try_case(rng, outcome)
    outcome.seconds = time.perf_counter() - started
    return outcome


def _draw_letters(rng: Random, count: int) -> str:
    """Any characters, lone surrogates among them; the lower ones as often as all others."""
    return "".join(chr(rng.randrange(rng.choice((0x80, 0x3000, 0x110000)))) for _ in range(count))


def report(outcome: Outcome) -> str:
    """For people."""
    refused = ", ".join(f"{name} {count:,}" for name, count in sorted(outcome.refused.items()))
    speed = outcome.cases / outcome.seconds
    lines = [
        f"{outcome.cases:,} letters on Python {outcome.python}, {speed:,.0f} a second.",
        f"Written: {outcome.accepted:,}. Refused: {outcome.refused.total():,}, by field: {refused}.",
        f"Other headers or texts than meant: {len(outcome.findings)}.",
    ]
    return "\n".join(lines + outcome.findings[:_SHOWN])


def main(arguments: list[str] | None = None) -> int:
    """Run, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    outcome = run(chosen.cases, chosen.seed)
    print(msgspec.json.encode(outcome).decode() if chosen.json else report(outcome))
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
