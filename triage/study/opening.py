"""What a notebook works with: one week of a store, one's own or the bundled made-up one, opened in its first cell."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import cached_property
from html import escape
from importlib.resources import as_file, files
from pathlib import Path

from platformdirs import user_cache_path
from pydantic import ValidationError

from triage.bootstrap import Services, open_services
from triage.config import Settings
from triage.core.rubric import Rubric, Topic, find_topic
from triage.core.week import Week, parse_week
from triage.errors import InputError
from triage.log import configure_logging
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import draft_shortlist, select_papers_of
from triage.store.papers import StoredPaper, count_weeks
from triage.store.shortlists import Shortlist, load_shortlist

MADE_UP = "Made up: no paper, person or number in this week is real, so it shows how things work and not how well."
_MARKER = "MADE-UP.txt"  # as `triage demo` leaves one, too
_SAMPLE_WEEK = "2026-W20"


class Study:
    """A store that is read: embeddings and scores are filled in as by `triage run`; votes and lists stay as they are.

    For one event loop, such as a notebook's; `close` it in the last cell.
    """

    def __init__(self, services: Services, week: Week, papers: int, judgements: Sequence[Path], stack: AsyncExitStack):
        self.services = services
        self.week = week
        self.judgements = tuple(judgements)
        """Files of graded judgements (JSON lines), empty where there are none."""
        self.is_made_up = (services.settings.home / _MARKER).is_file()
        self._count = papers
        self._stack = stack

    @property
    def rubric(self) -> Rubric:
        """The rubric in force."""
        return self.services.rubric

    @property
    def topics(self) -> tuple[Topic, ...]:
        """In the rubric's order."""
        return self.rubric.topics

    @cached_property
    def bench(self) -> Bench:
        """What scoring works with, all at one time."""
        return self.services.bench()

    def choose_topic(self, name: str | None = None) -> Topic:
        """The topic of that name, the rubric's first without one; raises `UnknownTopicError`."""
        return find_topic(self.rubric, name) if name else self.topics[0]

    async def list_papers(self) -> list[StoredPaper]:
        """The week's papers in the rubric's categories, by arXiv id."""
        return await select_papers_of(self.bench, self.week)

    async def load_list(self, topic: str) -> Shortlist:
        """The topic's list as it is kept, else one drafted from the data of now, which is kept nowhere."""
        async with self.services.database.read() as session:
            kept = await load_shortlist(session, topic, str(self.week))
        if kept is not None:
            return kept
        papers, size = await self.list_papers(), self.rubric.shortlist.size
        return (await draft_shortlist(self.bench, find_topic(self.rubric, topic), self.week, papers, size))[0]

    async def close(self) -> None:
        """Give the store back; may be called again."""
        await self._stack.aclose()

    def __str__(self) -> str:
        told = f"Week {self.week}: {self._count:,} papers in {self.services.settings.home}"
        titles = ", ".join(topic.title for topic in self.topics)
        lines = [told, f"Topics: {titles}", f"Embedder: {self.services.embedder_name}"]
        return "\n".join([*([MADE_UP] if self.is_made_up else []), *lines])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        first, *others = (escape(line) for line in str(self).splitlines())
        return "<br>".join([f"<strong>{first}</strong>", *others])


async def open_study(
    home: str | Path | None = None, week: str | None = None, judgements: Sequence[str | Path] = ()
) -> Study:
    """Open the store in the folder `home`, else the one that the environment names, else the bundled made-up week.

    `week` such as 2026-W31, else the newest with papers. `judgements` are files as `triage evaluate` takes them; the
    made-up week brings its own. Raises `InputError` where there is no such store, week or file.
    """
    configure_logging()
    settings = _choose_store(home)
    files_given = [Path(each) for each in judgements]
    for path in files_given:
        if not path.is_file():
            raise InputError(f"There is no file {path} of judgements.")
    stack = AsyncExitStack()
    services = await stack.enter_async_context(open_services(settings or _read_settings(_prepare_sample_home())))
    try:
        if settings is None:
            await import_sample(services)
        chosen, count = await _choose_week(services, week)
        own = services.settings.home / f"{_SAMPLE_WEEK}.jsonl"  # as `triage demo` leaves it, too
        if not files_given and own.is_file() and (own.parent / _MARKER).is_file():
            files_given = [own]
        return Study(services, chosen, count, files_given, stack)
    except BaseException:
        await stack.aclose()
        raise


def _choose_store(home: str | Path | None) -> Settings | None:
    """That of somebody, None where none is named, here or in the environment; what is named must be there."""
    settings = _read_settings(Path(home)) if home else _read_settings()
    if not home and settings.model_fields_set.isdisjoint({"home", "database_url"}):
        return None
    if settings.database_url is None and not (settings.home / "triage.db").is_file():
        raise InputError(
            f"The folder {settings.home} holds no store of Triage. Name the one that TRIAGE_HOME names for your "
            "commands, or none at all for the bundled made-up week."
        )
    return settings


def _read_settings(home: Path | None = None) -> Settings:
    """Of the environment; a folder that is named goes before the folder and the database that are named there."""
    try:
        return Settings() if home is None else Settings(home=home, database_url=None)
    except ValidationError as error:
        raise InputError(f"The environment is wrong: {error}") from error


def _prepare_sample_home() -> Path:
    """A folder in the user's cache, so that the week is embedded once for all notebooks."""
    home = user_cache_path("triage") / "made-up-week"
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / _MARKER).write_text(f"{MADE_UP}\nThe notebooks use this folder and make it anew when it is gone.\n")
        judgements = (files("triage.sample") / "sample-judgements.jsonl").read_bytes()
        (home / f"{_SAMPLE_WEEK}.jsonl").write_bytes(judgements)
    except OSError as error:
        raise InputError(f"The folder {home} cannot be written: {error.strerror}. Name a store of your own.") from error
    return home


async def import_sample(services: Services) -> None:
    """The bundled made-up week, into the store; idempotent."""
    from triage.adapters.snapshot import open_snapshot
    from triage.pipeline.importing import import_files

    with as_file(files("triage.sample") / "sample-week.jsonl") as path:
        await import_files(services.database, [open_snapshot(path)], now=services.clock)


async def _choose_week(services: Services, wanted: str | None) -> tuple[Week, int]:
    async with services.database.read() as session:
        counts = await count_weeks(session)
    if not counts:
        raise InputError(f"The store in {services.settings.home} has no papers yet: triage import, or triage harvest.")
    try:
        week = parse_week(wanted or max(counts))
    except ValueError as error:
        raise InputError(f"{error}.") from None
    if str(week) not in counts:
        raise InputError(f"The store has no papers of {week}. Its weeks: {', '.join(sorted(counts)[-10:])}.")
    return week, counts[str(week)]
