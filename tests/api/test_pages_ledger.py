"""The ledger as a page."""

import contextlib
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import html5lib
import pytest
from fakes.judging_case import NOW
from fakes.lab_case import ADDRESS, Lab
from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from api.pages.ledger import group_lines
from triage.config import Settings
from triage.core.ledger import State
from triage.pipeline.ledger import LedgerLine


def read_cells(text: str) -> dict[str, list[str]]:
    """The calendar: week to the words of its cells."""
    page = html5lib.parse(text, namespaceHTMLElements=False)
    table = next(each for each in page.iter("table") if each.get("class") == "calendar")
    body = next(table.iter("tbody"))
    return {
        " ".join("".join(row[0].itertext()).split()): [" ".join("".join(cell.itertext()).split()) for cell in row[1:]]
        for row in body
    }


def write_line(category: str, reason: str) -> LedgerLine:
    """A line of a day with an alarm."""
    return LedgerLine(
        category=category,
        day=date(2026, 5, 12),
        state=State.INCOMPLETE,
        reason=reason,
        expected=10,
        witness="feed",
        missing=1,
        harvested=9,
        embedded=9,
        scored=9,
        judged=0,
        not_judged=9,
        shortlisted=0,
    )


def test_the_calendar_tells_states_by_sign_and_word(client: TestClient[Litestar]) -> None:
    """The sample's week has papers on each day; weeks before it have none."""
    cells = read_cells(client.get("/ledger?week=2026-W20").text)
    assert len(cells["2026-W20"]) == 6
    assert all(cell.split()[0].isdigit() and len(cell.split()) == 3 for cell in cells["2026-W20"][:5])
    assert cells["2026-W20"][5] == str(sum(int(cell.split()[0]) for cell in cells["2026-W20"][:5]))
    assert cells["2026-W19"] == ["no papers", "0"]


def test_the_week_is_told_by_day_and_category(client: TestClient[Litestar]) -> None:
    """Each listing day has a group of rows, one per followed category, and the end counts each paper once."""
    page = html5lib.parse(client.get("/ledger?week=2026-W20").text, namespaceHTMLElements=False)
    table = next(each for each in page.iter("table") if each.get("class") == "lines")
    assert len(list(table.iter("tbody"))) == 5
    foot = ["".join(cell.itertext()) for cell in next(table.iter("tfoot")).iter("td")]
    assert foot[2:5] == [foot[2]] * 3


def test_an_older_week_has_a_calendar_of_its_own(client: TestClient[Litestar]) -> None:
    """It ends with that week, and leads back to the newest."""
    answer = client.get("/ledger?week=2025-W10")
    assert next(iter(read_cells(answer.text))) == "2025-W10"
    assert "Nothing of this week is in the store yet" in answer.text
    assert 'href="/ledger"' in answer.text


def test_the_newest_week_with_papers_is_shown_first(client: TestClient[Litestar]) -> None:
    """Not an empty one that has just begun."""
    assert '<h2 id="week-title">Week 2026-W20</h2>' in client.get("/ledger").text


@pytest.mark.parametrize("week", ["2030-W01", "2026-W54", "x", "2026-W20-and-more"])
def test_a_week_that_is_none_is_refused(client: TestClient[Litestar], week: str) -> None:
    """With a sentence."""
    assert client.get("/ledger", params={"week": week}).status_code == 400


def test_alarms_name_their_categories_together() -> None:
    """One alarm per day and reason, however many categories it holds for."""
    alarms = group_lines([write_line("cs.IR", "a"), write_line("cs.CL", "b"), write_line("cs.LG", "a")])
    assert [alarm.categories for alarm in alarms] == [("cs.IR", "cs.LG"), ("cs.CL",)]


def test_readers_of_a_lab_see_it(lab: Lab) -> None:
    """Any reader may."""
    assert lab.client.get("/ledger", headers=lab.headers["bob"]).status_code == 200


def test_a_ledger_is_kept_for_a_moment(client: TestClient[Litestar], home: Path) -> None:
    """Pages and programs share it, until a reader changes something."""

    def read() -> int:
        papers: int = client.get("/api/v1/ledger?week=2026-W20&weeks=8").json()["papers"]
        return papers

    assert read() == 85
    with contextlib.closing(sqlite3.connect(home / "triage.db")) as store:
        store.execute("UPDATE papers SET announced = NULL WHERE arxiv_id = '2605.90001'")
        store.commit()
    assert read() == 85
    client.app.state.refresher.follow()
    assert read() == 84


def test_programs_read_a_year_at_most(client: TestClient[Litestar]) -> None:
    """More would keep a core busy for seconds."""
    assert len(client.get("/api/v1/ledger?weeks=52").json()["calendar"]) == 52
    assert client.get("/api/v1/ledger?weeks=53").status_code == 400


def test_an_old_store_is_shown_where_it_holds_something(home: Path) -> None:
    """Months after the last harvest, as with the made-up week, the calendar ends with the newest week of the store."""
    later = Settings(home=home, embedder="hashing", now=NOW + timedelta(weeks=30))
    with TestClient(create_app(later), base_url=ADDRESS) as client:
        page = client.get("/ledger").text
    assert "2026-W20" in page
    assert "85" in page
