"""A reader's own account: who they are here, and their password."""

from typing import Annotated

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect

from api.auth import allow_people, session_cookie
from api.pages.templating import PageRequest, render, see_other
from triage.accounts.guesses import Guesses
from triage.accounts.passwords import LONGEST, SHORTEST, check_length
from triage.accounts.readers import find_reader
from triage.accounts.sign_in import change_password, check_fresh, check_password
from triage.bootstrap import Services
from triage.core.account import Principal, Reader
from triage.errors import InputError, NotFoundError, SignInError

_Password = Annotated[str, msgspec.Meta(max_length=4_000)]


class PasswordForm(msgspec.Struct, frozen=True):
    """The password that was, if any, and the one to be."""

    password: _Password
    again: _Password
    old: _Password = ""


class AccountPages(Controller):
    """Looking after the own account."""

    path = "/account"
    guards = (allow_people,)

    @get()
    async def show(
        self,
        request: PageRequest,
        services: NamedDependency[Services],
        principal: NamedDependency[Principal],
        *,
        changed: FromQuery[bool] = False,
    ) -> Response[str]:
        """Name, address and role, and the form for a password."""
        reader = await _find(services, principal)
        return _show(request, reader, is_changed=changed)


class AccountActions(Controller):
    """Changing it; apart, since guesses at the old password are limited."""

    path = "/account"
    guards = (allow_people,)

    @post(status_code=200)
    async def change(
        self,
        request: PageRequest,
        services: NamedDependency[Services],
        principal: NamedDependency[Principal],
        guesses: NamedDependency[Guesses],
        data: URLEncodedBody[PasswordForm],
    ) -> Response[str] | Redirect:
        """Set the password; ends the reader's other sessions, and opens this one anew."""
        reader = await _find(services, principal)
        if reader is None:
            raise NotFoundError("There are no accounts here, hence no passwords.")
        try:
            _check_new(data)
            if reader.has_password:
                with guesses.count(reader.email, services.clock()):
                    await _check_old(services, reader, data.old)
            else:
                await check_fresh(services.database, principal.credential or "", services.clock())
            key = await change_password(services.database, reader.name, data.password, services.clock())
        except (InputError, SignInError) as error:
            return _show(request, reader, error=str(error))
        answer = see_other("/account?changed=true")
        answer.set_cookie(session_cookie(services.settings, key))
        return answer


def _check_new(form: PasswordForm) -> None:
    """Raise `InputError` for one that will not do."""
    if form.password != form.again:
        raise InputError("The two new passwords differ.")
    check_length(form.password)


async def _check_old(services: Services, reader: Reader, password: str) -> None:
    """Raise `SignInError` for a wrong one."""
    try:
        await check_password(services.database, reader.email, password)
    except SignInError as error:
        raise SignInError("The old password is wrong.") from error


async def _find(services: Services, principal: Principal) -> Reader | None:
    """The reader; None for the sole one of a machine."""
    return None if principal.means == "sole" else await find_reader(services.database, principal.reader)


def _show(request: PageRequest, reader: Reader | None, *, error: str = "", is_changed: bool = False) -> Response[str]:
    return render(
        request,
        "account.html.j2",
        status_code=400 if error else 200,
        headers={"Cache-Control": "no-store"},
        reader=reader,
        error=error,
        is_changed=is_changed,
        shortest=SHORTEST,
        longest=LONGEST,
    )
