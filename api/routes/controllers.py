"""All JSON resources in one router."""

from litestar import Router

from api.routes.agreement import AdjudicationController, AgreementController
from api.routes.audits import AuditController
from api.routes.exports import ExportController
from api.routes.feeds import FeedController
from api.routes.health import HealthController, MetricsController
from api.routes.mailing import DeliveryController, MailingController
from api.routes.marks import NoteController, TagController, VoteController
from api.routes.me import MeController
from api.routes.papers import PaperController
from api.routes.search import SearchController
from api.routes.shortlists import ShortlistController, TopicController
from api.routes.strict import StrictRequest
from api.routes.subscriptions import SubscriptionController
from api.routes.trust import TrustController


def api_router() -> Router:
    """Everything under /api/v1."""
    return Router(
        "/api/v1",
        route_handlers=[
            TopicController,
            ShortlistController,
            PaperController,
            SearchController,
            TagController,
            VoteController,
            NoteController,
            SubscriptionController,
            MailingController,
            DeliveryController,
            TrustController,
            AuditController,
            AgreementController,
            AdjudicationController,
            ExportController,
            MeController,
        ],
        request_class=StrictRequest,
    )


def root_router() -> Router:
    """What machines ask at the root, as they expect it; documented with the rest."""
    return Router("/", route_handlers=[HealthController, MetricsController, FeedController])
