"""README's commands, run one after the other as a reader would who follows it, against an arXiv on this machine."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self

from fakes.cli_case import ROOT, SAMPLE
from fakes.docs_case import list_fences

LATER = timedelta(weeks=11)
"""From the bundled week to README's, 2026-W31."""
_RENAMED = {"2605.90015": "2607.23722"}  # the first of our list takes the id of the first of README's
_BIN = Path(sys.executable).parent
_COMMENT = re.compile(r"\s+#\s.*")


def read_commands(text: str) -> list[str]:
    """Every line of every `sh` and `console` block, in order, without its comment."""
    lines = (line for block in list_fences(text, "sh", "console") for line in block.splitlines())
    return [_COMMENT.sub("", line) for line in lines if line.strip()]


def write_week(path: Path) -> None:
    """The bundled papers, as if they had come eleven weeks later."""
    with path.open("w", encoding="utf-8") as file:
        for line in SAMPLE.read_text(encoding="utf-8").splitlines():
            paper = json.loads(line)
            paper["id"] = _RENAMED.get(paper["id"], paper["id"].replace("2605.", "2607.", 1))
            paper["announced"] = str(date.fromisoformat(paper["announced"]) + LATER)
            for name in ("published", "updated"):
                if paper[name]:
                    paper[name] = (datetime.fromisoformat(paper[name]) + LATER).isoformat().replace("+00:00", "Z")
            file.write(json.dumps(paper) + "\n")


class Newcomer:
    """Somebody in an empty folder, with an arXiv that has README's week; what is exported stays so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self._address = f"127.0.0.1:{free.getsockname()[1]}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
        self._environment: Mapping[str, str] = kept | {
            "TRIAGE_HOME": str(folder / "home"),
            "TRIAGE_EMBEDDER": "hashing",  # MiniLM takes eight seconds, and its own tests
            "PATH": f"{_BIN}:{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "200",
        }

    def __enter__(self) -> Self:
        """Start the arXiv and set what it says."""
        write_week(self._folder / "week.jsonl")
        said = self._stack.enter_context(self._start("triage dev arxiv week.jsonl --port 0", "Ctrl-C ends this"))
        for line in said.splitlines():
            if line.startswith("export "):
                self.run(line)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all that was started."""
        self._stack.close()

    def run(self, command: str) -> str:
        """What bash prints on it; it must end well."""
        command = command.replace("127.0.0.1:8000", self._address)
        done = subprocess.run(  # noqa: S603 - a command that README tells readers to type
            ["/bin/bash", "-c", f"set -eo pipefail; {command}\nenv -0 > environment"],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        self._environment = _read_environment(self._folder / "environment")
        return done.stdout

    def serve(self, command: str) -> str:
        """Start what runs until it is stopped; it must answer on the address that README names."""
        said = self._stack.enter_context(self._start(f"{command} --port {self._address.rpartition(':')[2]}", "Ctrl-C"))
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"http://{self._address}/healthz", timeout=60):
                    return said
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"{command} does not answer at {self._address}")

    @contextmanager
    def _start(self, command: str, until: str) -> Iterator[str]:
        """Run in the background; hands out what it said up to a line with `until`."""
        with (
            subprocess.Popen(  # noqa: S603 - ours
                [str(_BIN / "triage"), *command.split()[1:]],
                cwd=self._folder,
                env=self._environment,
                stdout=subprocess.PIPE,
                text=True,
            ) as process
        ):
            try:
                assert process.stdout is not None
                yield _read_until(process.stdout, until)
            finally:
                process.send_signal(signal.SIGINT)


def _read_until(lines: Iterator[str], word: str) -> str:
    said = ""
    for line in lines:
        said += line
        if word in line:
            return said
    raise AssertionError(f"it ended: {said}")


def _read_environment(path: Path) -> Mapping[str, str]:
    entries = path.read_text(encoding="utf-8").rstrip("\0").split("\0")
    return dict(entry.split("=", 1) for entry in entries)


def read_readme() -> str:
    """The page a stranger sees first."""
    return (ROOT / "README.md").read_text(encoding="utf-8")
