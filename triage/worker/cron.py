"""What happens by the clock (UTC): each puts the real job in, which then waits and fails under its own name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from triage.config import Settings
from triage.worker.kinds import make_deliver, make_harvest
from triage.worker.planning import plan_weeks_in_work
from triage.worker.queue import put_piece

if TYPE_CHECKING:
    from saq import CronJob

_DAILY = "0 6 * * 2-6"  # after the listings of Monday to Friday
_OFTEN = "*/5 * * * *"
_MINUTE, _HOUR, _DAY = 60, 60, 24
_PATIENCE = 60  # seconds
_ATTEMPTS = 5  # a worker may be killed at any moment
Context = Mapping[str, Any]


def list_cron(settings: Settings) -> "list[CronJob]":
    """SAQ keeps one of each, by the function's name; one that came due while no worker was there comes then."""
    from saq import CronJob

    times = {harvest_daily: _DAILY, plan_often: _OFTEN}
    if settings.deliver_every:
        times[deliver_often] = write_every(settings.deliver_every)
    return [CronJob(function, when, timeout=_PATIENCE, retries=_ATTEMPTS) for function, when in times.items()]


def write_every(minutes: int) -> str:
    """Every so many minutes in cron's words, which know full hours above 59 and a day above 23 hours."""
    if minutes < _HOUR:
        return f"*/{minutes} * * * *"
    hours = minutes // _MINUTE
    return f"0 */{hours} * * *" if hours < _DAY else "0 0 * * *"


async def harvest_daily(context: Context) -> None:
    """Each working day's listing."""
    await put_piece(context["job"].queue, make_harvest())
    _set_free(context)


async def plan_often(context: Context) -> None:
    """Whatever got lost between two jobs is found here."""
    for piece in plan_weeks_in_work(context["workshop"].services.clock()):
        await put_piece(context["job"].queue, piece)
    _set_free(context)


async def deliver_often(context: Context) -> None:
    """Mail that is due."""
    await put_piece(context["job"].queue, make_deliver())
    _set_free(context)


STRIKES: Final = (harvest_daily, plan_often, deliver_often)
"""What every worker must be able to do, also one without a clock: another's may have put it in."""


def _set_free(context: Context) -> None:
    """Let SAQ delete the job, so that the next of its name can be put in at once."""
    context["job"].ttl = -1
