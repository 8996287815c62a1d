"""A disk that is full, for this process alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def fill_disk(room: int) -> Iterator[None]:
    """No file grows larger than so many bytes."""
    resource = pytest.importorskip("resource", reason="needs limits of a process, as POSIX has them")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
