"""What a run under faults left behind, against the store that lived through the same days without one."""

from collections import Counter

import msgspec

from benchmarks.fault_run import Life, Run
from triage.adapters.pace import INTERVAL

MIX = "any mix"


class Verdict(msgspec.Struct, frozen=True):
    """One run: what was broken, in sentences, by promise. `kind` is the one kind of fault met, or `MIX`."""

    number: int
    kind: str
    met: int = 0
    visible: bool = False
    lost: list[str] = []
    doubled: list[str] = []
    quiet: list[str] = []
    other: list[str] = []
    placed_apart: int = 0
    requests: int = 0
    smallest_gap: float = float("inf")

    @property
    def is_broken(self) -> bool:
        """Whether any promise was."""
        return bool(self.lost or self.doubled or self.quiet or self.other)


class Tally(msgspec.Struct):
    """All runs of one kind: those in which the fault came up, that failed visibly, and of these that ended well."""

    kind: str
    runs: int = 0
    met: int = 0
    visible: int = 0
    healed: int = 0
    lost: int = 0
    doubled: int = 0
    quiet: int = 0
    other: int = 0
    placed_apart: int = 0
    requests: int = 0
    smallest_gap: float = float("inf")

    def add(self, one: Verdict) -> None:
        """Count a run."""
        self.runs += 1
        self.met += bool(one.met)
        self.visible += one.visible
        self.healed += one.visible and not one.is_broken
        self.lost += len(one.lost)
        self.doubled += len(one.doubled)
        self.quiet += len(one.quiet)
        self.other += len(one.other)
        self.placed_apart += one.placed_apart
        self.requests += one.requests
        self.smallest_gap = min(self.smallest_gap, one.smallest_gap)


def judge_crash(number: int, kind: str | None, error: Exception) -> Verdict:
    """A run that an error ended which is no named failure of a source."""
    return Verdict(number, kind or MIX, other=[f"{type(error).__name__}: {error}"])


def judge(number: int, run: Run, life: Life, twin: Life) -> Verdict:
    """Hold a run against its twin."""
    ours, theirs = life.store, twin.store
    apart = {key for key in theirs.papers.keys() & ours.papers.keys() if ours.announced[key] != theirs.announced[key]}
    other = [*life.broken, *(f"{key} is on another listing day" for key in sorted(apart - life.unsettled))]
    other += [f"{key} is not in the store without faults" for key in sorted(ours.papers.keys() - theirs.papers.keys())]
    if life.smallest_gap < INTERVAL:
        other.append(f"two requests {life.smallest_gap} s apart")
    plan = run.plan
    fired = Counter(plan.fired) if plan else Counter[str]()
    del fired["ok"]
    return Verdict(
        number=number,
        kind=(plan.alone if plan else None) or MIX,
        met=fired.total(),
        visible=bool(life.raised or life.told),
        lost=_find_lost(life, twin),
        doubled=ours.doubled,
        quiet=life.quiet,
        other=other,
        placed_apart=len(apart),
        requests=life.requests,
        smallest_gap=life.smallest_gap,
    )


def _find_lost(life: Life, twin: Life) -> list[str]:
    """Papers that are absent, known as missing, or not as they are in the store that met no fault."""
    ours, theirs = life.store, twin.store
    lost = [f"{key} is missing, and known to be" for key in ours.missing]
    for key, paper in theirs.papers.items():
        if key not in ours.papers:
            lost.append(f"{key} is lost")
            continue
        wrong = [name for name, value in paper.items() if ours.papers[key][name] != value]
        wrong += ["versions"] if ours.versions[key] != theirs.versions[key] else []
        lost += [f"{key} differs in {', '.join(wrong)}"] if wrong else []
    return lost
