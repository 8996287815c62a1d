"""A door for each guard, and the keys to a database with readers that may open them."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from fakes.judging_case import NOW
from fakes.lab_case import ADDRESS
from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from litestar.testing import TestClient
from litestar.types import ASGIApp, Guard, Receive, Send
from litestar.types import Scope as AsgiScope

from api.auth import (
    AuthMiddleware,
    allow_admins,
    allow_editors,
    allow_known,
    allow_people,
    allow_readers,
    allow_writers,
)
from api.dependencies import provide_principal, provide_services
from api.problems import problem_details
from triage.accounts.keys import create_token
from triage.accounts.sign_in import make_link, redeem_link
from triage.bootstrap import open_services
from triage.config import Settings
from triage.core.account import Key, Principal, Role, Scope
from triage.store.engine import Database

T = TypeVar("T")
GUARDS: dict[str, Guard] = {
    "readers": allow_readers,
    "known": allow_known,
    "writers": allow_writers,
    "editors": allow_editors,
    "admins": allow_admins,
    "people": allow_people,
}


class House:
    """A database with readers, and what opens it."""

    def __init__(self, path: Path, keys: dict[str, str]) -> None:
        self.path = path
        self.keys = keys

    def do(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """Work on the database."""

        async def run() -> T:
            database = Database(f"sqlite+aiosqlite:///{self.path}")
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())

    def make_token(self, name: str, role: Role, *scopes: Scope, days_ago: int = 0) -> Key:
        """A token of one day."""
        made = NOW - timedelta(days=days_ago)
        principal = Principal(name, role, frozenset(Scope), "session")
        key, _ = self.do(lambda base: create_token(base, principal, "x", scopes, made + timedelta(days=1), made))
        return key

    def sign_in(self, name: str) -> Key:
        """A session's key."""

        async def work(database: Database) -> Key:
            link = await make_link(database, name, ADDRESS, NOW)
            return await redeem_link(database, link.partition("=")[2], NOW)

        return self.do(work)


def build_doors(home: Path, **wishes: bool) -> Litestar:
    """A door for each guard, and one among the feeds, that say who came in."""
    settings = Settings(home=home, embedder="hashing", now=NOW, rate_limit=0, **({"accounts": True} | wishes))  # type: ignore[arg-type] # all of them are bool

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.update(services=services, settings=settings)
            yield

    def open_door(path: str, guard: Guard) -> object:
        @get(path, guards=[guard])
        async def enter(principal: NamedDependency[Principal]) -> str:
            return f"{principal.reader} by {principal.means}"

        return enter

    doors = [open_door(f"/{name}", guard) for name, guard in GUARDS.items()]
    return Litestar(
        [*doors, open_door("/feeds/all", allow_readers)],  # type: ignore[list-item] # they are handlers
        lifespan=[lifespan],
        dependencies={
            "services": Provide(provide_services, sync_to_thread=False),
            "principal": Provide(provide_principal, sync_to_thread=False),
        },
        middleware=[AuthMiddleware(settings)],
        plugins=[problem_details()],
    )


def try_doors(client: TestClient[Litestar], headers: dict[str, str]) -> list[int]:
    """The status at each door."""
    return [client.get(f"/{name}", headers=headers).status_code for name in GUARDS]


def bear(key: Key | str) -> dict[str, str]:
    """A key as programs send it."""
    return {"Authorization": f"Bearer {key.text if isinstance(key, Key) else key}"}


def carry(key: Key | str) -> dict[str, str]:
    """A key as browsers send it."""
    return {"Cookie": f"triage_session={key.text if isinstance(key, Key) else key}"}


def name_basic(name: str, password: str) -> dict[str, str]:
    """A name and a password as feed readers send them."""
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def come_from(app: ASGIApp, client: tuple[str, int] | None) -> ASGIApp:
    """The application as asked from an address."""

    async def ask(scope: AsgiScope, receive: Receive, send: Send) -> None:
        scope["client"] = client
        await app(scope, receive, send)

    return ask
