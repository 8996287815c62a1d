"""Errors: a page for people, problem+json for programs, a word for scripts, and never what went wrong inside."""

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient, create_test_client

from api.pages.errors import PAGE_ERRORS, UNROUTED_ERRORS
from triage.config import Settings
from triage.errors import ConflictError, StoreError


@get("/broken", exception_handlers=PAGE_ERRORS, sync_to_thread=False)
def fail_unforeseen() -> None:
    """A page that breaks."""
    raise RuntimeError("the password is swordfish")


@get("/damaged", exception_handlers=PAGE_ERRORS, sync_to_thread=False)
def fail_store() -> None:
    """A page without its database."""
    raise StoreError("SELECT swordfish FROM papers")


@get("/taken", exception_handlers=PAGE_ERRORS, sync_to_thread=False)
def fail_conflict() -> None:
    """A page that refuses."""
    raise ConflictError("There is such a <b>tag</b> already.")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/broken", 500, "See the server&#39;s log."),
        ("/damaged", 503, "See the server&#39;s log."),
        ("/taken", 409, "There is such a &lt;b&gt;tag&lt;/b&gt; already."),
        ("/nowhere", 404, "Not Found"),
    ],
)
def test_errors_are_pages(path: str, status: int, said: str) -> None:
    """With the right status and what to do, and nothing of the inside."""
    with create_test_client(
        [fail_unforeseen, fail_store, fail_conflict], exception_handlers=UNROUTED_ERRORS, raise_server_exceptions=False
    ) as client:
        client.app.state.services = type("Services", (), {"settings": Settings()})
        answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert said in answer.text
    assert "swordfish" not in answer.text


def test_programs_get_problems_of_addresses_that_are_none() -> None:
    """Below /api no page is answered."""
    with create_test_client([], exception_handlers=UNROUTED_ERRORS) as client:
        answer = client.get("/api/v1/nowhere")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_search_that_is_refused_says_why(client: TestClient[Litestar]) -> None:
    """The sentence of the reading layer, or the field that was wrong."""
    answer = client.get("/shortlists/generative-recommendation/2026-W99")
    assert answer.status_code == 400
    assert "2026-W99" in answer.text
