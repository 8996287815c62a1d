import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from fakes.cli_case import SAMPLE_WEEK, Home
from fakes.postgres_case import PostgresCase
from sqlalchemy import URL

from triage.pipeline.doctor import Check, sum_up
from triage.pipeline.doctor_database import check_database
from triage.store.engine import Database


def examine(home: Home, code: int, **environment: str) -> dict[str, tuple[str, str]]:
    """Status and message by name of check, after making sure that doctor left the data folder as it was."""
    before = list_files(home.path)
    result = home.run("doctor", "--json", **environment)
    assert list_files(home.path) == before
    assert result.code == code, result.out
    checks = result.json["checks"]
    assert result.json["status"] == sum_up([Check(**check) for check in checks])
    return {check["name"]: (check["status"], check["message"]) for check in checks}


def list_files(folder: Path) -> dict[str, str]:
    """Digest by path of every file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def list_failed(checks: dict[str, tuple[str, str]]) -> list[str]:
    """Names of the failed ones."""
    return [name for name, (status, _) in checks.items() if status == "failed"]


def test_a_fresh_installation_is_well(home: Home) -> None:
    """Nothing is there yet, nothing is made, and it says which commands will make it."""
    (home.path / "triage.db").unlink()
    home.path.rmdir()
    checks = examine(home, 0, contact="me@example.org")
    assert {status for status, _ in checks.values()} == {"ok"}
    assert "does not exist yet: fine" in checks["folder"][1]
    assert "triage import or harvest makes it" in checks["database"][1]
    assert not home.path.exists()


def test_a_healthy_installation_is_well(sample_home: Home) -> None:
    """Every check is ok, and the contents are counted."""
    sample_home.do("vote", "2605.90001", "--topic", "agent-evaluation", "--irrelevant")
    checks = examine(sample_home, 0, contact="me@example.org")
    assert {status for status, _ in checks.values()} == {"ok"}
    assert checks["contents"][1] == "papers 85, weeks 1, votes 1, tags 0, quarantined lines 0."
    assert {"python", "triage", "clock", "space", "integrity", "references", "schema", "rubric"} <= set(checks)


def test_the_default_embedder_is_tried(home: Home) -> None:
    """The weights are opened and checked, and a sentence is embedded."""
    status, message = examine(home, 0, embedder="minilm")["embedder"]
    assert status == "ok"
    assert message.startswith("all-MiniLM-L6-v2/int8w-")


def test_people_get_a_table(home: Home) -> None:
    """A table with every check, then how many are not well; a warning ends with 0."""
    result = home.run("doctor")
    assert result.code == 0
    assert "TRIAGE_CONTACT is not set" in " ".join(result.out.split())
    assert result.out.endswith("1 to be aware of.\n")
    assert home.run("doctor", contact="me@example.org").out.endswith("All is well.\n")


def test_a_failure_in_the_table_ends_with_1(home: Home) -> None:
    """The last line counts what failed."""
    (home.path / "rubric.yaml").write_text("topics: 3")
    result = home.run("doctor")
    assert result.code == 1
    assert result.out.endswith("1 failed, 1 to be aware of.\n")


def test_a_file_that_is_no_database(home: Home) -> None:
    """It is named, with what to do; the checks beside it are still made."""
    (home.path / "triage.db").write_bytes(b"no database at all" * 1_000)
    checks = examine(home, 1)
    assert list_failed(checks) == ["database"]
    assert "file is not a database" in checks["database"][1]
    assert "Put a backup in its place" in checks["database"][1]
    assert checks["embedder"][0] == checks["rubric"][0] == "ok"


def test_a_damaged_page(sample_home: Home) -> None:
    """Damage in the middle of the file is found by SQLite's own check and told in one line."""
    path = sample_home.path / "triage.db"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096 * 4] = b"\xff" * (4096 * 4)
    path.write_bytes(data)
    checks = examine(sample_home, 1)
    assert "integrity" in list_failed(checks)
    assert "is damaged" in checks["integrity"][1]
    assert "\n" not in checks["integrity"][1]


def test_rows_that_point_nowhere(sample_home: Home) -> None:
    """A paper deleted by another program leaves its history behind, which is found."""
    sample_home.execute("DELETE FROM papers WHERE arxiv_id = '2605.90001'")
    checks = examine(sample_home, 1)
    assert list_failed(checks) == ["references"]
    assert "Rows of paper_versions point" in checks["references"][1]


def test_a_newer_database(home: Home) -> None:
    """It is a failure, said plainly, and nothing inside is counted."""
    home.execute("UPDATE alembic_version SET version_num = '9999'")
    checks = examine(home, 1)
    assert list_failed(checks) == ["schema"]
    assert "schema 9999, newer than this program knows" in checks["schema"][1]
    assert "contents" not in checks


def test_a_database_without_a_schema_yet(home: Home) -> None:
    """One that was made and not filled is fine; one with tables of another program is not."""
    path = home.path / "triage.db"
    path.write_bytes(b"")
    assert examine(home, 0)["schema"][0] == "ok"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE letters (id)")
    checks = examine(home, 1)
    assert list_failed(checks) == ["schema"]
    assert "no Triage schema" in checks["schema"][1]


def test_an_interrupted_upgrade(home: Home) -> None:
    """Without a revision in it the next command begins at the first; that is a warning."""
    home.execute("DELETE FROM alembic_version")
    status, message = examine(home, 0)["schema"]
    assert (status, "the next command brings it to" in message) == ("warning", True)


def test_a_database_in_use(sample_home: Home) -> None:
    """What a running command has committed and not yet moved from its log is counted too."""
    with closing(sqlite3.connect(sample_home.path / "triage.db")) as connection:
        connection.execute(
            "INSERT INTO tags (reader, name, arxiv_id, created_at) VALUES ('me', 'a', '1', '2026-01-01')"
        )
        connection.commit()
        assert (sample_home.path / "triage.db-wal").stat().st_size
        result = sample_home.run("doctor", "--json")
    contents = next(check for check in result.json["checks"] if check["name"] == "contents")
    assert "tags 1" in contents["message"]


def test_quarantined_lines_are_a_warning(home: Home) -> None:
    """Lines that could not be read are counted and pointed at."""
    home.execute(
        "INSERT INTO quarantine (origin, line, reason, raw, created_at) VALUES ('a', 1, 'b', 'c', '2026-01-01')"
    )
    status, message = examine(home, 0)["contents"]
    assert status == "warning"
    assert "quarantined lines 1. Importing a file again" in message


def test_a_broken_rubric(home: Home) -> None:
    """The mistake is told as `triage rubric check` tells it, and the rest is still checked."""
    rubric = home.path / "my.yaml"
    rubric.write_text("version: 1\ntopic: []\n")
    checks = examine(home, 1, rubric=str(rubric))
    assert list_failed(checks) == ["rubric"]
    assert "my.yaml" in checks["rubric"][1]


def test_a_file_in_the_place_of_the_data_folder(home: Home, tmp_path: Path) -> None:
    """The folder cannot be written, which says what to set; the file stays."""
    path = tmp_path / "file"
    path.write_text("mine")
    home.environment["TRIAGE_HOME"] = str(path / "below")
    checks = examine(home, 1)
    assert "folder" in list_failed(checks)
    assert "set TRIAGE_HOME to a folder that can be written" in checks["folder"][1]
    assert path.read_text() == "mine"


def test_a_folder_in_the_place_of_the_database(home: Home) -> None:
    """SQLite cannot open it, and the failure names it."""
    (home.path / "triage.db").unlink()
    (home.path / "triage.db").mkdir()
    checks = examine(home, 1)
    assert list_failed(checks) == ["database"]
    assert str(home.path / "triage.db") in checks["database"][1]


def test_a_wrong_environment(home: Home) -> None:
    """The variable is named, and what needs no settings is checked all the same."""
    checks = examine(home, 1, threads="-1")
    assert list_failed(checks) == ["settings"]
    assert "TRIAGE_THREADS" in checks["settings"][1]
    assert "python" in checks


@pytest.mark.parametrize("url", ["nonsense", "oracle://a:secret@host/b", "sqlite+nothing:///a.db"])
def test_a_database_that_cannot_be_spoken_to(home: Home, url: str) -> None:
    """A URL nobody understands, or whose driver is missing, is a failure that keeps its password to itself."""
    checks = examine(home, 1, database_url=url)
    assert list_failed(checks) == ["database"]
    assert "TRIAGE_DATABASE_URL" in checks["database"][1]
    assert "secret" not in checks["database"][1]


async def test_a_server_is_asked_the_same(postgres: Database, postgres_case: PostgresCase) -> None:
    """Schema and contents are read through the driver; a new database is fine, one that is not there is a failure."""
    checks = {check.name: check for check in await check_database(write_url(postgres.url))}
    assert {check.status for check in checks.values()} == {"ok"}
    assert "papers 0" in checks["contents"].message
    found = await check_database(postgres_case.make_database("new", is_migrated=False))
    postgres_case.drop_database("new")
    assert [(check.name, check.status) for check in found] == [("database", "ok"), ("schema", "ok")]
    (missing,) = await check_database(write_url(postgres.url.set(database="none", password="secret")))  # noqa: S106 - none
    assert missing.status == "failed"
    assert 'database "none" does not exist: check TRIAGE_DATABASE_URL' in missing.message
    assert "secret" not in missing.message


def write_url(url: URL) -> str:
    """With its password."""
    return url.render_as_string(hide_password=False)


async def test_a_database_in_memory_is_a_warning() -> None:
    """Nothing is kept in it from one command to the next."""
    assert [check.status for check in await check_database("sqlite+aiosqlite://")] == ["warning"]


def test_a_database_that_is_older_than_the_mail_log(sample_home: Home) -> None:
    """Nothing can be sent then: it says so before the first reader misses a digest, and how to go on."""
    assert examine(sample_home, 0)["outbox"] == ("ok", "Digests that wait to be sent: 0.")
    entry = {"number": 2, "reader": "me", "week": SAMPLE_WEEK, "message_id": "<a@b>", "at": "2026-05-18T05:00:00Z"}
    (sample_home.path / "mail.log").write_text(f"{json.dumps(entry)}\n")
    status, message = examine(sample_home, 1)["outbox"]
    assert status == "failed"
    assert "knows of 0 attempts to send mail, the mail log of 2" in message
    sample_home.do("deliver", "--confirm-restored")
    status, message = examine(sample_home, 0)["outbox"]
    assert (status, "may have arrived, or not: 1" in message) == ("warning", True)


def test_a_mail_log_that_cannot_be_read(sample_home: Home) -> None:
    """No mail could be sent with it, so it is named."""
    (sample_home.path / "mail.log").mkdir()
    status, message = examine(sample_home, 1)["outbox"]
    assert status == "failed"
    assert f"{sample_home.path / 'mail.log'} cannot be read" in message
