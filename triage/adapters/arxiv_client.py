"""The one place that touches the `arxiv` package's insides: its session, on which our adapter is mounted."""

from collections.abc import Sequence

import arxiv
import msgspec

from triage.adapters.arxiv_http import ATOM_TYPES, Wire
from triage.adapters.arxiv_page import BadRecord, Page, Request, read_page
from triage.adapters.arxiv_record import to_paper
from triage.core.paper import Paper
from triage.errors import SourceError

SOURCE = "arxiv-api"


class PaperPage(msgspec.Struct, frozen=True):
    """One page: the total the server counts, and its entries in order, named by canonical id where they have one."""

    total: int
    entries: dict[str, Paper | BadRecord]


class ArxivClient:
    """Asks `arxiv.Client` for one checked page at a time; for one thread, while the pace may be shared.

    The package builds the query and reads the entries. Pausing, retrying and paging are ours: its own pause follows
    the wall clock, its own paging follows the first page's total.
    """

    def __init__(self, base_url: str, wire: Wire, page_size: int) -> None:
        self.page_size = page_size
        self._request = Request(start=0, size=page_size)
        self._page: Page | None = None
        self._client = arxiv.Client(page_size=page_size, delay_seconds=0.0, num_retries=0)
        self._client.query_url_format = base_url + "?{}"
        adapter = wire.adapter(self._check, expected="an Atom feed", media_types=ATOM_TYPES)
        # The package offers no other way to set a time-out or to see an answer before it is parsed.
        session = self._client._session  # noqa: SLF001
        session.mount("https://", adapter)
        session.mount("http://", adapter)

    def fetch(self, query: str, start: int) -> PaperPage:
        """The page of a search that begins at `start`, oldest submission first; raises `SourceError`."""
        return self._fetch(Request(start, self.page_size), query=query)

    def fetch_ids(self, ids: Sequence[str]) -> PaperPage:
        """The papers of at most `page_size` ids that the server knows; raises `SourceError`."""
        return self._fetch(Request(0, self.page_size, is_id_list=True), ids=ids)

    def _fetch(self, request: Request, query: str = "", ids: Sequence[str] = ()) -> PaperPage:
        search = arxiv.Search(
            query=query,
            id_list=list(ids),
            max_results=request.start + request.size,
            sort_by=arxiv.SortCriterion.SubmittedDate,
            sort_order=arxiv.SortOrder.Ascending,
        )
        self._request, self._page = request, None
        papers = [to_paper(result, SOURCE) for result in self._client.results(search, offset=request.start)]
        entries: dict[str, Paper | BadRecord] = {paper.arxiv_id: paper for paper in papers}
        page = self._page
        if page is None or entries.keys() != set(page.keys) - page.bad.keys():
            raise SourceError("The arxiv package changed the entries of a page that was complete: please report this.")
        entries |= page.bad
        return PaperPage(page.total, {key: entries[key] for key in page.keys})

    def _check(self, body: bytes) -> bytes:
        self._page = read_page(body, self._request)
        return self._page.clean
