"""How fast the server answers, beside arxiv-sanity-lite's way: `python benchmarks/api_load.py --home DIR [--json]`.

DIR is a TRIAGE_HOME with papers that have vectors (50,000 for the numbers that we state) and shortlists; it is copied.
locust asks one server process over loopback, in the sole reader's mode: a published shortlist with its ETag and
without, searches made of the store's own titles, and paper pages; then a server of the rival, on the same papers.
Server and locust share this machine: the first numbers are as many as come, the others at a fixed rate.
"""

import argparse
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from urllib.parse import quote

import msgspec

_BIN = Path(sys.executable).parent
_USERS_FILE = Path(__file__).with_name("api_load_users.py")
_STARTED_WITHIN = 300  # seconds; the rival fits its words first


class Scenario(msgspec.Struct, frozen=True):
    """What is asked, by how many at once, and how often; a rate of 0 is as often as they can."""

    name: str
    paths: tuple[str, ...]
    users: int
    rate: float = 0.0
    revalidates: bool = False
    target: str = ""


class Reading(msgspec.Struct, frozen=True):
    """What came of a scenario; milliseconds are those that locust saw, memory the server's at its end."""

    name: str
    requests: int
    failures: int
    per_second: float
    p50: float
    p95: float
    p99: float
    memory_mib: float
    target: str


def choose_scenarios(store: Path) -> list[Scenario]:
    """Paths from the store itself; raises `SystemExit` where it has no published shortlist."""
    draw = Random(20261122)
    with closing(sqlite3.connect(store)) as connection:
        published = connection.execute(
            "SELECT topic, week FROM shortlists ORDER BY published_at IS NULL, week DESC LIMIT 1"
        ).fetchone()
        papers = connection.execute("SELECT arxiv_id, title FROM papers ORDER BY arxiv_id").fetchall()
    if published is None:
        raise SystemExit(f"{store} has no shortlist: run triage shortlist --week W --publish there first.")
    drawn = draw.sample(papers, min(400, len(papers)))
    shortlist = f"/api/v1/shortlists/{published[0]}/{published[1]}"
    searches = tuple(f"/api/v1/search?q={quote(_choose_words(title, draw))}" for _, title in drawn)
    pages = tuple(f"/papers/{arxiv_id}" for arxiv_id, _ in drawn)
    return [
        Scenario("shortlist, ETag known", (shortlist,), 16, 0, revalidates=True, target=">= 1,500/s, p99 < 50 ms"),
        Scenario("shortlist, whole", (shortlist,), 16, 0, target=">= 1,500/s, p99 < 50 ms"),
        Scenario("search", searches, 2, 10, target="p95 < 80 ms"),
        Scenario("paper page", pages, 2, 20, target="p95 < 40 ms"),
    ]


def _choose_words(title: str, draw: Random) -> str:
    words = title.split()[:250]
    start = draw.randrange(len(words))
    return " ".join(words[start : start + draw.randint(1, 4)])[:200]


@contextmanager
def serve(target: str, probe: str, environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """A server process at a free port, until the context ends; hands out its address and process id."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [str(_BIN / "granian"), "--interface", "asgi", "--factory", "--no-log", "--no-ws", "--port", str(port)]
    environment = os.environ | environment | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen([*command, target], env=environment) as process:  # noqa: S603 - our own server
        try:
            _wait_for(url + probe)
            yield url, process.pid
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _STARTED_WITHIN
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=_STARTED_WITHIN):  # noqa: S310 - our own server
                return
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{url} answers {error.code}") from error
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


def load(url: str, pid: int, scenario: Scenario, seconds: int, folder: Path) -> Reading:
    """Let locust ask for so many seconds."""
    plan, result = folder / "plan.json", folder / "result"
    expected = [304] if scenario.revalidates else [200]
    per_user = scenario.rate / scenario.users if scenario.rate else 0
    plan.write_bytes(
        msgspec.json.encode(
            {
                "paths": scenario.paths,
                "expected": expected,
                "revalidates": scenario.revalidates,
                "per_second_and_user": per_user,
            }
        )
    )
    command = [str(_BIN / "locust"), "-f", str(_USERS_FILE), "--headless", "--host", url, "--only-summary"]
    command += ["--users", str(scenario.users), "--spawn-rate", str(scenario.users), "--run-time", f"{seconds}s"]
    command += ["--json-file", str(result), "--reset-stats", "--stop-timeout", "30", "--exit-code-on-error", "0"]
    environment = os.environ | {"TRIAGE_LOAD_PLAN": str(plan)}
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603 - locust on our own server
    written = next(iter(sorted(folder.glob("result*"))))
    stats = next(each for each in msgspec.json.decode(written.read_bytes()) if each["name"] == "all")
    written.unlink()
    times = sorted((float(millis), count) for millis, count in stats["response_times"].items())
    spent = max(stats["last_request_timestamp"] - stats["start_time"], 1e-9)
    return Reading(
        scenario.name,
        stats["num_requests"],
        stats["num_failures"],
        stats["num_requests"] / spent,
        _quantile(times, 0.5),
        _quantile(times, 0.95),
        _quantile(times, 0.99),
        measure_memory(pid),
        scenario.target,
    )


def _quantile(times: Sequence[tuple[float, int]], share: float) -> float:
    wanted, seen = share * sum(count for _, count in times), 0
    for millis, count in times:
        seen += count
        if seen >= wanted:
            return millis
    return float("nan")


def measure_memory(pid: int) -> float:
    """MiB resident, of a process and its children (Linux)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return own / 1024 + sum(measure_memory(int(child)) for child in children)


def run(home: Path, seconds: int) -> tuple[int, list[Reading]]:
    """All scenarios on a copy of the store, then the rival's; also how many papers there are."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = folder / "home" / "triage.db"
        store.parent.mkdir()
        shutil.copyfile(home / "triage.db", store)
        with closing(sqlite3.connect(store)) as connection:
            papers: int = connection.execute("SELECT count(*) FROM papers").fetchone()[0]
        readings = []
        ours = {"TRIAGE_HOME": str(store.parent)}
        with serve("api.serving:build", "/api/v1/search?q=warm", ours) as (url, pid):
            readings += [load(url, pid, scenario, seconds, folder) for scenario in choose_scenarios(store)]
        rival = Scenario("rival: a list, SVM refitted", ("/",), 1)
        with serve("benchmarks.api_rival:build", "/", {"TRIAGE_LOAD_STORE": str(store)}) as (url, pid):
            readings.append(load(url, pid, rival, max(seconds, 60), folder))
    return papers, readings


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 when a request failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="a TRIAGE_HOME; it is copied")
    parser.add_argument("--seconds", type=int, default=30, help="of each scenario (default: 30)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    papers, readings = run(options.home, options.seconds)
    if options.json:
        print(msgspec.json.encode({"papers": papers, "readings": readings}).decode())
    else:
        print(f"{papers:,} papers\n{'':30}{'per s':>10}{'p50 ms':>8}{'p95':>8}{'p99':>8}{'MiB':>7}  failed  target")
        for each in readings:
            print(
                f"{each.name:30}{each.per_second:10,.1f}{each.p50:8.0f}{each.p95:8.0f}{each.p99:8.0f}"
                f"{each.memory_mib:7.0f}{each.failures:8}  {each.target}"
            )
        ours, rival = readings[1], readings[-1]
        print(f"ratio, lists per second: {ours.per_second / rival.per_second:,.0f}")
    return int(any(each.failures for each in readings))


if __name__ == "__main__":
    raise SystemExit(main())
