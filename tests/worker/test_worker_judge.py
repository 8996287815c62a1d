"""Two workers before one judge: a budget for each run holds for all of them."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fakes.judging_case import MODEL, WEEK
from fakes.worker_case import TOPICS, WorkerCase

from triage.adapters.fake_judge.script import look_for
from triage.adapters.fake_judge.server import FakeJudge
from triage.worker.kinds import make_plan

_CALLS = 9


async def test_two_workers_share_one_budget(
    make_case: Callable[..., Awaitable[WorkerCase]], tmp_path: Path, root: Path
) -> None:
    """Both topics are judged, by all workers together no more often than one run may; the lists are made."""
    rubric = tmp_path / "rubric.yaml"
    text = (root / "rubric.yaml").read_text(encoding="utf-8")
    rubric.write_text(text.replace("calls: 400", f"calls: {_CALLS}"), encoding="utf-8")
    with FakeJudge(look_for("recommend", "semantic id")) as server:
        case = await make_case(judge=server.url, judge_model=MODEL, rubric=rubric, judge_concurrency=2)
        await case.put(make_plan(WEEK))
        await case.work(workers=2)
        assert len(server.log) <= _CALLS
    lists = await case.load_lists()
    assert sorted(lists) == sorted(TOPICS)
    assert any(entry.judgement == "judged" for each in lists.values() for entry in each.entries)
    assert [run.status for run in await case.list_runs() if run.step == "judge"] == ["done", "done"]
    assert await case.list_jobs() == {}
