"""Pictures of scores: what one paper's is made of, and how far a cue reaches down the ranking."""

from collections.abc import Mapping, Sequence
from typing import Any

from triage.core.prior import INTERCEPT, sum_logit
from triage.study.pictures import GREY, INK, PALETTE, Picture, open_figure
from triage.study.rubric_tuning import RankedPaper, Reach
from triage.study.tables import shorten

_PARTS: Mapping[str, str] = {
    "title_cues": "cues in the title",
    "abstract_cues": "cues in the abstract",
    "title_near": "words near each other in the title",
    "abstract_near": "words near each other in the abstract",
    "meaning": "likeness in meaning",
    "taste": "votes of readers",
    "judge": "the judge",
}
_TITLE = 80  # characters
_FOR = {"color": PALETTE[0]}
_AGAINST = {"color": PALETTE[4], "hatch": "//"}
_SUM = {"color": INK}
_ROOM = 0.18  # of the widest bar, for the numbers at their ends


def draw_parts(paper: RankedPaper) -> Picture:
    """The shares of a paper's log odds, the largest first, from what a paper begins with to their sum."""
    parts = {_PARTS.get(name, name): share for name, share in paper.score.parts.items()}
    rows = [("what every paper begins with", INTERCEPT), *sorted(parts.items(), key=lambda part: -abs(part[1]))]
    total = sum_logit(paper.score.parts)
    rows.append(("together: the log odds", total))
    figure, panels = open_figure(height=1.6 + 0.36 * len(rows))
    axes = panels[0, 0]
    for place, (_, share) in enumerate(rows):
        style = _FOR if share >= 0 else _AGAINST
        axes.barh(place, share, height=0.62, edgecolor="white", **(_SUM if place == len(rows) - 1 else style))
        side, gap = ("left", 4) if share >= 0 else ("right", -4)
        axes.annotate(f"{share:+.2f}", (share, place), (gap, 0), textcoords="offset points", ha=side, va="center")
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.invert_yaxis()
    axes.axvline(0, color=INK, linewidth=1)
    axes.grid(visible=False, axis="y")
    axes.margins(x=_ROOM)
    axes.set(xlabel="share in the log odds of relevance (natural logarithm)", title="")
    told = f"{paper.stored.paper.arxiv_id}, rank {paper.rank:,}: probability {paper.score.value:.2f}"
    figure.suptitle(f"{shorten(paper.title, _TITLE)}\n{told}", fontsize=10)
    words = "; ".join(f"{name} {share:+.2f}" for name, share in rows)
    return Picture(figure, f"Bars of the score's parts, in log odds, of {told}. {words}.")


def draw_reach(ranked: Sequence[RankedPaper], reach: Reach, places: int) -> Picture:
    """Score against rank for the whole week, the papers that say the phrase marked; the list ends at `places`."""
    figure, panels = open_figure()
    axes = panels[0, 0]
    axes.plot([each.rank for each in ranked], [each.score.value for each in ranked], color=GREY, linewidth=1.5)
    in_title = [each for each in reach.papers if each.stored.key in reach.in_title]
    elsewhere = [each for each in reach.papers if each.stored.key not in reach.in_title]
    _mark(axes, elsewhere, "says it in the abstract only", marker="o", color=PALETTE[0])
    _mark(axes, in_title, "says it in the title", marker="^", color=PALETTE[1])
    axes.axvline(places + 0.5, color=INK, linestyle="--", linewidth=1)
    axes.annotate(
        f"the list ends: {places} places",
        (places + 0.5, 0.98),
        (5, 0),
        textcoords="offset points",
        va="top",
        xycoords=("data", "axes fraction"),
    )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(-0.03, 1.03)
    axes.set(
        xlabel=f"rank among {len(ranked):,} papers of the week (number, log scale)",
        ylabel="score (probability of relevance, 0 to 1)",
        title=f"Who says “{reach.phrase}”",
    )
    axes.legend(loc="lower left", frameon=False)
    inside = sum(each.rank <= places for each in reach.papers)
    return Picture(
        figure,
        f"Score against rank for {len(ranked):,} papers. {len(reach.papers):,} say “{reach.phrase}”, "
        f"{len(reach.in_title):,} of them in the title; {inside} of them have a rank of {places} or better.",
    )


def _mark(axes: Any, papers: Sequence[RankedPaper], name: str, **style: str) -> None:
    points = [each.rank for each in papers], [each.score.value for each in papers]
    axes.scatter(*points, s=46, edgecolor="white", linewidth=0.6, zorder=3, label=f"{name} ({len(papers):,})", **style)
