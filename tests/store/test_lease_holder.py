import os
import subprocess
import sys

import pytest
from sqlalchemy import make_url

from triage.errors import InputError
from triage.store.lease import Holder, open_lease


def end_a_process() -> int:
    """The id of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.mark.parametrize(("place", "is_dead"), [("here", True), ("another container", False), ("", False)])
def test_only_a_process_of_this_place_can_be_known_to_be_dead(place: str, is_dead: bool) -> None:
    """A process id says nothing on another machine, in another container, or after a restart."""
    assert Holder("host", end_a_process(), place, "x").is_dead("here") is is_dead


def test_a_living_process_is_not_dead() -> None:
    """Neither ours nor one that belongs to someone else."""
    assert not Holder("host", os.getpid(), "here", "x").is_dead("here")
    assert not Holder("host", 1, "here", "x").is_dead("here")


def test_a_holder_is_read_as_it_was_written() -> None:
    """Also with a host name that is an IPv6 address."""
    for holder in (Holder("host", 12, "here", "x"), Holder("fe80::1", 7, "", "x")):
        assert Holder.parse(str(holder)) == holder


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"])
def test_a_database_in_memory_has_no_lease(url: str) -> None:
    """No other process can see it."""
    assert open_lease(make_url(url)) is None


def test_a_database_without_a_driver_is_an_input_error() -> None:
    """The message says which package is missing."""
    with pytest.raises(InputError, match="mysql"):
        open_lease(make_url("mysql://host/triage"))
