"""What reading works with; each part is opened at first use, since models and indexes take time to load."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from triage.core.rubric import Rubric
from triage.ports import Embedder
from triage.reading.finder import Finder
from triage.store.engine import Database


class Library(msgspec.Struct, frozen=True):
    """The database, the rubric in force, and what finds papers by meaning.

    `open_index` hands out what finds the papers that have vectors of `embedder_name` now.
    """

    database: Database
    rubric: Rubric
    embedder_name: str
    open_embedder: Callable[[], Embedder]
    open_index: Callable[[], Awaitable[Finder]]
    clock: Callable[[], datetime]
