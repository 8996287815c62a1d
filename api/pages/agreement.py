"""Where readers part, for editors: how far they agree, what to settle, and the wording that splits them."""

from typing import Annotated, Final

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter, URLEncodedBody
from litestar.response import Redirect

from api.auth import allow_editors, allow_reading_editors
from api.pages.forms import VALUES, Button
from api.pages.intervals import IntervalPicture, draw_interval
from api.pages.templating import PageRequest, render, see_other
from api.pages.visitors import provide_arxiv_id
from api.refresh import Refresher
from api.routes.paths import paper_paths
from triage.core.account import Principal
from triage.core.agreement import Coefficients, Measure
from triage.reading.agreement import LONGEST_REASON, Agreement, SplitPaper, hide_names, settle, unsettle, view_agreement
from triage.reading.library import Library

_MOST: Final = 20
"""Papers in each list: whoever settles these finds the next ones."""
_MEASURES: Final = {
    "observed": "Pairs of votes that agree",
    "kappa": "Kappa: agreement beyond chance",
    "ac1": "AC1: the same, fair where nearly all papers are of one kind",
}


class SettleForm(msgspec.Struct, frozen=True):
    """What an editor decides; an empty value takes it back."""

    topic: Annotated[str, msgspec.Meta(max_length=64)]
    value: Button
    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)] = ""


class MeasureRow(msgspec.Struct, frozen=True):
    """One coefficient: its name, and with and without "uncertain" its text and, where it has an interval, a picture."""

    name: str
    cells: tuple[tuple[str, IntervalPicture | None], ...]


class AgreementPages(Controller):
    """Reading how far readers agree."""

    path = "/agreement"
    guards = (allow_reading_editors,)

    @get()
    async def choose_topic(self, library: NamedDependency[Library]) -> Redirect:
        """The first topic of the rubric."""
        return see_other(f"/agreement/{library.rubric.topics[0].name}")

    @get("/{topic:str}")
    async def show(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        topic: FromPath[str],
        settled: Annotated[str, QueryParameter(max_length=32)] = "",
    ) -> Response[str]:
        """The coefficients, the papers where readers part, what was settled, and the words that split."""
        agreement = hide_names(await view_agreement(library, topic))
        return render(
            request,
            "agreement.html.j2",
            agreement=agreement,
            topics=library.rubric.topics,
            title=next(each.title for each in library.rubric.topics if each.name == topic),
            rows=_list_measures(agreement),
            open_papers=agreement.open[:_MOST],
            settled_papers=_list_newest(agreement)[:_MOST],
            most=_MOST,
            longest=LONGEST_REASON,
            said=_tell(agreement, settled) if settled else "",
        )


class AdjudicationForms(Controller):
    """Settling."""

    path = "/papers"
    guards = (allow_editors,)
    dependencies = {"arxiv_id": Provide(provide_arxiv_id, sync_to_thread=False)}  # noqa: RUF012 - as Litestar reads it
    status_code = 200

    @post(paper_paths("/adjudication"))
    async def adjudicate(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        refresher: NamedDependency[Refresher],
        arxiv_id: NamedDependency[str],
        data: URLEncodedBody[SettleForm],
    ) -> Redirect:
        """Settle the paper, or let the votes count again."""
        if data.value:
            await settle(library, principal.reader, arxiv_id, data.topic, VALUES[data.value], data.reason)
            refresher.follow([data.topic])
        elif await unsettle(library, arxiv_id, data.topic):
            refresher.follow([data.topic])
        return see_other(f"/agreement/{data.topic}?settled={arxiv_id}#open")


def _tell(agreement: Agreement, arxiv_id: str) -> str:
    """What was just done; nothing of a paper that the page does not know."""
    settled = {paper.arxiv_id for paper in agreement.settled}
    if arxiv_id in settled:
        return f"{arxiv_id} is settled. Drafts are ranked anew with it now; published lists stay as they are."
    if arxiv_id in {paper.arxiv_id for paper in agreement.open}:
        return f"{arxiv_id} is open again: its votes count. Drafts are ranked anew; published lists stay as they are."
    return "Nothing is settled about this paper."


def _list_newest(agreement: Agreement) -> list[SplitPaper]:
    """What was settled, the last word first: it is the one that may have to be taken back."""
    dated = [(paper.settled.created_at, paper.arxiv_id, paper) for paper in agreement.settled if paper.settled]
    return [paper for *_, paper in sorted(dated, key=lambda each: each[:2], reverse=True)]


def _list_measures(agreement: Agreement) -> list[MeasureRow]:
    both = (agreement.with_uncertain, agreement.without_uncertain)
    return [
        MeasureRow(name, tuple(_write_cell(name, getattr(found, field), found) for found in both))
        for field, name in _MEASURES.items()
    ]


def _write_cell(name: str, measure: Measure | None, found: Coefficients) -> tuple[str, IntervalPicture | None]:
    if measure is None:
        return ("no paper has two votes" if not found.papers else "cannot be told: all votes are alike"), None
    if measure.low is None or measure.high is None:
        return f"{_write(measure.value)}, too few papers for an interval", None
    text = f"{_write(measure.value)} ({_write(measure.low)} to {_write(measure.high)})"
    first = 0.0 if measure.low >= 0 else -1.0
    label = f"{name.partition(':')[0]}: {text}"
    return text, draw_interval(measure.value, measure.low, measure.high, label, (first, 1.0))


def _write(value: float) -> str:
    return f"{value:.2f}".replace("-", "\u2212")
