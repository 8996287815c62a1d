"""Whether a week's shortlists can be mailed, and freezing those that can."""

from collections.abc import Iterable
from contextlib import AsyncExitStack

import msgspec
import structlog

from triage.core.announcements import completed_at
from triage.core.ledger import State
from triage.core.week import Week, parse_week
from triage.delivery.desk import DeliverDesk
from triage.digest.overview import make_overview
from triage.errors import TriageError
from triage.pipeline.asking import JudgeDesk
from triage.reading.ledger import reckon_ledger
from triage.reading.shortlists import publish
from triage.store.shortlists import Shortlist, load_shortlist

_log = structlog.get_logger(__name__)


class Kind(msgspec.Struct, frozen=True):
    """What digests must have in common to be the same but for the reader's key."""

    week: str
    topics: tuple[str, ...]
    language: str
    size: int | None

    @property
    def lists(self) -> tuple[tuple[str, str], ...]:
        """Topic and week of each shortlist in it."""
        return tuple((topic, self.week) for topic in self.topics)


class Lack(msgspec.Struct, frozen=True):
    """Why a digest cannot be made, and the command that mends it, if there is one."""

    reason: str
    remedy: str | None = None


async def find_lacks(desk: DeliverDesk, kinds: Iterable[Kind]) -> dict[Kind, Lack]:
    """Of the digests that cannot be made now: all their shortlists must be there, and made from the whole week."""
    kinds = list(kinds)
    found: dict[tuple[str, str], Lack] = {}
    for week in sorted({kind.week for kind in kinds}):
        topics = sorted({topic for kind in kinds if kind.week == week for topic in kind.topics})
        found |= await _find_lacks_of_week(desk, parse_week(week), topics)
    lacks: dict[Kind, Lack] = {}
    for kind in kinds:
        mine = [found[one] for one in kind.lists if one in found]
        if mine:
            lacks[kind] = Lack(", ".join(dict.fromkeys(each.reason for each in mine)), mine[0].remedy)
        elif not kind.topics:
            lacks[kind] = Lack("none of the reader's topics is in the rubric", "triage subscribe TOPIC")
    return lacks


async def _find_lacks_of_week(desk: DeliverDesk, week: Week, topics: Iterable[str]) -> dict[tuple[str, str], Lack]:
    async with desk.database.read() as session:
        lists = {topic: await load_shortlist(session, topic, str(week)) for topic in topics}
    if all(each is not None and each.published_at is not None for each in lists.values()):
        return {}
    unread = await _find_unread(desk, week)
    reasons = {topic: unread or _find_reason(each, topic, week) for topic, each in lists.items() if not _is_out(each)}
    return {(topic, str(week)): lack for topic, lack in reasons.items() if lack is not None}


def _is_out(shortlist: Shortlist | None) -> bool:
    return shortlist is not None and shortlist.published_at is not None


async def _find_unread(desk: DeliverDesk, week: Week) -> Lack | None:
    """A listing of the week that was announced and is not in the store: a list without it would be frozen for good."""
    (ledger,) = await reckon_ledger(desk.library, str(week), 1)
    days = [f"{day.day:%A}" for day in ledger.days if day.state is State.LATE]
    if not days:
        return None
    *others, last = days
    named = f"{', '.join(others)} and {last} of {week} were" if others else f"{last} of {week} was"
    return Lack(f"{named} not harvested", f"triage harvest, then triage run --week {week}")


def _find_reason(shortlist: Shortlist | None, topic: str, week: Week) -> Lack | None:
    """What keeps a draft from being frozen, if anything."""
    remedy = f"triage run --week {week}"
    if shortlist is None:
        return Lack(f"there is no shortlist of {topic}", remedy)
    if shortlist.built_at < completed_at(week):
        return Lack(f"the shortlist of {topic} was made before the week's last listing", remedy)
    return None


async def freeze_lists(desk: DeliverDesk, kinds: Iterable[Kind]) -> None:
    """Publish the shortlists of these digests and make their overviews, each once for all readers; idempotent."""
    lists = sorted({one for kind in kinds for one in kind.lists})
    for topic, week in lists:
        await publish(desk.library, topic, week)
    async with AsyncExitStack() as stack:
        judge = await _open_judge(desk, stack) if lists else None
        for topic, week in lists:
            await make_overview(desk.library, topic, week, judge)


async def _open_judge(desk: DeliverDesk, stack: AsyncExitStack) -> JudgeDesk | None:
    """A judge that cannot be asked costs its sentences, and never the mail."""
    if desk.open_judge is None:
        return None
    try:
        return await stack.enter_async_context(desk.open_judge())
    except TriageError as error:
        _log.warning("overview_not_told", reason=str(error))
        return None
