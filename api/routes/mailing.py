"""The weekly mail of the asking reader: what comes when and where, and what became of it."""

from typing import Annotated, Final, Literal

import msgspec
from litestar import Controller, Response, delete, get, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.auth import allow_known, allow_writers
from api.openapi import answer, problems
from api.own_mail import ask_again, change_own, view_own
from api.routes import examples_mailing as examples
from triage.bootstrap import Services
from triage.core.account import Principal
from triage.core.schedule import Slot
from triage.mailing.mailings import LARGEST_SIZE, MailingChange, leave_mailing, pause_mailing, resume_mailing
from triage.mailing.standing import WEEKDAYS, DeliveryView, MailingView, Weekday, list_deliveries

_TopicName = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_MAILING: Final = answer(200, MailingView, examples.MAILING, "How your weekly mail stands")


class MailingWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When and how the digest is to come: `hour` on the clocks of `zone`, an IANA name; `size` null: the whole list.

    Topics stay as they are where left out. With accounts `email` is the account's and may be left out, too.
    """

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)] | None = None
    weekday: Weekday = WEEKDAYS[Slot().weekday]
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = Slot().hour
    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = Slot().zone
    language: Literal["en", "zh"] = "en"
    size: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_SIZE)] | None = None
    topics: Annotated[tuple[_TopicName, ...], msgspec.Meta(max_length=100)] | None = None


class MailingController(Controller):
    """The one mailing of a reader."""

    path = "/mailing"
    tags = ("Marks",)
    cache_control = CacheControlHeader(no_store=True)

    @get(guards=[allow_known], operation_id="get_mailing", summary="Your weekly mail", responses=_MAILING | problems())
    async def get_mailing(
        self, services: NamedDependency[Services], principal: NamedDependency[Principal]
    ) -> MailingView:
        """Say when your digest comes, and if none does, why; `state` is `none` before anything was chosen."""
        return await view_own(services, principal)

    @put(
        guards=[allow_writers],
        operation_id="put_mailing",
        summary="Choose your weekly mail",
        responses=_MAILING | problems(400, 404, 413),
    )
    async def put_mailing(
        self,
        services: NamedDependency[Services],
        principal: NamedDependency[Principal],
        data: JSONBody[MailingWish],
    ) -> Response[MailingView]:
        """Choose topics, day, hour, language and size. Idempotent. A letter asks to confirm an address that is new."""
        letter = await change_own(services, principal, read_wish(data))
        return Response(await view_own(services, principal), background=letter)

    @post(
        "/confirmation",
        status_code=200,
        guards=[allow_writers],
        operation_id="send_confirmation",
        summary="Send the letter again",
        responses=_MAILING | problems(404, 409),
    )
    async def send_confirmation(
        self, services: NamedDependency[Services], principal: NamedDependency[Principal]
    ) -> MailingView:
        """Send the letter that asks to confirm your address again, a few times a day at most."""
        await ask_again(services, principal)
        return await view_own(services, principal)

    @put(
        "/pause",
        guards=[allow_writers],
        operation_id="pause_mailing",
        summary="Pause",
        responses=_MAILING | problems(404),
    )
    async def pause(self, services: NamedDependency[Services], principal: NamedDependency[Principal]) -> MailingView:
        """Let no digests come for now. Idempotent."""
        await pause_mailing(services.database, principal.reader, services.clock())
        return await view_own(services, principal)

    @delete(
        "/pause",
        status_code=200,
        guards=[allow_writers],
        operation_id="resume_mailing",
        summary="Resume",
        responses=_MAILING | problems(404),
    )
    async def resume(self, services: NamedDependency[Services], principal: NamedDependency[Principal]) -> MailingView:
        """Let digests come again, from the next one that is due; those of the pause are not made up for. Idempotent."""
        await resume_mailing(services.database, principal.reader, services.clock())
        return await view_own(services, principal)

    @delete(
        status_code=200,
        guards=[allow_writers],
        operation_id="leave_mailing",
        summary="Leave",
        responses=_MAILING | problems(404),
    )
    async def leave(self, services: NamedDependency[Services], principal: NamedDependency[Principal]) -> MailingView:
        """Get no more mail; what is queued is not sent. Idempotent. Putting a mailing anew comes back."""
        await leave_mailing(services.database, principal.reader, services.clock())
        return await view_own(services, principal)


class DeliveryController(Controller):
    """What became of a reader's digests."""

    path = "/deliveries"
    tags = ("Marks",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        guards=[allow_known],
        operation_id="list_deliveries",
        summary="Your last digests",
        responses=answer(200, tuple[DeliveryView, ...], examples.DELIVERIES, "The newest week first") | problems(),
    )
    async def list_deliveries(
        self, services: NamedDependency[Services], principal: NamedDependency[Principal]
    ) -> tuple[DeliveryView, ...]:
        """List your last digests and what became of each."""
        return await list_deliveries(services.database, principal.reader)


def read_wish(wish: MailingWish) -> MailingChange:
    """The wish as it is carried out."""
    return MailingChange(
        email=wish.email,
        weekday=WEEKDAYS.index(wish.weekday),
        hour=wish.hour,
        zone=wish.zone,
        language=wish.language,
        size=wish.size,
        topics=wish.topics,
    )
