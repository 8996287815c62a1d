"""Pages from templates: one environment that escapes everything, and what every page is told."""

import hashlib
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.response import Redirect
from markupsafe import Markup

from triage.core.account import Principal, Role, Scope
from triage.core.latex import read_latex
from triage.core.paper import clean_text
from triage.pipeline.render import ARXIV_THANKS

PageRequest = Request[Principal | None, None, State]

_NEW_ID = re.compile(r"(?<![\w./])(\d{4}\.\d{4,5})(?![\w/]|\.\d)")

STATIC: Final = Path(__file__).parent / "static"


def render(
    request: PageRequest,
    template: str,
    *,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """A page or, for HTMX, a part of one; the template also knows of the reader, the `notice` and the `path`."""
    settings = request.app.state.services.settings
    text = (
        environment()
        .get_template(template)
        .render(
            principal=(principal := request.scope.get("user")),  # what no route answers passes no middleware
            is_editor=principal is not None and principal.may(Scope.WRITE, Role.EDITOR),
            has_accounts=settings.accounts,
            notice=settings.notice,
            path=request.url.path,
            **context,
        )
    )
    return Response(
        text,
        status_code=status_code,
        headers={"Cache-Control": "private, no-cache"} | (headers or {}),
        media_type=MediaType.HTML,
    )


def is_htmx(request: PageRequest) -> bool:
    """Whether the script on a page asks, which wants a part and no redirect."""
    return request.headers.get("HX-Request") == "true"


def see_other(path: str) -> Redirect:
    """After a form: 303, so that a reload does not send it again."""
    return Redirect(path, status_code=303)


@cache
def environment() -> Environment:
    """All text is escaped, harvested text first of all; an unknown name in a template is an error."""
    made = Environment(
        loader=PackageLoader("api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # a running server keeps to one state of code and templates
    )
    made.filters.update(latex=to_plain, anchor=to_anchor, link_papers=link_papers, day=_name_day, number="{:,}".format)
    made.globals.update(static=locate_static, arxiv_thanks=ARXIV_THANKS)
    return made


@lru_cache(maxsize=8192)
def to_plain(text: str) -> str:
    """LaTeX as plain text."""
    return clean_text(read_latex(text))


def link_papers(text: str) -> Markup:
    """Text, escaped, with the arXiv ids in it as links to their pages."""
    escaped = str(Markup.escape(text))  # a plain str: Markup would escape the links too
    return Markup(_NEW_ID.sub(r'<a href="/papers/\1">\1</a>', escaped))  # noqa: S704 - escaped the line above


def to_anchor(arxiv_id: str) -> str:
    """The paper's `id` in a page, one that selectors need not escape: `p-2604-02684`."""
    return "p-" + arxiv_id.replace(".", "-").replace("/", "-")


@cache
def locate_static(name: str) -> str:
    """The address of a file of ours, which changes with its content, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _name_day(day: Any) -> str:
    """A date or time as `11 May 2026`."""
    return f"{day.day} {day:%B %Y}"
