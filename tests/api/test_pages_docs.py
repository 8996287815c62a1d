"""The API's reference, and what all these pages have in common."""

import html5lib
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.headers import CONTENT_POLICY

PAGES = ("/tags", "/tags/mine", "/ledger", "/map/2026-W20", "/subscriptions", "/tokens", "/account", "/docs")


def test_the_reference_is_ours_alone(client: TestClient[Litestar]) -> None:
    """Scripts from here only, and only this page lets styles be made by script."""
    policy = client.get("/docs").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert policy.replace(" 'unsafe-inline'", "") == CONTENT_POLICY
    assert policy.count("'unsafe-inline'") == 1
    assert client.get("/tags").headers["content-security-policy"] == CONTENT_POLICY


def test_the_reference_lists_operations_without_script(client: TestClient[Litestar]) -> None:
    """Those of the document, and no page."""
    document = client.get("/api/v1/openapi.json").json()
    text = client.get("/docs").text
    assert document["paths"]
    assert all(f"<code>{path}</code>" in text for path in document["paths"])
    assert not any(path in document["paths"] for path in ("/tags", "/sign-in", "/docs"))


def test_its_script_is_served(client: TestClient[Litestar]) -> None:
    """Under an address that changes with its content."""
    page = html5lib.parse(client.get("/docs").text, namespaceHTMLElements=False)
    for script in page.iter("script"):
        answer = client.get(script.get("src", ""))
        assert answer.status_code == 200
        assert "javascript" in answer.headers["content-type"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_no_inline_script_or_style(client: TestClient[Litestar], path: str) -> None:
    """The policy would stop it; each has one heading of the first level, one main part and a title."""
    page = html5lib.parse(client.get(path).text, namespaceHTMLElements=False)
    for element in page.iter():
        assert element.tag != "style"
        assert not [name for name in element.attrib if isinstance(name, str) and name.startswith(("on", "style"))]
        assert element.tag != "script" or element.get("src", "").startswith("/static/")
    assert len(list(page.iter("h1"))) == 1
    assert len(list(page.iter("main"))) == 1
    assert "Triage" in "".join(next(page.iter("title")).itertext())


@pytest.mark.parametrize("path", PAGES)
def test_fields_have_labels(client: TestClient[Litestar], path: str) -> None:
    """Each input that can be seen, by a label for it or around it."""
    page = html5lib.parse(client.get(path).text, namespaceHTMLElements=False)
    named = {label.get("for") for label in page.iter("label")}
    around = {field for label in page.iter("label") for field in label.iter("input")}
    fields = [field for tag in ("input", "select", "textarea") for field in page.iter(tag)]
    for field in fields:
        assert field.get("type") == "hidden" or field.get("id") in named or field in around
