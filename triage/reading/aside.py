"""Work that keeps a core busy for longer than a moment, done beside the event loop so that others are answered."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, Final, ParamSpec, TypeVar

HANDS: Final = 2
"""So many pieces of work at a time; the others wait their turn."""

_WORKERS = ThreadPoolExecutor(HANDS, "aside")
_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


async def run_aside(work: Callable[_Given, _Made], *args: _Given.args, **kwargs: _Given.kwargs) -> _Made:
    """What `work` returns or raises; it runs in a thread, and so must not touch what the loop works with."""
    call = partial(work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_WORKERS, partial(copy_context().run, call))


async def end_soon(tasks: Collection[asyncio.Future[Any]], patience: float = 1.0) -> None:
    """Let tasks come to their end; cancel those that do not in time. Cut off in a query, a connection would be lost."""
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=patience)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
