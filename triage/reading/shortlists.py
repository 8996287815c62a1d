"""Shortlists, topics and weeks as readers get them; the very same JSON from the command line and the API."""

from typing import Any

import msgspec

from triage.core.rubric import find_topic
from triage.errors import NotFoundError
from triage.reading.library import Library
from triage.reading.naming import check_page, read_week
from triage.reading.records import Page, TopicView, WeekView
from triage.store.papers import count_weeks
from triage.store.reading import ShortlistState, list_shortlists
from triage.store.shortlists import Entry, Shortlist, load_shortlist, publish_shortlist


async def find_shortlist(library: Library, topic: str, week: str) -> Shortlist:
    """The list as it is kept, also of a topic that the rubric no longer has; `NotFoundError` says what to run."""
    wanted = str(read_week(week))
    async with library.database.read() as session:
        # A name with control characters is none, and PostgreSQL refuses to be asked for some.
        found = await load_shortlist(session, topic, wanted) if topic.isprintable() else None
    if found is None:
        known = find_topic(library.rubric, topic).name
        raise NotFoundError(
            f"There is no shortlist of {known} for {wanted} yet: triage shortlist --week {wanted} --topic {known}"
        )
    return found


async def publish(library: Library, topic: str, week: str) -> Shortlist:
    """Freeze the list as it is kept, for good; idempotent; raises `NotFoundError`."""
    found = await find_shortlist(library, topic, week)
    async with library.database.write() as session:
        await publish_shortlist(session, found.topic, found.week, library.clock())
    return await find_shortlist(library, topic, week)


async def newest_week(library: Library, topic: str) -> str | None:
    """The newest week with a shortlist of the topic."""
    async with library.database.read() as session:
        lists = await list_shortlists(session)
    return max((each.week for each in lists if each.topic == topic), default=None)


async def list_topics(library: Library) -> tuple[TopicView, ...]:
    """Those of the rubric in force, in its order."""
    async with library.database.read() as session:
        lists = await list_shortlists(session)
    return tuple(
        TopicView(
            topic.name, topic.title, topic.definition, tuple(each.week for each in lists if each.topic == topic.name)
        )
        for topic in library.rubric.topics
    )


async def list_weeks(library: Library, offset: int = 0, limit: int = 20) -> Page[WeekView]:
    """Weeks that hold papers, the newest first; raises `InputError`."""
    check_page(offset, limit)
    async with library.database.read() as session:
        counts = await count_weeks(session)
        lists = await list_shortlists(session)
    weeks = sorted(counts, reverse=True)
    shown = tuple(_view_week(week, counts[week], lists) for week in weeks[offset : offset + limit])
    return Page(shown, len(weeks), offset, limit)


async def find_weeks_beside(library: Library, week: str) -> tuple[str | None, str | None]:
    """The nearest weeks that hold papers before and after this one."""
    async with library.database.read() as session:
        weeks = await count_weeks(session)
    before, after = [each for each in weeks if each < week], [each for each in weeks if each > week]
    return max(before, default=None), min(after, default=None)


def encode_shortlist(shortlist: Shortlist) -> bytes:
    """The JSON that `triage shortlist --json` prints, without the line break at its end."""
    return encode_indented(to_record(shortlist))


def encode_indented(value: Any) -> bytes:
    """JSON with two blanks per level: the only form in which this program prints records."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def to_record(shortlist: Shortlist) -> dict[str, Any]:
    """The shortlist as programs read it: `papers` in order of rank, `exploration` beside them."""
    return {
        "topic": shortlist.topic,
        "week": shortlist.week,
        "considered": shortlist.considered,
        "fingerprint": shortlist.fingerprint,
        "scorer": shortlist.scorer,
        "built_at": shortlist.built_at,
        "published_at": shortlist.published_at,
        "papers": [_to_place(entry) for entry in shortlist.ranked],
        "exploration": [_to_place(entry) for entry in shortlist.explored],
    }


def _to_place(entry: Entry) -> dict[str, Any]:
    return {
        "rank": entry.rank,
        "arxiv_id": entry.arxiv_id,
        "title": entry.title,
        "score": entry.score,
        "takeaway": entry.takeaway,
        "takeaway_source": entry.takeaway_source,
        "takeaway_by": entry.takeaway_by,
        "takeaways": entry.takeaways,
        "judgement": entry.judgement,
        "reasons": list(entry.reasons),
        "url": f"https://arxiv.org/abs/{entry.arxiv_id}",
        "is_withdrawn": entry.is_withdrawn,
        "version": entry.version,
        "newest_version": entry.newest,
    }


def _view_week(week: str, papers: int, lists: tuple[ShortlistState, ...]) -> WeekView:
    mine = [each for each in lists if each.week == week]
    published = tuple(each.topic for each in mine if each.is_published)
    return WeekView(week, papers, tuple(each.topic for each in mine), published)
