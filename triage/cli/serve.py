"""`triage serve`: the API and the pages."""

import ipaddress
import os
import socket
from contextlib import closing
from errno import EADDRINUSE

import click

from triage.bootstrap import Services
from triage.cli.session import read_settings, run_with_services
from triage.config import Settings
from triage.errors import InputError

_DEFAULT_URL = Settings.model_fields["public_url"].default


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; another needs accounts.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port to listen on.")
def serve(host: str, port: int) -> None:
    """Serve shortlists, papers and search as pages for people and as an API for programs.

    Without accounts it answers this machine only, and whoever uses it is the one reader. For a lab, set
    TRIAGE_ACCOUNTS=true and TRIAGE_PUBLIC_URL, and add the first reader with triage user add.

    \b
    Example:
      triage serve
      TRIAGE_ACCOUNTS=true TRIAGE_PUBLIC_URL=https://triage.example.org triage serve --host 0.0.0.0
    """
    from granian.constants import Interfaces
    from granian.server import Server

    settings = read_settings()
    check_address(settings, host, port)
    run_with_services(_check_store)
    if settings.public_url == _DEFAULT_URL:  # links must lead to where we are
        os.environ["TRIAGE_PUBLIC_URL"] = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    shown = os.environ.get("TRIAGE_PUBLIC_URL", settings.public_url)
    click.echo(f"Serving at {shown} (the API's reference is at {shown.rstrip('/')}/docs). Ctrl-C ends it.")
    Server(
        "api.serving:build",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        log_enabled=False,
        websockets=False,
        workers_kill_timeout=10,  # seconds: one that was told to end while it began would never
    ).serve()


def check_address(settings: Settings, host: str, port: int) -> None:
    """Raise `InputError` for a port that is taken, and for an address that strangers could reach without accounts."""
    if not settings.accounts and not _is_loopback(host):
        raise InputError(
            f"Without accounts everybody who reaches {host} would be you: expected --host 127.0.0.1. "
            "To serve others, set TRIAGE_ACCOUNTS=true and add readers with triage user add."
        )
    if not settings.accounts and not settings.is_for_this_machine:
        raise InputError(
            f"TRIAGE_PUBLIC_URL is {settings.public_url}, but without accounts only this machine is answered: "
            "set TRIAGE_ACCOUNTS=true, or leave the URL out."
        )
    if settings.public_url == _DEFAULT_URL and not _is_loopback(host):
        raise InputError("Set TRIAGE_PUBLIC_URL to where readers find this server: only that host name is answered.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = "is taken; choose another with --port" if error.errno == EADDRINUSE else f"cannot be used: {error}"
            raise InputError(f"{host}:{port} {reason}.") from error


async def _check_store(services: Services) -> None:
    """Opening it brought the schema up to date; a wrong rubric is better told now than to the first reader."""
    _ = services.rubric
    _ = services.open_deliver_desk()  # and so are settings by which no mail can be sent


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
