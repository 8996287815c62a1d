"""`triage subscribe`: who gets the weekly mail, about what, and when."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.accounts.readers import find_reader
from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import json_option, run_with_services
from triage.core.account import SOLE_READER
from triage.core.mailing import Mailing
from triage.core.rubric import LANGUAGES
from triage.core.schedule import Slot
from triage.errors import InputError, MailError
from triage.mailing.confirm import ask_to_confirm
from triage.mailing.mailings import (
    LARGEST_SIZE,
    MailingChange,
    change_mailing,
    confirm_mailing,
    leave_mailing,
    pause_mailing,
    resume_mailing,
    view_mailing,
)
from triage.mailing.message import name_sender
from triage.mailing.standing import WEEKDAYS, MailingView, MailState, Weekday, view_standing
from triage.ports import MailOutcome

_LOCALTIME = Path("/etc/localtime")
_ACTIONS = {"pause": pause_mailing, "resume": resume_mailing, "leave": leave_mailing}
_STATES = {
    MailState.NONE: "nothing is chosen yet: name topics and an address, as triage subscribe --help shows",
    MailState.UNCONFIRMED: "waits until the address is confirmed, by the link in the letter",
    MailState.ACTIVE: "is sent every week",
    MailState.PAUSED: "pauses: --resume goes on",
    MailState.LEFT: "was left: naming topics brings it back",
    MailState.SUPPRESSED: "is held back, since mail to this address came back: triage bounces --list",
}


class _Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """The options, None where they were left out; a size of 0 means whole lists."""

    topics: tuple[str, ...]
    reader: str | None
    email: str | None
    weekday: Weekday | None
    hour: int | None
    zone: str | None
    language: str | None
    size: int | None
    confirmed: bool
    pause: bool
    resume: bool
    leave: bool
    show: bool

    @property
    def action(self) -> str | None:
        """Raises `InputError` for two that contradict each other."""
        chosen = [name for name in (*_ACTIONS, "show") if getattr(self, name)]
        if len(chosen) > 1:
            raise InputError(f"--{chosen[0]} and --{chosen[1]} contradict each other: choose one.")
        return chosen[0] if chosen else None

    @property
    def changes_settings(self) -> bool:
        options = (self.email, self.weekday, self.hour, self.zone, self.language, self.size)
        return bool(self.topics) or any(option is not None for option in options)


class _Reader(msgspec.Struct, frozen=True):
    """Whose mail it is; `account_email` is None without accounts."""

    name: str
    account_email: str | None


@click.command()
@click.argument("topics", nargs=-1)
@click.option("--reader", help="Whose mail it is (with accounts).")
@click.option("--email", help="Where it goes (without accounts).")
@click.option(
    "--weekday", type=click.Choice(WEEKDAYS), help="The first such day from Saturday on, when a week is complete."
)
@click.option("--hour", type=click.IntRange(0, 23), help="By the clocks of --zone.")
@click.option("--zone", help="Such as Europe/Berlin; this machine's when left out the first time.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), help="What the digest is written in.")
@click.option("--size", type=click.IntRange(0, LARGEST_SIZE), help="Places per topic; 0: whole lists.")
@click.option("--confirmed", is_flag=True, help="You know that the address is right: mail no letter to confirm it.")
@click.option("--pause", is_flag=True, help="Send none until --resume.")
@click.option("--resume", is_flag=True, help="Go on with the next one.")
@click.option("--leave", is_flag=True, help="Send none any more.")
@click.option("--show", is_flag=True, help="Change nothing, which is what no options do, too.")
@json_option
def subscribe(*, as_json: bool, **options: Any) -> None:
    """Get the weekly mail about TOPICS (those named replace the former ones), or say how it stands.

    \b
    Example:
      triage subscribe agent-evaluation --email ada@example.org --weekday monday --hour 7
      triage subscribe --pause
    """
    wishes = _Wishes(**options)
    view = run_with_services(lambda services: _do(services, wishes))
    if as_json:
        print_json(view)
        return
    Console().print(_draw(view))


async def _do(services: Services, wishes: _Wishes) -> MailingView:
    reader, now = await _find_reader(services, wishes), services.clock()
    if wishes.action is not None:
        if wishes.changes_settings or wishes.confirmed:
            raise InputError(f"--{wishes.action} stands alone: change settings in a command of its own.")
        if wishes.action in _ACTIONS:
            await _ACTIONS[wishes.action](services.database, reader.name, now)
    elif wishes.changes_settings:
        await _change(services, reader, wishes, now)
    if wishes.confirmed:
        await confirm_mailing(services.database, reader.name, now)
    return await view_standing(services.database, reader.name, now, reader.account_email)


async def _find_reader(services: Services, wishes: _Wishes) -> _Reader:
    if not services.settings.accounts:
        if wishes.reader not in {None, SOLE_READER}:
            raise InputError(f"--reader {wishes.reader!r}: without accounts there is one reader, {SOLE_READER}.")
        return _Reader(SOLE_READER, None)
    if wishes.reader is None:
        raise InputError("--reader is missing: with accounts, say whose mail it is. triage user list shows the names.")
    if wishes.email is not None:
        raise InputError("--email: with accounts, the digest goes to the account's address, and to no other.")
    found = await find_reader(services.database, wishes.reader)
    if found.disabled_at is not None:
        raise InputError(f"--reader {found.name!r} was disabled and gets no mail.")
    return _Reader(found.name, found.email)


async def _change(services: Services, reader: _Reader, wishes: _Wishes, now: datetime) -> None:
    known = await view_mailing(services.database, reader.name)
    if known is not None and known.left_at is not None:
        _check_return(reader, wishes)
    change = _merge(known, wishes)
    try:
        mailing = await change_mailing(
            services.database, services.rubric, reader.name, change, now, account_email=reader.account_email
        )
    except InputError as error:
        raise InputError(_name_option(str(error))) from error
    is_asked = known is not None and known.left_at is None and known.email == mailing.email and wishes.email is None
    if mailing.confirmed_at is None and not wishes.confirmed and not is_asked:
        await _ask(services, mailing, now)


def _check_return(reader: _Reader, wishes: _Wishes) -> None:
    """Nobody comes back by the way, or on somebody else's word; raises `InputError`."""
    if not wishes.topics:
        raise InputError("The weekly mail was left: name topics to get it again.")
    if wishes.confirmed and reader.account_email is not None:
        raise InputError(
            f"{reader.name} left the weekly mail: without --confirmed, a letter asks whether to come back."
        )


def _merge(known: Mailing | None, wishes: _Wishes) -> MailingChange:
    """What is wished for, and otherwise what was, or the defaults."""
    slot = Slot(zone=_find_zone()) if known is None else known.slot
    size = known.size if known is not None and wishes.size is None else wishes.size
    return MailingChange(
        email=wishes.email,
        weekday=slot.weekday if wishes.weekday is None else WEEKDAYS.index(wishes.weekday),
        hour=slot.hour if wishes.hour is None else wishes.hour,
        zone=wishes.zone or slot.zone,
        language=wishes.language or ("en" if known is None else known.language),
        size=size or None,
        topics=tuple(dict.fromkeys(wishes.topics)) or None,
    )


async def _ask(services: Services, mailing: Mailing, now: datetime) -> None:
    """Mail the letter, and say where it went; the settings are kept already."""
    settings = services.settings
    sender = name_sender(settings.mail_from, settings.public_url)
    receipt = await ask_to_confirm(services.database, services.mailer, mailing.reader, settings.public_url, sender, now)
    if receipt.outcome is not MailOutcome.ACCEPTED:
        raise MailError(
            f"The settings are kept, but the letter to {mailing.email} was not taken ({receipt.outcome.value}): "
            f"{receipt.reply}"
        )
    place = f"to {mailing.email}"
    if settings.mail == "folder":
        place = f"into {settings.home / 'outbox'}"
    click.echo(f"A letter with a link that confirms the address went {place}. triage serve answers it.", err=True)


def _name_option(message: str) -> str:
    """`zone: …` of a field becomes `--zone: …`; topics are no option."""
    field, colon, rest = message.partition(": ")
    return f"{'TOPIC' if field == 'topics' else f'--{field}'}{colon}{rest}" if colon and field.islower() else message


def _find_zone() -> str:
    """This machine's, where that can be told."""
    _, is_named, name = str(_LOCALTIME.resolve()).partition("/zoneinfo/")
    return name if is_named and name in available_timezones() else "UTC"


def _draw(view: MailingView) -> Table:
    table = Table(title="Weekly mail", title_justify="left", title_style="bold", show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    is_also_paused = view.paused_at is not None and view.state in {MailState.UNCONFIRMED, MailState.SUPPRESSED}
    rows = [("State", f"{_STATES[view.state]}; it pauses, too" if is_also_paused else _STATES[view.state])]
    if view.state is not MailState.NONE:
        size = "whole lists" if view.size is None else f"{view.size} places per topic"
        rows += [
            ("To", view.email or ""),
            ("Topics", ", ".join(view.topics)),
            ("When", f"{view.weekday.capitalize()}s at {view.hour:02}:00, {view.zone}"),
            ("Form", f"{LANGUAGES[view.language]}, {size}"),
        ]
    if view.next_due is not None:
        due = view.next_due.astimezone(ZoneInfo(view.zone))
        rows.append(("Next", f"{due:%A}, {due.day} {due:%B %Y, %H:%M %Z}"))
    for name, text in rows:
        table.add_row(name, escape(text))
    return table
