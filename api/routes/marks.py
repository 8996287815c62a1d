"""What a reader says of papers: tags, votes and notes; each reads and changes their own."""

from litestar import Controller, delete, get, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from api.auth import allow_known, allow_writers, check_editor
from api.openapi import answer, problems
from api.refresh import Refresher
from api.routes import examples
from api.routes.answers import NoteChange, NoteView, TagChange, VoteChange, VoteView
from api.routes.paths import TagName, TagOwner, TopicName, name_operation, paper_paths, provide_arxiv_id
from triage.core.account import Principal
from triage.errors import NotFoundError
from triage.reading.library import Library
from triage.reading.marks import (
    VoteEffect,
    get_note,
    list_tags,
    list_topics_of_tag,
    list_votes,
    put_note,
    put_tag,
    remove_shared_tag,
    remove_tag,
    set_vote,
    withdraw_vote,
)
from triage.reading.papers import view_paper
from triage.reading.records import TagSummary, TagView

_PAPER = {"arxiv_id": Provide(provide_arxiv_id, sync_to_thread=False)}
_EFFECT = answer(200, VoteEffect, examples.VOTE_EFFECT, "What the vote changes, and when")
_TAGS = answer(200, tuple[TagView, ...], examples.TAGS, "The tags that you see on the paper")


class TagController(Controller):
    """Labels."""

    tags = ("Marks",)
    cache_control = CacheControlHeader(no_store=True)
    dependencies = _PAPER

    @get(
        "/tags",
        guards=[allow_known],
        operation_id="list_tags",
        summary="Tags",
        responses=answer(200, tuple[TagSummary, ...], examples.TAG_SUMMARIES, "Tags by name") | problems(),
    )
    async def list_tags(
        self, library: NamedDependency[Library], principal: NamedDependency[Principal]
    ) -> tuple[TagSummary, ...]:
        """List your tags and those that others share; `/papers?tag=` lists the papers of one."""
        return await list_tags(library, principal.reader)

    @get(
        [f"/papers{path}" for path in paper_paths("/tags")],
        guards=[allow_known],
        operation_id=name_operation("list_paper_tags"),
        summary="Tags of a paper",
        responses=_TAGS | problems(400, 404),
    )
    async def list_paper_tags(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        arxiv_id: NamedDependency[str],
    ) -> tuple[TagView, ...]:
        """List the tags on a paper: your own, and those that others share."""
        return (await view_paper(library, arxiv_id, principal.reader)).tags

    @put(
        [f"/papers{path}" for path in paper_paths("/tags/{name:str}")],
        guards=[allow_writers],
        operation_id=name_operation("put_tag"),
        summary="Tag a paper",
        responses=_TAGS | problems(400, 404, 409, 413),
    )
    async def put_tag(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        refresher: NamedDependency[Refresher],
        arxiv_id: NamedDependency[str],
        name: TagName,
        data: JSONBody[TagChange],
    ) -> tuple[TagView, ...]:
        """Put your tag on a paper, or change who sees it. Idempotent. A tag that a topic names counts as a vote."""
        tags = await put_tag(library, principal.reader, arxiv_id, name, is_shared=data.is_shared)
        refresher.follow(list_topics_of_tag(library, name))
        return tags

    @delete(
        [f"/papers{path}" for path in paper_paths("/tags/{name:str}")],
        status_code=200,
        guards=[allow_writers],
        operation_id=name_operation("remove_tag"),
        summary="Take a tag off",
        responses=_TAGS | problems(400, 404),
    )
    async def remove_tag(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        refresher: NamedDependency[Refresher],
        arxiv_id: NamedDependency[str],
        name: TagName,
        owner: TagOwner = "",
    ) -> tuple[TagView, ...]:
        """Take your own tag off a paper; editors name an `owner` to take off what that reader shares. Idempotent."""
        if owner in {"", principal.reader}:
            tags = await remove_tag(library, principal.reader, arxiv_id, name)
        else:
            check_editor(principal)
            tags = await remove_shared_tag(library, principal.reader, arxiv_id, name, owner)
        refresher.follow(list_topics_of_tag(library, name))
        return tags


class VoteController(Controller):
    """Relevant, not relevant, or uncertain."""

    path = "/papers"
    tags = ("Marks",)
    cache_control = CacheControlHeader(no_store=True)
    dependencies = _PAPER

    @get(
        paper_paths("/votes/{topic:str}"),
        guards=[allow_known],
        operation_id=name_operation("get_vote"),
        summary="Your vote",
        responses=answer(200, VoteView, examples.VOTE, "Your vote") | problems(400, 404),
    )
    async def get_vote(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        arxiv_id: NamedDependency[str],
        topic: TopicName,
    ) -> VoteView:
        """Read your vote on a paper for a topic; 404 where there is none."""
        for vote in await list_votes(library, principal.reader, topic):
            if vote.arxiv_id == arxiv_id:
                return VoteView(arxiv_id, topic, vote.value)
        raise NotFoundError(f"You have not voted on {arxiv_id} for {topic}: PUT a value of 1, 0 or -1 here to do so.")

    @put(
        paper_paths("/votes/{topic:str}"),
        guards=[allow_writers],
        operation_id=name_operation("set_vote"),
        summary="Vote",
        responses=_EFFECT | problems(400, 404, 413),
    )
    async def set_vote(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        refresher: NamedDependency[Refresher],
        arxiv_id: NamedDependency[str],
        topic: TopicName,
        data: JSONBody[VoteChange],
    ) -> VoteEffect:
        """Say whether a paper is relevant for a topic (1), is not (-1), or that you cannot tell (0, "uncertain").

        Idempotent; drafts are ranked anew at once. An uncertain vote counts for neither side: it answers the question
        of a miss audit, and tells the editors where the rubric is unclear.
        """
        effect = await set_vote(library, principal.reader, arxiv_id, topic, data.value)
        refresher.follow([effect.topic] if effect.drafts else [])
        return effect

    @delete(
        paper_paths("/votes/{topic:str}"),
        status_code=200,
        guards=[allow_writers],
        operation_id=name_operation("withdraw_vote"),
        summary="Withdraw a vote",
        responses=_EFFECT | problems(400, 404),
    )
    async def withdraw_vote(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        refresher: NamedDependency[Refresher],
        arxiv_id: NamedDependency[str],
        topic: TopicName,
    ) -> VoteEffect:
        """Withdraw your vote: `value` is null in the answer. Idempotent; drafts are ranked anew at once."""
        effect = await withdraw_vote(library, principal.reader, arxiv_id, topic)
        refresher.follow([effect.topic] if effect.drafts else [])
        return effect


class NoteController(Controller):
    """Words beside a paper that nobody else sees."""

    path = "/papers"
    tags = ("Marks",)
    cache_control = CacheControlHeader(no_store=True)
    dependencies = _PAPER

    @get(
        paper_paths("/note"),
        guards=[allow_known],
        operation_id=name_operation("get_note"),
        summary="Your note",
        responses=answer(200, NoteView, examples.NOTE, "Your note") | problems(400, 404),
    )
    async def get_note(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        arxiv_id: NamedDependency[str],
    ) -> NoteView:
        """Read your note beside a paper; 404 where there is none."""
        text = await get_note(library, principal.reader, arxiv_id)
        if text is None:
            raise NotFoundError(f"You wrote nothing beside {arxiv_id} yet: PUT a text here to do so.")
        return NoteView(arxiv_id, text)

    @put(
        paper_paths("/note"),
        guards=[allow_writers],
        operation_id=name_operation("put_note"),
        summary="Write a note",
        responses=answer(200, NoteView, examples.NOTE, "The note as it is kept") | problems(400, 404, 413),
    )
    async def put_note(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        arxiv_id: NamedDependency[str],
        data: JSONBody[NoteChange],
    ) -> NoteView:
        """Write your note beside a paper, or delete it by an empty text. Idempotent."""
        return NoteView(arxiv_id, await put_note(library, principal.reader, arxiv_id, data.text) or "")

    @delete(
        paper_paths("/note"),
        guards=[allow_writers],
        operation_id=name_operation("delete_note"),
        summary="Delete a note",
        responses=problems(400, 404),
    )
    async def delete_note(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        arxiv_id: NamedDependency[str],
    ) -> None:
        """Delete your note beside a paper. Idempotent."""
        await put_note(library, principal.reader, arxiv_id, "")
