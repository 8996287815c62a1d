from pathlib import Path

import pytest

from triage.errors import InputError
from triage.store.copying_address import find_file, is_same, read_address


@pytest.mark.parametrize("text", ["{0}/a.db", "sqlite:///{0}/a.db", "sqlite+aiosqlite:///{0}/a.db", "{0}/b/../a.db"])
def test_a_file_is_found_however_it_is_written(text: str, tmp_path: Path) -> None:
    """A path, or a URL with or without its driver."""
    url = read_address(text.format(tmp_path))
    assert (url.drivername, find_file(url)) == ("sqlite+aiosqlite", tmp_path / "a.db")


def test_paths_are_those_of_the_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative to where one stands, and `~` is the user's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = tmp_path / "a.db"
    assert [find_file(read_address(text)) for text in ("a.db", "sqlite:///a.db", "~/a.db")] == [expected] * 3


@pytest.mark.parametrize("driver", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg"])
def test_a_server_is_found_however_it_is_written(driver: str) -> None:
    """Whatever driver stands there, ours is used; the password is kept."""
    url = read_address(f"{driver}://ada:s%2Fcret@db.example.org:5433/triage")
    rendered = url.render_as_string(hide_password=False)
    assert rendered == "postgresql+asyncpg://ada:s%2Fcret@db.example.org:5433/triage"
    assert find_file(url) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mysql://ada:secret@h/triage", "mysql://ada:***@h/triage is a database of another kind"),
        ("postgresql://ada:secret@h", "names a server and no database on it"),
        ("postgresql://ada:secret@h:port/x", "no URL of a database"),
        ("postgresql://ada:secret/x", "no URL of a database"),
        ("postgresql://ada:to@secret@h/x", "write @ as %40"),
        ("://", "no URL of a database"),
        ("sqlite://", "no file that can be kept"),
        ("sqlite:///:memory:", ":memory: is no file that can be kept"),
        ("", "no file that can be kept"),
    ],
)
def test_anything_else_is_refused(text: str, reason: str) -> None:
    """The error says what was expected, and tells no password."""
    with pytest.raises(InputError) as caught:
        read_address(text)
    assert reason in str(caught.value)
    assert "Expected a file such as triage.db" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_same_database_is_known_under_another_user() -> None:
    """Who signs in makes no difference; another name, host or port does."""
    one = read_address("postgresql://ada:secret@h/x")
    assert is_same(one, read_address("postgres://bob@h:5432/x"))
    assert not any(is_same(one, read_address(f"postgresql://ada:secret@{place}")) for place in ("h/y", "i/x", "h:1/x"))
