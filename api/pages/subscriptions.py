"""What comes by itself: topics, day and hour of the weekly mail, and what became of the last ones."""

from datetime import datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect

from api.auth import allow_known, allow_writers
from api.own_mail import ask_again, change_own, view_own
from api.pages.templating import PageRequest, render, see_other
from api.pages.zones import offer_zones
from triage.bootstrap import Services
from triage.core.account import Principal
from triage.core.rubric import LANGUAGES
from triage.errors import BusyError, InputError, LimitError, MailError
from triage.mailing.confirm import CONFIRM_LIFE
from triage.mailing.mailings import LARGEST_SIZE, MailingChange, leave_mailing, pause_mailing, resume_mailing
from triage.mailing.standing import WEEKDAYS, MailingView, MailState, list_deliveries
from triage.reading.marks import list_subscriptions
from triage.reading.shortlists import list_topics

_SIZES: Final = (5, 10, 20, 50)
_SAID: Final = {
    "saved": "Saved.",
    "again": "A letter is on its way to you.",
    "pause": "Paused.",
    "resume": "Digests come again.",
    "leave": "You left: no more digests come.",
}
_ACTIONS: Final = {"pause": pause_mailing, "resume": resume_mailing, "leave": leave_mailing}
_Action = Literal["again", "pause", "resume", "leave"]
_Topic = Annotated[str, msgspec.Meta(max_length=64)]


class MailingForm(msgspec.Struct, frozen=True):
    """What is to come, and when; `size` 0 is the whole list. One topic is sent as text, several as a list."""

    weekday: Annotated[int, msgspec.Meta(ge=0, le=6)]
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)]
    zone: Annotated[str, msgspec.Meta(max_length=64)]
    language: Annotated[str, msgspec.Meta(max_length=8)]
    size: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_SIZE)]
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    topics: _Topic | Annotated[tuple[_Topic, ...], msgspec.Meta(max_length=100)] = ()

    def read(self) -> MailingChange:
        """As it is carried out."""
        return MailingChange(
            email=self.email.strip() or None,
            weekday=self.weekday,
            hour=self.hour,
            zone=self.zone,
            language=self.language,
            size=self.size or None,
            topics=(self.topics,) if isinstance(self.topics, str) else self.topics,
        )


class ActionForm(msgspec.Struct, frozen=True):
    """What to do about it."""

    action: _Action


class SubscriptionPages(Controller):
    """Choosing what comes by itself."""

    path = "/subscriptions"

    @get(guards=[allow_known])
    async def show(
        self,
        request: PageRequest,
        services: NamedDependency[Services],
        principal: NamedDependency[Principal],
        did: FromQuery[str] = "",
    ) -> Response[str]:
        """All topics with their feeds, how the mail stands, and the form to change it."""
        return await _show(request, services, principal, said=_SAID.get(did, ""))

    @post(guards=[allow_writers], status_code=200)
    async def change(
        self,
        request: PageRequest,
        services: NamedDependency[Services],
        principal: NamedDependency[Principal],
        data: URLEncodedBody[MailingForm],
    ) -> Response[str] | Redirect:
        """Keep what was chosen; what will not do comes back as it was filled in."""
        change = data.read()
        try:
            letter = await change_own(services, principal, change)
        except InputError as error:
            return await _show(request, services, principal, error=str(error), wish=change)
        answer = _lead_back("saved")
        answer.background = letter
        return answer

    @post("/mail", guards=[allow_writers], status_code=200)
    async def act(
        self,
        request: PageRequest,
        services: NamedDependency[Services],
        principal: NamedDependency[Principal],
        data: URLEncodedBody[ActionForm],
    ) -> Response[str] | Redirect:
        """Pause, resume, leave, or have the letter sent again."""
        try:
            if data.action == "again":
                await ask_again(services, principal)
            else:
                await _ACTIONS[data.action](services.database, principal.reader, services.clock())
        except (InputError, LimitError, BusyError, MailError) as error:
            return await _show(request, services, principal, error=str(error))
        return _lead_back(data.action)


async def _show(
    request: PageRequest,
    services: Services,
    principal: Principal,
    *,
    said: str = "",
    error: str = "",
    wish: MailingChange | None = None,
) -> Response[str]:
    mail = await view_own(services, principal)
    topics = await list_topics(services.library)
    subscribed = await list_subscriptions(services.library, principal.reader)
    known = {topic.name for topic in topics}
    wish = wish or _read_view(mail, subscribed)
    return render(
        request,
        "subscriptions.html.j2",
        status_code=400 if error else 200,
        headers={"Cache-Control": "no-store"},
        mail=mail,
        wish=wish,
        topics=topics,
        gone=[name for name in subscribed if name not in known],
        deliveries=await list_deliveries(services.database, principal.reader),
        said=said,
        error=error,
        next_due=tell_time(mail.next_due, mail.zone) if mail.next_due else "",
        weekdays=[name.title() for name in WEEKDAYS],
        zones=offer_zones(wish.zone),
        sizes=sorted({*_SIZES, *([wish.size] if wish.size else [])}),
        languages=LANGUAGES,
        hours=int(CONFIRM_LIFE.total_seconds()) // 3600,
        outbox=_name_outbox(services),
    )


def _read_view(mail: MailingView, subscribed: tuple[str, ...]) -> MailingChange:
    """What the form shows at first: all that is kept."""
    return MailingChange(
        email=mail.email,
        weekday=WEEKDAYS.index(mail.weekday),
        hour=mail.hour,
        zone=mail.zone,
        language=mail.language,
        size=mail.size,
        topics=mail.topics if mail.state is not MailState.NONE else subscribed,
    )


def _name_outbox(services: Services) -> str:
    """The folder that mails go to; empty where they are sent. Its place is for who owns this machine."""
    if services.settings.mail != "folder":
        return ""
    return "outbox" if services.settings.accounts else str(services.settings.home / "outbox")


def _lead_back(did: str) -> Redirect:
    return see_other(f"/subscriptions?did={did}")


def tell_time(moment: datetime, zone: str) -> str:
    """An aware time on the clocks of a zone: `Monday, 30 November 2026, 07:00 (Europe/Berlin)`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%A}, {local.day} {local:%B %Y, %H:%M} ({zone})"
