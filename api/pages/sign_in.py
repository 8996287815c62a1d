"""Signing in by password or by emailed link, and out again."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Response, Router, get, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Redirect

from api.auth import clear_cookie, session_cookie
from api.limits import limit_sign_ins
from api.pages.account import AccountActions, AccountPages
from api.pages.local_path import LONGEST, choose_next
from api.pages.templating import PageRequest, render, see_other
from triage.accounts.guesses import Guesses
from triage.accounts.sign_in import LINK_LIFE, redeem_link, send_link, sign_in_by_password, sign_out
from triage.bootstrap import Services
from triage.config import Settings
from triage.core.account import Key
from triage.errors import LimitError, SignInError

_PRIVATE = {"Cache-Control": "no-store"}
_Next = Annotated[str, msgspec.Meta(max_length=LONGEST)]


class SignInForm(msgspec.Struct, frozen=True):
    """Who wants in, and how."""

    by: Literal["password", "link"]
    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=4_000)] = ""
    next: _Next = "/"


class LinkForm(msgspec.Struct, frozen=True):
    """The key of an emailed link."""

    key: Annotated[str, msgspec.Meta(max_length=200)]


class SignInPages(Controller):
    """Where it is asked who comes."""

    @get("/sign-in")
    async def show(
        self,
        request: PageRequest,
        next_: Annotated[str, QueryParameter(name="next", max_length=LONGEST)] = "/",
    ) -> Response[str] | Redirect:
        """Both forms; whoever is in goes on."""
        if request.user is not None:
            return see_other(choose_next(next_))
        return _ask(request, next=choose_next(next_))

    @get("/sign-in/link")
    async def show_link(
        self, request: PageRequest, key: Annotated[str, QueryParameter(max_length=200)] = ""
    ) -> Response[str]:
        """A button: programs that look into mails open links, but press no buttons."""
        return render(request, "sign_in_link.html.j2", headers=_PRIVATE, key=key, error="")

    @post("/sign-out", status_code=200)
    async def leave(self, request: PageRequest, services: NamedDependency[Services]) -> Redirect:
        """End the session of this browser."""
        await _end_session(request, services)
        answer = see_other("/sign-in")
        answer.set_cookie(clear_cookie(services.settings))
        return answer


class SignInActions(Controller):
    """What strangers may try; counted."""

    status_code = 200

    @post("/sign-in")
    async def sign_in(
        self,
        request: PageRequest,
        services: NamedDependency[Services],
        guesses: NamedDependency[Guesses],
        data: URLEncodedBody[SignInForm],
    ) -> Response[str] | Redirect:
        """Open a session, or have a link sent after the answer: neither says whether the address is known."""
        now, goal = services.clock(), choose_next(data.next)
        if data.by == "link":
            answer = render(
                request,
                "sign_in_sent.html.j2",
                email=data.email,
                minutes=LINK_LIFE.seconds // 60,
                is_sent=services.settings.mail != "folder",
            )
            url, sender = services.settings.public_url, services.settings.mail_from
            answer.background = BackgroundTask(
                send_link, services.database, services.mailer, data.email, url, now, sender
            )
            return answer
        try:
            with guesses.count(data.email, now):
                key = await sign_in_by_password(services.database, data.email, data.password, now)
        except (SignInError, LimitError) as error:
            status = 401 if isinstance(error, SignInError) else 429
            return _ask(request, status_code=status, next=goal, email=data.email, error=str(error))
        return await _let_in(request, services, key, goal)

    @post("/sign-in/link")
    async def redeem(
        self, request: PageRequest, services: NamedDependency[Services], data: URLEncodedBody[LinkForm]
    ) -> Response[str] | Redirect:
        """Open a session for a link, which is used up."""
        try:
            key = await redeem_link(services.database, data.key, services.clock())
        except SignInError as error:
            return render(request, "sign_in_link.html.j2", status_code=401, headers=_PRIVATE, key="", error=str(error))
        return await _let_in(request, services, key, "/")


def sign_in_router(settings: Settings) -> Router:
    """The pages of accounts; guesses at passwords are limited, whether other requests are or not."""
    guesses = Guesses()
    actions = Router(
        "/",
        route_handlers=[SignInActions, AccountActions],
        middleware=[limit_sign_ins()] if settings.accounts else [],
        dependencies={"guesses": Provide(lambda: guesses, sync_to_thread=False)},
    )
    return Router(
        "/",
        route_handlers=[SignInPages, actions, AccountPages],
    )


def _ask(request: PageRequest, *, status_code: int = 200, **told: Any) -> Response[str]:
    return render(
        request,
        "sign_in.html.j2",
        status_code=status_code,
        headers=_PRIVATE,
        **{"email": "", "error": ""} | told,
    )


async def _let_in(request: PageRequest, services: Services, key: Key, goal: str) -> Redirect:
    """Hand over the new session, and end the one in its place: nothing would, once its cookie is gone."""
    await _end_session(request, services)
    answer = see_other(goal)
    answer.set_cookie(session_cookie(services.settings, key))
    return answer


async def _end_session(request: PageRequest, services: Services) -> None:
    principal = request.user
    if principal is not None and principal.means == "session" and principal.credential:
        await sign_out(services.database, principal.credential, services.clock())
