"""What readers do on pages: plain forms that lead back to where they stood; for HTMX, the changed part instead."""

from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Controller, Response, post
from litestar.di import NamedDependency, Provide
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from api.auth import allow_writers
from api.pages.forms import VALUES, Button
from api.pages.local_path import choose_next
from api.pages.templating import PageRequest, is_htmx, render, see_other, to_anchor
from api.pages.visitors import provide_arxiv_id
from api.refresh import Refresher
from api.routes.paths import paper_paths
from triage.core.account import Principal
from triage.reading.library import Library
from triage.reading.marks import (
    VoteEffect,
    list_topics_of_tag,
    put_note,
    put_tag,
    remove_tag,
    set_vote,
    withdraw_vote,
)

_Local = Annotated[str, msgspec.Meta(max_length=2_000)]


class VoteForm(msgspec.Struct, frozen=True):
    """A vote; an empty value takes it back."""

    topic: Annotated[str, msgspec.Meta(max_length=64)]
    value: Button
    next: _Local = "/"


class TagForm(msgspec.Struct, frozen=True):
    """A tag to put on a paper or take off it."""

    name: Annotated[str, msgspec.Meta(max_length=200)]
    action: Literal["add", "remove"] = "add"
    is_shared: bool = False
    next: _Local = "/"


class NoteForm(msgspec.Struct, frozen=True):
    """A note; an empty one deletes it."""

    text: str
    next: _Local = "/"


class PaperActions(Controller):
    """Votes, tags and notes."""

    path = "/papers"
    guards = (allow_writers,)
    dependencies = {"arxiv_id": Provide(provide_arxiv_id, sync_to_thread=False)}  # noqa: RUF012 - as Litestar reads it
    status_code = 200

    @post(paper_paths("/vote"))
    async def vote(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        refresher: NamedDependency[Refresher],
        arxiv_id: NamedDependency[str],
        data: URLEncodedBody[VoteForm],
    ) -> Response[str] | Redirect:
        """Set the vote or take it back, and say what that changes and when."""
        back = choose_next(data.next)
        effect = await _set_vote(library, principal.reader, arxiv_id, data)
        refresher.follow([effect.topic] if effect.drafts else [])
        if not is_htmx(request):
            return see_other(_lead_back(back, arxiv_id, "voted", data.topic))
        return render(
            request,
            "_votes.html.j2",
            arxiv_id=arxiv_id,
            topic=data.topic,
            vote=effect.value,
            said=effect.note,
            is_reordered=any(back.endswith(f"/{effect.topic}/{week}") for week in effect.drafts),
            back=back,
        )

    @post(paper_paths("/tags"))
    async def tag(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        refresher: NamedDependency[Refresher],
        arxiv_id: NamedDependency[str],
        data: URLEncodedBody[TagForm],
    ) -> Response[str] | Redirect:
        """Put a tag on the paper or take it off."""
        back = choose_next(data.next)
        if data.action == "add":
            tags = await put_tag(library, principal.reader, arxiv_id, data.name, is_shared=data.is_shared)
        else:
            tags = await remove_tag(library, principal.reader, arxiv_id, data.name)
        refresher.follow(list_topics_of_tag(library, data.name))
        if not is_htmx(request):
            return see_other(_lead_back(back, arxiv_id))
        said = f"Tagged {data.name}." if data.action == "add" else f"Removed the tag {data.name}."
        return render(request, "_tags.html.j2", arxiv_id=arxiv_id, tags=tags, said=said, back=back)

    @post(paper_paths("/note"))
    async def note(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        arxiv_id: NamedDependency[str],
        data: URLEncodedBody[NoteForm],
    ) -> Redirect:
        """Put the note beside the paper."""
        await put_note(library, principal.reader, arxiv_id, data.text)
        return see_other(f"/papers/{arxiv_id}?noted=1#note")


async def _set_vote(library: Library, reader: str, arxiv_id: str, form: VoteForm) -> VoteEffect:
    if form.value == "":
        return await withdraw_vote(library, reader, arxiv_id, form.topic)
    return await set_vote(library, reader, arxiv_id, form.topic, VALUES[form.value])


def _lead_back(path: str, arxiv_id: str, did: str = "", topic: str = "") -> str:
    """The page that the form stood on, at the paper; a paper's own page is told the topic, a shortlist the paper."""
    page = path.partition("?")[0].partition("#")[0]
    query = urlencode({did: topic if page.startswith("/papers/") else arxiv_id}) if did else ""
    return f"{page}{'?' if query else ''}{query}#{to_anchor(arxiv_id)}"
