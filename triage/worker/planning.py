"""What a week lacks, as jobs: read from the tables each time, so that nothing has to be remembered."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from triage.bootstrap import Services
from triage.core.announcements import completed_at, latest_listing
from triage.core.rubric import Topic, fingerprint
from triage.core.week import Week, week_of
from triage.store.embeddings import list_unembedded
from triage.store.papers import StoredPaper, select_week
from triage.store.shortlists import Shortlist, load_shortlist
from triage.worker.kinds import BATCH, REST, Piece, make_embed, make_plan, make_step

_PAGE = 2_000


def list_weeks_in_work(now: datetime) -> tuple[Week, Week]:
    """The week of the newest listing, and the one before it, which late papers may still change."""
    current = week_of(latest_listing(now))
    return current, week_of(current.monday - timedelta(days=1))


def plan_weeks_in_work(now: datetime, *, again: bool = False) -> tuple[Piece, ...]:
    """A look at each of them."""
    return tuple(make_plan(week, again=again) for week in list_weeks_in_work(now))


async def plan_week(services: Services, week: Week, *, again: bool = False) -> tuple[Piece, ...]:
    """Batches to embed while papers lack a vector; after that a score per topic whose list is not what it would be.

    `again`: every list that is not published, and what was given up lately. Two looks at the same papers name the
    same batches.
    """
    papers = await select_papers_in(services, week)
    missing = await find_unembedded(services, week, papers)
    if missing:
        batches = [batch for batch in cut_batches(papers) if not missing.isdisjoint(batch)]
        pieces = [make_embed(batch, week, services.embedder_name) for batch in batches]
    else:
        topics = services.rubric.topics if papers else ()
        lacking = [topic for topic in topics if await _is_lacking(services, topic, week, len(papers), again=again)]
        pieces = [make_step("score", week, topic.name) for topic in lacking]
    return tuple(replace(piece, rest=0 if again else REST) for piece in pieces)


async def plan_scores(services: Services, week: Week) -> tuple[Piece, ...]:
    """A score per topic once the week has nothing left to embed: the last batch to be committed always sees that."""
    if await find_unembedded(services, week, await select_papers_in(services, week)):
        return ()
    return tuple(make_step("score", week, topic.name) for topic in services.rubric.topics)


async def select_papers_in(services: Services, week: Week) -> list[StoredPaper]:
    """The week's papers in the rubric's categories, which may be none."""
    async with services.database.read() as session:
        return await select_week(session, week, services.rubric.categories)


async def find_unembedded(services: Services, week: Week, papers: Sequence[StoredPaper]) -> set[int]:
    """Keys of those of a week's papers whose present text has no vector."""
    ours = {paper.key for paper in papers}
    found: set[int] = set()
    after = 0
    async with services.database.read() as session:
        while keys := await list_unembedded(session, services.embedder_name, after=after, limit=_PAGE, week=week):
            found |= ours.intersection(keys)
            after = keys[-1]
    return found


def cut_batches(papers: Sequence[StoredPaper]) -> Iterator[list[int]]:
    """Keys of all the papers, embedded or not: so a batch keeps its name while others are done."""
    keys = sorted(paper.key for paper in papers)
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


async def _is_lacking(services: Services, topic: Topic, week: Week, papers: int, *, again: bool) -> bool:
    async with services.database.read() as session:
        made = await load_shortlist(session, topic.name, str(week))
    if made is None:
        return True
    if made.published_at is not None:
        return False
    return again or _is_outdated(services, made, week, papers)


def _is_outdated(services: Services, made: Shortlist, week: Week, papers: int) -> bool:
    """Whether papers, rubric or embedder are others than the draft was made from, as far as it tells.

    Votes are not looked at: whoever takes them ranks anew, and so does every harvest.
    """
    return (
        made.considered != papers
        or made.fingerprint != fingerprint(services.rubric, made.topic)
        or services.embedder_name not in made.scorer
        or any(entry.is_withdrawn or entry.is_revised for entry in made.entries)
        or made.built_at < completed_at(week) <= services.clock()
    )
