"""Do real processes keep arXiv's rule together? `python benchmarks/race.py [--interval 3.0] [--requests 8] [--json]`.

Every process asks a loopback server as fast as `Pace` and the lease in a shared database let it; the server's log is
the judge. The database is a file, or, with `--postgres`, on a server. In the middle one process is killed (SIGKILL)
while the server works for it, and a new one started; with `--fault suspend`, the one that has just taken the lease is
suspended until it was given up, and then woken.
"""

import argparse
import asyncio
import multiprocessing
import os
import select
import signal
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, create_engine, make_url

from triage.adapters.pace import INTERVAL, Pace
from triage.store.engine import Database
from triage.store.harvest_models import LeaseRow
from triage.store.lease import TTL, DatabaseLease, Holder
from triage.store.schema import ensure_schema
from triage.store.urls import to_plain

_THINKING = 0.3  # seconds that the server takes for an answer
_SHORT_TTL = 4.0  # seconds, so that a suspended process need not be waited for long


class Visit(msgspec.Struct):
    """A request as the server saw it, in its monotonic seconds; `end` is set before the answer goes out."""

    pid: int
    start: float
    end: float | None = None


class Result(msgspec.Struct, frozen=True):
    """`smallest_gap`: seconds from the end of a request to the start of the next; `seconds`: of the whole race."""

    fault: str
    processes: int
    interval: float
    requests: int
    smallest_gap: float
    most_at_once: int
    seconds: float
    visits: list[Visit]

    @property
    def is_kept(self) -> bool:
        """Whether the rule was: never two at once, never two less than the interval apart."""
        return self.most_at_once == 1 and self.smallest_gap >= self.interval


class Server(ThreadingHTTPServer):
    """Answers every request after `_THINKING` seconds and keeps a log."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.visits: list[Visit] = []

    @property
    def current(self) -> Visit | None:
        """The newest request, if it is not answered yet."""
        return self.visits[-1] if self.visits and self.visits[-1].end is None else None


class Handler(BaseHTTPRequestHandler):
    """`GET /PID`."""

    server: Server

    def do_GET(self) -> None:
        """Note the request, and its end when the answer is due or the client is gone."""
        visit = Visit(int(self.path[1:]), time.monotonic())
        self.server.visits.append(visit)
        is_gone, _, _ = select.select([self.connection], [], [], _THINKING)
        visit.end = time.monotonic()
        if not is_gone:
            self.send_response(200)
            self.end_headers()

    def log_message(self, *_: Any) -> None:
        """The log is ours."""


def work(base_url: str, database_url: str, interval: float, ttl: float) -> None:
    """Ask for ever; the body of each process."""
    pace = Pace(interval, lease=DatabaseLease(make_url(database_url), ttl=ttl))
    while True:
        with pace.turn(), urllib.request.urlopen(f"{base_url}/{os.getpid()}") as answer:  # noqa: S310 -- loopback
            answer.read()


class Race:
    """Some processes, the server they ask, and the database they share."""

    def __init__(self, server: Server, database_url: str, interval: float, ttl: float) -> None:
        self._server = server
        self._database_url = database_url
        self._arguments = (f"http://127.0.0.1:{server.server_port}", database_url, interval, ttl)
        self._processes: dict[int, SpawnProcess] = {}

    def start_process(self) -> None:
        """Start one more."""
        process = multiprocessing.get_context("spawn").Process(target=work, args=self._arguments, daemon=True)
        process.start()
        self._processes[process.pid or 0] = process

    def wait_for(self, count: int) -> None:
        """Until that many requests have been answered."""
        while sum(visit.end is not None for visit in self._server.visits) < count:
            self._check()
            time.sleep(0.01)

    def kill_one(self) -> None:
        """The one that the server works for, in the middle of it; another is started in its place."""
        while (visit := self._server.current) is None or visit.pid not in self._processes:
            time.sleep(0.005)
        time.sleep(_THINKING / 3)
        killed_at = time.monotonic()
        os.kill(visit.pid, signal.SIGKILL)
        self._processes.pop(visit.pid).join()  # reaped, as a shell or cron does
        while visit.end is None:
            time.sleep(0.005)
        visit.end = min(visit.end, killed_at)  # its request ended with it, whenever the server saw that
        self.start_process()

    def suspend_one(self) -> None:
        """The one that has just taken the lease over, until the others have given it up and asked twice since."""
        engine = create_engine(to_plain(make_url(self._database_url)), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            number, _ = _read_lease(connection)
            while True:
                now, holder = _read_lease(connection)
                if now != number and holder is not None:
                    break
                time.sleep(0.002)
        pid = Holder.parse(holder).pid
        os.kill(pid, signal.SIGSTOP)
        self.wait_for(len(self._server.visits) + 2)
        os.kill(pid, signal.SIGCONT)

    def end(self) -> None:
        """Kill what still runs."""
        for process in self._processes.values():
            process.kill()
            process.join()

    def _check(self) -> None:
        for process in self._processes.values():
            if not process.is_alive():
                raise SystemExit(f"A process ended by itself, with exit code {process.exitcode}.")


def _read_lease(connection: Connection) -> tuple[int, str | None]:
    row = connection.execute(LeaseRow.__table__.select()).one_or_none()
    return (0, None) if row is None else (row.number, row.holder)


@contextmanager
def open_database(*, is_server: bool) -> Iterator[str]:
    """The URL of an empty one, gone afterwards."""
    if is_server:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
        from fakes.postgres_case import serve_postgres

        with serve_postgres() as case:
            yield case.make_database("race")
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder, 'triage.db')}"
        asyncio.run(_prepare(url))
        yield url


def run_race(fault: str, processes: int, interval: float, requests: int, database_url: str) -> Result:
    """Run until every process has made `requests` requests on average."""
    with Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        race = Race(server, database_url, interval, max(_SHORT_TTL, 2 * interval) if fault == "suspend" else TTL)
        started, total = time.monotonic(), requests * processes
        try:
            for _ in range(processes):
                race.start_process()
            race.wait_for(total // 2)
            if fault == "kill":
                race.kill_one()
            elif fault == "suspend":
                race.suspend_one()
            race.wait_for(max(total, len(server.visits) + 2))
            visits = [visit for visit in server.visits if visit.end is not None]
        finally:
            race.end()
            server.shutdown()
    return _judge(fault, processes, interval, visits, time.monotonic() - started)


async def _prepare(url: str) -> None:
    database = Database(url)
    await ensure_schema(database)
    await database.close()


def _judge(fault: str, processes: int, interval: float, visits: list[Visit], seconds: float) -> Result:
    spans = sorted((visit.start, visit.end or 0.0) for visit in visits)
    last_end, gaps = float("-inf"), []
    for start, end in spans:
        gaps.append(start - last_end)
        last_end = max(last_end, end)
    most = max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
    return Result(fault, processes, interval, len(spans), min(gaps), most, seconds, visits)


def main() -> None:
    """Print the measurement; exit with 1 if the rule was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interval", type=float, default=INTERVAL, help="seconds between two requests")
    parser.add_argument("--requests", type=int, default=8, help="per process, on average")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--fault", choices=["kill", "suspend", "none"], default="kill")
    parser.add_argument("--postgres", action="store_true", help="share a PostgreSQL server of our own")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with open_database(is_server=options.postgres) as url:
        result = run_race(options.fault, options.processes, options.interval, options.requests, url)
    if options.json:
        print(msgspec.json.encode(result).decode())
    else:
        print(f"{'processes':<24}{result.processes:>8}   (fault: {result.fault})")
        print(f"{'requests':<24}{result.requests:>8}   (interval: {result.interval:g} s)")
        print(f"{'smallest gap, seconds':<24}{result.smallest_gap:>8.3f}")
        print(f"{'most at once':<24}{result.most_at_once:>8}")
        print(f"{'seconds':<24}{result.seconds:>8.1f}")
    if not result.is_kept:
        sys.exit("The rule was broken.")


if __name__ == "__main__":
    main()
