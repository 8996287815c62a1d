"""Tables for people and JSON for programs, from the same records."""

from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.core.latex import read_latex
from triage.pipeline.report import StepReport
from triage.reading.shortlists import encode_indented
from triage.store.shortlists import Entry, Shortlist


def print_json(value: Any) -> None:
    """Indented JSON on standard output."""
    click.echo(encode_indented(value).decode())


def print_shortlist(console: Console, shortlist: Shortlist, title: str) -> None:
    """The list as a table: rank, paper with its takeaway and reasons, score."""
    state = "published" if shortlist.published_at else "draft"
    chosen = f"{len(shortlist.ranked)} of {shortlist.considered:,} papers"
    table = Table(
        title=f"{escape(title)} · {shortlist.week} · {chosen} · {state}",
        title_justify="left",
        title_style="bold",
        show_lines=True,
        expand=True,
    )
    table.add_column("#", justify="right", style="bold", no_wrap=True)
    table.add_column("Paper, takeaway, why", ratio=1)
    table.add_column("Score", justify="right", no_wrap=True)
    for entry in shortlist.ranked:
        table.add_row(str(entry.rank), _describe(entry, is_judged=shortlist.is_judged), _draw_score(entry.score))
    for entry in shortlist.explored:
        table.add_row("?", _describe(entry, is_judged=shortlist.is_judged), _draw_score(entry.score), style="dim")
    console.print(table)


def print_reports(console: Console, reports: Sequence[StepReport], title: str) -> None:
    """One line per step."""
    table = Table(title=escape(title), title_justify="left", title_style="bold")
    for name in ("step", "seen", "done", "skipped", "failed", "seconds"):
        table.add_column(name, justify="left" if name == "step" else "right")
    table.add_column("", overflow="fold")
    for report in reports:
        counts = (report.seen, report.done, report.skipped, report.failed)
        table.add_row(
            report.step,
            *(f"{count:,}" for count in counts),
            f"{report.seconds:.1f}",
            escape(report.note),
        )
    console.print(table)


def _describe(entry: Entry, *, is_judged: bool) -> str:
    mark = f" [yellow](revised: v{entry.newest})[/yellow]" if entry.is_revised else ""
    mark = " [red](withdrawn)[/red]" if entry.is_withdrawn else mark
    lines = [f"[bold]{escape(read_latex(entry.title))}[/bold]{mark}"]
    if entry.takeaway:
        by = f" [dim]({escape(entry.takeaway_model)})[/dim]" if entry.takeaway_model else ""
        lines.append(escape(entry.takeaway) + by)
    lines += [escape(text) for text in entry.takeaways.values()]
    url = f"https://arxiv.org/abs/{entry.arxiv_id}"
    unjudged = " · not judged" if is_judged and entry.judgement != "judged" else ""
    lines.append(f"[dim][link={url}]{entry.arxiv_id}[/link] · {escape(' · '.join(entry.reasons))}{unjudged}[/dim]")
    return "\n".join(lines)


def _draw_score(score: float) -> str:
    filled = round(score * 5)
    return f"{score:.2f}\n[green]{'█' * filled}[/green][dim]{'░' * (5 - filled)}[/dim]"
