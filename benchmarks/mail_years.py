"""Ten years of weekly mail: `python benchmarks/mail_years.py [--years 10] [--zones N] [--seed 1] [--json]`.

One reader for every time zone and weekday, at hours drawn by chance, whom `core.schedule` tells what is owed. Looks
are missed for up to three days; readers change slot and zone just before and after a digest is due or at any time,
pause, and go on. The judge keeps books of its own and reads moments from clocks on the wall: one digest per week,
none twice, none left out, none early and none later than three days. Otherwise it says which, and exits with 1.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec.structs import replace

from triage.core.schedule import CATCH_UP, Slot, first_week_from, list_owed
from triage.core.week import Week, weeks_between

_START = datetime(2026, 1, 1, tzinfo=UTC)
_SECOND, _MINUTE, _HOUR, _DAY = (timedelta(seconds=seconds) for seconds in (1, 60, 3600, 86_400))
_LONGEST_OUTAGE = CATCH_UP - _HOUR
_SHOWN = 5  # violations
_ZONES = sorted(available_timezones() - {"Factory", "localtime"})


class Account(msgspec.Struct):
    """Sums over readers. `left_out` are weeks that were due in a pause; `long_weeks` have number 53."""

    zones: int = 0
    readers: int = 0
    weeks: int = 0
    sent: int = 0
    left_out: int = 0
    long_weeks: int = 0
    seconds: float = 0.0
    events: Counter[str] = msgspec.field(default_factory=Counter)
    violations: list[str] = msgspec.field(default_factory=list)


def reckon_due(week: Week, slot: Slot) -> tuple[datetime, str]:
    """When it is due, by a walk along the reader's clock, and what that clock does then.

    The first quarter of an hour at which it shows the chosen hour of the chosen day or more.
    """
    zone = ZoneInfo(slot.zone)
    day = next(day for day in _list_days(week) if day.weekday() == slot.weekday)
    wall = datetime(day.year, day.month, day.day, slot.hour)  # noqa: DTZ001 - a clock on the wall
    guess = (wall.replace(tzinfo=zone)).astimezone(UTC)
    if _show(guess - _DAY, zone) + _DAY == wall == _show(guess + _DAY, zone) - _DAY:  # the clock is not changed
        return guess, "plain hour"
    moment = guess - 3 * _HOUR
    while _show(moment, zone) < wall:
        moment += 15 * _MINUTE
    if _show(moment, zone) > wall:
        return moment, "skipped hour"
    again = (_show(moment + quarters * 15 * _MINUTE, zone) for quarters in range(1, 13))
    return moment, "doubled hour" if wall in again else "plain hour"


class Subscriber:
    """A reader with the judge's books: when which week was sent, and which were left out in a pause."""

    def __init__(self, slot: Slot, rng: Random, account: Account) -> None:
        self.slot, self.rng, self.account = slot, rng, account
        self.now = self.changed_at = _START + rng.random() * 14 * _DAY
        self.start = self.first = first_week_from(self.now, slot)
        self.done: dict[str, datetime] = {}
        self.newest: Week | None = None
        self.left_out: set[str] = set()

    def live(self, end: datetime) -> None:
        """From week to week, until the end; then every week must be in the books once."""
        while self.now < end:
            due, _ = reckon_due(self._pending(), self.slot)
            if due - _SECOND > self.now:
                self.look(due - _SECOND)
            chance = self.rng.random()
            if chance < 0.1:  # noqa: PLR2004 - one week in ten
                self.change(self._draw_moment(due))
            elif chance < 0.12:  # noqa: PLR2004 - one in fifty
                self.pause(self._draw_moment(due))
            else:
                self.look(max(self.now, due) + self._draw_delay())
        settled = {*self.done, *self.left_out}
        weeks = [str(week) for week in weeks_between(self.start, self._pending()) if week != self._pending()]
        if len(self.done) + len(self.left_out) != len(settled) or settled != set(weeks):
            self._accuse("weeks that are in no book, or in two", sorted(settled ^ set(weeks)))
        self.account.weeks += len(weeks)
        self.account.left_out += len(self.left_out)
        self.account.long_weeks += sum(name.endswith("W53") for name in self.done)

    def look(self, now: datetime) -> None:
        """As `triage deliver` does: send what is owed."""
        self.now = now
        for owed in list(list_owed(self.first, self.slot, self.changed_at, self.done, now)):
            name = str(owed.week)
            due, clock = reckon_due(owed.week, self.slot)
            if name in self.done:
                self._accuse("sent twice", name)
            if now < due:
                self._accuse("sent early", name)
            if owed.is_late or now > max(due, self.changed_at) + CATCH_UP:
                self._accuse("late", name)
            self.done[name], self.newest = now, owed.week
            self.left_out.discard(name)
            self.account.sent += 1
            self.account.events[clock] += 1
        due, _ = reckon_due(self._pending(), self.slot)
        if due <= now:
            self._accuse("passed over", str(self._pending()))

    def change(self, now: datetime) -> None:
        """Want it at another time from now on: another hour, day or zone, or all of them."""
        new = _draw_slot(self.rng, self.rng.choice(_ZONES))
        one = {name: getattr(new, name) for name in self.rng.sample(("weekday", "hour", "zone"), 1)}
        self.slot = self.rng.choice((new, replace(self.slot, **one)))
        self.now = self.changed_at = now
        self.account.events["change"] += 1

    def pause(self, now: datetime) -> None:
        """Get nothing for an hour to two months; what falls due meanwhile is left out, and nothing else."""
        since = max(reckon_due(self._pending(), self.slot)[0], self.changed_at)
        if since < now - CATCH_UP:
            self._accuse("not sent before the pause", str(self._pending()))
        pending = self._pending()
        self.now = now + self.rng.choice((_HOUR, 2 * _DAY, 10 * _DAY, 60 * _DAY)) * self.rng.random()
        self.first = first_week_from(self.now, self.slot)
        if self.newest is not None:
            self.first = max(self.first, self.newest.next)
        self.start = min(self.start, self.first)
        for week in weeks_between(pending, self.first):
            if week != self.first:
                self.left_out.add(str(week))
                if reckon_due(week, self.slot)[0] >= self.now:
                    self._accuse("left out though due after the pause", str(week))
        self.account.events["pause"] += 1

    def _pending(self) -> Week:
        """The oldest week that is not in the books."""
        return self.first if self.newest is None else max(self.first, self.newest.next)

    def _draw_moment(self, due: datetime) -> datetime:
        """Around the moment that the next digest is due, not in the past."""
        near = self.rng.choice((-_SECOND, timedelta(0), _SECOND, -_HOUR / 2, _HOUR / 2))
        far = (2 * self.rng.random() - 1) * _LONGEST_OUTAGE
        return max(self.now, due + self.rng.choice((near, far)))

    def _draw_delay(self) -> timedelta:
        """To the next look: mostly minutes, sometimes an outage."""
        return self.rng.random() * self.rng.choice((10 * _MINUTE, 10 * _MINUTE, _HOUR, _LONGEST_OUTAGE))

    def _accuse(self, what: str, which: object) -> None:
        self.account.violations.append(f"{what}: {which}, {self.slot} at {self.now:%Y-%m-%d %H:%M:%S}")


def run(years: int, zones: list[str], seed: int) -> Account:
    """One reader after the other."""
    started, account = time.perf_counter(), Account(zones=len(zones))
    end = _START.replace(year=_START.year + years)
    for zone in zones:
        for weekday in range(7):
            rng = Random(f"{seed} {zone} {weekday}")
            Subscriber(replace(_draw_slot(rng, zone), weekday=weekday), rng, account).live(end)
            account.readers += 1
    account.seconds = time.perf_counter() - started
    return account


def report(account: Account) -> str:
    """For people."""
    events = ", ".join(f"{name} {count:,}" for name, count in sorted(account.events.items()))
    weeks = f"{account.weeks:,} weeks of readers, {account.long_weeks:,} of them a week 53"
    lines = [
        f"{account.zones} zones, {account.readers:,} readers, {weeks}, in {account.seconds:.0f} s.",
        f"Sent: {account.sent:,}. Left out, since due in a pause: {account.left_out:,}. Events: {events}.",
        f"Twice, passed over, early or late: {len(account.violations)}.",
    ]
    return "\n".join(lines + account.violations[:_SHOWN])


def main(arguments: list[str] | None = None) -> int:
    """Run, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--zones", type=int, help="only so many, drawn by chance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    zones = _ZONES if chosen.zones is None else Random(chosen.seed).sample(_ZONES, chosen.zones)
    account = run(chosen.years, zones, chosen.seed)
    print(msgspec.json.encode(account).decode() if chosen.json else report(account))
    return 1 if account.violations else 0


def _draw_slot(rng: Random, zone: str) -> Slot:
    """At night more often, when clocks are changed."""
    return Slot(rng.randrange(7), rng.choice((rng.randrange(24), rng.randrange(4))), zone)


def _list_days(week: Week) -> Iterator[date]:
    """From the week's Saturday to the Friday after."""
    return (week.monday + offset * _DAY for offset in range(5, 12))


def _show(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


if __name__ == "__main__":
    sys.exit(main())
