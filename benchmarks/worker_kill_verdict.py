"""What a queue's history says: which jobs were lost, which were stuck, which ran more than once. No I/O."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import msgspec

HELD = frozenset({"active", "aborting"})
"""The states of a job that a worker is said to have."""
DONE = frozenset({"complete", "gone"})
"""The states of a job that went well: its row is deleted, at once or later."""


class Change(msgspec.Struct, frozen=True):
    """A job's state changed; `by` is the connection's name, that of a worker's life; `at` in seconds since 1970."""

    key: str
    state: str
    by: str
    at: float


class Stretch(msgspec.Struct, frozen=True):
    """A job that was held in one go from `start` to `end`; `again` is when it was held or finished next."""

    key: str
    by: str
    start: float
    end: float
    again: float


class Verdict(msgspec.Struct, kw_only=True):
    """`lost`, `twice` and `stuck` (held in one go for longer than `limit`) must be empty; times from a kill are shown.

    `runs` counts jobs by how often they were begun: more than once is allowed, since the effect is once.
    """

    jobs: int
    runs: dict[int, int]
    cut_off: int
    longest_held: float
    longest_until_free: float
    longest_until_again: float
    lost: list[str]
    twice: list[str]
    stuck: list[str]


def find_stretches(changes: Sequence[Change]) -> Iterator[Stretch]:
    """Of one job, its changes in order; what has no end lasts for ever."""
    starts = [number for number, change in enumerate(changes) if change.state == "active"]
    for number in starts:
        later = changes[number + 1 :]
        end = next((each.at for each in later if each.state not in HELD), float("inf"))
        again = next((each.at for each in later if each.state == "active" or each.state in DONE), float("inf"))
        yield Stretch(changes[number].key, changes[number].by, changes[number].at, end, again)


def judge(
    jobs: Sequence[str],
    changes: Sequence[Change],
    present: Mapping[str, int],
    effects: Mapping[str, Counter[str]],
    deaths: Mapping[str, float],
    limit: float,
) -> Verdict:
    """Hold the history against the promises.

    `changes` in order of time; `present` has for every effect that there must be how many rows are there in the end,
    `effects` how often which verb was executed on them; `deaths` when the lives that were killed
    ended, by name; `limit` is in seconds.
    """
    histories = {key: list(each) for key, each in groupby(sorted(changes, key=lambda c: c.key), key=lambda c: c.key)}
    stretches = {key: list(find_stretches(histories.get(key, []))) for key in jobs}
    every = [stretch for each in stretches.values() for stretch in each]
    cut = [each for each in every if each.by in deaths and each.end > deaths[each.by]]
    unfinished = [f"job {key}" for key in jobs if not _is_finished(histories.get(key, []))]
    return Verdict(
        jobs=len(jobs),
        runs=dict(sorted(Counter(len(each) for each in stretches.values()).items())),
        cut_off=len(cut),
        longest_held=max((each.end - each.start for each in every), default=0.0),
        longest_until_free=max((each.end - deaths[each.by] for each in cut), default=0.0),
        longest_until_again=max((each.again - deaths[each.by] for each in cut), default=0.0),
        lost=[*unfinished, *(effect for effect, count in present.items() if not count)],
        twice=[
            f"{effect}: {present.get(effect, 0)} rows, {dict(effects.get(effect, {}))}"
            for effect in sorted(present.keys() | effects.keys())
            if present.get(effect, 0) > 1 or effects.get(effect, Counter()).total() > 1 or effect not in present
        ],
        stuck=[f"{each.key}: {each.end - each.start:.1f} s" for each in every if each.end - each.start > limit],
    )


def _is_finished(history: Sequence[Change]) -> bool:
    """Whether it ended well: complete, or deleted by one who had begun it, even if it was taken for dead since."""
    if not history or history[-1].state not in DONE:
        return False
    last, before = history[-1], history[:-1]
    return last.state == "complete" or any(
        each.state == "complete" or (each.state == "active" and each.by == last.by) for each in before
    )


def measure_rate(changes: Sequence[Change], jobs: int, share: float = 0.95) -> float:
    """Jobs per second from the first that was begun until so many were done: later there is little but waiting."""
    done: dict[str, float] = {}
    for change in changes:
        if change.state in DONE:
            done.setdefault(change.key, change.at)
    begun = min((change.at for change in changes if change.state == "active"), default=0.0)
    wanted = max(1, round(share * jobs))
    return wanted / (sorted(done.values())[wanted - 1] - begun) if len(done) >= wanted else 0.0
