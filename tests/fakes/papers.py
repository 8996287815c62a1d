"""Made-up papers, evenly spread over time."""

from datetime import UTC, datetime, timedelta

from triage.core.paper import Paper

MONDAY = datetime(2026, 4, 13, tzinfo=UTC)
_CATEGORIES = (("cs.IR",), ("cs.CL", "cs.AI"), ("cs.LG", "stat.ML"), ("cs.AI", "cs.IR"))


def make_papers(count: int, *, first: datetime = MONDAY, apart: timedelta = timedelta(hours=1)) -> list[Paper]:
    """Papers 2604.00001 and on, as the query API would give them, oldest first."""
    return [
        Paper(
            arxiv_id=f"2604.{number:05d}",
            version=1 + number % 3,
            title=f"On <item> {number} & its $\\alpha$-neighbours",
            abstract=f"We study item {number}. It works in {number % 10} of 10 cases.",
            authors=("Ada Example", f"Bo Sample-{number}"),
            categories=_CATEGORIES[number % len(_CATEGORIES)],
            primary_category=_CATEGORIES[number % len(_CATEGORIES)][0],
            published=first + (number - 1) * apart,
            updated=first + (number - 1) * apart + timedelta(days=number % 3),
            comment=f"{number} pages" if number % 2 else None,
            doi=f"10.1000/{number}" if number % 5 == 0 else None,
            journal_ref=f"J. Ex. {number}" if number % 7 == 0 else None,
            source="arxiv-api",
        )
        for number in range(1, count + 1)
    ]
