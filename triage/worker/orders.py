"""What a person may ask of the queue: put work in, give failed jobs another go, forget them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from triage.bootstrap import Services
from triage.core.week import Week
from triage.errors import InputError
from triage.store.embeddings import list_unembedded
from triage.worker.kinds import BATCH, KINDS, UNHURRIED, Piece, make_embed, make_harvest, make_plan, make_step
from triage.worker.planning import find_unembedded, select_papers_in
from triage.worker.queue import NEXT, put, put_piece
from triage.worker.status import list_given_up

if TYPE_CHECKING:
    from saq import Job, Queue

_PAGE: Final = 8 * BATCH


class Order(msgspec.Struct, frozen=True):
    """How many jobs were put in, and how many stood there already; `papers` of a backfill."""

    put: int = 0
    waiting: int = 0
    papers: int = 0


async def order_week(services: Services, queue: "Queue", week: Week, topic: str | None, *, harvest: bool) -> Order:
    """A week's work: all that is missing, or one topic ranked anew; with `harvest`, arXiv is asked first.

    Raises `InputError` where the store has no papers of the week and arXiv is not to be asked.
    """
    pieces = [make_harvest()] if harvest else []
    papers = await select_papers_in(services, week)
    if not papers and not harvest:
        raise InputError(
            f"The store has no papers of {week}. Import a file that covers it (triage import FILE), or have arXiv "
            f"asked first (triage queue run --week {week} --harvest)."
        )
    is_ready = bool(papers) and not await find_unembedded(services, week, papers)
    if topic is not None and is_ready:
        pieces.append(make_step("score", week, topic))
    elif papers:
        pieces.append(make_plan(week, again=True))
    return await _put_all(queue, pieces)


async def order_backfill(services: Services, queue: "Queue", tell: Callable[[int], None]) -> Order:
    """Every paper without a vector, in batches that wait for all other work; `tell` hears how many papers so far."""
    order, after = Order(), 0
    while True:
        async with services.database.read() as session:
            keys = await list_unembedded(session, services.embedder_name, after=after, limit=_PAGE)
        if not keys:
            return order
        after = keys[-1]
        batches = [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]
        made = await _put_all(queue, [make_embed(batch, None, services.embedder_name) for batch in batches])
        order = Order(order.put + made.put, order.waiting + made.waiting, order.papers + len(keys))
        tell(order.papers)


async def retry_failed(queue: "Queue") -> Order:
    """Put every job that was given up in again, from its first attempt on."""
    made = [await _retry(queue, job) for job in await list_given_up(queue) if job.function in KINDS]
    return Order(sum(made), len(made) - sum(made))


async def forget_failed(queue: "Queue") -> int:
    """Drop every job that was given up; says how many."""
    failed = await list_given_up(queue)
    for job in failed:
        job.ttl = -1
        await job.finish(job.status, error=job.error)
    return len(failed)


async def _retry(queue: "Queue", job: "Job") -> bool:
    key, arguments = job.key.removesuffix(NEXT), job.kwargs or {}
    is_put = await put(queue, job.function, key=key, is_urgent=job.priority < UNHURRIED, **arguments)
    if key != job.key:  # the one of its former's name does the same
        job.ttl = -1
        await job.finish(job.status, error=job.error)
    return is_put


async def _put_all(queue: "Queue", pieces: list[Piece]) -> Order:
    made = [await put_piece(queue, piece) for piece in pieces]
    return Order(sum(made), len(made) - sum(made))
