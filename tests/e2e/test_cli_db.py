import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from fakes.cli_case import SAMPLE_WEEK, Home
from fakes.postgres_case import PostgresCase, to_psycopg

from triage.store.schema import HEAD


def list_both(home: Home, **environment: str) -> str:
    """Both shortlists of the sample's week, as programs read them."""
    topics = ("generative-recommendation", "agent-evaluation")
    return "".join(
        home.do("shortlist", "--week", SAMPLE_WEEK, "--topic", topic, "--json", **environment).out for topic in topics
    )


def test_a_grown_installation_moves_to_postgres_and_back(
    sample_home: Home, tmp_path: Path, postgres_case: PostgresCase
) -> None:
    """With plain addresses; the shortlists are the same, byte by byte, in all three."""
    before = list_both(sample_home)
    server = postgres_case.make_database("moved", is_migrated=False)
    there = sample_home.do("db", "copy", "--from", sample_home.path / "triage.db", "--to", to_psycopg(server))
    assert "hash, source" in there.out
    assert f"export TRIAGE_DATABASE_URL='{server.replace('postgres:@', 'postgres:***@')}'" in there.out
    assert "TRIAGE_HOME stays" in there.out
    back = sample_home.do("db", "copy", "--from", to_psycopg(server), "--to", tmp_path / "back.db", "--json").json
    tables = {each["table"]: each for each in back["tables"]}
    assert (tables["papers"]["source_rows"], tables["papers"]["target_rows"]) == (85, 85)
    assert all(each["source_digest"] == each["target_digest"] for each in tables.values())
    assert list_both(sample_home, database_url=server) == before
    assert list_both(sample_home, database_url=f"sqlite+aiosqlite:///{tmp_path / 'back.db'}") == before


def test_status_of_a_file_and_of_a_server(sample_home: Home, postgres_case: PostgresCase) -> None:
    """Rows, schema, size and the newest paper; a server says its version, and tells no password."""
    record = sample_home.do("db", "status", "--json").json
    assert (record["revision"], record["newest_revision"], record["server"]) == (HEAD, HEAD, None)
    assert (record["rows"]["papers"], record["rows"]["votes"], record["others"]) == (85, 0, [])
    assert record["size"] > 100_000
    told = sample_home.do("db", "status", COLUMNS="40").out
    assert f"newest paper {record['newest']}" in told
    assert told.splitlines()[0] == record["database"]  # whole, however narrow the terminal: to be copied
    server = sample_home.do("db", "status", database_url=postgres_case.url).out
    assert "It has no schema yet" in server
    assert "PostgreSQL 1" in server


def test_status_makes_no_database(home: Home) -> None:
    """A file that is missing is named, and is missing afterwards."""
    (home.path / "triage.db").unlink()
    result = home.run("db", "status")
    assert (result.code, result.out) == (2, "")
    assert f"There is no database {home.path / 'triage.db'}" in result.err
    assert not (home.path / "triage.db").exists()


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("no.db", "new.db", "There is no database"),
        ("triage.db", "./triage.db", "would be copied onto itself"),
        ("triage.db", "no/new.db", "There is no folder"),
        ("triage.db", "mysql://h/x", "a database of another kind"),
    ],
)
def test_what_cannot_be_copied_is_refused(
    home: Home, monkeypatch: pytest.MonkeyPatch, source: str, target: str, reason: str
) -> None:
    """With exit code 2, and no file is made."""
    monkeypatch.chdir(home.path)
    files = sorted(home.path.iterdir())
    assert reason in home.refuse("db", "copy", "--from", source, "--to", target)
    assert [each for each in sorted(home.path.iterdir()) if each.suffix == ".db"] == files


def test_a_target_with_rows_is_refused(sample_home: Home, home: Home, tmp_path: Path) -> None:
    """A second copy to the same place would mix two installations."""
    copy = ("db", "copy", "--from", sample_home.path / "triage.db", "--to", tmp_path / "new.db")
    home.do(*copy)
    assert "new.db is not empty: its table" in home.refuse(*copy)


def test_a_backup_is_the_whole_database(sample_home: Home, tmp_path: Path) -> None:
    """Put in the place of the database, it answers the same; a second one of the name is refused."""
    before, rows = list_both(sample_home), sample_home.dump()
    path = tmp_path / "kept.db"
    assert "SQLite finds no damage" in sample_home.do("db", "backup", path).out
    assert f"{path} exists and is left alone" in sample_home.refuse("db", "backup", path)
    for name in ("triage.db", "triage.db-wal", "triage.db-shm"):
        (sample_home.path / name).unlink(missing_ok=True)
    path.rename(sample_home.path / "triage.db")
    assert sample_home.dump() == rows
    assert list_both(sample_home) == before


def test_a_damaged_database_gives_no_backup(sample_home: Home, tmp_path: Path) -> None:
    """Pages full of rubbish end in a sentence, and no file is left that looks like a backup."""
    path = sample_home.path / "triage.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = b"\x5a" * (len(data) - len(data) // 2)
    path.write_bytes(data)
    result = sample_home.run("db", "backup", tmp_path / "kept.db")
    assert result.code == 1
    assert "malformed" in result.err
    assert not list(tmp_path.glob("*kept*"))


def test_a_backup_of_postgres_is_its_own_tools_work(home: Home, tmp_path: Path, postgres_case: PostgresCase) -> None:
    """The message names the tool."""
    result = home.run("db", "backup", tmp_path / "kept.db", database_url=postgres_case.url)
    assert (result.code, "pg_dump" in result.err) == (2, True)


def test_a_backup_to_nowhere_is_refused(home: Home, tmp_path: Path) -> None:
    """A folder that is missing is named."""
    assert "cannot be written" in home.refuse("db", "backup", tmp_path / "no" / "kept.db")
