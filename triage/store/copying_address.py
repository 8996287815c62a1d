"""What people write for a database, as the URL the engine wants; and whether two of them are the same one."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from triage.errors import InputError
from triage.store.urls import QUOTING

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
_PORT = 5432
_EXPECTED = "Expected a file such as triage.db, sqlite:///PATH or postgresql://USER@HOST/NAME."


def read_address(text: str) -> URL:
    """Read a file's path or a URL with or without its driver; raises `InputError` for what is neither."""
    if "://" not in text:
        return _name_file(text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # what they repeat of it may be a piece of a password
        raise InputError(f"This is no URL of a database. {_EXPECTED} {QUOTING}") from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise InputError(f"{url.render_as_string()} is a database of another kind. {_EXPECTED}")
    if driver == _DRIVERS["sqlite"]:
        return _name_file(url.database or "")
    if "@" in f"{url.host} {url.database}":  # what is taken for these is the rest of a password
        raise InputError(f"This is no URL of a database. {_EXPECTED} {QUOTING}")
    if not url.database:
        raise InputError(f"{url.render_as_string()} names a server and no database on it. {_EXPECTED}")
    return url.set(drivername=driver)


def find_file(url: URL) -> Path | None:
    """The file of an SQLite database, None for a server's."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def is_same(one: URL, other: URL) -> bool:
    """Whether two addresses lead to one database, as far as addresses tell: who signs in makes no difference."""
    return _name_place(one) == _name_place(other)


def _name_place(url: URL) -> tuple[str, str | None, int, str | None, object]:
    return url.get_backend_name(), url.host, url.port or _PORT, url.database, url.query


def _name_file(text: str) -> URL:
    if text in {"", ":memory:"} or text.startswith("file:"):
        raise InputError(f"{text or 'An empty name'} is no file that can be kept. {_EXPECTED}")
    return URL.create(_DRIVERS["sqlite"], database=str(Path(text).expanduser().resolve()))
