"""The days on which arXiv takes no batch, as data: one line per year, as arXiv publishes them.

https://info.arxiv.org/help/availability.html. A submission of such a day joins the next batch, so the listing that
would have followed is empty or nearly so: 2026-06-22 and 2026-07-06 had five and three papers.
"""

from collections.abc import Mapping
from datetime import date

DEFERRED: Mapping[int, tuple[str, ...]] = {
    2026: ("01-01", "01-19", "06-19", "07-03", "09-07", "11-26", "12-25", "12-29", "12-31"),
}

DEFERRED_DAYS = frozenset(date.fromisoformat(f"{year}-{day}") for year, days in DEFERRED.items() for day in days)


def is_year_known(year: int) -> bool:
    """Whether arXiv's deferred days of that year are in the table: where not, an empty day may be a holiday."""
    return year in DEFERRED
