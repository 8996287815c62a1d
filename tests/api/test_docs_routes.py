"""docs/api.md: every route and error has a heading; and the written pages are what the program says now."""

import logging
import re
from pathlib import Path

import pytest
from fakes.docs_case import find_missing, list_anchors
from litestar import Litestar
from litestar.routes import HTTPRoute

from api.openapi import PATH
from api.problems import list_problems, to_problem
from docs.generate.__main__ import PAGES, find_stale
from docs.generate.routes import open_app, read_document
from triage import errors
from triage.errors import BusyError, TriageError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def app() -> Litestar:
    """The application of a lab, whose store is never opened."""
    return open_app()


@pytest.fixture(scope="module")
def text() -> str:
    """The page."""
    return (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def _list_routes(app: Litestar) -> set[str]:
    """Of two addresses of one paper, that for new ids; GET stands for HEAD, which every route has with it."""
    found = {
        f"{method} {re.sub(r':[a-z]+}', '}', route.path)}"
        for route in app.routes
        if isinstance(route, HTTPRoute) and not route.path.startswith(f"{PATH}/")
        for method in set(route.methods) - {"OPTIONS", "HEAD"}
    }
    return {name for name in found if "{archive}/{number}" not in name}


def _list_kinds() -> list[type[TriageError]]:
    """Classes elsewhere are special cases of these, and become the same problems."""
    return [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, TriageError)]


def _name_code(kind: type[TriageError]) -> str:
    error = BusyError("", 1) if kind is BusyError else kind("")
    extra = to_problem(error).extra
    assert isinstance(extra, dict)
    return str(extra["code"])


def test_every_route_has_a_heading(app: Litestar, text: str) -> None:
    """Method and address, also of feeds, of agents' tools and of pages."""
    routes = _list_routes(app)
    assert {"GET /api/v1/papers/{paper_id}", "GET /metrics", "POST /mcp", "GET /feeds/{file}"} <= routes
    assert find_missing(routes, text) == set()


def test_a_route_without_a_heading_is_found(app: Litestar, text: str) -> None:
    """The check can fail."""
    assert find_missing(_list_routes(app) | {"GET /invented"}, text) == {"GET /invented"}


def test_every_error_has_a_heading(text: str) -> None:
    """The code of every kind of problem."""
    assert find_missing((problem.code for problem in list_problems()), text) == set()


def test_every_error_is_among_the_kinds(app: Litestar, caplog: pytest.LogCaptureFixture) -> None:
    """What any error of ours becomes, and any status of the OpenAPI document, is a problem that is listed."""
    caplog.set_level(logging.CRITICAL)
    known = {problem.code for problem in list_problems()}
    assert {_name_code(kind) for kind in _list_kinds()} <= known
    statuses = {
        int(status)
        for item in read_document(app)["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for status in operation["responses"]
        if status >= "4"
    }
    assert statuses <= {problem.status for problem in list_problems()}


def test_every_anchor_of_the_page_is_its_own(text: str) -> None:
    """Else a link to a record would lead to a section of the same name."""
    assert not [anchor for anchor in list_anchors(text) if re.search(r"-[1-9]$", anchor)]


def test_the_written_pages_are_fresh() -> None:
    """What is committed is what the program says now."""
    assert find_stale(ROOT / "docs") == [], "run make docs, and commit what it writes"


def test_a_stale_page_is_found(tmp_path: Path) -> None:
    """One that is missing, and one in which a word was changed by hand."""
    for name in sorted(PAGES)[1:]:
        (tmp_path / name).write_text("By hand.\n")
    assert find_stale(tmp_path) == list(PAGES)
