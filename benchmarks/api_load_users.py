"""What the load of `benchmarks/api_load.py` does, for locust; the environment names the scenario and its inputs."""

import itertools
import json
import os
from pathlib import Path

from locust import FastHttpUser, constant_throughput, task

_PLAN = json.loads(Path(os.environ["TRIAGE_LOAD_PLAN"]).read_text(encoding="utf-8"))
_PATHS = itertools.cycle(_PLAN["paths"])


class Reader(FastHttpUser):  # type: ignore[misc]  # locust has no types
    """Asks for one path of the plan after the other; with an ETag, as whoever asked before would."""

    if _PLAN["per_second_and_user"]:
        wait_time = constant_throughput(_PLAN["per_second_and_user"])

    def on_start(self) -> None:
        """Learn the ETag of the first path."""
        answer = self.client.get(_PLAN["paths"][0], name="first")
        self.headers = {"If-None-Match": answer.headers["ETag"]} if _PLAN["revalidates"] else {}

    @task  # type: ignore[untyped-decorator]
    def ask(self) -> None:
        """Once."""
        with self.client.get(next(_PATHS), headers=self.headers, name="all", catch_response=True) as answer:
            if answer.status_code in _PLAN["expected"]:
                answer.success()
            else:
                answer.failure(f"status {answer.status_code}")
