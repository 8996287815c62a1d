"""How fast a large archive is harvested, in how much memory: `python benchmarks/oai_scale.py [FILE…] [--json]`.

Another process serves the papers over OAI-PMH on loopback, in pages of arXiv's sizes; `triage harvest --since` reads
them without a pause, as a user's command, into a fresh store; then again, which must change nothing; then into another
store from an archive that was touched altogether on one day. The baseline is the wire's own ceiling: the same pages
read one after another with `requests` and `xml.etree`, counted and thrown away.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import msgspec
import requests

from benchmarks.rubric_file import write_rubric
from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.server import FakeArxiv
from triage.adapters.snapshot import open_snapshot
from triage.core.arxiv_json import read_record
from triage.core.paper import Paper

_SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "arxiv" / "scale-2024-12_2026-02.jsonl.gz"
_ARCHIVE = "cs"
_CATEGORIES = ("cs.IR", "cs.CL", "cs.LG", "cs.AI", "cs.CV")
_PER_DAY = 400  # made-up papers
_WORDS = 170  # of a made-up abstract
_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_LIMIT_MIB = 500
_HEADER_LISTS = 3  # how often a harvest reads the whole list of headers; its last days come twice more
_PROGRAM = "from triage.cli import main; main()"
_KIB_PER_MIB = 1024 if sys.platform == "linux" else 2**20  # macOS counts bytes


class Served(msgspec.Struct, frozen=True):
    """An archive that can be harvested, from `since` on, at the time `now`."""

    url: str
    papers: int
    categories: tuple[str, ...]
    since: date
    now: datetime


class Measurement(msgspec.Struct, frozen=True):
    """One reading; seconds are wall-clock from start to end of the process, the peak is that process's own."""

    name: str
    records: int
    changed: int
    pages: int
    seconds: float
    records_per_second: float
    peak_mib: float
    store_mib: float
    answers_mib: float


def serve(files: Sequence[Path], made_up: int, pipe: Connection) -> None:
    """The server's process. `grown`: every paper last changed when it came; `bulk`: all on one day; `pages`: asked."""
    papers = [paper for file in files for paper in _read_papers(file)] or make_papers(made_up)
    papers = [paper for paper in papers if _choose_categories(paper)]
    now = _choose_now(papers)
    command = pipe.recv()
    while True:
        archive = FakeArchive(lambda: now, papers)
        if command == "bulk":
            for paper in papers:
                archive.touch(paper.arxiv_id, now - timedelta(days=2))
        with FakeArxiv(archive) as server:
            categories = {name for paper in papers for name in _choose_categories(paper)}
            since = min(archive[paper.arxiv_id].datestamp for paper in papers)
            pipe.send(Served(server.root_url, len(papers), tuple(sorted(categories)), since, now))
            while (command := pipe.recv()) == "pages":
                pipe.send(Counter(line.kind for line in server.log))
                server.log.clear()


def _choose_categories(paper: Paper) -> list[str]:
    return [name for name in paper.categories if name.startswith(f"{_ARCHIVE}.")]


def make_papers(count: int) -> list[Paper]:
    """Papers of made-up words, as long as true ones, some hundred a day."""
    rng = Random(count)
    words = ["".join(rng.choices("aeinorstlu", k=rng.randint(2, 11))) for _ in range(3000)]
    first = datetime(2025, 1, 1, 9, tzinfo=UTC)
    return [
        Paper(
            arxiv_id=f"{2501 + number // 99_999:04d}.{number % 99_999 + 1:05d}",
            title=" ".join(rng.choices(words, k=10)).capitalize(),
            abstract=" ".join(rng.choices(words, k=_WORDS)).capitalize(),
            authors=tuple(f"Ada Example-{rng.randrange(9999)}" for _ in range(4)),
            categories=tuple(rng.sample(_CATEGORIES, 2)),
            published=first + timedelta(days=number // _PER_DAY, seconds=number % _PER_DAY),
        )
        for number in range(count)
    ]


def _read_papers(path: Path) -> Iterator[Paper]:
    for line in open_snapshot(path).read_lines():
        if line.data.strip():
            yield read_record(line.data)


def _choose_now(papers: Sequence[Paper]) -> datetime:
    """Noon of the Sunday after the newest paper: on a day without a listing the feed is not asked."""
    newest = max(paper.published.date() for paper in papers if paper.published) + timedelta(days=1)
    return datetime.combine(newest + timedelta(days=6 - newest.weekday()), clock_time(12), UTC)


@contextmanager
def start_server(files: Sequence[Path], made_up: int) -> Iterator[Connection]:
    """Started and ended here, so that its memory is not the client's."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(files, made_up, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        process.kill()
        process.join()


def harvest(name: str, home: Path, served: Served, pipe: Connection) -> Measurement:
    """Run `triage harvest --since` to its end; raise `SystemExit` unless it took over every paper."""
    home.mkdir(exist_ok=True)
    write_rubric(home, served.categories)
    started = time.perf_counter()
    command = [sys.executable, "-c", _PROGRAM, "harvest", "--since", str(served.since), "--json"]
    with subprocess.Popen(command, env=_make_environment(home, served), stdout=subprocess.PIPE) as process:  # noqa: S603
        out = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"triage harvest ended with exit code {process.returncode}.")
    report = msgspec.json.decode(out)[0]
    if (report["seen"], report["failed"]) != (served.papers, 0):
        raise SystemExit(f"The harvest lost papers: {served.papers} were served, but it reports {report}.")
    return Measurement(
        name=name,
        records=report["seen"],
        changed=report["done"],
        pages=_count_pages(pipe).total(),
        seconds=seconds,
        records_per_second=served.papers / seconds,
        peak_mib=usage.ru_maxrss / _KIB_PER_MIB,
        store_mib=_measure(home.glob("triage.db*")),
        answers_mib=_measure(home.glob("answers/*/*")),
    )


def _make_environment(home: Path, served: Served) -> dict[str, str]:
    settings = {
        "home": str(home),
        "arxiv_api_url": f"{served.url}/api/query",
        "arxiv_oai_url": f"{served.url}/oai",
        "arxiv_feed_url": f"{served.url}/rss",
        "arxiv_interval": "0",
        "contact": "scale@example.org",
        "now": served.now.isoformat(),
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
    return others | {f"TRIAGE_{name.upper()}": value for name, value in settings.items()}


def _count_pages(pipe: Connection) -> Counter[str]:
    pipe.send("pages")
    pages: Counter[str] = pipe.recv()
    return pages


def _measure(files: Iterable[Path]) -> float:
    return sum(file.stat().st_size for file in files) / 2**20


def read_plainly(served: Served, header_lists: int) -> Measurement:
    """The baseline: every record once, and the list of headers as often as the harvest read it."""
    started = time.perf_counter()
    with requests.Session() as session:
        records, pages = _read_list(session, served, "ListRecords")
        lists = [_read_list(session, served, "ListIdentifiers") for _ in range(header_lists)]
    seconds = time.perf_counter() - started
    return Measurement(
        name="baseline: pages read, nothing kept",
        records=records,
        changed=0,
        pages=pages + sum(count for _, count in lists),
        seconds=seconds,
        records_per_second=records / seconds,
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_MIB,
        store_mib=0.0,
        answers_mib=0.0,
    )


def _read_list(session: requests.Session, served: Served, verb: str) -> tuple[int, int]:
    """How many records or headers, on how many pages."""
    params = {"verb": verb, "metadataPrefix": "arXivRaw", "set": _ARCHIVE, "from": str(served.since)}
    found = pages = 0
    while params:
        root = ET.fromstring(session.get(f"{served.url}/oai", params=params, timeout=60).content)  # noqa: S314 -- our own
        token = root.findtext(f"{_OAI}{verb}/{_OAI}resumptionToken")
        params = {"verb": verb, "resumptionToken": token} if token else {}
        found += sum(1 for _ in root.iter(f"{_OAI}header"))
        pages += 1
    return found, pages


def measure(files: Sequence[Path], made_up: int) -> list[Measurement]:
    """First harvest, unchanged harvest, bulk day, baseline."""
    with start_server(files, made_up) as pipe, tempfile.TemporaryDirectory() as folder:
        pipe.send("grown")
        served = pipe.recv()
        first = harvest("first harvest", Path(folder, "grown"), served, pipe)
        again = harvest("again, nothing changed", Path(folder, "grown"), served, pipe)
        if again.changed:
            raise SystemExit(f"The second harvest changed {again.changed} papers.")
        baseline = read_plainly(served, _HEADER_LISTS)
        if baseline.records != first.records:
            raise SystemExit(f"The baseline read {baseline.records} records, the harvest {first.records}.")
        pipe.send("bulk")
        bulk = harvest("first harvest, all on one day", Path(folder, "bulk"), pipe.recv(), pipe)
    return [baseline, first, again, bulk]


def print_table(measured: Sequence[Measurement]) -> None:
    """A line a reading; the ratio is to the baseline's speed."""
    print(
        f"{'':36}{'records':>9}{'pages':>7}{'s':>8}{'per s':>8}{'ratio':>7}{'peak MiB':>10}{'store':>8}{'answers':>9}"
    )
    for one in measured:
        ratio = one.records_per_second / measured[0].records_per_second
        print(
            f"{one.name:36}{one.records:>9,}{one.pages:>7,}{one.seconds:>8.1f}{one.records_per_second:>8,.0f}{ratio:>7.2f}"
            f"{one.peak_mib:>10.0f}{one.store_mib:>8.0f}{one.answers_mib:>9.0f}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was measured; 1 if a harvest took too much memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="default: 115,389 papers of shared/data")
    parser.add_argument("--made-up", type=int, default=0, metavar="N", help="serve N made-up papers instead")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    files = [] if options.made_up else options.files or [_SHARED]
    if missing := [file for file in files if not file.is_file()]:
        print(f"Skipped: {missing[0]} is absent. Give a metadata file, or --made-up 120000.", file=sys.stderr)
        return 0
    measured = measure(files, options.made_up)
    if options.json:
        sys.stdout.write(msgspec.json.encode(measured).decode() + "\n")
    else:
        print_table(measured)
    return int(any(one.peak_mib >= _LIMIT_MIB for one in measured[1:]))


if __name__ == "__main__":
    sys.exit(main())
