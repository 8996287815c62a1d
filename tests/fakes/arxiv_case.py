"""A fake arXiv, fake time and an `ArxivApi` between them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic

from fakes.faketime import FakeTime
from fakes.papers import MONDAY
from msgspec.structs import replace

from triage.adapters.arxiv_api import ArxivApi, QueryLimits
from triage.adapters.arxiv_http import HttpLimits, Network, name_agent
from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.server import FakeArxiv
from triage.adapters.pace import Pace
from triage.core.paper import Paper

CATEGORIES = ("cs.IR", "cs.CL", "cs.AI", "cs.LG")
WEEK = (MONDAY, MONDAY + timedelta(days=7))
SMALL = QueryLimits(page_size=10, per_query=100)
BOUNDED = HttpLimits(size=2**20)
# Real seconds, for the faults that take them; too short for tests that count requests on a busy machine.
HASTY = HttpLimits(read=0.15, total=0.4, size=2**20)


LATER = datetime(2026, 11, 21, tzinfo=UTC)


def serve(papers: Iterable[Paper], clock: Callable[[], float] = monotonic) -> FakeArxiv:
    """A fake arXiv that has had these papers for a long time; its log is kept by `clock`."""
    return FakeArxiv(FakeArchive(lambda: LATER, papers), clock=clock)


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

    @property
    def papers(self) -> list[Paper]:
        """What arXiv has, as its query API tells it, oldest first."""
        return sorted((replace(paper, versions=()) for paper in self.server.archive.papers), key=_when)

    def read_week(self) -> list[Paper]:
        """Everything of `WEEK` in `CATEGORIES`."""
        return list(self.api.submitted_between(*WEEK, CATEGORIES))


def _when(paper: Paper) -> tuple[datetime, str]:
    return paper.published or LATER, paper.arxiv_id


@contextmanager
def open_case(papers: Iterable[Paper], limits: QueryLimits = SMALL, http: HttpLimits = BOUNDED) -> Iterator[Case]:
    """Serve the papers."""
    time = FakeTime()
    pace = Pace(monotonic=time.monotonic, sleep=time.sleep)
    pages: list[tuple[int, int]] = []
    with serve(papers, time.monotonic) as server:
        api = ArxivApi(
            server.query_url,
            Network(pace, name_agent("triage@example.org"), http),
            limits=limits,
            on_page=lambda read, expected: pages.append((read, expected)),
        )
        yield Case(server, api, time, pace, pages)
