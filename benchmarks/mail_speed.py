"""How fast are digests made and sent? `python benchmarks/mail_speed.py [--readers 10000] [--papers 20] [--json]`.

The digest of the made-up week for so many readers, one in ten of them in Chinese: rendered and queued, then sent to a
mail server on this machine that takes everything. Beside it a plain loop of smtplib that sends the same bytes over one
connection, keeps no record and could not tell after a crash what it had sent. Peak memory is the process's own.
Linux and macOS only (fork).
"""

import argparse
import asyncio
import resource
import smtplib
import sqlite3
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from benchmarks.mail_case import DUE, make_settings, prepare_home, serve_mail
from triage.bootstrap import open_services
from triage.delivery.deliver import deliver

_MIB = 1024 if sys.platform == "linux" else 1024 * 1024  # of what ru_maxrss counts


class Measure(msgspec.Struct, frozen=True):
    """A part of the work: how many messages, in how many seconds, with how much memory at most."""

    part: str
    messages: int
    seconds: float
    peak_mib: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


def measure(part: str, work: Callable[[], int]) -> Measure:
    """Run it in a child, so that its memory is its own."""
    context = get_context("fork")
    hears, tells = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(part, work, tells))
    child.start()
    tells.close()
    with closing(hears):
        try:
            found: Measure = hears.recv()
        except EOFError:
            raise SystemExit(f"{part} failed") from None
    child.join()
    return found


def _work(part: str, work: Callable[[], int], tells: Connection) -> None:
    started = time.perf_counter()
    messages = work()
    seconds = time.perf_counter() - started
    tells.send(Measure(part, messages, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB))


def run_deliver(home: Path, port: int, *, only_queue: bool) -> int:
    """`triage deliver`, or its first half."""

    async def run() -> int:
        async with open_services(make_settings(home, port), clock=lambda: DUE) as services:
            report = await deliver(services.open_deliver_desk(), only_queue=only_queue)
        return report.queued if only_queue else report.accepted

    return asyncio.run(run())


def send_plainly(home: Path, port: int) -> int:
    """What one would write without an outbox."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        return sum(1 for each in read_messages(home) if not client.sendmail("triage@triage.example.org", *each))


def read_messages(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every message that waits, with its address."""
    with closing(sqlite3.connect(home / "triage.db")) as connection:
        for email, packed in connection.execute("SELECT email, message FROM deliveries WHERE message IS NOT NULL"):
            yield email, zlib.decompress(packed)


def run_all(readers: int, papers: int) -> tuple[list[Measure], float]:
    """The three parts, and the mean size of a message in KB."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        prepare_home(home, readers, papers // 2)  # of each of two topics
        with serve_mail(Path(folder) / "taken.jsonl", {}) as port:
            queued = measure("rendered and queued", lambda: run_deliver(home, port, only_queue=True))
            sizes = [len(message) for _, message in read_messages(home)]
            plain = measure("smtplib loop", lambda: send_plainly(home, port))
            sent = measure("sent by triage deliver", lambda: run_deliver(home, port, only_queue=False))
    return [queued, sent, plain], sum(sizes) / len(sizes) / 1000


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--papers", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    measures, kilobytes = run_all(options.readers, options.papers)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode({"kilobytes": kilobytes, "parts": measures})).decode())
        return 0
    print(f"{options.readers:,} digests of {options.papers} papers, {kilobytes:.1f} KB each on average")
    for each in measures:
        print(f"{each.part:24}{each.messages:>8,}{each.seconds:>9.1f} s{each.rate:>9,.0f}/s{each.peak_mib:>8.0f} MiB")
    queued, sent, plain = measures
    both = queued.seconds + sent.seconds
    print(f"rendering, queueing and sending takes {both / plain.seconds:.1f} times as long as the plain loop's sending")
    return 0


if __name__ == "__main__":
    sys.exit(main())
