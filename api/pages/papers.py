"""The page of one paper."""

from typing import Annotated

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter
from markupsafe import Markup, escape

from api.auth import allow_readers
from api.pages.parts import PartBar, draw_parts, write_share
from api.pages.shortlists import tell_vote
from api.pages.templating import PageRequest, is_htmx, render, to_plain
from api.pages.visitors import list_own_tags, name_reader, provide_arxiv_id
from api.routes.paths import paper_paths
from triage.core.prior import sum_logit
from triage.reading.library import Library
from triage.reading.neighbours import find_similar
from triage.reading.papers import view_paper
from triage.reading.records import PaperView, TopicScore

_SIMILAR = 8


class TopicPart(msgspec.Struct, frozen=True):
    """What the page says of the paper and one topic: score, its parts, the reader's vote."""

    name: str
    title: str
    score: TopicScore | None
    bars: tuple[PartBar, ...]
    vote: int | None

    @property
    def sum_text(self) -> str:
        """The log odds that the parts add up to."""
        return write_share(sum_logit(self.score.parts)) if self.score else ""


class PaperPages(Controller):
    """Reading one paper."""

    path = "/papers"
    guards = (allow_readers,)
    dependencies = {"arxiv_id": Provide(provide_arxiv_id, sync_to_thread=False)}  # noqa: RUF012 - as Litestar reads it

    @get(paper_paths())
    async def show(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        arxiv_id: NamedDependency[str],
        voted: Annotated[str, QueryParameter(max_length=64)] = "",
        noted: FromQuery[bool] = False,  # noqa: FBT002 - Litestar passes it by name
    ) -> Response[str]:
        """All there is to say of it, and the reader's marks."""
        reader = name_reader(request)
        paper = await view_paper(library, arxiv_id, reader)
        return render(
            request,
            "paper.html.j2",
            paper=paper,
            topics=_list_topics(library, paper),
            titles={topic.name: topic.title for topic in library.rubric.topics},
            abstract=mark_sentence(paper.abstract, paper.takeaway_source),
            changes=list(reversed(paper.changes)),
            my_tags=await list_own_tags(request, library),
            said={voted: tell_vote(paper.votes.get(voted))} if voted else {},
            is_noted=noted,
        )

    @get(paper_paths("/similar"))
    async def show_similar(
        self, request: PageRequest, library: NamedDependency[Library], arxiv_id: NamedDependency[str]
    ) -> Response[str]:
        """What is near it in meaning: fetched by the paper's page once it stands; without script, a page of its own."""
        similar = await find_similar(library, arxiv_id, name_reader(request), _SIMILAR)
        template = "_similar.html.j2" if is_htmx(request) else "similar.html.j2"
        return render(request, template, similar=similar, arxiv_id=arxiv_id)


def mark_sentence(abstract: str, sentence: str | None) -> Markup:
    """The abstract as plain text, escaped, with the sentence of the takeaway marked where it stands."""
    before, found, after = abstract.partition(sentence) if sentence else (abstract, "", "")
    if not found:
        return escape(to_plain(abstract))
    marked = Markup("<mark>{}</mark>").format(to_plain(found))
    parts = (escape(to_plain(before)), marked, escape(to_plain(after)))
    return Markup(" ").join(part for part in parts if part)


def _list_topics(library: Library, paper: PaperView) -> list[TopicPart]:
    """The topics of the rubric, the one that the paper scores best for first: the keys r, n and u vote for that one."""
    scores = {score.topic: score for score in paper.scores}
    parts = [
        TopicPart(
            topic.name,
            topic.title,
            score := scores.get(topic.name),
            tuple(draw_parts(score.parts)) if score else (),
            paper.votes.get(topic.name),
        )
        for topic in library.rubric.topics
    ]
    return sorted(parts, key=lambda part: -part.score.score if part.score else 0.0)
