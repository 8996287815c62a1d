"""Workers as processes with names of their own, to be killed and begun again: for worker_kills.py."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

import msgspec

from benchmarks.worker_kill_case import Watch
from benchmarks.worker_kill_child import WARM, live

_PATIENCE = 30.0  # seconds for a worker to stop when it is asked to
_BEGUN = "worker_started"  # what a worker says when it is ready
_TOLD = 1_500  # characters of what it said last
_LATE, _STEP = 5.0, 0.05  # seconds until the connection of a worker that is gone counts as left behind

Conditions = Mapping[str, str]
"""Settings of the workers, by name."""


class Life(msgspec.Struct, frozen=True):
    """A process that began as a worker under a name, which the database notes it by."""

    name: str
    process: ForkServerProcess
    log: Path


class Pace(msgspec.Struct, frozen=True):
    """A kill every so many seconds, but only after so many more jobs: a slow machine would do nothing but begin."""

    every: float
    jobs: int = 1


class Campaign(msgspec.Struct, kw_only=True):
    """What was seen from outside while workers lived and died; `deaths` by name, in seconds since 1970.

    `fallen` are workers that ended without being killed, and what they said last. `connections` and `memory_mib` (of
    one worker) are the most seen at one time; `left_behind` are connections that outlived all workers.
    """

    deaths: dict[str, float] = msgspec.field(default_factory=dict)
    fallen: list[str] = msgspec.field(default_factory=list)
    left_behind: list[str] = msgspec.field(default_factory=list)
    connections: int = 0
    memory_mib: float = 0.0
    seconds: float = 0.0
    is_over: bool = False


class Crew:
    """So many workers at the same time; whoever is killed or falls is replaced at once."""

    def __init__(self, size: int, settings: Conditions, folder: Path, harm: str = "") -> None:
        self._settings, self._folder, self._harm = settings, folder, harm
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(list(WARM))
        self._count = 0
        self.lives = [self._begin() for _ in range(size)]

    def _begin(self) -> Life:
        self._count += 1
        name = f"life-{self._count}"
        log = self._folder / f"{name}.log"
        process = self._context.Process(target=live, args=(name, dict(self._settings), log, self._harm))
        process.start()
        return Life(name, process, log)

    def kill(self, number: int) -> str:
        """One of them, with -9, and begin another; its name."""
        life = self.lives[number]
        life.process.kill()
        life.process.join()
        self.lives[number] = self._begin()
        return life.name

    def replace_fallen(self) -> Iterator[str]:
        """Begin another for each that ended by itself; what they said last."""
        for number, life in enumerate(self.lives):
            if not life.process.is_alive():
                yield f"{life.name} ended with {life.process.exitcode}: {_read(life.log)[-_TOLD:]}"
                self.lives[number] = self._begin()

    def stop(self) -> Iterator[str]:
        """Ask them to stop, as a service manager does; what those said that did not in time, or not well."""
        for life in self.lives:
            life.process.terminate()
        for life in self.lives:
            life.process.join(_PATIENCE)
            if life.process.exitcode != 0 and _BEGUN in (said := _read(life.log)):  # else it had no time to listen
                yield f"{life.name}, asked to stop, gave {life.process.exitcode}: {said[-_TOLD:]}"
            life.process.kill()
            life.process.join()

    def measure_memory(self) -> float:
        """MiB resident of the largest."""
        numbers = ",".join(str(life.process.pid) for life in self.lives)
        told = subprocess.run(["ps", "-o", "rss=", "-p", numbers], capture_output=True, text=True, check=False)  # noqa: S603, S607 -- numbers of our own
        return max((int(line) / 1024 for line in told.stdout.split()), default=0.0)


@contextmanager
def employ(size: int, settings: Conditions, folder: Path, harm: str = "") -> Iterator[Crew]:
    """A crew that does not outlive the context."""
    crew = Crew(size, settings, folder, harm)
    try:
        yield crew
    finally:
        for life in crew.lives:
            life.process.kill()
            life.process.join()


def run_campaign(crew: Crew, watch: Watch, pace: Pace, rng: Random | None, patience: float) -> Campaign:
    """Until no job is open, or none ends for `patience` seconds; with `rng`, one of the crew is killed at that pace."""
    campaign = Campaign()
    started = moved = time.monotonic()
    finished = finished_at_kill = 0
    while watch.count_open() and time.monotonic() - moved < patience:
        time.sleep(pace.every)
        campaign.fallen += crew.replace_fallen()
        if (count := watch.count_finished()) > finished:
            finished, moved = count, time.monotonic()
        if rng is not None and finished - finished_at_kill >= pace.jobs:
            campaign.deaths[crew.kill(rng.randrange(len(crew.lives)))] = time.time()
            finished_at_kill = finished
        _look(campaign, crew, watch)
    campaign.seconds = time.monotonic() - started
    campaign.is_over = not watch.count_open()
    campaign.fallen += crew.stop()
    campaign.left_behind = _find_left(watch)
    return campaign


def _look(campaign: Campaign, crew: Crew, watch: Watch) -> None:
    campaign.connections = max(campaign.connections, len(watch.list_connections()))
    campaign.memory_mib = max(campaign.memory_mib, crew.measure_memory())


def _find_left(watch: Watch) -> list[str]:
    """Connections that are still there when all who could have had them are gone for a while."""
    deadline = time.monotonic() + _LATE
    while left := watch.list_connections():
        if time.monotonic() > deadline:
            break
        time.sleep(_STEP)
    return left


def _read(log: Path) -> str:
    return log.read_text("utf-8", "replace") if log.exists() else ""
