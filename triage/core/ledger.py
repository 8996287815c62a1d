"""The ledger's verdict on a category and listing day, from counts and from what witnesses said."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from statistics import median

import msgspec

from triage.core.announcements import closing_day, has_listing
from triage.core.deferred_days import is_year_known

# Measured on the 25 real weeks 2026-W10 to W34: with these values no count of a category is called few (396 of them
# have so large a median), whether the last two, three, four or eight weeks are in the store; the lowest is 0.42 of the
# median (cs.CL on 2026-07-09: 44 where 106 are usual). From a median of 20 on, cs.SE on 2026-08-06 (4 where 21 are
# usual) would be. Of days that kept a quarter of their papers 95 % are found, by one category at least.
_USUAL = 2  # listings of the same weekday before a count can be called unusual
_FEW = 1 / 3  # of the median
_LARGE = 30.0  # the median from which so few are no chance


class State(StrEnum):
    """What a reader should think of a day."""

    OK = "ok"
    LATE = "late"  # announced, and not harvested yet
    STALE = "stale"  # the only witness showed an older batch
    INCOMPLETE = "incomplete"  # papers are known to be missing, or far fewer came than usual
    FAILED = "failed"  # the harvest broke off, or brought nothing where there must be something
    HOLIDAY = "holiday"  # no listing was due

    @property
    def is_alarm(self) -> bool:
        """Whether a person should look."""
        return self in {State.STALE, State.INCOMPLETE, State.FAILED}


_FROM_BEST = (State.HOLIDAY, State.OK, State.LATE, State.STALE, State.INCOMPLETE, State.FAILED)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a category and listing day. `expected` is None where no witness was heard.

    `day_total` counts all followed categories, `is_covered` says that the archive was read to its end since the
    announcement, `has_failed` that the last try broke off, `usual` are the counts of earlier listings of that weekday.
    """

    day: date
    harvested: int
    day_total: int
    expected: int | None = None
    missing: int = 0
    is_covered: bool = False
    is_new: bool = False
    has_failed: bool = False
    is_stale: bool = False
    usual: Sequence[int] = ()


class Verdict(msgspec.Struct, frozen=True):
    """A state, and why."""

    state: State
    reason: str = ""


def judge_day(seen: Evidence) -> Verdict:
    """The worst that the evidence supports; a reason for an alarm ends with the command that heals it."""
    if seen.missing:
        return Verdict(State.INCOMPLETE, f"{seen.missing} named by a witness and not in the store: triage repair")
    if not has_listing(seen.day):
        return Verdict(State.HOLIDAY, f"no batch closed on {closing_day(seen.day)}")
    if seen.expected is not None and 0 < seen.expected <= seen.harvested:
        return Verdict(State.OK)
    return _judge_unread(seen) or _judge_count(seen)


def find_worst(states: Iterable[State]) -> State:
    """What stands for a day as a whole; `HOLIDAY` of none."""
    return max(states, key=_FROM_BEST.index, default=State.HOLIDAY)


def is_old_batch(ids: Collection[str], day: date, placed: Mapping[str, date | None]) -> bool:
    """Whether a listing that claims to be of `day` mostly names papers that were listed before it."""
    older = sum(1 for arxiv_id in ids if (known := placed.get(arxiv_id)) is not None and known < day)
    return bool(ids) and older > len(ids) / 2


def _judge_unread(seen: Evidence) -> Verdict | None:
    """What is wrong before any paper is counted, if anything."""
    if seen.has_failed and not seen.is_covered:
        return Verdict(State.FAILED, "the last harvest broke off, or is still running: triage harvest")
    if seen.is_stale and seen.expected is None:
        return Verdict(State.STALE, "the feed, heard alone, showed an older batch: triage harvest")
    if seen.is_new and not seen.harvested:
        return Verdict(State.LATE, "never harvested, while others were: triage harvest")
    if not seen.is_covered and not seen.day_total:
        return Verdict(State.LATE, "announced, not harvested yet: triage harvest")
    return None


def _judge_count(seen: Evidence) -> Verdict:
    usual = median(seen.usual) if len(seen.usual) >= _USUAL else 0.0
    is_few = usual >= _LARGE and seen.harvested < _FEW * usual
    if seen.day_total and not is_few:
        return Verdict(State.OK, _explain_rest(seen))
    unknown = "" if is_year_known(seen.day.year) else f"; or a holiday, since those of {seen.day.year} are not known"
    if unknown and not seen.is_covered:  # imported: nobody can say what was announced that day
        return Verdict(State.OK, f"{seen.harvested} where {usual:.0f} are usual{unknown}")
    if not seen.day_total:
        return Verdict(State.FAILED, f"no paper at all on an announcement day{unknown}: triage repair")
    return Verdict(State.INCOMPLETE, f"{seen.harvested} where {usual:.0f} are usual{unknown}: triage repair")


def _explain_rest(seen: Evidence) -> str:
    """A witness may name more than the day holds: every paper it names is in the store, or would be missing."""
    rest = (seen.expected or 0) - seen.harvested
    return f"{rest} more named by a witness are in the store under another day or category" if rest > 0 else ""
