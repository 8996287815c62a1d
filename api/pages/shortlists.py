"""The page of a week's shortlist, and the way to it from a topic and a week."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from api.auth import allow_readers
from api.pages.below import BelowLine, view_below
from api.pages.parts import PartBar, draw_parts
from api.pages.templating import PageRequest, render, see_other
from api.pages.visitors import list_own_tags, name_reader
from api.refresh import Refresher
from triage.core.week import parse_week
from triage.errors import NotFoundError
from triage.reading.library import Library
from triage.reading.listed import ListedPaper, load_listed
from triage.reading.rebuild import Rebuilder
from triage.reading.records import TopicView
from triage.reading.shortlists import find_shortlist, list_topics
from triage.store.shortlists import Entry, Shortlist

_FLAG = "flagged: "
_UNKNOWN = ListedPaper((), (), {}, None, ())
_VOTED = {1: "Voted relevant.", -1: "Voted not relevant.", None: "Vote taken back."}


class Place(msgspec.Struct, frozen=True):
    """One place as the page shows it."""

    entry: Entry
    listed: ListedPaper
    bars: tuple[PartBar, ...]
    flags: tuple[str, ...]
    reasons: tuple[str, ...]
    is_unjudged: bool
    said: str


class ShortlistPages(Controller):
    """Reading the week."""

    guards = (allow_readers,)

    @get("/", name="home")
    async def show_newest(self, request: PageRequest, library: NamedDependency[Library]) -> Response[str] | Redirect:
        """The newest week of the first topic that has one."""
        topics = await list_topics(library)
        first = next((topic for topic in topics if topic.weeks), None)
        if first is None:
            return render(request, "welcome.html.j2", topics=topics)
        return see_other(f"/shortlists/{first.name}/{first.weeks[0]}")

    @get("/shortlists/{topic:str}")
    async def choose_week(
        self, library: NamedDependency[Library], topic: FromPath[str], week: FromQuery[str] = ""
    ) -> Redirect:
        """The week that the picker names, else the topic's newest."""
        known = await list_topics(library)
        weeks = next((each.weeks for each in known if each.name == topic), ())
        if week and week not in weeks:
            raise NotFoundError(f"There is no shortlist of {topic[:64]} for {week[:16]}.")
        if not weeks:
            raise NotFoundError(f"There is no shortlist of {topic[:64]} yet.")
        return see_other(f"/shortlists/{topic}/{week or weeks[0]}")

    @get("/shortlists/{topic:str}/{week:str}")
    async def show(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        refresher: NamedDependency[Refresher],
        topic: FromPath[str],
        week: FromPath[str],
        voted: Annotated[str, QueryParameter(max_length=32)] = "",
    ) -> Response[str]:
        """The list, each place with its reasons and the reader's marks."""
        shortlist = await find_shortlist(library, topic, week)
        topics = await list_topics(library)
        listed = await load_listed(library, shortlist, name_reader(request))
        shown = {entry.arxiv_id for entry in shortlist.entries}
        below = await view_below(library, shortlist, request.user.reader, shown) if request.user else None
        places = {
            kind: [_write_place(entry, shortlist, listed, voted) for entry in entries]
            for kind, entries in (("ranked", shortlist.ranked), ("explored", shortlist.explored))
        }
        return render(
            request,
            "shortlist.html.j2",
            shortlist=shortlist,
            topics=topics,
            title=_find_title(topics, topic),
            days=_name_days(shortlist.week),
            weeks=_find_neighbours(topics, shortlist),
            my_tags=await list_own_tags(request, library),
            ranked=places["ranked"],
            explored=places["explored"],
            below=below,
            voted=voted,
            said=_tell_answer(below, voted, shortlist),
            rebuilding=_tell_rebuilding(shortlist, refresher.rebuilder),
        )


def tell_vote(value: int | None, shortlist: Shortlist | None = None) -> str:
    """What the vote that stands does to this list, or to any, for a page that is drawn after it."""
    if value == 0:
        return "Voted uncertain, which speaks neither for the paper nor against it."
    kept = _VOTED[value]
    if shortlist is None:
        return f"{kept} Drafts and later lists count it; published lists stay as they are."
    if shortlist.published_at is not None:
        return f"{kept} This list is published and stays as it is; drafts and later lists count it."
    return f"{kept} This draft is ranked anew with it now: reload to see the new order."


def _tell_answer(below: BelowLine | None, arxiv_id: str, shortlist: Shortlist) -> str:
    papers = (*below.waiting, *below.answered) if below else ()
    return next((tell_vote(paper.vote, shortlist) for paper in papers if paper.arxiv_id == arxiv_id), "")


def _tell_rebuilding(shortlist: Shortlist, rebuilder: Rebuilder) -> str:
    """Whether the order is about to change, or should have; nothing of a list that stays as it is."""
    if shortlist.published_at is not None:
        return ""
    if rebuilder.is_busy(shortlist.topic):
        return "Drafts of this topic are being ranked anew with the latest votes; reload in some seconds."
    error = rebuilder.last_error(shortlist.topic)
    return f"The latest votes are kept, but ranking anew failed: {error}" if error else ""


def _write_place(entry: Entry, shortlist: Shortlist, listed: dict[str, ListedPaper], voted: str) -> Place:
    paper = listed.get(entry.arxiv_id, _UNKNOWN)
    return Place(
        entry=entry,
        listed=paper,
        bars=tuple(draw_parts(paper.parts)),
        flags=tuple(reason.removeprefix(_FLAG) for reason in entry.reasons if reason.startswith(_FLAG)),
        reasons=tuple(reason for reason in entry.reasons if not reason.startswith(_FLAG)),
        is_unjudged=shortlist.is_judged and entry.judgement != "judged",
        said=tell_vote(paper.vote, shortlist) if voted == entry.arxiv_id else "",
    )


def _find_title(topics: tuple[TopicView, ...], name: str) -> str:
    return next((topic.title for topic in topics if topic.name == name), name)


def _find_neighbours(topics: tuple[TopicView, ...], shortlist: Shortlist) -> dict[str, Any]:
    """All weeks of the topic, the newest first, and the ones before and after this one."""
    known = next((topic.weeks for topic in topics if topic.name == shortlist.topic), ())
    weeks = sorted({*known, shortlist.week}, reverse=True)
    here = weeks.index(shortlist.week)
    return {
        "all": weeks,
        "newer": weeks[here - 1] if here else None,
        "older": weeks[here + 1] if here + 1 < len(weeks) else None,
    }


def _name_days(week: str) -> str:
    """The listing days, such as "11 to 15 May 2026"."""
    days = parse_week(week).listing_days
    first, last = days[0], days[-1]
    if first.month == last.month:
        return f"{first.day} to {last.day} {last:%B %Y}"
    year = f" {first.year}" if first.year != last.year else ""
    return f"{first.day} {first:%B}{year} to {last.day} {last:%B %Y}"
