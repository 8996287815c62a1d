"""Does kill -9 send a digest twice, or lose one? `python benchmarks/mail_kills.py [--kills N] [--readers N] [--json]`.

`triage deliver`, as its command runs it, is killed at random points (see kill_points.py: SQL statements, commits, file
writes, and what goes to and comes from the mail server), over and over, until a campaign has had its kills; then it may
come to its end, days of retries included. Every other campaign has two workers at once. The mail server runs in another
process and misbehaves for every eighth reader in all the ways it knows. What it took is held against the outbox.
Linux and macOS only (fork).
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import msgspec
from aiosmtplib.protocol import SMTPProtocol

from benchmarks.kill_points import Points, place_points
from benchmarks.mail_case import DUE, make_settings, plan_faults, prepare_home, serve_mail
from triage.bootstrap import open_services
from triage.core.mailing import Delivery, DeliveryState
from triage.delivery.deliver import deliver
from triage.errors import MailError
from triage.store.engine import Database
from triage.store.outbox import list_deliveries

_KILLS_PER_CAMPAIGN = 100
_STEP = timedelta(minutes=11)  # between two runs: more than a lease
_WAIT = timedelta(hours=2)  # once nobody is killed any more: deferred mail is tried again
_LONGEST = timedelta(days=4)
_POINTS_BEFORE, _POINTS_PER_READER = 52, 63  # about: until the first mail, and for each
_TIME_LIMIT = 300.0
_MEMORY = Path("/dev/shm")  # noqa: S108 -- what is written outlives a process there too, and fsync costs nothing
_OPEN = (DeliveryState.PENDING, DeliveryState.CLAIMED, DeliveryState.SENDING)


class Campaign(msgspec.Struct, kw_only=True):
    """What became of its readers. `twice`, `lost` and `wrong` (what the outbox says of it is not so) must be empty."""

    workers: int
    readers: int
    kills: int = 0
    points: Counter[str] = msgspec.field(default_factory=Counter)
    states: dict[str, int] = {}
    unknown_arrived: int = 0
    twice: list[str] = []
    lost: list[str] = []
    wrong: list[str] = []
    seconds: float = 0.0


def run_campaign(before: Path, folder: Path, readers: int, kills: int, workers: int, rng: Random) -> Campaign:
    """Kill it so often, let it end, and compare."""
    home, log = folder / "home", folder / "taken.jsonl"
    shutil.rmtree(home, ignore_errors=True)
    log.unlink(missing_ok=True)
    shutil.copytree(before, home)
    campaign = Campaign(workers=workers, readers=readers)
    started = time.monotonic()
    now = DUE
    with serve_mail(log, plan_faults(readers)) as port:
        gap = 2 * (_POINTS_BEFORE + readers * _POINTS_PER_READER // kills)
        while campaign.kills < kills:
            numbers = [rng.randint(1, gap) for _ in range(workers)]
            for point in _run_all(home, port, now, numbers):
                campaign.kills += bool(point)
                campaign.points[point] += bool(point)
            now += _STEP
        while now < DUE + _LONGEST:
            _run_all(home, port, now, [0])
            now += _WAIT
            if not any(each.state in _OPEN for each in read_outbox(home)):
                break
    compare(campaign, read_outbox(home), Counter(read_taken(log)), readers)
    campaign.seconds = time.monotonic() - started
    return campaign


def compare(campaign: Campaign, outbox: Sequence[Delivery], taken: Counter[str], readers: int) -> None:
    """Every reader once in the outbox, and what it says is what the server saw."""
    campaign.states = dict(Counter(each.state.value for each in outbox))
    campaign.twice = sorted(email for email, count in taken.items() if count > 1)
    if len(outbox) != readers:
        campaign.lost.append(f"{readers - len(outbox)} readers have no row")
    for each in outbox:
        has_arrived = taken[each.email] > 0
        if each.state in _OPEN:
            campaign.lost.append(f"{each.email} is still {each.state}")
        elif each.state is DeliveryState.UNKNOWN:
            campaign.unknown_arrived += has_arrived
        elif has_arrived is not (each.state is DeliveryState.ACCEPTED):
            campaign.wrong.append(f"{each.email} is {each.state} ({each.detail}), taken {taken[each.email]} times")


def read_outbox(home: Path) -> tuple[Delivery, ...]:
    """All of it."""

    async def read() -> tuple[Delivery, ...]:
        database = Database(make_settings(home).url)
        async with database.read() as session:
            found = await list_deliveries(session, limit=1_000_000)
        await database.close()
        return found

    return asyncio.run(read())


def read_taken(log: Path) -> list[str]:
    """The recipient of every message that the server took."""
    lines = log.read_bytes().splitlines() if log.exists() else []
    return [msgspec.json.decode(line)["recipient"] for line in lines]


def _run_all(home: Path, port: int, now: datetime, numbers: Sequence[int]) -> list[str]:
    """Workers at the same time, each to its end or to the point of its number; the kinds of point they died at."""
    context = get_context("fork")
    children = []
    for number in numbers:
        hears, tells = context.Pipe(duplex=False)
        child = context.Process(target=_work, args=(home, port, now, number, tells))
        child.start()
        tells.close()
        children.append((child, hears))
    points = []
    for child, hears in children:
        child.join(_TIME_LIMIT)
        if child.is_alive():
            raise SystemExit("triage deliver hangs")
        with hears:
            points.append(_hear(hears, child.exitcode))
    return points


def _hear(hears: Connection, code: int | None) -> str:
    try:
        kind, _ = hears.recv()
    except EOFError:
        raise SystemExit(f"triage deliver ended with {code}") from None
    return str(kind)


def _work(home: Path, port: int, now: datetime, last: int, tells: Connection) -> None:
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    points = Points(last, tells)
    place_points(points, home)
    for name in ("write", "data_received"):
        setattr(SMTPProtocol, name, points.around("mail server", getattr(SMTPProtocol, name)))
    asyncio.run(_deliver(home, port, now))
    tells.send(("", points.count))


async def _deliver(home: Path, port: int, now: datetime) -> None:
    async with open_services(make_settings(home, port), clock=lambda: now) as services:
        try:
            await deliver(services.open_deliver_desk())
        except MailError as error:
            print(error, file=sys.stderr)


def run_campaigns(kills: int, readers: int, seed: int, *, is_quiet: bool = False) -> list[Campaign]:
    """With one worker and two in turn, until there were so many kills."""
    rng = Random(seed)
    campaigns: list[Campaign] = []
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        before = Path(folder) / "before"
        prepare_home(before, readers)
        while (done := sum(each.kills for each in campaigns)) < kills:
            wanted = min(_KILLS_PER_CAMPAIGN, kills - done)
            campaigns.append(run_campaign(before, Path(folder), readers, wanted, 1 + len(campaigns) % 2, rng))
            if not is_quiet:
                _print_line(campaigns[-1])
    return campaigns


def _print_line(campaign: Campaign) -> None:
    states = ", ".join(f"{count} {state}" for state, count in sorted(campaign.states.items()))
    bad = [*campaign.twice, *campaign.lost, *campaign.wrong]
    print(
        f"{campaign.workers} worker(s), {campaign.kills:>4} kills: {states} ({campaign.unknown_arrived} of the unknown "
        f"had arrived); twice {len(campaign.twice)}, lost {len(campaign.lost)}, wrong {len(campaign.wrong)}; "
        f"{campaign.seconds:.0f} s",
        flush=True,
    )
    for line in bad[:10]:
        print(f"  {line}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """0 when nothing was sent twice, lost, or told wrongly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--readers", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    campaigns = run_campaigns(options.kills, options.readers, options.seed, is_quiet=options.json)
    kinds: Counter[str] = sum((each.points for each in campaigns), Counter())
    rows = sum(each.readers for each in campaigns)
    bad = sum(len(each.twice) + len(each.lost) + len(each.wrong) for each in campaigns)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(campaigns)).decode())
        return int(bool(bad))
    print(f"{kinds.total():,} kills at {dict(kinds)}; {rows:,} digests in {len(campaigns)} campaigns, {bad} not right")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
