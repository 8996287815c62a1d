import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from triage.store.base import Base
from triage.store.engine import Database
from triage.store.mail_models import DeliveryRow, MailingRow, MailKeyRow
from triage.store.models import TagRow, VoteRow
from triage.store.ownership import OWNED, Owned, of_reader, visible_tags
from triage.store.reader_models import CredentialRow, NoteRow, SubscriptionRow

_NOW = datetime(2026, 4, 20, tzinfo=UTC)
A, B = "2604.00001", "2604.00002"


def make_rows(reader: str) -> list[Base]:
    """One of each kind."""
    return [
        VoteRow(reader=reader, topic="t", arxiv_id=A, value=1, origin="test", created_at=_NOW),
        TagRow(reader=reader, name="x", arxiv_id=A, created_at=_NOW, is_shared=False),
        NoteRow(reader=reader, arxiv_id=A, text="Of mine.", updated_at=_NOW),
        SubscriptionRow(reader=reader, topic="t", created_at=_NOW),
        CredentialRow(
            kind="session", public=f"public-{reader}", digest="0", reader=reader, label="", scopes=[], created_at=_NOW
        ),
        MailingRow(
            reader=reader, email="a@b.c", weekday=0, hour=7, zone="UTC", language="en", created_at=_NOW, changed_at=_NOW
        ),
        MailKeyRow(digest=f"digest-{reader}", kind="digest", reader=reader, email="a@b.c", created_at=_NOW),
        DeliveryRow(
            reader=reader,
            week="2026-W16",
            email="a@b.c",
            topics=["t"],
            message_id=f"<{reader}@b.c>",
            digest="",
            state="pending",
            detail="",
            attempts=0,
            queued_at=_NOW,
            not_before=_NOW,
            deadline=_NOW,
        ),
    ]


async def count(database: Database, model: Owned, reader: str) -> int:
    """How many rows of the table are the reader's."""
    async with database.read() as session:
        query = select(func.count()).select_from(model).where(of_reader(model, reader))
        return await session.scalar(query) or 0


@pytest.fixture
async def lab(database: Database) -> Database:
    """Two readers with one row in each table."""
    async with database.write() as session:
        session.add_all([*make_rows("ada"), *make_rows("bob")])
    return database


@pytest.mark.parametrize("model", OWNED)
async def test_each_reader_has_their_own_rows(lab: Database, model: Owned) -> None:
    """Nobody else's count, not even those of a reader whose name begins alike."""
    assert [await count(lab, model, reader) for reader in ("ada", "bob", "ad", "ada%", "")] == [1, 1, 0, 0, 0]


def test_every_table_with_an_owner_is_filtered_here() -> None:
    """A new table with a column `reader` has to be named in `OWNED`."""
    owned = {mapper.class_ for mapper in Base.registry.mappers if "reader" in mapper.columns}

    assert owned == set(OWNED)


async def test_a_reader_sees_own_tags_and_shared_ones(lab: Database) -> None:
    """A personal tag of another stays hidden, also where the reader has one of that name; a stranger sees none."""
    async with lab.write() as session:
        session.add(TagRow(reader="bob", name="y", arxiv_id=B, created_at=_NOW, is_shared=True))
    seen = {}
    for reader in ("ada", "bob", "nobody", ""):
        async with lab.read() as session:
            rows = await session.scalars(select(TagRow).where(visible_tags(reader)))
            seen[reader] = {(row.reader, row.name) for row in rows}

    assert seen == {
        "ada": {("ada", "x"), ("bob", "y")},
        "bob": {("bob", "x"), ("bob", "y")},
        "nobody": {("bob", "y")},
        "": set(),
    }


def find_owner_filters(source: str) -> Iterator[int]:
    """Lines that compare the owner of rows: by operator, by method, or by keyword; finding who owns a row is none."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare(left, _, others):
                compared = [left, *others]
                is_lookup = any(ast.unparse(each) == "ReaderRow.name" for each in compared)
            case ast.Call(ast.Attribute(value, method), _, keywords):
                compared = [value]
                is_lookup = False
                if method == "filter_by" and any(keyword.arg == "reader" for keyword in keywords):
                    yield node.lineno
            case _:
                continue
        if any(_is_owner(each) for each in compared) and not is_lookup:
            yield node.lineno


def _is_owner(node: ast.expr) -> bool:
    """Whether this is `SomeRow.reader` or `table.c.reader`."""
    match node:
        case ast.Attribute(ast.Name(name), "reader"):
            return name.endswith("Row")
        case ast.Attribute(ast.Attribute(_, "c"), "reader"):
            return True
    return False


@pytest.mark.parametrize(
    "source",
    [
        "select(VoteRow).where(VoteRow.reader == reader)",
        "select(VoteRow).where(reader != VoteRow.reader)",
        "select(VoteRow).where(VoteRow.reader.in_([reader]))",
        "select(VoteRow).filter_by(reader=reader)",
        "select(table).where(table.c.reader == reader)",
    ],
)
def test_a_filter_elsewhere_would_be_found(source: str) -> None:
    """The search below knows each way to write one."""
    assert list(find_owner_filters(source)) == [1]


def test_owners_are_compared_in_one_place(root: Path) -> None:
    """No query outside `ownership` picks rows by whose they are; joining the account of a row's owner picks none."""
    found = [
        f"{path.name}:{line}"
        for path in sorted((root / "triage" / "store").rglob("*.py"))
        if path.name != "ownership.py"
        for line in find_owner_filters(path.read_text(encoding="utf-8"))
    ]

    assert found == [], "Filter by owner with triage.store.ownership.of_reader, so that no query forgets it."
