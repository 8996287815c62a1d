import pytest
from sqlalchemy import make_url

from triage.errors import InputError
from triage.store.engine import Database
from triage.store.urls import read_url, to_asyncio, to_plain


@pytest.mark.parametrize(
    "text",
    [
        "postgres://ada:pw@host/triage?sslmode=require",
        "postgresql://ada:pw@host/triage?sslmode=require",
        "postgresql+psycopg2://ada:pw@host/triage?ssl=require",
        "postgresql+asyncpg://ada:pw@host/triage?sslmode=require",
    ],
)
def test_whatever_a_server_is_called_it_is_the_same(text: str) -> None:
    """Each driver gets the parameters under the names that it knows."""
    url = read_url(text)
    assert to_asyncio(url) == make_url("postgresql+asyncpg://ada:pw@host/triage?ssl=require")
    assert to_plain(url) == make_url("postgresql+psycopg://ada:pw@host/triage?sslmode=require")


def test_a_socket_and_a_pooler_may_be_named() -> None:
    """The size of a cache is nothing to the driver that has none."""
    url = read_url("postgresql:///triage?host=/run&prepared_statement_cache_size=0")
    assert dict(to_asyncio(url).query) == {"host": "/run", "prepared_statement_cache_size": "0"}
    assert dict(to_plain(url).query) == {"host": "/run"}


def test_a_file_is_a_file() -> None:
    """With the driver that Triage uses."""
    assert str(read_url("sqlite:////data/triage.db")) == "sqlite+aiosqlite:////data/triage.db"


@pytest.mark.parametrize(
    "text",
    [
        "secret",
        "mysql://ada:secret@host/triage",
        "sqlite+secret:///triage.db",
        "postgresql://ada:secret@host:secret/triage",
        "postgresql://ada:sec@ret/x@host/triage",
        "postgresql://ada:secret@host/triage?connect_timeout=3",
    ],
)
def test_what_is_no_database_is_refused_without_its_password(text: str) -> None:
    """The sentence says what to write."""
    with pytest.raises(InputError, match=r"TRIAGE_DATABASE_URL .* Expected ") as caught:
        Database(text)
    assert not {"secret", "ret/x"} & {word for word in ("secret", "ret/x") if word in str(caught.value)}
