"""What every command needs: services, an event loop, options, a progress bar."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click
import structlog
from pydantic import ValidationError

from triage.bootstrap import Services, open_services
from triage.config import Settings
from triage.core.week import Week, parse_week
from triage.errors import InputError, StoreError
from triage.log import configure_logging
from triage.pipeline.report import Progress, keep_quiet

T = TypeVar("T")
_log = structlog.get_logger(__name__)
_PACKAGED = "smollm2"
_PATIENCE = 1.0
"""Seconds that Ctrl-C waits for the event loop's next turn."""


class WeekType(click.ParamType[Week]):
    """An ISO week on the command line."""

    name = "week"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Week:
        """Read it, or end with exit code 2 and what was expected."""
        if isinstance(value, Week):
            return value
        try:
            return parse_week(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class ModelFileType(click.ParamType[Path]):
    """A GGUF file on the command line, or the name of the packaged model that only tries the plumbing."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Find it; whether it is a model is seen when it is opened."""
        if str(value) != _PACKAGED:
            path = Path(value)
            if not path.is_file():
                self.fail(f"{value} is no file: expected a GGUF model, or {_PACKAGED}.", param, ctx)
            return path
        from triage.adapters.local_model import find_packaged_model

        click.echo(f"{_PACKAGED} tries the plumbing only: it has no judgement.", err=True)
        return find_packaged_model()


WEEK = WeekType()
local_option = click.option(
    "--local", type=ModelFileType(), help=f"A GGUF file to serve on this machine and ask; {_PACKAGED}: plumbing only."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def read_settings() -> Settings:
    """Settings from the environment; `InputError` names a variable that is wrong."""
    try:
        settings = Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"TRIAGE_{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}" for problem in error.errors()
        )
        raise InputError(f"The environment is wrong: {problems}.") from error
    except RuntimeError as error:  # pathlib, of a ~ that stands for nobody
        raise InputError(f"The environment is wrong: TRIAGE_HOME: {error}") from error
    configure_logging(settings.log_level)
    return settings


def run_with_services(work: Callable[[Services], Awaitable[T]]) -> T:
    """Open the store, do the work, close the store, also after Ctrl-C."""

    async def run() -> T:
        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGINT, _make_handler(loop))
        loop.set_exception_handler(_hear_late_error)
        async with open_services(read_settings()) as services:
            return await work(services)

    return asyncio.run(run())


def _make_handler(loop: asyncio.AbstractEventLoop) -> Callable[[int, FrameType | None], None]:
    """Of Ctrl-C: ends the loop at its next turn, and where a model or a pause holds it longer than that, at once.

    Not at once everywhere, since asyncpg swallows what is raised inside it and then waits for ever. A second Ctrl-C
    does not wait.
    """
    late = threading.Timer(_PATIENCE, signal.pthread_kill, (threading.get_ident(), signal.SIGINT))
    late.daemon = True

    asked: list[asyncio.Handle] = []

    def end() -> None:
        late.cancel()
        raise KeyboardInterrupt

    def handle(_number: int, _frame: FrameType | None) -> None:
        if asked:
            asked[0].cancel()  # or it would end the loop once more, while that closes what is open
            raise KeyboardInterrupt
        asked.append(loop.call_soon_threadsafe(end))
        late.start()

    return handle


def _hear_late_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A task that failed because Ctrl-C took its database away has nothing to tell; any other error is told."""
    if isinstance(context.get("exception"), StoreError):
        _log.debug("task_failed_late", error=str(context["exception"]))
        return
    loop.default_exception_handler(context)


@contextmanager
def show_progress() -> Iterator[Progress]:
    """A bar per kind of work with the time left, on standard error; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    if not console.is_terminal:
        yield keep_quiet
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(label: str, done: int, total: int) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=total or None)
            bars.update(tasks[label], completed=done, total=total or None)

        yield advance
