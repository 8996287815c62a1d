"""What readers and editors say of the list itself, in a real browser: below the line, and where readers part."""

from collections.abc import Iterator

import pytest
from fakes.browser_case import PAPER, SHORTLIST, TOPIC, LabServer, Visit, open_browser, serve_lab, visit
from playwright.sync_api import Browser, expect


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """A lab of three, with the sample week."""
    with serve_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="module")
def browser(server: LabServer) -> Iterator[Browser]:
    """Opened after the server's store was made, since that needs an event loop of its own."""
    del server
    with open_browser() as browser:
        yield browser


def test_an_editor_audits_the_list(browser: Browser, server: LabServer) -> None:
    """Uncertain by a key, an answer below the line by a button, and a word that stands in the place of all votes."""
    with visit(browser, server) as carol:
        carol.sign_in("carol", goal=SHORTLIST)
        _is_uncertain_by_key(carol)
        _answers_below_the_line(carol)
        _settles(carol)


def _is_uncertain_by_key(visitor: Visit) -> None:
    """With u; the same key again would take it back."""
    page = visitor.page
    page.keyboard.press("j")
    name = page.locator(".place").first.get_attribute("id")
    page.keyboard.press("u")
    expect(page.locator(f"#{name} button.unsure")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(f"#{name} .said")).to_contain_text("neither for a paper nor against it")


def _answers_below_the_line(visitor: Visit) -> None:
    """The question keeps its place until the page is opened again, which also tells the estimate."""
    page = visitor.page
    section = page.get_by_role("region", name="Below the line")
    question = section.get_by_role("listitem").filter(has=page.get_by_role("heading")).first
    title = question.get_by_role("heading").inner_text()
    question.get_by_text("Abstract").click()
    question.get_by_role("button", name="Not relevant").click()
    expect(question.get_by_role("button", name="Not relevant")).to_have_attribute("aria-pressed", "true")
    page.reload()
    section.get_by_text("1 that you answered").click()
    expect(section.get_by_role("heading", name=title)).to_be_visible()
    expect(section.get_by_role("img", name="From 1 answer")).to_be_visible()


def _settles(visitor: Visit) -> None:
    """What bob finds not relevant and carol does not."""
    place = f"#p-{PAPER.replace('.', '-')}"
    page = visitor.go(f"/papers/{PAPER}")
    page.locator(f"#vote-{place[1:]}-{TOPIC}-for").click()
    expect(page.locator(".said")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Agreement").click()
    page.locator(place).get_by_label("Why").fill("It only ranks.")
    page.keyboard.press("Enter")  # of three buttons, none is meant
    expect(page.locator(place).get_by_label("Why")).to_have_value("It only ranks.\n")
    page.locator(place).get_by_role("button", name="Not relevant").click()
    expect(page.get_by_role("status").filter(has_text="is settled")).to_be_visible()
    expect(page.locator(f"{place} .settled")).to_contain_text("Not relevant: It only ranks.")
    page = visitor.go(f"/papers/{PAPER}")
    expect(page.get_by_role("region", name="Relevant?")).to_contain_text("Settled: not relevant. It only ranks.")
