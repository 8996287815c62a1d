"""The scripted judge in a process of its own, and what it would charge."""

import math
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

import msgspec

from benchmarks.judge_week import PRICE, believe
from triage.adapters.fake_judge.script import complete
from triage.adapters.fake_judge.server import FakeJudge, Logged


class Bill(msgspec.Struct, frozen=True):
    """What an endpoint counted: requests, the most for one question, US dollars, and those of the dearest request.

    `repeated` are requests about a question that was put before.
    """

    requests: int
    most: int
    repeated: int
    usd: float
    dearest: float


def write_bill(log: Sequence[Logged], server: FakeJudge) -> Bill:
    """Every request is charged as if it had been answered well, so that no failure hides a cost."""
    asked: dict[str, int] = {}
    costs = []
    for logged in log:
        asked[logged.asked.question] = asked.get(logged.asked.question, 0) + 1
        schema = logged.asked.body.get("response_format", {}).get("json_schema", {}).get("schema")
        usage = complete(logged.asked.body, server.brain, schema)["usage"]
        costs.append(PRICE.cost(usage["prompt_tokens"], usage["completion_tokens"]))
    return Bill(
        requests=len(log),
        most=max(asked.values(), default=0),
        repeated=len(log) - len(asked),
        usd=math.fsum(costs),
        dearest=max(costs, default=0.0),
    )


class Endpoint:
    """The judge in a process of its own."""

    def __init__(self, pipe: Connection, url: str) -> None:
        self._pipe = pipe
        self.url = url

    def take_bill(self) -> Bill:
        """What was asked since the last bill."""
        self._pipe.send("bill")
        bill: Bill = self._pipe.recv()
        return bill


@contextmanager
def start_endpoint() -> Iterator[Endpoint]:
    """To be entered before this process has threads."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_serve, args=(theirs,), daemon=True)
    child.start()
    theirs.close()
    try:
        yield Endpoint(ours, ours.recv())
    finally:
        child.kill()
        child.join()


def _serve(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with FakeJudge(believe) as server:
        pipe.send(server.url)
        seen = 0
        while pipe.recv():
            log = server.log[seen:]
            seen += len(log)
            pipe.send(write_bill(log, server))
