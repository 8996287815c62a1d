"""All pages in one router."""

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

from api.pages.actions import PaperActions
from api.pages.agreement import AdjudicationForms, AgreementPages
from api.pages.docs import DocsPages
from api.pages.errors import PAGE_ERRORS
from api.pages.forms import take_forms
from api.pages.ledger import LedgerPages
from api.pages.mail import mail_router
from api.pages.papers import PaperPages
from api.pages.search import SearchPages
from api.pages.shortlists import ShortlistPages
from api.pages.sign_in import sign_in_router
from api.pages.subscriptions import SubscriptionPages
from api.pages.tags import TagPages
from api.pages.templating import STATIC
from api.pages.tokens import TokenPages
from api.pages.week_map import MapPages
from triage.config import Settings


def page_router(settings: Settings) -> Router:
    """Everything for people."""
    static = create_static_files_router(
        "/static", [STATIC], cache_control=CacheControlHeader(max_age=31_536_000, public=True, immutable=True)
    )
    pages = Router(
        "/",
        route_handlers=[
            static,
            ShortlistPages,
            PaperPages,
            PaperActions,
            AgreementPages,
            AdjudicationForms,
            SearchPages,
            TagPages,
            MapPages,
            SubscriptionPages,
            TokenPages,
            LedgerPages,
            DocsPages,
            sign_in_router(settings),
        ],
        guards=[take_forms],
    )
    return Router("/", route_handlers=[pages, mail_router()], exception_handlers=PAGE_ERRORS, include_in_schema=False)
