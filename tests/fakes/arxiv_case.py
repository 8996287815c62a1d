"""A fake arXiv, fake time and an `ArxivApi` between them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from fakes.arxiv_server import FakeArxiv
from fakes.faketime import FakeTime
from fakes.papers import MONDAY

from triage.adapters.arxiv_api import ArxivApi, QueryLimits
from triage.adapters.arxiv_http import HttpLimits, Network, name_agent
from triage.adapters.pace import Pace
from triage.core.paper import Paper

CATEGORIES = ("cs.IR", "cs.CL", "cs.AI", "cs.LG")
WEEK = (MONDAY, MONDAY + timedelta(days=7))
SMALL = QueryLimits(page_size=10, per_query=100)
BOUNDED = HttpLimits(size=2**20)
# Real seconds, for the faults that take them; too short for tests that count requests on a busy machine.
HASTY = HttpLimits(read=0.15, total=0.4, size=2**20)


@dataclass
class Case:
    """What a test looks at; `pages` is the progress told."""

    server: FakeArxiv
    api: ArxivApi
    time: FakeTime
    pace: Pace
    pages: list[tuple[int, int]] = field(default_factory=list)

    @property
    def bad(self) -> list[str]:
        """Why records were set aside."""
        return [record.reason for record in self.api.set_aside]

    @property
    def raw(self) -> list[str]:
        """What they were."""
        return [record.raw for record in self.api.set_aside]

    def read_week(self) -> list[Paper]:
        """Everything of `WEEK` in `CATEGORIES`."""
        return list(self.api.submitted_between(*WEEK, CATEGORIES))


@contextmanager
def open_case(papers: Iterable[Paper], limits: QueryLimits = SMALL, http: HttpLimits = BOUNDED) -> Iterator[Case]:
    """Serve the papers."""
    time = FakeTime()
    pace = Pace(monotonic=time.monotonic, sleep=time.sleep)
    pages: list[tuple[int, int]] = []
    with FakeArxiv(papers, clock=time.monotonic) as server:
        api = ArxivApi(
            server.base_url,
            Network(pace, name_agent("triage@example.org"), http),
            limits=limits,
            on_page=lambda read, expected: pages.append((read, expected)),
        )
        yield Case(server, api, time, pace, pages)
