"""Jobs that fail: what is kept and shown of them, and what a person may do."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from fakes.cli_case import Home
from fakes.judging_case import WEEK
from fakes.worker_case import TOPICS, WorkerCase

from triage.errors import InputError, JudgeStoppedError, SourceError, StoreError, TriageError
from triage.worker.jobs import Outcome
from triage.worker.kinds import make_step
from triage.worker.queue import put_piece
from triage.worker.working import SENTENCE, make_function
from triage.worker.workshop import Workshop

LOST = make_step("score", WEEK, "knitting")


class Failing(Workshop):
    """Every job ends like this."""

    def __init__(self, outcome: Outcome | TriageError) -> None:
        self.outcome = outcome

    async def do(self, kind: str, arguments: dict[str, Any]) -> Outcome:
        """End so."""
        del kind, arguments
        if isinstance(self.outcome, Outcome):
            return self.outcome
        raise self.outcome


@pytest.mark.parametrize(
    ("error", "is_hopeful"),
    [
        (SourceError("arXiv is away."), True),
        (StoreError("The database is busy."), True),
        (InputError("There is no such topic."), False),
        (JudgeStoppedError("The key is not valid."), False),
    ],
)
async def test_only_what_may_help_is_tried_again(case: WorkerCase, error: TriageError, *, is_hopeful: bool) -> None:
    """The sentence stays with the job; a wait stands before the next attempt, and nothing before what is in vain."""
    async with case.open_queue() as queue:
        await put_piece(queue, LOST)
        job = await queue.dequeue(timeout=5)
        job.attempts += 1
        with pytest.raises(type(error)):
            await make_function("score", Failing(error))({"job": job})
    assert job.retryable == is_hopeful
    assert job.retry_delay > 0
    assert job.meta[SENTENCE] == str(error)


async def test_a_bad_end_does_not_keep_what_follows(case: WorkerCase) -> None:
    """A judge that fails costs its verdicts and not the list: the list is put in, and the failure is shown."""
    follows = make_step("shortlist", WEEK, TOPICS[0])
    outcome = Outcome((follows,), InputError("No price is known."))
    async with case.open_queue() as queue:
        await put_piece(queue, LOST)
        job = await queue.dequeue(timeout=5)
        with pytest.raises(InputError):
            await make_function("judge", Failing(outcome))({"job": job})
    assert follows.key in await case.list_jobs()


def test_failures_are_shown_retried_and_forgotten(case: WorkerCase, commands: Home) -> None:
    """With their sentence, for people and programs; no traceback anywhere."""
    asyncio.run(case.put(LOST))
    said = commands.do("worker", "--burst").err
    assert "knitting" in said
    table = commands.do("queue", COLUMNS="200").out
    sentence = json.loads(commands.do("queue", "--json").out)["troubles"][0]["error"]
    assert "knitting" in sentence
    assert "knitting" in table
    assert "triage queue retry" in table
    assert "Put in: 1 job." in commands.do("queue", "retry").out
    (job,) = asyncio.run(case.list_jobs()).values()
    assert (job.status, job.attempts) == ("queued", 0)
    commands.do("worker", "--burst")
    assert commands.do("queue", "forget").out == "Forgotten: 1.\n"
    assert asyncio.run(case.list_jobs()) == {}


def test_a_backfill_is_put_in_once(commands: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every paper without a vector, in batches; asking again finds them waiting, and done there is nothing left."""
    monkeypatch.setattr("triage.worker.orders.BATCH", 40)
    assert "Papers without a vector: 85.\nPut in: 3 jobs." in commands.do("queue", "embed").out
    assert "Put in: 0 jobs. 3 waited or ran there already. See how far" in commands.do("queue", "embed").out
    commands.do("worker", "--burst")
    assert commands.do("queue", "embed").out == "Papers without a vector: 0.\nPut in: 0 jobs.\n"


def test_vectors_for_another_embedder_are_not_made(commands: Home) -> None:
    """A worker with other settings says so, instead of calling the batch done."""
    commands.do("queue", "embed")
    commands.do("worker", "--burst", embedder="minilm")
    assert "give all workers the same TRIAGE_EMBEDDER" in commands.do("queue", "--json").out


@pytest.mark.parametrize(
    ("environment", "arguments", "says"),
    [
        ({}, ("queue",), "SQLite has no queue, and needs none: triage run"),
        ({}, ("worker",), "TRIAGE_QUEUE_URL to redis://HOST/0"),
        ({"queue_url": "amqp://me:secret@host"}, ("worker",), "begins with amqp://"),
    ],
)
def test_settings_without_a_queue(
    tmp_path: Path, request: pytest.FixtureRequest, environment: dict[str, str], arguments: tuple[str, ...], says: str
) -> None:
    """What to set instead; no password is repeated."""
    monkeypatch, capsys = request.getfixturevalue("monkeypatch"), request.getfixturevalue("capsys")
    result = Home(tmp_path / "home", monkeypatch, capsys).run(*arguments, **environment)
    assert result.code == 2
    assert says in result.err
    assert "secret" not in result.err


def test_a_queue_that_does_not_answer(commands: Home) -> None:
    """Exit code 1 and a sentence that names no password."""
    result = commands.run("queue", queue_url="redis://:secret@127.0.0.1:1/0")
    assert result.code == 1
    assert "The queue cannot be used" in result.err
    assert "secret" not in result.err


def test_a_week_that_the_store_lacks(commands: Home) -> None:
    """It says how papers come in, and nothing is put in."""
    result = commands.run("queue", "run", "--week", "2026-W10")
    assert result.code == 2
    assert "triage queue run --week 2026-W10 --harvest" in result.err
