"""What was expected and what came, by what rules papers are ranked, and what the steps reported."""

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from api.auth import allow_readers, allow_reading_editors
from api.ledgers import Ledgers, provide_ledgers
from api.openapi import answer, problems
from api.routes import examples
from api.routes.answers import CriterionView, LedgerRecord, RubricView, TopicRules
from api.routes.paths import LastWeek, Limit, Offset
from triage.core.rubric import Rubric, Topic, fingerprint, judge_fingerprint
from triage.reading.ledger import to_record
from triage.reading.library import Library
from triage.reading.records import Page
from triage.reading.runs import list_runs
from triage.store.runs import Run

_MOST_WEEKS = 52


class TrustController(Controller):
    """Accounts."""

    tags = ("Trust",)

    @get(
        "/ledger",
        guards=[allow_readers],
        operation_id="get_ledger",
        summary="Ledger",
        responses=answer(200, LedgerRecord, examples.LEDGER, "The ledger") | problems(400, 404),
        dependencies={"ledgers": Provide(provide_ledgers, sync_to_thread=False)},
    )
    async def get_ledger(
        self,
        library: NamedDependency[Library],
        ledgers: NamedDependency[Ledgers],
        week: LastWeek = "",
        weeks: Annotated[
            int, QueryParameter(ge=1, le=_MOST_WEEKS, description="How many weeks the calendar holds.")
        ] = 8,
    ) -> LedgerRecord:
        """Account for every announced paper: per category and listing day, what was expected, and what came."""
        return LedgerRecord(**to_record(await ledgers.reckon(library, week or None, weeks)))

    @get(
        "/rubric",
        guards=[allow_readers],
        operation_id="get_rubric",
        summary="Rubric",
        responses=problems(),
    )
    async def get_rubric(self, library: NamedDependency[Library]) -> RubricView:
        """Read the rules in force: topics, criteria, sizes, and the fingerprints that scores carry."""
        return view_rubric(library.rubric)

    @get(
        "/runs",
        guards=[allow_reading_editors],
        operation_id="list_runs",
        summary="Runs",
        responses=answer(200, Page[Run], examples.RUNS, "Part of the runs") | problems(400),
    )
    async def list_runs(self, library: NamedDependency[Library], offset: Offset = 0, limit: Limit = 20) -> Page[Run]:
        """List what the steps reported, the newest first; editors only."""
        return await list_runs(library, offset, limit)


def view_rubric(rubric: Rubric) -> RubricView:
    """All of it that readers need to understand a rank; where the file lies is nobody's business."""
    return RubricView(
        rubric.version,
        rubric.categories,
        rubric.shortlist.size,
        rubric.shortlist.exploration,
        rubric.shortlist.audit,
        tuple(_view_topic(rubric, topic) for topic in rubric.topics),
    )


def _view_topic(rubric: Rubric, topic: Topic) -> TopicRules:
    return TopicRules(
        topic.name,
        topic.title,
        topic.definition,
        topic.in_scope,
        topic.out_of_scope,
        topic.tags,
        tuple(CriterionView(each.name, each.question, each.weight, each.anchors) for each in topic.criteria),
        fingerprint(rubric, topic.name),
        judge_fingerprint(rubric, topic.name),
    )
