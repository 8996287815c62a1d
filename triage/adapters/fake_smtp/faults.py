"""Every fault by name, and when it strikes; the names of refusals are those of their codes."""

import random
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

OK: Final = "ok"
Place = Literal["connect", "sender", "recipient", "data", "content", "end"]
"""When: at the connection, at MAIL, at RCPT, at DATA, in the middle of the message, after its final dot."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What goes wrong, in a line. `reply` is said instead of the right answer, then the line may be cut (`is_cut`).

    `is_taken`: the message counts as accepted nevertheless. `is_silent`: nothing is said any more, for ever.
    """

    about: str
    place: Place
    reply: str = ""
    is_cut: bool = False
    is_silent: bool = False
    is_taken: bool = False


FAULTS: Final[dict[str, Fault]] = {
    "banner_never": Fault(about="takes the connection and never greets", place="connect", is_silent=True),
    "banner_421": Fault(about="greets with 421 and hangs up", place="connect", reply="421 4.3.2 Too busy", is_cut=True),
    "slow": Fault(about="answers one byte a second", place="connect"),
    "no_starttls": Fault(about="does not offer STARTTLS", place="connect"),
    "wrong_certificate": Fault(about="shows the other certificate (`Tls.wrong`)", place="connect"),
    "no_login": Fault(about="does not offer to log in", place="connect"),
    "auth_refused": Fault(about="refuses every password with 535", place="connect"),
    "status_450_sender": Fault(about="not now, at MAIL", place="sender", reply="450 4.7.1 Too much mail"),
    "status_550_sender": Fault(about="not from this address, at MAIL", place="sender", reply="550 5.7.1 Not yours"),
    "drop_at_rcpt": Fault(about="hangs up instead of answering RCPT", place="recipient", is_cut=True),
    "status_421": Fault(
        about="answers RCPT with 421 and hangs up", place="recipient", reply="421 4.3.2 Closing down", is_cut=True
    ),
    "status_450": Fault(about="mailbox busy, at RCPT", place="recipient", reply="450 4.2.1 Mailbox busy"),
    "status_451": Fault(about="greylisting, at RCPT", place="recipient", reply="451 4.7.1 Greylisted, try again"),
    "status_452": Fault(about="disk full, at RCPT", place="recipient", reply="452 4.3.1 Insufficient storage"),
    "status_550": Fault(about="no such mailbox, at RCPT", place="recipient", reply="550 5.1.1 No such user here"),
    "status_550_policy": Fault(
        about="not wanted here, at RCPT", place="recipient", reply="550 5.7.1 Message refused by policy"
    ),
    "drop_at_data": Fault(about="hangs up instead of answering DATA", place="data", is_cut=True),
    "status_554_at_data": Fault(about="refuses at DATA", place="data", reply="554 5.5.1 No valid recipients"),
    "drop_before_dot": Fault(about="hangs up in the middle of the message", place="content", is_cut=True),
    "status_421_at_end": Fault(
        about="answers the final dot with 421 and hangs up", place="end", reply="421 4.3.2 Closing down", is_cut=True
    ),
    "status_451_at_end": Fault(about="local error, after the dot", place="end", reply="451 4.3.0 Local error"),
    "status_552": Fault(about="too big, after the dot", place="end", reply="552 5.3.4 Message too big"),
    "status_554": Fault(about="content refused, after the dot", place="end", reply="554 5.7.1 Looks like spam"),
    "accept_then_drop": Fault(
        about="takes the message and hangs up without an answer", place="end", is_cut=True, is_taken=True
    ),
    "accept_then_silence": Fault(
        about="takes the message and never answers", place="end", is_silent=True, is_taken=True
    ),
    "accept_then_nonsense": Fault(
        about="takes the message and answers what is no SMTP", place="end", reply="Thanks a lot!", is_taken=True
    ),
    "accept_then_close": Fault(
        about="takes the message, says so, and hangs up", place="end", reply="250 OK", is_cut=True, is_taken=True
    ),
}


def draw_faults(names: Sequence[str], seed: int, rate: float) -> Callable[[str | int, int], str]:
    """Spoil that share of the attempts, at random but the same each time: by recipient and attempt, not by order.

    Connections (whose key is a number) get the faults that strike there, recipients the others.
    """

    def draw(key: str | int, attempt: int) -> str:
        rng = random.Random(f"{seed}:{attempt}:{key}")
        fitting = [name for name in names if (FAULTS[name].place in {"connect", "sender"}) == isinstance(key, int)]
        return rng.choice(fitting) if fitting and rng.random() < rate else OK

    return draw
