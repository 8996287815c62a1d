"""The program as a user runs it, in a data folder of its own, and made-up files to feed it."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from triage.cli import main
from triage.core.week import parse_week

SAMPLE_WEEK = "2026-W20"
ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "triage" / "sample" / "sample-week.jsonl"
PROGRAM = "from triage.cli import main; main()"
_WORDS = (
    "sparse dense kernels graphs proofs clinical imaging protein robot grasp speech vowels tax river glacier orbit "
    "enzyme harvest compiler register lattice magnet turbine violin ledger privacy noise fairness bridge camera"
)
_FILLER = _WORDS.split()


class Result:
    """How a command ended: exit code, standard output and standard error."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        """Standard output, read."""
        return json.loads(self.out)


class Home:
    """A data folder; commands run in this process, through `main`, so that exit codes are what a user gets."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self.environment = {"TRIAGE_HOME": str(path), "TRIAGE_EMBEDDER": "hashing"}
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def run(self, *arguments: str | Path, **environment: str) -> Result:
        """Run `triage` to its end; `environment` adds variables by their names without `TRIAGE_`, in lower case."""
        self._capsys.readouterr()
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["triage", *map(str, arguments)])
            for name, value in self._join(environment).items():
                patch.setenv(name, value)
            code = _run_main()
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return Result(code, out, err)

    def do(self, *arguments: str | Path, **environment: str) -> Result:
        """Run `triage` and expect success."""
        result = self.run(*arguments, **environment)
        assert result.code == 0, result.err
        return result

    def at(self, path: Path) -> "Home":
        """The same program with another data folder."""
        return Home(path, self._monkeypatch, self._capsys)

    def refuse(self, *arguments: str | Path, **environment: str) -> str:
        """Run `triage`, expect bad input, check that nothing was printed or changed, and hand out standard error."""
        before = self.dump()
        result = self.run(*arguments, **environment)
        assert (result.code, result.out) == (2, ""), result.err
        assert self.dump() == before
        return result.err

    def start(self, *arguments: str | Path, program: str = PROGRAM) -> subprocess.Popen[str]:
        """Start `triage` in a process of its own; `program` may wrap it."""
        return subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", program, *map(str, arguments)],
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database as it lies there."""
        with closing(sqlite3.connect(self.path / "triage.db")) as connection:
            return connection.execute(sql, values).fetchall()

    def execute(self, sql: str, *values: object) -> None:
        """Change the database behind the program's back."""
        with closing(sqlite3.connect(self.path / "triage.db")) as connection, connection:
            connection.execute(sql, values)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, those that the search index keeps for itself aside."""
        tables = [
            name
            for (name,) in self.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            if not name.startswith("paper_words")
        ]
        return {table: self.query(f"SELECT * FROM {table} ORDER BY rowid") for table in tables}  # noqa: S608 - names

    def results(self) -> dict[str, list[tuple[Any, ...]]]:
        """What the steps made, by natural keys, without the times at which they made it."""
        return {
            "vectors": self.query(
                "SELECT arxiv_id, embedder, e.content_hash, vector FROM embeddings e "
                "JOIN papers p ON p.id = paper_id ORDER BY 1, 2, 3"
            ),
            "scores": self.query(
                "SELECT arxiv_id, topic, fingerprint, scorer, score, parts FROM scores s "
                "JOIN papers p ON p.id = paper_id ORDER BY 1, 2, 3, 4"
            ),
            "places": self.query(
                "SELECT topic, l.week, size, scorer, considered, kind, rank, arxiv_id, score, reasons, takeaway "
                "FROM shortlists l JOIN shortlist_entries e ON e.shortlist_id = l.id "
                "JOIN papers p ON p.id = paper_id ORDER BY 1, 2, 6, 7"
            ),
        }

    def shortlist(self, week: str, topic: str, *options: str) -> dict[str, Any]:
        """A shortlist as programs read it."""
        record: dict[str, Any] = self.do("shortlist", "--week", week, "--topic", topic, "--json", *options).json
        return record

    def _join(self, environment: dict[str, str]) -> dict[str, str]:
        return self.environment | {f"TRIAGE_{name.upper()}": value for name, value in environment.items()}


def _run_main() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def run_apart(home: Path, *arguments: str | Path) -> None:
    """Run `triage` to its success in a process of its own, with the word-counting embedder."""
    environment = {"TRIAGE_HOME": str(home), "TRIAGE_EMBEDDER": "hashing"}
    subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", **environment},
        check=True,
        capture_output=True,
    )


class Writer:
    """Writes made-up files below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def papers(self, name: str, records: Sequence[dict[str, Any]]) -> Path:
        """JSON lines in the week files' form."""
        return self.text(name, "".join(json.dumps(record) + "\n" for record in records))

    def text(self, name: str, text: str) -> Path:
        """Any text."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


def make_record(number: int, week: str = SAMPLE_WEEK, **changes: Any) -> dict[str, Any]:
    """A made-up paper of a week, with words of its own, in the form of the week files."""
    monday: date = parse_week(week).monday
    words = [_FILLER[(number * 7 + place * (1 + number % 11)) % len(_FILLER)] for place in range(12)]
    return {
        "id": f"{monday - timedelta(days=14):%y%m}.{number:05}",
        "version": 1,
        "title": f"On {words[0]} and {words[1]}, case {number}",
        "abstract": f"We study {' '.join(words)}. Our method lowers the {words[2]} error by {number % 90} percent.",
        "authors": ["Ada Example"],
        "categories": ["cs.IR"],
        "primary_category": "cs.IR",
        "published": f"{monday - timedelta(days=4):%Y-%m-%d}",
        "announced": f"{monday:%Y-%m-%d}",
        "source": "made up",
    } | changes


def make_relevant(number: int, week: str = SAMPLE_WEEK, **changes: Any) -> dict[str, Any]:
    """A made-up paper on generative recommendation."""
    theme = _FILLER[number % len(_FILLER)]
    return make_record(
        number,
        week,
        title=f"Generative recommendation with semantic IDs for {theme} shops, case {number}",
        abstract=f"We present a generative recommender whose semantic IDs tokenize {theme} items number {number}. "
        f"It raises recall by {number % 90} percent in an online A/B test.",
        **changes,
    )
