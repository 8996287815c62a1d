import pytest

from triage.errors import InputError
from triage.reading.ledger import reckon_ledger, to_record
from triage.reading.library import Library


async def test_the_ledger_ends_with_the_week_asked_for(listed_library: Library) -> None:
    """As many weeks as wanted, the last one that was named, with its papers."""
    ledgers = await reckon_ledger(listed_library, "2026-W20", 3)
    assert [ledger.week for ledger in ledgers] == ["2026-W18", "2026-W19", "2026-W20"]
    record = to_record(ledgers)
    assert (record["week"], record["papers"]) == ("2026-W20", 85)
    assert [week["papers"] for week in record["calendar"]] == [0, 0, 85]


async def test_the_ledger_ends_with_the_newest_listing(listed_library: Library) -> None:
    """Without a week named, the last one is that of the listing that is out: on this Monday morning, the new week."""
    (ledger,) = await reckon_ledger(listed_library, None, 1)
    assert ledger.week == "2026-W21"


@pytest.mark.parametrize(("week", "weeks"), [("2026-W30", 1), ("2026-W99", 1), (None, 0), (None, 521)])
async def test_what_cannot_be_accounted_for_is_refused(week: str | None, weeks: int, listed_library: Library) -> None:
    """A week of the future, no week at all, and too few or too many weeks."""
    with pytest.raises(InputError):
        await reckon_ledger(listed_library, week, weeks)
