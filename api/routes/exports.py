"""Papers as files: one paper, and the papers of a tag; shortlists have theirs in `shortlists`."""

from dataclasses import dataclass
from typing import Annotated, get_args

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import Operation
from litestar.params import QueryParameter

from api.auth import allow_known, allow_readers
from api.cache import DRAFT, OWN_MARKS, make_answer, send_answer
from api.routes.files import document_file, name_media_types
from api.routes.paths import TagName, name_operation, paper_paths, provide_arxiv_id
from triage.core.account import Principal
from triage.errors import NotFoundError
from triage.reading.exports import FORMATS, ReferenceFormat, export_papers
from triage.reading.library import Library
from triage.reading.marks import find_tagged

Form = Annotated[
    ReferenceFormat,
    QueryParameter(name="format", description="BibTeX, RIS, CSL-JSON, or a table for spreadsheets."),
]


@dataclass
class ExportOperation(Operation):
    """One address, a media type per format."""

    def __post_init__(self) -> None:
        name_media_types(self, (FORMATS[form].media_type for form in get_args(ReferenceFormat)))


class ExportController(Controller):
    """Files for reference managers and spreadsheets."""

    tags = ("Papers",)

    @get(
        [f"/papers{path}" for path in paper_paths("/export")],
        guards=[allow_readers],
        dependencies={"arxiv_id": Provide(provide_arxiv_id, sync_to_thread=False)},
        operation_id=name_operation("export_paper"),
        summary="Paper as a file",
        operation_class=ExportOperation,
        responses=document_file("The file", FORMATS["bib"].media_type, 400, 404),
    )
    async def export_paper(
        self,
        request: Request[Principal | None, None, State],
        library: NamedDependency[Library],
        arxiv_id: NamedDependency[str],
        form: Form = "bib",
    ) -> Response[bytes]:
        """Download a paper as a reference, with its newest takeaway as a note."""
        export = await export_papers(library, [arxiv_id], form, name=f"arxiv-{arxiv_id}")
        return send_answer(request, make_answer(export.body, export.media_type, DRAFT, export.name))

    @get(
        "/tags/{name:str}/export",
        guards=[allow_known],
        operation_id="export_tag",
        summary="Tag as a file",
        operation_class=ExportOperation,
        responses=document_file("The file", FORMATS["bib"].media_type, 400, 404),
    )
    async def export_tag(
        self,
        request: Request[Principal | None, None, State],
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        name: TagName,
        form: Form = "bib",
    ) -> Response[bytes]:
        """Download the papers on which you see a tag as references, by arXiv id."""
        tagged = await find_tagged(library, principal.reader, name)
        if not tagged:
            raise NotFoundError(f"You see no paper with the tag {name!r}: put it on one first.")
        export = await export_papers(library, tagged, form, name=f"tag-{name}")
        return send_answer(request, make_answer(export.body, export.media_type, OWN_MARKS, export.name))
