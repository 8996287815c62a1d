"""What readers say of papers: votes, tags, notes, subscriptions. Each sees and changes what is their own.

Papers may be named by any spelling of their arXiv id; what is none is the id of an unknown paper.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from triage.core.paper import parse_arxiv_id
from triage.core.rubric import Topic, find_topic
from triage.core.taste import MIN_RELEVANT
from triage.errors import ConflictError, InputError, UnknownPaperError
from triage.reading.library import Library
from triage.reading.rebuild import MOST_DRAFTS
from triage.reading.records import LONGEST_NOTE, MOST_TAGS, TagSummary, TagView
from triage.store import notes, subscriptions, votes
from triage.store.adjudications import list_adjudications
from triage.store.drafts import list_drafts
from triage.store.engine import Session
from triage.store.papers import select_papers
from triage.store.reading import list_visible_tags

VoteValue = Literal[1, 0, -1]
"""Relevant, uncertain, not relevant."""

_LONGEST_TAG = 64  # the column's width
_SETTLED = "An editor settled this paper: that counts in the place of all votes on it."
_UNSURE = "An uncertain vote speaks neither for a paper nor against it."


class VoteEffect(msgspec.Struct, frozen=True):
    """What a vote did. `value` is None once it is withdrawn; `drafts` are the weeks that are to be ranked anew for it.

    `counts` says how many votes the reader has by topic; `note` says in words what the vote changes, and when.
    """

    is_new: bool
    topic: str
    arxiv_id: str
    value: int | None
    counts: dict[str, int]
    drafts: tuple[str, ...]
    note: str


async def set_vote(library: Library, reader: str, arxiv_id: str, topic: str, value: VoteValue) -> VoteEffect:
    """Set the reader's vote; idempotent. Whoever calls has the `Rebuilder` rank the topic's drafts anew.

    Raises `UnknownTopicError` and `UnknownPaperError`.
    """
    found, arxiv_id = find_topic(library.rubric, topic), read_paper_id(arxiv_id)
    async with library.database.write() as session:
        await check_known(session, arxiv_id)
        count = await votes.record_votes(session, topic, {arxiv_id: value}, "reading", library.clock(), reader=reader)
        return await _reckon_effect(
            session, found, reader, (arxiv_id, value), is_new=bool(count.new), is_other=not count.unchanged
        )


async def withdraw_vote(library: Library, reader: str, arxiv_id: str, topic: str) -> VoteEffect:
    """Forget the reader's vote, also one that waits for its paper; idempotent; raises what `set_vote` does."""
    found, arxiv_id = find_topic(library.rubric, topic), read_paper_id(arxiv_id)
    async with library.database.write() as session:
        withdrawn = await votes.withdraw_votes(session, topic, [arxiv_id], reader=reader)
        if not withdrawn:
            await check_known(session, arxiv_id)
        return await _reckon_effect(session, found, reader, (arxiv_id, None), is_new=False, is_other=bool(withdrawn))


async def list_votes(library: Library, reader: str, topic: str | None = None) -> tuple[votes.Vote, ...]:
    """The reader's votes on a topic, or on all, by topic and arXiv id; raises `UnknownTopicError`."""
    if topic is not None:
        find_topic(library.rubric, topic)
    async with library.database.read() as session:
        return tuple(await votes.list_votes(session, topic, reader=reader))


async def _reckon_effect(
    session: Session, topic: Topic, reader: str, vote: tuple[str, int | None], *, is_new: bool, is_other: bool
) -> VoteEffect:
    """`vote` is paper and value; `is_other` says whether it differs from what was there."""
    own = await votes.count_votes(session, reader=reader)
    is_settled = vote[0] in await list_adjudications(session, topic.name)
    drafts = await list_drafts(session, topic.name, MOST_DRAFTS) if is_other and not is_settled else []
    weeks = tuple(draft.week for draft in drafts)
    note = "It was so before: nothing changes."
    if is_settled:
        note = _SETTLED
    elif is_other:
        _, marked = own.get(topic.name, (0, 0))
        relevant = await votes.count_relevant(session, topic.name, topic.tags)
        taste = _tell_taste(marked, is_enough=relevant >= MIN_RELEVANT)
        note = f"{_tell_drafts(weeks)} {_UNSURE if vote[1] == 0 else taste}"
    counts = {name: total for name, (total, _) in own.items()}
    return VoteEffect(is_new, topic.name, vote[0], vote[1], counts, weeks, note)


def _tell_drafts(weeks: Sequence[str]) -> str:
    if not weeks:
        return "No draft waits to be ranked anew: the next list that is built counts this; published lists stay."
    drafts = f"The draft of {weeks[0]} is" if len(weeks) == 1 else f"The drafts of {' and '.join(weeks)} are"
    return f"{drafts} ranked anew now; published lists stay as they are."


def _tell_taste(marked: int, *, is_enough: bool) -> str:
    """Never how many others voted: each may know of their own votes only."""
    if is_enough:
        return f"Votes move papers here: all readers' together make the {MIN_RELEVANT} relevant papers that this takes."
    return (
        f"Votes move papers here once all readers' together make {MIN_RELEVANT} papers relevant; "
        f"you voted {marked} relevant so far."
    )


def read_tag_name(text: str) -> str:
    """A tag as it is kept: NFC, no blanks around; `InputError` for one that cannot stand in a URL or be seen."""
    name = _normalise_tag(text)
    is_path = "/" in name or name in {".", ".."}
    if not name or len(name) > _LONGEST_TAG or is_path:
        raise InputError(f"{text[:80]!r} is no tag: expected 1 to {_LONGEST_TAG} printable characters without a slash.")
    return name


def _normalise_tag(text: str) -> str:
    """NFC, no blanks around; empty for what is no tag anywhere, some of which a database would choke on."""
    name = unicodedata.normalize("NFC", text).strip()
    return name if name.isprintable() else ""


async def put_tag(library: Library, reader: str, arxiv_id: str, name: str, *, is_shared: bool) -> tuple[TagView, ...]:
    """Put the reader's tag on a paper, or change who sees it, and return the tags they see there; idempotent.

    Raises `UnknownPaperError`, `InputError` for a name that is none, `ConflictError` beyond `MOST_TAGS` on a paper.
    """
    arxiv_id, name = read_paper_id(arxiv_id), read_tag_name(name)
    async with library.database.write() as session:
        await check_known(session, arxiv_id)
        await votes.hold_paper(session, arxiv_id)
        own = {tag.name for tag in await _view_tags(session, arxiv_id, reader) if tag.is_mine}
        if name not in own and len(own) >= MOST_TAGS:
            raise ConflictError(f"{arxiv_id} has {MOST_TAGS} of your tags, and no more fit: remove one first.")
        await votes.add_tags(session, [arxiv_id], name, library.clock(), reader=reader, is_shared=is_shared)
        return await _view_tags(session, arxiv_id, reader)


async def remove_tag(library: Library, reader: str, arxiv_id: str, name: str) -> tuple[TagView, ...]:
    """Take the reader's own tag off a paper, and return the tags they see there; idempotent.

    Raises `UnknownPaperError`.
    """
    arxiv_id, name = read_paper_id(arxiv_id), _normalise_tag(name)
    async with library.database.write() as session:
        await check_known(session, arxiv_id)
        await votes.remove_tags(session, [arxiv_id], name, reader=reader)
        return await _view_tags(session, arxiv_id, reader)


async def remove_shared_tag(library: Library, editor: str, arxiv_id: str, name: str, owner: str) -> tuple[TagView, ...]:
    """Take what `owner` shares off a paper, and return the tags that the editor sees there; idempotent.

    A personal tag stays, and the answer is that for one which is not there. Raises `UnknownPaperError`. Whoever calls
    has made sure that this is an editor.
    """
    arxiv_id, name = read_paper_id(arxiv_id), _normalise_tag(name)
    async with library.database.write() as session:
        await check_known(session, arxiv_id)
        await votes.remove_shared_tag(session, arxiv_id, name, owner=owner)
        return await _view_tags(session, arxiv_id, editor)


async def remove_tag_everywhere(library: Library, reader: str, name: str) -> None:
    """Take the reader's own tag off all papers at once; idempotent."""
    async with library.database.write() as session:
        await votes.remove_tag_everywhere(session, _normalise_tag(name), reader=reader)


async def list_tags(library: Library, reader: str) -> tuple[TagSummary, ...]:
    """The tags that the reader sees, by name, each over all papers on which they see it."""
    async with library.database.read() as session:
        uses = await votes.count_tags(session, reader=reader)
    return tuple(TagSummary(use.name, use.papers, use.is_shared, use.is_mine) for use in uses)


async def find_tagged(library: Library, reader: str, name: str) -> tuple[str, ...]:
    """The arXiv ids of the papers on which the reader sees the tag, sorted; none for a tag that they do not see."""
    async with library.database.read() as session:
        return tuple(await votes.list_tagged(session, _normalise_tag(name), reader=reader))


def list_topics_of_tag(library: Library, name: str) -> tuple[str, ...]:
    """The topics for which the tag counts as a relevant vote: their drafts are to be ranked anew with it."""
    return tuple(topic.name for topic in library.rubric.topics if _normalise_tag(name) in topic.tags)


async def _view_tags(session: Session, arxiv_id: str, reader: str) -> tuple[TagView, ...]:
    tags = await list_visible_tags(session, [arxiv_id], reader)
    return tuple(TagView(tag.name, tag.reader, tag.is_shared, tag.reader == reader) for tag in tags)


async def put_note(library: Library, reader: str, arxiv_id: str, text: str) -> str | None:
    """Put the reader's note beside a paper, and return it as it is kept: no control characters, no blanks around.

    An empty one is deleted (None). Idempotent; raises `UnknownPaperError`, and `InputError` beyond `LONGEST_NOTE`.
    """
    arxiv_id = read_paper_id(arxiv_id)
    kept = "".join(_keep_visible(text.replace("\r\n", "\n").replace("\r", "\n"))).strip()
    if len(kept) > LONGEST_NOTE:
        raise InputError(f"The note has {len(kept)} characters: expected at most {LONGEST_NOTE}. Nothing was changed.")
    async with library.database.write() as session:
        await check_known(session, arxiv_id)
        if kept:
            await notes.save_note(session, arxiv_id, kept, library.clock(), reader=reader)
        else:
            await notes.delete_note(session, arxiv_id, reader=reader)
    return kept or None


def _keep_visible(text: str) -> Iterable[str]:
    """All but control characters and surrogates, which databases refuse in part; line ends and tabs stay."""
    return (each for each in text if each in "\n\t" or unicodedata.category(each) not in {"Cc", "Cs"})


async def get_note(library: Library, reader: str, arxiv_id: str) -> str | None:
    """The reader's own note beside a paper; raises `UnknownPaperError`."""
    arxiv_id = read_paper_id(arxiv_id)
    async with library.database.read() as session:
        await check_known(session, arxiv_id)
        return await notes.load_note(session, arxiv_id, reader=reader)


async def list_subscriptions(library: Library, reader: str) -> tuple[str, ...]:
    """The topics whose shortlist the reader gets, in order of their names."""
    async with library.database.read() as session:
        return tuple(await subscriptions.list_subscriptions(session, reader=reader))


async def subscribe(library: Library, reader: str, topic: str) -> tuple[str, ...]:
    """Let the reader get a topic's shortlist, and return all their topics; idempotent; raises `UnknownTopicError`."""
    find_topic(library.rubric, topic)
    async with library.database.write() as session:
        await subscriptions.add_subscription(session, topic, library.clock(), reader=reader)
        return tuple(await subscriptions.list_subscriptions(session, reader=reader))


async def unsubscribe(library: Library, reader: str, topic: str) -> tuple[str, ...]:
    """Let the reader get it no more, also where the rubric has it no more; as `subscribe`."""
    async with library.database.write() as session:
        if topic not in await subscriptions.list_subscriptions(session, reader=reader):
            find_topic(library.rubric, topic)
        await subscriptions.remove_subscription(session, topic, reader=reader)
        return tuple(await subscriptions.list_subscriptions(session, reader=reader))


def read_paper_id(text: str) -> str:
    """The canonical id; raises `UnknownPaperError` for what is none."""
    try:
        return parse_arxiv_id(text).id
    except ValueError as error:
        raise UnknownPaperError(f"{error}.") from error


async def check_known(session: Session, arxiv_id: str) -> None:
    """Raise `UnknownPaperError` for a paper that the store does not have."""
    if arxiv_id not in await select_papers(session, [arxiv_id]):
        raise UnknownPaperError(
            f"The store has no paper {arxiv_id}. Nothing was changed. Import or harvest it first, or check the id."
        )
