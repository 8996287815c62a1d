"""`triage user`: readers with accounts, and what lets them in."""

from collections.abc import Sequence
from datetime import timedelta

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.accounts.keys import LONGEST_LIFE, TOKEN_LIFE, create_token
from triage.accounts.passwords import check_length
from triage.accounts.readers import add_reader, disable_reader, find_reader, list_readers, set_password
from triage.accounts.sign_in import LINK_LIFE, make_link
from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import json_option, run_with_services
from triage.core.account import Principal, Reader, Role, Scope
from triage.errors import InputError

_ROLES = click.Choice([role.value for role in Role])
_SCOPES = click.Choice([scope.value for scope in Scope])


@click.group()
def user() -> None:
    """Add readers who sign in, and make what lets them in (with TRIAGE_ACCOUNTS=true).

    \b
    Example:
      triage user add ada --email ada@example.org --role admin --link
      triage user token ada --label notebook --scope read
    """


@user.command()
@click.argument("name")
@click.option("--email", required=True, help="Where links to sign in are mailed.")
@click.option("--role", type=_ROLES, default=Role.READER.value, show_default=True, help="What the reader may do.")
@click.option("--password-prompt", is_flag=True, help="Ask for a password now.")
@click.option("--link", "wants_link", is_flag=True, help="Print a link that signs in, for when there is no mail yet.")
def add(name: str, email: str, role: str, *, password_prompt: bool, wants_link: bool) -> None:
    """Add a reader.

    The name never changes: tags and votes carry it. A reader named me takes over what was tagged and voted here
    before there were accounts.

    \b
    Example:
      triage user add ada --email ada@example.org --role admin --link
    """
    password = _ask_password() if password_prompt else None
    link = run_with_services(
        lambda services: _add(services, (name, email, Role(role)), password, wants_link=wants_link)
    )
    click.echo(f"Added {name} ({role}).")
    if link is not None:
        _print_link(link)
    elif password is None:
        click.echo(f"Signing in: by a link mailed to {email}, or by the one that triage user link {name} prints.")


async def _add(
    services: Services, wanted: tuple[str, str, Role], password: str | None, *, wants_link: bool
) -> str | None:
    now, name = services.clock(), wanted[0]
    await add_reader(services.database, *wanted, now)
    if password is not None:
        await set_password(services.database, name, password, now)
    return await make_link(services.database, name, services.settings.public_url, now) if wants_link else None


def _ask_password() -> str:
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    check_length(password)
    return password


@user.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Show all readers."""
    readers = run_with_services(lambda services: list_readers(services.database))
    if as_json:
        print_json(readers)
    elif readers:
        Console().print(_draw(readers))
    else:
        click.echo("No readers yet: triage user add NAME --email ADDRESS --role admin --link adds the first.")


@user.command()
@click.argument("name")
def disable(name: str) -> None:
    """End all that lets a reader in, for good; tags and votes stay."""

    async def work(services: Services) -> None:
        await disable_reader(services.database, name, services.clock())

    run_with_services(work)
    click.echo(f"{name} cannot sign in any more, and has no keys.")


@user.command()
@click.argument("name")
def password(name: str) -> None:
    """Give a reader a password, or another one; who was signed in with the name is signed out."""
    wanted = _ask_password()

    async def work(services: Services) -> None:
        await set_password(services.database, name, wanted, services.clock())

    run_with_services(work)
    click.echo(f"{name} signs in with the new password from now on.")


@user.command()
@click.argument("name")
def link(name: str) -> None:
    """Print a link that signs a reader in once, for when there is no mail."""
    made = run_with_services(
        lambda services: make_link(services.database, name, services.settings.public_url, services.clock())
    )
    _print_link(made)


@user.command()
@click.argument("name")
@click.option("--label", required=True, help="What the key is for.")
@click.option("--scope", "scopes", type=_SCOPES, multiple=True, required=True, help="What it may do; may be repeated.")
@click.option(
    "--days",
    type=click.IntRange(1, LONGEST_LIFE.days),
    default=TOKEN_LIFE.days,
    show_default=True,
    help="How long it lasts.",
)
def token(name: str, label: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a key for a program of a reader, and print it, this once.

    \b
    Example:
      triage user token ada --label notebook --scope read --scope write
    """
    text = run_with_services(lambda services: _make_token(services, name, label, (list(map(Scope, scopes)), days)))
    click.echo(text)
    click.echo("This is shown once. Programs send it as the header Authorization: Bearer KEY.", err=True)


async def _make_token(services: Services, name: str, label: str, wishes: tuple[list[Scope], int]) -> str:
    reader = await find_reader(services.database, name)
    if reader.disabled_at is not None:
        raise InputError(f"{name} was disabled and gets no keys.")
    (scopes, days), now = wishes, services.clock()
    principal = Principal(reader.name, reader.role, frozenset(Scope), "session")
    key, _ = await create_token(services.database, principal, label, scopes, now + timedelta(days=days), now)
    return key.text


def _print_link(link: str) -> None:
    click.echo(link)
    minutes = int(LINK_LIFE.total_seconds() // 60)
    click.echo(f"It signs in once, within {minutes} minutes, at the server that triage serve starts.", err=True)


def _draw(readers: Sequence[Reader]) -> Table:
    table = Table(title="Readers", title_justify="left", title_style="bold")
    for heading in ("Name", "Address", "Role", "Since", "Signs in by"):
        table.add_column(heading)
    for each in readers:
        means = "link or password" if each.has_password else "link"
        means = f"nothing: disabled {each.disabled_at:%Y-%m-%d}" if each.disabled_at else means
        table.add_row(*map(escape, (each.name, each.email, each.role, f"{each.created_at:%Y-%m-%d}", means)))
    return table
