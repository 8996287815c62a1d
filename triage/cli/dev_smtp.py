"""`triage dev smtp`: a mail server on this machine that takes every message and sends none on."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import click

from triage.adapters.fake_smtp.faults import FAULTS, draw_faults
from triage.adapters.fake_smtp.server import FakeSmtp
from triage.errors import InputError

_FAULT_RATE = 0.2
_NEED_TLS = frozenset({"no_starttls", "wrong_certificate", "no_login", "auth_refused"})


@click.command("smtp")
@click.option("--port", default=8025, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one.")
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="Add a JSON line for each message taken.")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Spoil some attempts so; repeatable.")
@click.option("--rate", default=_FAULT_RATE, show_default=True, type=click.FloatRange(0, 1), help="How many of them.")
@click.option("--seed", default=0, show_default=True, help="Which attempts are spoiled.")
def smtp(port: int, log: Path | None, faults: tuple[str, ...], rate: float, seed: int) -> None:
    """Take mails on this machine, unencrypted, and send none on.

    Prints what to set so that Triage sends there, and runs until Ctrl-C. An unknown --fault lists all names.

    \b
    Example:
      triage dev smtp --fault accept_then_drop --fault status_451 --rate 0.3
    """
    _check_faults(faults)
    try:
        server = FakeSmtp(port=port, log_path=log)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)  # asyncio's own words repeat the address
        raise InputError(f"Port {port} cannot be used ({reason}): choose another with --port.") from error
    server.choose_fault = draw_faults(faults, seed, rate)
    with server:
        click.echo("A mail server that keeps what it gets to itself. For Triage to send there, set:\n")
        click.echo(f"export TRIAGE_MAIL=smtp TRIAGE_SMTP_HOST=127.0.0.1 TRIAGE_SMTP_PORT={server.port}")
        click.echo("export TRIAGE_SMTP_SECURITY=none TRIAGE_MAIL_FROM=triage@example.org\n")
        click.echo("Better with a data folder to play with: export TRIAGE_HOME=play. Ctrl-C ends this.")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo(f"\nStopped after {len(server.accepted):,} mails.")


def _check_faults(names: Sequence[str]) -> None:
    known = sorted(FAULTS.keys() - _NEED_TLS)
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"{unknown[0]!r} is no fault without encryption: expected one of {', '.join(known)}.")
