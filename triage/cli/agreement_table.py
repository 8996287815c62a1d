"""`triage agreement` as tables."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.core.agreement import Coefficients, Measure
from triage.core.latex import read_latex
from triage.core.wording import Share
from triage.reading.agreement import Agreement, SplitPaper

Lines = Mapping[tuple[str, str], int]
"""Numbers of a rubric's lines, by kind and text of what stands there."""

SETTLED_AS: Final = {1: "relevant", 0: "left open, so that nothing learns from it", -1: "not relevant"}

_VALUES = ("relevant", "uncertain", "not relevant")  # in the order of `count_confusion`
_KINDS = {"in_scope": "in scope", "out_of_scope": "out of scope", "cue": "cue", "near": "near cue"}
_TWO = 2  # readers have Cohen's kappa
_NONE = "–"  # noqa: RUF001 - none


def print_agreement(console: Console, found: Agreement, lines: Lines, limit: int) -> None:
    """Tables of at most `limit` lines; `lines` says where the rubric has its words."""
    console.print(f"[bold]{found.topic}[/bold] · {_tell_readers(found)}", highlight=False)
    if found.with_uncertain.papers:
        console.print(_tell_parted(found), highlight=False)
        console.print(_draw_coefficients(found))
        console.print(_draw_confusion(found))
    else:
        console.print(_advise(found), highlight=False, soft_wrap=True)
    if len(found.pairs) > 1:
        console.print(_draw_pairs(found, limit))
    if found.open:
        console.print(_draw_papers(found.open, f"Where readers part or are uncertain ({len(found.open):,})", limit))
        for paper in [each for each in found.open if each.title is not None][:1]:  # others cannot be settled yet
            example = f"triage agreement settle {paper.arxiv_id} --topic {found.topic} --relevant --reason WHY"
            console.print(f"Settle one: {example}", style="dim", highlight=False, soft_wrap=True)
    if found.settled:
        console.print(_draw_settled(found.settled, limit))
    if found.wording:
        console.print(_draw_wording(found, lines, limit))
    if found.boundaries:
        console.print(_draw_boundaries(found, lines, limit))
    console.print()


def _tell_parted(found: Agreement) -> str:
    shared = found.with_uncertain.papers
    share = f"{found.parted / shared:.0%}"
    return f"{shared:,} papers have two votes or more; readers part on {found.parted:,} of them ({share})."


def _tell_readers(found: Agreement) -> str:
    if not found.readers:
        return "no votes"
    told = (
        f"{escape(each.name)}: {each.relevant + each.uncertain + each.irrelevant:,} "
        f"({each.relevant:,} relevant, {each.uncertain:,} uncertain, {each.irrelevant:,} not)"
        for each in found.readers
    )
    return f"votes of {len(found.readers)}: {'; '.join(told)}"


def _advise(found: Agreement) -> str:
    if len(found.readers) > 1:
        return "No paper has votes of two readers yet, so there is nothing to compare."
    return (
        "It takes two readers who vote on the same papers. triage user add NAME --email ADDRESS adds one who signs in "
        f"(TRIAGE_ACCOUNTS=true); triage vote import FILE --topic {found.topic} --reader NAME reads another's votes."
    )


def _draw_coefficients(found: Agreement) -> Table:
    table = _open_table("Agreement, with 95 % intervals over papers")
    columns = {"uncertain as an opinion": found.with_uncertain, "without uncertain votes": found.without_uncertain}
    for name in ("", *columns):
        table.add_column(name)
    table.add_row("papers, votes", *(f"{each.papers:,}, {each.votes:,}" for each in columns.values()))
    kinds = dict.fromkeys("Cohen's" if each.readers == _TWO else "Fleiss'" for each in columns.values() if each.kappa)
    kappa = f"{', '.join(kinds)} kappa".strip()
    for name, field in (("pairs of votes that agree", "observed"), (kappa, "kappa"), ("Gwet's AC1", "ac1")):
        table.add_row(name, *(_tell(each, field) for each in columns.values()))
    return table


def _tell(measured: Coefficients, field: str) -> str:
    found: Measure | None = getattr(measured, field)
    if found is None:
        return _NONE
    interval = "" if found.low is None else f" [{found.low:.2f}, {found.high:.2f}]"
    return escape(f"{found.value:.2f}{interval}")


def _draw_confusion(found: Agreement) -> Table:
    if len(found.pairs) == 1:
        (pair,) = found.pairs
        title, names = f"Votes of {pair.first} (rows) and {pair.second}", [f"{pair.second}: {each}" for each in _VALUES]
    else:
        title, names = "Pairs of votes on the same paper, both ways", list(_VALUES)
    table = _open_table(title)
    table.add_column("")
    for name in names:
        table.add_column(escape(name), justify="right")
    for value, row in zip(_VALUES, found.confusion, strict=True):
        table.add_row(value, *(f"{count:,}" for count in row))
    return table


def _draw_pairs(found: Agreement, limit: int) -> Table:
    table = _open_table("Who parts most")
    table.add_column("readers")
    for name in ("papers", "part on", "kappa", "AC1"):
        table.add_column(name, justify="right")
    for each in found.pairs[:limit]:
        kappa = _NONE if each.kappa is None else f"{each.kappa:.2f}"
        names = escape(f"{each.first}, {each.second}")
        table.add_row(names, f"{each.papers:,}", f"{each.parted:,}", kappa, f"{each.ac1:.2f}")
    return table


def _draw_papers(papers: Sequence[SplitPaper], title: str, limit: int) -> Table:
    table = _open_table(title)
    for name in ("paper", "week"):
        table.add_column(name, no_wrap=True)
    table.add_column("title", ratio=1)
    for name in ("yes", "?", "no", "score"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in papers[:limit]:
        table.add_row(*_describe(each))
    return table


def _draw_settled(papers: Sequence[SplitPaper], limit: int) -> Table:
    table = _draw_papers(papers, f"Settled ({len(papers):,})", 0)
    table.add_column("settled as", ratio=1)
    for each in papers[:limit]:
        if each.settled is not None:
            word = f"{SETTLED_AS[each.settled.value]} ({each.settled.editor}): {each.settled.reason}"
            table.add_row(*_describe(each), escape(word))
    return table


def _describe(paper: SplitPaper) -> tuple[str, ...]:
    title = "not in the store" if paper.title is None else read_latex(paper.title)
    score = _NONE if paper.score is None else f"{paper.score:.2f}"
    counts = (str(count) for count in (paper.relevant, paper.uncertain, paper.irrelevant))
    return paper.arxiv_id, paper.week or _NONE, escape(title), *counts, score


def _draw_wording(found: Agreement, lines: Lines, limit: int) -> Table:
    overall = f"{found.parted / found.with_uncertain.papers:.0%}"
    table = _open_table(f"Words of the rubric over which readers part ({overall} of all papers), surest first")
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("text", ratio=1)
    for name in ("papers", "part on"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in found.wording[:limit]:
        line = str(lines.get((each.kind, each.text), _NONE))
        table.add_row(line, _KINDS[each.kind], escape(each.text), f"{each.share.papers:,}", _tell_share(each.share))
    return table


def _draw_boundaries(found: Agreement, lines: Lines, limit: int) -> Table:
    table = _open_table("Between a line in scope and one out of scope")
    for name in ("in scope", "out of scope"):
        table.add_column(name, ratio=1)
    for name in ("papers", "part on"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in found.boundaries[:limit]:
        inside = f"{lines.get(('in_scope', each.inside), _NONE)}: {each.inside}"
        outside = f"{lines.get(('out_of_scope', each.outside), _NONE)}: {each.outside}"
        table.add_row(escape(inside), escape(outside), f"{each.share.papers:,}", _tell_share(each.share))
    return table


def _tell_share(share: Share) -> str:
    interval = escape(f"[{share.low:.0%}, {share.high:.0%}]")
    return f"{share.parted:,}, {share.parted / share.papers:.0%} {interval}"


def _open_table(title: str) -> Table:
    return Table(title=escape(title), title_justify="left", title_style="bold")
