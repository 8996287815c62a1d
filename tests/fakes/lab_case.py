"""The bundled week with both shortlists built, and three readers who share it, made once and copied per test."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType

import msgspec
from fakes.accounts_case import PASSWORD
from fakes.judging_case import NOW, WEEK, prepare_sample, read_bundled_rubric
from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from triage.accounts.readers import set_password
from triage.accounts.sign_in import make_link
from triage.adapters.hashing import HashingEmbedder
from triage.config import Settings
from triage.core.account import Principal, Role, Scope
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist
from triage.store.engine import Database

READERS = {"ada": Role.ADMIN, "bob": Role.READER, "carol": Role.EDITOR}
ADDRESS = "http://127.0.0.1:8000"
_idle: defaultdict[str, list[tuple[Settings, Litestar]]] = defaultdict(list)
"""Applications that nobody uses now, by their settings but the data folder."""


class Lab(msgspec.Struct, frozen=True):
    """A server with accounts; `headers` holds each reader's key, of all scopes that the role may have, to be sent."""

    client: TestClient[Litestar]
    headers: Mapping[str, dict[str, str]]


class LentClient(TestClient[Litestar]):
    """An application that is lent to one test after another: building one takes longer than most tests need it.

    Serving begins anew with each, on its own data folder, and what is known of addresses is forgotten at the end.
    """

    def __init__(self, settings: Settings, base_url: str = ADDRESS) -> None:
        self._idle = _idle[settings.model_dump_json(exclude={"home"})]
        self._settings, app = self._idle.pop() if self._idle else (settings, create_app(settings))
        vars(self._settings)["home"] = settings.home  # frozen for the program
        super().__init__(app, base_url=base_url)

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Stop serving, and hand the application back."""
        self.blocking_portal.call(self.app.stores.get("rate_limit").delete_all)
        super().__exit__(exc_type, exc_value, traceback)
        self._idle.append((self._settings, self.app))


def prepare_lists(path: Path) -> None:
    """A database with the bundled week, and a shortlist of it for each topic; to be copied."""
    prepare_sample(path)
    asyncio.run(_build(path))


def prepare_readers(path: Path) -> dict[str, str]:
    """Add the readers to a database, and say each one's key."""
    return asyncio.run(_add_readers(path))


def open_client(home: Path, *, accounts: bool = False, anonymous_reading: bool = False) -> TestClient[Litestar]:
    """The application on the data folder's database, at the time the sample was read; to be entered."""
    settings = Settings(
        home=home,
        embedder="hashing",
        now=NOW,
        accounts=accounts,
        anonymous_reading=anonymous_reading,
        public_url=ADDRESS,
        rate_limit=0,
    )
    return LentClient(settings)


async def _build(path: Path) -> None:
    database, rubric = Database(f"sqlite+aiosqlite:///{path}"), read_bundled_rubric()
    bench = Bench(database, HashingEmbedder(), rubric, NOW)
    for topic in rubric.topics:
        await build_shortlist(bench, topic, WEEK)
    await database.close()


async def _add_readers(path: Path) -> dict[str, str]:
    from triage.accounts.keys import create_token
    from triage.accounts.readers import add_reader

    database = Database(f"sqlite+aiosqlite:///{path}")
    keys: dict[str, str] = {}
    for name, role in READERS.items():
        await add_reader(database, name, f"{name}@example.org", role, NOW)
        scopes = frozenset(Scope) if role is Role.ADMIN else frozenset({Scope.READ, Scope.WRITE})
        principal = Principal(name, role, scopes, "session")
        key, _ = await create_token(database, principal, "tests", scopes, NOW + timedelta(days=30), NOW)
        keys[name] = key.text
    await database.close()
    return keys


async def give_password(path: Path) -> None:
    """To bob."""
    database = Database(f"sqlite+aiosqlite:///{path}")
    await set_password(database, "bob", PASSWORD, NOW)
    await database.close()


async def make_link_of_bob(path: Path) -> str:
    """A link that signs bob in, without the host."""
    database = Database(f"sqlite+aiosqlite:///{path}")
    link = await make_link(database, "bob", ADDRESS, NOW)
    await database.close()
    return link.removeprefix(ADDRESS)
