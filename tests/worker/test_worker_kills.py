"""Workers that are killed over and over, and the oracle that watches them: benchmarks/worker_kills.py, small."""

from collections import Counter

import pytest
from fakes.postgres_case import PostgresCase

from benchmarks.worker_kill_case import fill
from benchmarks.worker_kill_verdict import Change, Verdict, judge, measure_rate
from benchmarks.worker_kills import Plan, Task, open_site, run_leg
from triage.adapters.hashing import NAME

_PLAN = Plan(every=0.2, between=15, slack=100.0, rules={"heartbeat": 4, "retries": 50})
_TASK = Task("2 workers, kills", jobs=100, workers=2, papers=2, kills=True)


def test_no_job_is_lost_or_done_twice_under_kills(postgres_case: PostgresCase) -> None:
    """Every job ends and every vector is made once, however often workers are killed; what is missing is seen."""
    with open_site(postgres_case, "worker_kills") as site:
        fill(site.url, _TASK.jobs * _TASK.papers, _PLAN.seed)
        leg = run_leg(site, _PLAN, _TASK)
        assert leg.campaign.deaths
        assert leg.campaign.is_over
        assert leg.faults == []
        assert sum(leg.verdict.runs.values()) == _TASK.jobs
        site.watch.execute("DELETE FROM embeddings WHERE paper_id = 1")
        site.watch.execute("UPDATE embeddings SET dimension = 1 WHERE paper_id = 2")
        effects = site.watch.read_effects()
        verdict = judge([], [], site.watch.read_embeddings(NAME), effects, {}, 1.0)
        assert [line.split()[1] for line in verdict.lost] == ["1"]
        assert [line.split()[1] for line in verdict.twice] == ["1", "2"]


def _judge(states: str, *, limit: float = 10.0, **deaths: float) -> Verdict:
    """Of one job and one effect, from a history such as `queued active:a@5 gone:a@6`."""
    changes = []
    for word in states.split():
        state, _, rest = word.partition(":")
        by, _, at = rest.partition("@")
        changes.append(Change("job", state, by, float(at or 0)))
    return judge(["job"], changes, {"row": 1}, {"row": Counter(INSERT=1)}, deaths, limit)


def test_a_job_that_goes_well_breaks_no_promise() -> None:
    """It is begun once, and its row may be deleted at once or later."""
    for end in ("gone:a@6", "complete:a@6", "complete:a@6 gone:b@99"):
        verdict = _judge(f"queued active:a@5 {end}")
        assert (verdict.lost, verdict.twice, verdict.stuck, verdict.runs) == ([], [], [], {1: 1})


def test_a_job_that_a_slow_worker_ends_is_not_lost() -> None:
    """It was taken for dead, and ends what waits again or what another has begun."""
    for since in ("queued:b@9", "queued:b@9 active:b@10"):
        assert _judge(f"queued active:a@5 {since} gone:a@11").lost == []


def test_a_job_of_a_killed_worker_is_measured_from_the_kill() -> None:
    """How long it was held by nobody, and when it was begun again; that it was begun twice is no fault."""
    verdict = _judge("queued active:a@5 queued:b@9 active:b@11 gone:b@12", a=6.0)
    assert (verdict.runs, verdict.cut_off) == ({2: 1}, 1)
    assert (verdict.longest_held, verdict.longest_until_free, verdict.longest_until_again) == (4.0, 3.0, 5.0)
    assert (verdict.lost, verdict.stuck) == ([], [])


@pytest.mark.parametrize(
    "states",
    ["", "queued", "queued gone", "queued active:a@5", "queued active:a@5 failed:a@6", "queued active:a@5 gone:b@6"],
)
def test_a_job_without_a_good_end_is_lost(states: str) -> None:
    """Never put in, never begun, deleted unbegun, left by a dead worker, failed or waiting for ever."""
    assert _judge(states).lost == ["job job"]


def test_a_job_that_nobody_takes_back_is_stuck() -> None:
    """One held for longer than the limit, also when it ends at last, and one that is held for ever."""
    assert _judge("queued active:a@5 queued:b@16 active:b@17 gone:b@18").stuck == ["job: 11.0 s"]
    assert _judge("queued active:a@5").stuck == ["job: inf s"]


def test_an_effect_must_be_there_once() -> None:
    """A row that is missing, one that was made again, one that nobody expected."""
    present = {"missing": 0, "again": 1, "well": 1}
    effects = {"again": Counter(INSERT=2, DELETE=1), "well": Counter(INSERT=1), "strange": Counter(INSERT=1)}
    verdict = judge([], [], present, effects, {}, 1.0)
    assert verdict.lost == ["missing"]
    assert [line.partition(":")[0] for line in verdict.twice] == ["again", "strange"]


def test_the_rate_leaves_out_the_last_jobs() -> None:
    """Twenty jobs, one a second but for the last, which waited for a time-out: one a second."""
    changes = [Change("0", "active", "a", 0.0)]
    changes += [Change(str(number), "gone", "a", 1.0 + number) for number in range(19)]
    assert measure_rate([*changes, Change("19", "gone", "a", 500.0)], 20) == pytest.approx(1.0)
    assert measure_rate(changes[:5], 20) == 0.0
