"""Do SQLite and PostgreSQL give the same lists? `python benchmarks/database_parity.py [--embedder minilm] [--json]`.

Real weeks and votes go into an empty database of either kind, by the same commands at the same moment; each embeds and
scores for itself. What `triage shortlist --json` says of every week and topic must be equal to the byte. All else is
printed and ends in exit code 1. About 5 minutes a week and database with `minilm` on 2 cores, seconds with `hashing`.
"""

import argparse
import difflib
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.console import require_files, say

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.postgres_case import serve_postgres

_ROOT = Path(__file__).resolve().parents[1]
_LABELS = {
    "generative-recommendation": ("generative_recommendation.csv", "genrec_digest_2026.csv"),
    "agent-evaluation": ("agent_evaluation.csv", "related_agents.csv"),
}
"""What counts as votes by topic: not all of it is to the point, but it is enough for taste to speak."""
_NOW = "2026-08-24T12:00:00Z"  # after the last week that there is
_SHOWN = 20  # lines of a difference


class Parity(msgspec.Struct, frozen=True):
    """One list as either database gave it; `places` and `scorer` are SQLite's; no `difference` where all is well."""

    week: str
    topic: str
    places: int
    scorer: str
    sha256: str
    difference: tuple[str, ...]


class Result(msgspec.Struct, frozen=True):
    """`seconds` by database, of all commands."""

    embedder: str
    lists: tuple[Parity, ...]
    seconds: dict[str, float]

    @property
    def is_equal(self) -> bool:
        """Whether no list differs."""
        return not any(parity.difference for parity in self.lists)


class Installation:
    """A data folder and a database of its own."""

    def __init__(self, home: Path, embedder: str, database_url: str = "") -> None:
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
        self._environment |= {
            "TRIAGE_HOME": str(home),
            "TRIAGE_EMBEDDER": embedder,
            "TRIAGE_DATABASE_URL": database_url,
            "TRIAGE_NOW": _NOW,
            "PYTHONPATH": str(_ROOT),
        }

    def do(self, *arguments: str | Path) -> str:
        """What a command printed; the bench ends where it fails."""
        command = [sys.executable, "-c", "from triage.cli import main; main()", *map(str, arguments)]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        if done.returncode:
            raise SystemExit(f"triage {' '.join(map(str, arguments))} failed: {done.stderr}")
        return done.stdout

    def prepare(self, data: Path, weeks: list[str]) -> None:
        """Everything up to the shortlists."""
        self.do("import", *(data / "arxiv" / f"week-{week}.jsonl.gz" for week in weeks))
        for topic, names in _LABELS.items():
            for name in names:
                self.do("vote", "import", data / "labels" / name, "--topic", topic)
        for week in weeks:
            self.do("run", "--week", week)


def compare(week: str, topic: str, file: str, server: str) -> Parity:
    """Of two answers of `triage shortlist --json`."""
    told = msgspec.json.decode(file)
    lines = difflib.unified_diff(file.splitlines(), server.splitlines(), "SQLite", "PostgreSQL", lineterm="", n=0)
    difference = () if file == server else (*lines,) or ("ends of lines differ",)
    sha256 = hashlib.sha256(file.encode()).hexdigest()
    return Parity(week, topic, len(told["papers"]), told["scorer"], sha256, difference)


def run(data: Path, weeks: list[str], embedder: str) -> Result:
    """Both installations, one after the other, and their lists side by side."""
    with tempfile.TemporaryDirectory() as folder, serve_postgres() as case:
        installations = {
            "sqlite": Installation(Path(folder, "sqlite"), embedder),
            "postgresql": Installation(
                Path(folder, "postgresql"), embedder, case.make_database("parity", is_migrated=False)
            ),
        }
        lists: dict[str, list[str]] = {}
        seconds: dict[str, float] = {}
        places = [(week, topic) for week in weeks for topic in _LABELS]
        for name, installation in installations.items():
            say(f"{name}: import, votes, then {len(weeks)} weeks to both lists.")
            started = time.monotonic()
            installation.prepare(data, weeks)
            lists[name] = [
                installation.do("shortlist", "--week", week, "--topic", topic, "--json") for week, topic in places
            ]
            seconds[name] = round(time.monotonic() - started, 1)
    pairs = zip(places, lists["sqlite"], lists["postgresql"], strict=True)
    return Result(embedder, tuple(compare(*place, file, server) for place, file, server in pairs), seconds)


def main() -> None:
    """Print what was compared; exit with 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=_ROOT.parent / "shared" / "data", help="folder with arxiv/ and labels/"
    )
    parser.add_argument("--weeks", nargs="+", default=["2026-W13", "2026-W29", "2026-W31"])
    parser.add_argument("--embedder", default="minilm")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    labels = [f"labels/{name}" for names in _LABELS.values() for name in names]
    require_files(options.data, *(f"arxiv/week-{week}.jsonl.gz" for week in options.weeks), *labels)
    result = run(options.data, options.weeks, options.embedder)
    if options.json:
        print(msgspec.json.encode(result).decode())
    else:
        for parity in result.lists:
            print(f"{parity.week}  {parity.topic:<28}{parity.places:>4} places  {parity.sha256[:12]}  {parity.scorer}")
            for line in parity.difference[:_SHOWN]:
                print(f"    {line}")
        print("  ".join(f"{name} {seconds:,.0f} s" for name, seconds in result.seconds.items()))
    if not result.is_equal:
        sys.exit("The databases do not agree.")


if __name__ == "__main__":
    main()
