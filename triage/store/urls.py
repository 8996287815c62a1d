"""URLs of databases as people write them, and as each driver wants them."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from triage.errors import InputError

_SQLITE, _POSTGRES = "sqlite+aiosqlite", "postgresql+asyncpg"
_ASYNCIO = {
    **dict.fromkeys(("sqlite", "sqlite+pysqlite", _SQLITE), _SQLITE),
    **dict.fromkeys(("postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2", _POSTGRES), _POSTGRES),
}
_PLAIN = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_OF_SERVERS = frozenset({"host", "port", "prepared_statement_cache_size", "ssl", "sslmode"})
_EXPECTED = "Expected sqlite+aiosqlite:///PATH or postgresql+asyncpg://USER@HOST/NAME."
QUOTING = "In a password, write @ as %40, : as %3A, / as %2F, # as %23 and % as %25."
_NO_URL = f"TRIAGE_DATABASE_URL is no URL of a database. {_EXPECTED} {QUOTING}"


def read_url(text: str) -> URL:
    """The URL with the driver that Triage uses, whichever it names; `ssl` becomes libpq's `sslmode`.

    Raises `InputError` for one that names no database of a known kind; nothing of it is repeated, as it may hold a
    password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise InputError(_NO_URL) from None
    driver = _ASYNCIO.get(url.drivername)
    if driver is None:
        raise InputError(f"TRIAGE_DATABASE_URL names a database that Triage does not know. {_EXPECTED}")
    url = url.set(drivername=driver)
    if url.get_backend_name() == "sqlite":
        return url
    if "@" in f"{url.host} {url.database}":  # what is taken for these is the rest of a password
        raise InputError(_NO_URL)
    if unknown := sorted(set(url.query) - _OF_SERVERS):
        raise InputError(
            f"TRIAGE_DATABASE_URL has parameters that Triage does not know: {', '.join(unknown)}. "
            "Expected only sslmode (such as sslmode=require), host, port or prepared_statement_cache_size."
        )
    return _rename(url, "ssl", "sslmode")


def to_asyncio(url: URL) -> URL:
    """As SQLAlchemy's asyncio drivers take it."""
    return _rename(url, "sslmode", "ssl")


def to_plain(url: URL) -> URL:
    """For the drivers without asyncio: the standard library's, and psycopg. Raises `KeyError` for another database."""
    plain = url.set(drivername=_PLAIN[url.get_backend_name()])
    return _rename(plain, "ssl", "sslmode").difference_update_query(["prepared_statement_cache_size"])


def _rename(url: URL, old: str, new: str) -> URL:
    if old not in url.query:
        return url
    return url.set(query={(new if name == old else name): value for name, value in url.query.items()})
