import asyncio
import os
import shutil
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fakes.lease_case import House

from triage.adapters.pace import INTERVAL
from triage.errors import SourceError
from triage.store.engine import Database
from triage.store.lease import TTL, DatabaseLease, open_lease


@pytest.fixture
def house(migrated_file: Path, tmp_path: Path) -> House:
    """An empty database and nobody talking."""
    path = tmp_path / "triage.db"
    shutil.copy(migrated_file, path)
    return House(path)


def run_script(script: str, house: House) -> int:
    """How another process, given the database's URL, ends."""
    command = [sys.executable, "-c", script, str(house.url)]
    return subprocess.run(command, check=False).returncode  # noqa: S603 -- our own script


def test_the_first_of_all_talks_at_once(house: House) -> None:
    """In a new database nobody can have talked before."""
    with house.pace().turn():
        assert house.time.slept == []


def test_one_process_alone_waits_the_interval_and_no_longer(house: House) -> None:
    """The lease adds nothing to the pause that the process keeps anyway."""
    pace = house.pace()
    for _ in range(3):
        with pace.turn():
            house.time.now += 1
    assert house.time.slept == [INTERVAL] * 2


def test_a_newcomer_waits_the_interval_however_long_ago_the_last_turn_was(house: House) -> None:
    """It cannot know by its own clock when that was."""
    with house.pace().turn():
        pass
    house.time.now += 1e6
    started = house.time.now
    with house.pace().turn():
        assert house.time.now == started + INTERVAL


def test_nobody_talks_while_another_does(house: House) -> None:
    """The second starts the interval after the first has ended, never sooner."""
    first = ExitStack()
    ended: list[float] = []

    def sleep(seconds: float) -> None:
        house.time.sleep(seconds)
        if house.time.now > 1050 and not ended:
            first.close()
            ended.append(house.time.now)

    first.enter_context(house.pace().turn())
    with house.pace(sleep).turn():
        assert house.time.now >= ended[0] + INTERVAL


def test_a_turn_that_does_not_come_names_who_has_it(house: House) -> None:
    """After `longest_wait` a person is told which process to look at."""
    holder = house.lease()
    assert holder.acquire().is_ours

    def sleep(seconds: float) -> None:
        house.time.sleep(seconds)
        holder.acquire()  # it lives

    with (
        pytest.raises(SourceError, match=rf"within 60 s: process {os.getpid()} on \S+ has it"),
        house.pace(sleep, longest_wait=60).turn(),
    ):
        pytest.fail("the turn was granted")


def test_a_holder_that_falls_silent_is_given_up(house: House) -> None:
    """After `TTL` by the asker's clock, not sooner, and with a pause before the request."""
    assert house.lease().acquire().is_ours
    started = house.time.now
    with house.pace().turn():
        assert TTL + INTERVAL <= house.time.now - started <= TTL + INTERVAL + 2


def test_a_holder_that_gives_signs_of_life_is_not_given_up(house: House) -> None:
    """However long it holds the lease."""
    holder, asker = house.lease(), house.lease()
    for _ in range(5):
        assert holder.acquire().is_ours
        assert not asker.acquire().is_ours
        house.time.now += TTL - 1


def test_the_lease_of_a_dead_process_is_taken_at_once(house: House) -> None:
    """A crash on this machine costs the next process the interval and no more."""
    script = (
        "import os, sys; from sqlalchemy import make_url; from triage.store.lease import DatabaseLease;"
        "assert DatabaseLease(make_url(sys.argv[1])).acquire().is_ours; os._exit(9)"
    )
    assert run_script(script, house) == 9
    started = house.time.now
    with house.pace().turn():
        assert house.time.now == started + INTERVAL


def test_who_lost_the_lease_asks_for_it_anew(house: House) -> None:
    """A process that was suspended while it waited does not go on as if nothing had been."""
    other, other_ended = house.lease(), 0.0

    def sleep(seconds: float) -> None:
        nonlocal other_ended
        house.time.sleep(seconds)
        if not other_ended:  # suspended for long; the other sees no sign of life, takes over and talks
            assert not other.acquire().is_ours
            house.time.now += TTL
            assert other.acquire().is_ours
            house.time.now += 10
            other.release(INTERVAL)
            other_ended = house.time.now

    with house.pace().turn():
        pass
    with house.pace(sleep).turn():
        assert house.time.now >= other_ended + INTERVAL


def test_who_lost_the_lease_changes_nothing(house: House) -> None:
    """A late release or postponement does not touch the row of the new holder."""
    late, holder = house.lease(), house.lease()
    assert late.acquire().is_ours
    assert not holder.acquire().is_ours
    house.time.now += TTL
    assert holder.acquire().is_ours
    late.postpone(3600)
    late.release(3600)
    assert not house.lease().acquire().is_ours
    holder.release(5)
    assert house.lease().acquire().pause == 5


def test_of_many_that_ask_at_once_one_gets_it(house: House) -> None:
    """Real threads, each with a lease of its own, on a real file."""
    leases, granted = [house.lease() for _ in range(8)], []
    barrier = threading.Barrier(8)

    def ask(lease: DatabaseLease) -> None:
        barrier.wait()
        granted.append(lease.acquire().is_ours)

    threads = [threading.Thread(target=ask, args=[lease]) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(granted) == [False] * 7 + [True]


async def test_it_works_inside_a_running_event_loop_beside_the_asyncio_engine(house: House, database: Database) -> None:
    """The adapters are synchronous and called from the steps."""
    async with database.read():
        with house.pace().turn():
            await asyncio.sleep(0)


def test_a_fork_is_another_holder(house: House) -> None:
    """A child does not take its parent's lease for its own."""
    script = (
        "import os, sys; from sqlalchemy import make_url; from triage.store.lease import DatabaseLease;"
        "lease = DatabaseLease(make_url(sys.argv[1])); assert lease.acquire().is_ours; child = os.fork();"
        "child or os._exit(7 if lease.acquire().is_ours else 0); sys.exit(os.waitpid(child, 0)[1])"
    )
    assert run_script(script, house) == 0


def test_a_lease_on_a_file_is_opened(house: House) -> None:
    """And two names on one database are two leases."""
    leases: list[Any] = [open_lease(house.url), open_lease(house.url, "another source")]
    assert all(lease.acquire().is_ours for lease in leases)
    for lease in leases:
        lease.close()
