import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.lease_case import House

from triage.adapters.pace import INTERVAL
from triage.errors import SourceError, StoreError
from triage.store.lease import TTL


@pytest.fixture
def house(migrated_file: Path, tmp_path: Path) -> House:
    """An empty database and nobody talking."""
    path = tmp_path / "triage.db"
    shutil.copy(migrated_file, path)
    return House(path)


def test_a_long_pause_is_waited_for_without_losing_the_lease(house: House) -> None:
    """A sleeping holder is renewed often enough that nobody takes it for dead."""
    first, asker, grants = house.lease(), house.lease(), []
    assert first.acquire().is_ours
    first.release(800)

    def sleep(seconds: float) -> None:
        house.time.sleep(seconds)
        grants.append(asker.acquire().is_ours)

    started = house.time.now
    with house.pace(sleep).turn():
        assert house.time.now - started == pytest.approx(800)
    assert len(grants) > 10
    assert not any(grants)


def test_a_pause_that_was_asked_for_holds_for_others_though_the_asker_dies(house: House) -> None:
    """`Retry-After` is written down before the turn ends; the part of it that is over does not count again."""
    pace, newcomer = house.pace(), house.lease()
    with pace.turn():
        pace.postpone(TTL + 80)
        assert not newcomer.acquire().is_ours
        house.time.now += TTL  # no more signs of life
        grant = newcomer.acquire()
    assert grant.is_after_other
    assert grant.pause == pytest.approx(80)


def test_a_long_pause_is_refused_and_over_in_time(house: House) -> None:
    """Every newcomer is told how long, less each time, and after it the turn is granted."""
    pace = house.pace()
    with pace.turn():
        pace.postpone(3600)
    for left in (3600, 2600, 1600):
        with pytest.raises(SourceError, match=f"pause of another {left} s"), house.pace().turn():
            pytest.fail("the turn was granted")
        house.time.now += 1000
    with house.pace().turn():
        assert house.time.now == pytest.approx(1000 + 3600)


@pytest.mark.parametrize("error", [timedelta(days=-1), timedelta(days=1)])
def test_a_wall_clock_that_is_set_never_costs_more_than_the_pause_nor_less_than_the_interval(
    house: House, error: timedelta
) -> None:
    """Set back, the pause counts in full; set forward, what is left is still the interval."""
    pace = house.pace()
    with pace.turn():
        pace.postpone(600)
    house.wall_error = error
    started = house.time.now
    with house.pace().turn():
        assert house.time.now - started == pytest.approx(600 if error < timedelta() else INTERVAL)


def test_a_stop_holds_in_every_process_until_it_is_cleared(house: House) -> None:
    """403: no process talks, however long one waits; a person's word to any process is enough for all."""
    first, second = house.pace(), house.pace()
    with first.turn():
        first.stop("Refused by arXiv.")
        second.stop("Refused again.")
    house.time.now += 1e6
    for pace in (first, second, house.pace()):
        with pytest.raises(SourceError, match=r"Refused by arXiv\."), pace.turn():
            pytest.fail("the turn was granted")
    assert second.resume() == "Refused by arXiv."
    assert second.resume() is None
    for pace in (first, second, house.pace()):
        with pace.turn():
            pass


def test_who_is_stopped_while_it_waits_gives_the_lease_back(house: House) -> None:
    """After the word to go on, nobody has to wait for a process that holds the lease and does nothing."""
    first, person = house.lease(), house.lease()
    assert first.acquire().is_ours
    first.release(INTERVAL)

    def sleep(seconds: float) -> None:
        house.time.sleep(seconds)
        person.stop("A person says so.")

    with pytest.raises(SourceError, match="A person says so"), house.pace(sleep).turn():
        pytest.fail("the turn was granted")
    person.resume()
    assert person.acquire().is_ours


def test_a_stop_that_cannot_be_written_down_holds_in_this_process(house: House) -> None:
    """A failing database is no reason to talk on after a 403."""
    pace = house.pace()
    Path(str(house.url.database)).write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError):
        pace.stop("Refused by arXiv.")
    with pytest.raises(SourceError, match=r"Refused by arXiv\."), pace.turn():
        pytest.fail("the turn was granted")
