import itertools
import threading

import pytest
from fakes.faketime import FakeTime
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.adapters.pace import INTERVAL, Pace
from triage.errors import SourceError


def _make_pace(time: FakeTime, longest_wait: float = 900.0) -> Pace:
    return Pace(longest_wait=longest_wait, monotonic=time.monotonic, sleep=time.sleep)


def test_the_first_turn_comes_at_once() -> None:
    """Nothing was asked before, so nothing is waited for."""
    time = FakeTime()
    with _make_pace(time).turn():
        assert time.slept == []


def test_the_pause_counts_from_the_end_of_the_request() -> None:
    """A slow request does not eat up the pause after it."""
    time = FakeTime()
    pace = _make_pace(time)
    with pace.turn():
        time.now += 50
    ended = time.now
    with pace.turn():
        assert time.now == ended + INTERVAL


def test_a_failed_request_counts_too() -> None:
    """The pause is kept after an error as after an answer."""
    time = FakeTime()
    pace = _make_pace(time)
    with pytest.raises(OSError, match="refused"), pace.turn():
        raise OSError("refused")
    with pace.turn():
        assert time.slept == [INTERVAL]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100)), max_size=20))
def test_no_start_is_nearer_than_the_interval_to_the_end_before(steps: list[tuple[float, float, float]]) -> None:
    """Whatever requests last, however long one idles between, and whatever is postponed: 3.0 s and no less."""
    time = FakeTime()
    pace = _make_pace(time)
    not_before = float("-inf")
    for lasts, postponed, idle in steps:
        with pace.turn():
            assert time.now >= not_before
            time.now += lasts
            pace.postpone(postponed)
        not_before = time.now + max(INTERVAL, postponed)
        time.now += idle


def test_a_sleep_that_ends_early_is_slept_again() -> None:
    """An interrupted or coarse sleep does not shorten the pause."""
    time = FakeTime()
    pace = Pace(monotonic=time.monotonic, sleep=lambda seconds: time.sleep(max(seconds / 2, 0.01)))
    with pace.turn():
        pass
    ended = time.now
    with pace.turn():
        assert time.now >= ended + INTERVAL


def test_postponing_never_shortens_an_earlier_wait() -> None:
    """The longest demand rules."""
    time = FakeTime()
    pace = _make_pace(time)
    pace.postpone(40)
    pace.postpone(5)
    with pace.turn():
        assert time.slept == [40]


def test_a_wait_that_is_too_long_is_refused_and_over_in_time() -> None:
    """An hour's `Retry-After` does not hang the command; after the hour the turn is granted."""
    time = FakeTime()
    pace = _make_pace(time, longest_wait=60)
    pace.postpone(3600)
    with pytest.raises(SourceError, match="pause of another 3600 s"), pace.turn():
        pytest.fail("the turn was granted")
    time.now += 3600
    with pace.turn():
        assert time.slept == []


def test_after_a_stop_no_turn_is_granted() -> None:
    """A person has to act first; time alone changes nothing."""
    time = FakeTime()
    pace = _make_pace(time)
    pace.stop("Refused by arXiv.")
    time.now += 1e6
    with pytest.raises(SourceError, match=r"Refused by arXiv\."), pace.turn():
        pytest.fail("the turn was granted")


def test_after_a_word_from_a_person_turns_are_granted_again() -> None:
    """The reason that stood is handed back; a second word has nothing to undo."""
    time = FakeTime()
    pace = _make_pace(time)
    pace.stop("Refused by arXiv.")
    assert pace.resume() == "Refused by arXiv."
    assert pace.resume() is None
    with pace.turn():
        assert time.slept == []


def test_threads_take_turns() -> None:
    """Eight threads never hold two turns at once, and every one pauses."""
    time = FakeTime()
    pace = _make_pace(time)
    inside, most, starts = 0, 0, []

    def work() -> None:
        nonlocal inside, most
        for _ in range(5):
            with pace.turn():
                inside += 1
                most = max(most, inside)
                starts.append(time.now)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert len(starts) == 40
    assert all(late - early >= INTERVAL for early, late in itertools.pairwise(starts))
