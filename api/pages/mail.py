"""Where the links in mails lead: pages with a button, and what the button does.

Whoever has the key in the address may, signed in or not. Programs that look into mails open links but press no buttons,
so that opening one never changes anything. No cookie counts here, hence no look at where a request comes from.
"""

from typing import Any, Final, Literal

import msgspec
from litestar import Controller, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect

from api.auth import ANONYMOUS
from api.limits import UNLIMITED
from api.pages.errors import show_problem
from api.pages.forms import take_forms
from api.pages.subscriptions import tell_time
from api.pages.templating import PageRequest, render
from api.refresh import Refresher
from triage.bootstrap import Services
from triage.core.rubric import find_topic
from triage.errors import NotFoundError, TriageError
from triage.mailing.confirm import CONFIRM_LIFE, confirm_by_key
from triage.mailing.mail_links import find_ballot, leave_by_key, pause_by_key, vote_by_key
from triage.mailing.mailings import next_due
from triage.reading.library import Library
from triage.reading.papers import view_paper

_PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_Value = Literal["1", "-1"]
_Vote: Final[dict[str, Literal[1, -1]]] = {"1": 1, "-1": -1}


class VoteLink(msgspec.Struct, frozen=True):
    """A vote on a paper of the digest."""

    topic: str
    paper: str
    value: _Value


class LeavePages(Controller):
    """RFC 8058: a POST ends it at once, whoever sends it and whatever is in it."""

    path = "/{key:str}/unsubscribe"

    @get()
    async def ask(self, request: PageRequest) -> Response[str]:
        """A button; the same for every key."""
        return _show(request, "leave", is_done=False)

    @post(status_code=200, opt={UNLIMITED: True})
    async def leave(
        self, request: PageRequest, services: NamedDependency[Services], key: FromPath[str]
    ) -> Response[str]:
        """No redirect, no cookie, and the same answer for a key that never was: nobody learns who gets mail.

        Not counted: mailbox providers leave for many readers from a few addresses, and count a refusal against us.
        """
        await leave_by_key(services.database, key, services.clock())
        return _show(request, "leave", is_done=True)


class KeyPages(Controller):
    """What else a mail's links do."""

    path = "/{key:str}"
    guards = (take_forms,)

    @get("/pause")
    async def ask_to_pause(self, request: PageRequest) -> Response[str]:
        """A button."""
        return _show(request, "pause", is_done=False)

    @post("/pause", status_code=200)
    async def pause(
        self, request: PageRequest, services: NamedDependency[Services], key: FromPath[str]
    ) -> Response[str]:
        """Pause; going on takes signing in."""
        if await pause_by_key(services.database, key, services.clock()) is None:
            raise NotFoundError("This link does not pause anything: open it once more from the mail.")
        return _show(request, "pause", is_done=True)

    @get("/confirm")
    async def ask_to_confirm(self, request: PageRequest) -> Response[str]:
        """A button."""
        return _show(request, "confirm", is_done=False)

    @post("/confirm", status_code=200)
    async def confirm(
        self, request: PageRequest, services: NamedDependency[Services], key: FromPath[str]
    ) -> Response[str]:
        """The address is confirmed, and the page says when the first digest comes."""
        now = services.clock()
        mailing = await confirm_by_key(services.database, key, now)
        if mailing is None:
            hours = int(CONFIRM_LIFE.total_seconds()) // 3600
            raise NotFoundError(f"This link does not confirm an address (any more): it does for {hours} hours.")
        due = next_due(mailing, now)
        first = tell_time(due, mailing.slot.zone) if due else ""
        return _show(request, "confirm", is_done=True, email=mailing.email, first=first)

    @get("/vote")
    async def ask_to_vote(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        key: FromPath[str],
        topic: FromQuery[str],
        paper: FromQuery[str],
        value: FromQuery[_Value],
    ) -> Response[str]:
        """The paper, and a button."""
        link = VoteLink(topic, paper, value)
        return _show(request, "vote", is_done=False, **await _describe(library, key, link))

    @post("/vote", status_code=200)
    async def vote(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        refresher: NamedDependency[Refresher],
        key: FromPath[str],
        data: URLEncodedBody[VoteLink],
    ) -> Response[str]:
        """Vote, and say what that changes and when."""
        told = await _describe(library, key, data)
        effect = await vote_by_key(library, key, data.topic, data.paper, _Vote[data.value])
        refresher.follow([effect.topic] if effect.drafts else [])
        return _show(request, "vote", is_done=True, note=effect.note, **told)


def mail_router() -> Router:
    """Below /mail; its errors are told with the same headers, since the key stands in the address."""
    return Router(
        "/mail",
        route_handlers=[LeavePages, KeyPages],
        exception_handlers={HTTPException: _show_problem, TriageError: _show_problem, Exception: _show_problem},
    )


async def _describe(library: Library, key: str, link: VoteLink) -> dict[str, Any]:
    """What the page says of the paper, for whose key may vote on it; raises `NotFoundError`."""
    ballot = await find_ballot(library, key, link.topic, link.paper)
    return {
        "link": link,
        "week": ballot.week,
        "topic_title": find_topic(library.rubric, link.topic).title,
        "title": (await view_paper(library, link.paper, ANONYMOUS.reader)).title,
    }


def _show(request: PageRequest, kind: str, **told: Any) -> Response[str]:
    return render(request, f"mail_{kind}.html.j2", headers=_PRIVATE, **told)


def _show_problem(request: PageRequest, error: Exception) -> Response[str] | Redirect:
    if isinstance(error, NotFoundError):
        return _refuse(request, 404, str(error))
    if isinstance(error, ValidationException):
        return _refuse(request, 400, "A part of the link is missing or wrong: open it once more from the mail.")
    answer = show_problem(request, error)
    answer.headers.update(_PRIVATE)
    return answer


def _refuse(request: PageRequest, status: int, detail: str) -> Response[str]:
    return render(request, "mail_dead.html.j2", status_code=status, headers=_PRIVATE, detail=detail)
