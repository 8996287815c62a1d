"""`triage worker`: one more process that does the work."""

import asyncio
import os

import click

from triage.cli.session import read_settings
from triage.log import configure_logging

_INTERRUPTED = 130


@click.command()
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Jobs at the same time.")
@click.option("--no-cron", is_flag=True, help="Begin nothing by the clock: other workers do, or you.")
@click.option("--burst", is_flag=True, help="End when nothing waits any more.")
def worker(*, jobs: int, no_cron: bool, burst: bool) -> None:
    """Take jobs from the queue and do them: harvest, embed, score, judge, shortlist, deliver.

    Start as many as you like, on as many machines as reach the database, with the same settings and the same rubric. A
    job whose worker dies goes to another within half a minute, and counts once. By the clock (UTC) arXiv is harvested
    at 06:00 from Tuesday to Saturday, lists follow, and mail that is due is sent. One job uses all cores: give --jobs
    only where work waits for a judge. Ctrl-C, or SIGTERM, ends it after the job in hand; a second one at once. Restart
    it after changing the rubric.

    \b
    Example:
      TRIAGE_DATABASE_URL=postgresql://triage@db.example.org/triage triage worker
      triage worker --burst --no-cron
    """
    from triage.worker.serving import end_when_told, run_worker
    from triage.worker.workshop import is_busy

    settings = read_settings()
    if "log_level" not in settings.model_fields_set:
        configure_logging("info")
    code = 0
    try:
        with end_when_told():
            asyncio.run(run_worker(settings, jobs=jobs, with_cron=not no_cron, is_burst=burst))
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if is_busy():
        click.echo("Stopped in the middle of a step; the queue has the job again.", err=True)
        os._exit(code)
    if code:
        raise KeyboardInterrupt
