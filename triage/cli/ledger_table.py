"""The ledger for people: a calendar of weeks, and tables of one week with its alarms and missing papers."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from triage.core.ledger import State
from triage.core.week import parse_week
from triage.pipeline.ledger import Counts, Ledger, LedgerLine
from triage.store.witnesses import Missing

_SIGNS = {  # what stands for a state, so that nobody needs the colour, and the colour
    State.OK: ("✓", "green"),
    State.LATE: ("L", "cyan"),
    State.STALE: ("S", "magenta"),
    State.INCOMPLETE: ("!", "bold yellow"),
    State.FAILED: ("✗", "bold red"),
    State.HOLIDAY: ("H", "dim"),
}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
_SHOWN = 10


def print_calendar(console: Console, ledgers: Sequence[Ledger]) -> None:
    """One row per week, one cell per listing day: its papers, each once, and the worst state; then what signs mean."""
    table = _open_table("Papers by listing day", "week", *_DAYS, "papers")
    for ledger in ledgers:
        states = {day.day: (day.state, f"{day.papers:,}") for day in ledger.days}
        cells = [Text("·", "dim") if ledger.is_empty else _sign(states.get(day)) for day in _list_days(ledger)]
        table.add_row(ledger.week, *cells, Text("none", "dim") if ledger.is_empty else f"{ledger.papers:,}")
    console.print(table)
    legend = [_sign((state, state.value), is_sign_first=True) for state in State]
    console.print(Text("   ").join([*legend, Text("· no papers", "dim")]))
    console.print()


def print_ledger(console: Console, ledger: Ledger) -> None:
    """A week per category and day, how far its papers came, one sentence, alarms with what to do, what is missing."""
    if not ledger.is_empty:
        console.print(_draw_days(ledger))
        console.print(_draw_progress(ledger))
    console.print(summarize(ledger), style="bold", highlight=False)
    late = [line for line in ledger.lines if line.state is State.LATE and not ledger.is_empty]
    for text in (*_list_reasons(ledger.alarms, "bold red"), *_list_reasons(late, "cyan")):
        console.print(text)
    if ledger.missing:
        _print_missing(console, ledger.missing)


def summarize(ledger: Ledger) -> str:
    """The week in a sentence or two; never says that all is there where nobody was heard who knows."""
    is_begun = len(ledger.days) < len(_DAYS)
    if ledger.is_empty:
        since = "" if is_begun else f" --since {_list_days(ledger)[0]}"
        return f"{ledger.week}: nothing in the store yet: triage harvest{since}, or triage import FILE."
    totals, missing = ledger.totals, len(ledger.missing)
    due = {line.day for line in ledger.lines if line.state is not State.HOLIDAY}
    checked = due - {line.day for line in ledger.lines if line.expected is None}
    so_far = " so far" if is_begun else ""
    announced = f"{totals.harvested + missing:,} papers announced, " if due and checked == due else ""
    came = f"{totals.harvested:,}{'' if announced else ' papers'} harvested, {totals.embedded:,} embedded"
    lack = f"{missing:,} {'missing' if announced else 'known to be missing'}"
    sentence = f"{ledger.week}{so_far}: {announced}{came}, {totals.scored:,} scored, {lack}."
    if checked == due:
        return sentence
    told = f"Only {len(checked)} of {len(due)} listing days were" if checked else "No listing day was"
    return f"{sentence} {told} checked against what arXiv announced."


def _draw_days(ledger: Ledger) -> Table:
    table = _open_table(f"{ledger.week}: harvested/expected", "category", *_name_days(ledger))
    lines = {(line.category, line.day): line for line in ledger.lines}
    for category in _list_categories(ledger):
        found = (lines.get((category, day)) for day in _list_days(ledger))
        table.add_row(category, *(_sign((line.state, _compare(line)) if line else None) for line in found))
    table.add_section()
    days = {day.day: (day.state, f"{day.papers:,}") for day in ledger.days}
    table.add_row("each once", *(_sign(days.get(day)) for day in _list_days(ledger)))
    return table


def _draw_progress(ledger: Ledger) -> Table:
    headings = ("harvested", "embedded", "scored", "judged", "not\njudged", "shortlisted")
    table = _open_table(f"{ledger.week}: how far they came", "category", *headings)
    for category in _list_categories(ledger):
        lines = [line for line in ledger.lines if line.category == category]
        table.add_row(category, *(f"{sum(counts):,}" for counts in zip(*map(_list_counts, lines), strict=True)))
    table.add_section()
    table.add_row("each once", *(f"{count:,}" for count in _list_counts(ledger.totals)))
    return table


def _list_reasons(lines: Iterable[LedgerLine], style: str) -> Iterator[Text]:
    """One per day and reason, naming the categories."""
    grouped: dict[tuple[date, str, State], list[str]] = {}
    for line in lines:
        grouped.setdefault((line.day, line.reason, line.state), []).append(line.category)
    for (day, reason, state), categories in grouped.items():
        yield Text(f"{_SIGNS[state][0]} {day:%a} {day} {', '.join(categories)}: {reason}", style)


def _print_missing(console: Console, missing: Sequence[Missing]) -> None:
    table = Table(title="Missing papers", title_justify="left", title_style="bold")
    for name in ("id", "listed", "categories", "named by", "why"):
        table.add_column(name, overflow="fold", no_wrap=name in {"id", "listed"})
    for one in missing[:_SHOWN]:
        asked = f"{one.reason} (asked {one.asked_at:%Y-%m-%d})" if one.asked_at else "not asked for yet: triage repair"
        cells = (one.arxiv_id, str(one.day), ", ".join(one.categories), one.witness, asked)
        table.add_row(*map(escape, cells))
    console.print(table)
    if len(missing) > _SHOWN:
        console.print(f"and {len(missing) - _SHOWN:,} more: --json has all of them", highlight=False)


def _open_table(title: str, first: str, *others: str) -> Table:
    table = Table(title=escape(title), title_justify="left", title_style="bold")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _sign(told: tuple[State, str] | None, *, is_sign_first: bool = False) -> Text:
    """A count or word with the sign of its state; blank for a day that is still to come."""
    if told is None:
        return Text()
    state, text = told
    sign, style = _SIGNS[state]
    return Text(f"{sign} {text}" if is_sign_first else f"{text} {sign}", style)


def _compare(line: LedgerLine) -> str:
    expected = "–" if line.expected is None else f"{line.expected:,}"  # noqa: RUF001 - a dash where no number is known
    return f"{line.harvested:,}/{expected}"


def _list_counts(counts: Counts) -> tuple[int, ...]:
    return (
        counts.harvested,
        counts.embedded,
        counts.scored,
        counts.judged,
        counts.not_judged,
        counts.shortlisted,
    )


def _list_days(ledger: Ledger) -> tuple[date, ...]:
    return parse_week(ledger.week).listing_days


def _name_days(ledger: Ledger) -> list[str]:
    return [f"{day:%a %m-%d}" for day in _list_days(ledger)]


def _list_categories(ledger: Ledger) -> list[str]:
    return list(dict.fromkeys(line.category for line in ledger.lines))
