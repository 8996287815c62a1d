"""How far readers agree, and what editors settle where they do not."""

from litestar import Controller, delete, get, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from api.auth import allow_editors, allow_reading_editors
from api.openapi import answer, problems
from api.refresh import Refresher
from api.routes import examples_trust as examples
from api.routes.answers import AdjudicationChange
from api.routes.paths import TopicName, name_operation, paper_paths, provide_arxiv_id
from triage.core.account import Principal
from triage.reading.agreement import Agreement, hide_names, settle, unsettle, view_agreement
from triage.reading.library import Library
from triage.store.adjudications import Adjudication


class AgreementController(Controller):
    """All readers' votes, compared."""

    path = "/agreement/{topic:str}"
    tags = ("Trust",)
    guards = (allow_reading_editors,)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        operation_id="get_agreement",
        summary="Agreement",
        responses=answer(200, Agreement, examples.AGREEMENT, "How far readers agree") | problems(400, 404),
    )
    async def get_agreement(self, library: NamedDependency[Library], topic: TopicName) -> Agreement:
        """Compare the votes of all readers: kappa, AC1, where they part, and over which words; editors only.

        Readers appear as numbers: who voted how is nobody's business but theirs.
        """
        return hide_names(await view_agreement(library, topic))


class AdjudicationController(Controller):
    """What an editor settled."""

    path = "/papers"
    tags = ("Trust",)
    guards = (allow_editors,)
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"arxiv_id": Provide(provide_arxiv_id, sync_to_thread=False)}  # noqa: RUF012 - as Litestar reads it

    @put(
        paper_paths("/adjudications/{topic:str}"),
        operation_id=name_operation("settle_paper"),
        summary="Settle a paper",
        responses=answer(200, Adjudication, examples.ADJUDICATION, "What stands now") | problems(400, 404, 413),
    )
    async def settle(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        refresher: NamedDependency[Refresher],
        arxiv_id: NamedDependency[str],
        topic: TopicName,
        data: JSONBody[AdjudicationChange],
    ) -> Adjudication:
        """Decide a paper that readers part over: your word stands in the place of all votes on it; editors only.

        Idempotent; drafts are ranked anew at once. All readers see what was settled, and why.
        """
        settled = await settle(library, principal.reader, arxiv_id, topic, data.value, data.reason)
        refresher.follow([topic])
        return settled

    @delete(
        paper_paths("/adjudications/{topic:str}"),
        operation_id=name_operation("unsettle_paper"),
        summary="Let the votes count again",
        responses=problems(400, 404),
    )
    async def unsettle(
        self,
        library: NamedDependency[Library],
        refresher: NamedDependency[Refresher],
        arxiv_id: NamedDependency[str],
        topic: TopicName,
    ) -> None:
        """Take back what was settled, so that the votes count again; editors only. Idempotent."""
        if await unsettle(library, arxiv_id, topic):
            refresher.follow([topic])
