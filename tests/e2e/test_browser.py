"""A reader's week in a real browser."""

from collections.abc import Iterator

import pytest
from bibtexparser.entrypoint import parse_string
from fakes.browser_case import (
    CONFIRM_LINK,
    PAPER,
    SHORTLIST,
    SIGN_IN_LINK,
    TOPIC,
    LabServer,
    Visit,
    go_through_by_keyboard,
    list_grave_barriers,
    open_browser,
    serve_lab,
    visit,
)
from fakes.judging_case import WEEK
from playwright.sync_api import Browser, Locator, StorageState, expect

PAGES = (
    SHORTLIST,
    f"/papers/{PAPER}",
    "/search?q=semantic+IDs",
    "/search?q=%22no+such+words%22",
    "/tags",
    "/tags/surveys",
    f"/ledger?week={WEEK}",
    f"/map/{WEEK}?topic={TOPIC}",
    f"/agreement/{TOPIC}",
    "/subscriptions",
    "/tokens",
    "/account",
    "/nowhere",
)
OPEN_PAGES = (
    "/sign-in",
    "/sign-in/link?key=none",
    "/mail/none/unsubscribe",
    "/mail/none/confirm",
)
_OWN_ZONE = "() => Intl.DateTimeFormat().resolvedOptions().timeZone"


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


@pytest.fixture(scope="module")
def session(browser: Browser, server: LabServer) -> StorageState:
    """Carol's, with something of hers on every page, and a paper over which she and bob part."""
    with visit(browser, server) as visitor:
        visitor.sign_in("carol")
        page = visitor.go(SHORTLIST)
        page.locator(".question button.against").first.click()
        page = visitor.go(f"/papers/{PAPER}")
        page.locator(f"#vote-p-{PAPER.replace('.', '-')}-{TOPIC}-for").click()
        page.locator(".tag-box").fill("surveys")
        page.locator(".tag-box").press("Enter")
        expect(page.locator(".chip").filter(has_text="surveys")).to_be_visible()
        page = visitor.go("/tokens")
        page.fill("#label", "a notebook with a long name for its many purposes")
        page.get_by_role("button", name="Make the key").click()
        return visitor.context.storage_state()


def test_a_reader_reads_the_week_and_marks_it(browser: Browser, server: LabServer) -> None:
    """From signing in to signing out: everything works by pointer and by keyboard, and the page says what it did."""
    with visit(browser, server) as visitor:
        _is_asked_who_comes(visitor)
        visitor.sign_in("ada", goal=SHORTLIST)
        _votes_by_button(visitor)
        _votes_by_keyboard(visitor)
        _tags(visitor)
        _searches(visitor)
        _takes_the_list_along(visitor)
        _subscribes(visitor, server)
        _lets_a_program_in(visitor, server)
        _leaves(visitor)


def test_a_mailed_link_signs_in_once(browser: Browser, server: LabServer) -> None:
    """It comes to the address that asked, needs one press of a button, and works no second time."""
    with visit(browser, server) as visitor:
        page = visitor.go("/sign-in")
        page.fill("#link-email", "bob@example.org")
        page.get_by_role("button", name="Email me a link").click()
        expect(page.get_by_role("status").filter(has_text="there is a link now")).to_be_visible()
        link = server.wait_for_link(SIGN_IN_LINK, "bob")
        page.goto(link)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("May 2026")
        expect(page.get_by_role("link", name="bob")).to_be_visible()
        _leaves(visitor)
    with visit(browser, server, java_script_enabled=False) as late:
        page = late.page
        page.goto(link)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert").filter(has_text="does not sign in")).to_be_visible()
        late.forgive("401")


def test_everything_works_without_script(browser: Browser, server: LabServer) -> None:
    """Plain forms vote, tag, search, subscribe and sign out, and lead back to the paper."""
    with visit(browser, server, java_script_enabled=False) as visitor:
        visitor.sign_in("carol")
        page = visitor.go(SHORTLIST)
        name = _name(page.locator(f".place:not(#p-{PAPER.replace('.', '-')})").first)  # the session votes on that one
        page.locator(f"#{name} button.for").click()
        assert page.url.endswith(f"#{name}")
        expect(page.locator(f"#{name} button.for")).to_have_attribute("aria-pressed", "true")
        expect(page.locator(f"#{name} .said")).to_contain_text("Voted relevant.")
        page.locator(f"#{name} .tag-box").fill("by hand")
        page.locator(f"#{name} form.add button").click()
        expect(page.locator(f"#{name} .chip").filter(has_text="by hand")).to_be_visible()
        page.fill("#find", "semantic IDs")
        page.locator("#find").press("Enter")
        expect(page.locator(".hits > li").first).to_be_visible()
        page = visitor.go("/subscriptions")
        page.get_by_role("checkbox").first.check()
        page.get_by_label("Time zone").select_option("Asia/Shanghai")
        page.get_by_role("button", name="Subscribe").click()
        expect(page.get_by_role("status").filter(has_text="Not confirmed yet")).to_be_visible()
        expect(page.get_by_role("checkbox").first).to_be_checked()
        page.get_by_role("button", name="Leave").click()
        expect(page.get_by_role("status").filter(has_text="You left")).to_be_visible()
        _leaves(visitor)


@pytest.mark.parametrize("path", [*PAGES, *OPEN_PAGES])
def test_a_page_keeps_nobody_out(browser: Browser, server: LabServer, session: StorageState, path: str) -> None:
    """On a desktop and on a small phone, light and dark, by keyboard alone, and for axe."""
    with visit(browser, server, storage_state=None if path in OPEN_PAGES else session) as visitor:
        page = visitor.go(path)
        assert list_grave_barriers(page) == {}
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.title().endswith(" · Triage")
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        go_through_by_keyboard(page)
        if path == "/nowhere":
            visitor.forgive("404")


def _is_asked_who_comes(visitor: Visit) -> None:
    """Nothing is shown to a stranger."""
    page = visitor.go(SHORTLIST)
    assert page.url.startswith(f"{visitor.url}/sign-in?next=")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def _votes_by_button(visitor: Visit) -> None:
    """The button stays pressed, and what the vote changes is shown and read out."""
    page = visitor.go(SHORTLIST)
    expect(page.get_by_role("heading", level=1)).to_contain_text("May 2026")
    place = page.locator(".place").first
    place.get_by_role("button", name="Relevant", exact=True).click()
    expect(place.get_by_role("button", name="Relevant", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(place.locator(".said")).to_contain_text("ote")
    expect(page.locator("#status")).to_have_text(place.locator(".said").inner_text().removesuffix(" See the new order"))
    assert page.locator("#status").get_attribute("aria-live") == "polite"


def _votes_by_keyboard(visitor: Visit) -> None:
    """With j and k one moves, with r and n one votes; the same key again takes the vote back."""
    page = visitor.go(SHORTLIST)
    places = page.locator(".place")
    for key in "jjk":
        page.keyboard.press(key)
    expect(places.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(places.nth(1)).to_be_focused()
    page.keyboard.press("r")
    expect(places.nth(1).locator("button.for")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("n")
    expect(places.nth(1).locator("button.against")).to_have_attribute("aria-pressed", "true")
    expect(places.nth(1).locator("button.for")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("n")
    expect(places.nth(1).locator("button.against")).to_have_attribute("aria-pressed", "false")


def _tags(visitor: Visit) -> None:
    """The key t leads into the box of the paper one stands on; the tag is listed with the reader's own."""
    page = visitor.go(SHORTLIST)
    place = page.locator(".place").first
    page.keyboard.press("j")
    page.keyboard.press("t")
    expect(place.locator(".tag-box")).to_be_focused()
    page.keyboard.type("to read")
    page.keyboard.press("Enter")
    expect(place.locator(".chip")).to_contain_text("to read")
    expect(page.locator("#status")).to_have_text("Tagged to read.")
    expect(place.locator(".tag-box")).to_be_focused()
    expect(visitor.go("/tags").get_by_role("main")).to_contain_text("to read 1 paper")


def _searches(visitor: Visit) -> None:
    """By words from anywhere with /, by phrase, by author and by id."""
    page = visitor.go(SHORTLIST)
    place = page.locator(".place").first
    title = place.get_by_role("heading").inner_text()
    author = place.locator(".facts li").first.inner_text().split(",")[0]
    arxiv_id = place.get_by_role("link", name="arXiv:").inner_text().removeprefix("arXiv:")
    page.keyboard.press("/")
    page.keyboard.type("recommendation")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="for “recommendation”")).to_be_visible()
    phrase = " ".join(title.split()[:4])
    for query in (f'"{phrase}"', author, arxiv_id):
        page.fill("#q", query)
        page.locator("#q").press("Enter")
        expect(page.locator("#q")).to_have_value(query)
        expect(page.locator(".hits").get_by_role("heading", name=title)).to_be_visible()


def _takes_the_list_along(visitor: Visit) -> None:
    """The BibTeX file holds every ranked paper."""
    page = visitor.go(SHORTLIST)
    ranked = page.locator("main > .places > .place").count()
    with page.expect_download() as download:
        page.get_by_role("link", name="BibTeX").click()
    library = parse_string(download.value.path().read_text(encoding="utf-8"))
    assert not library.failed_blocks
    assert len(library.entries) >= ranked > 0
    assert download.value.suggested_filename.endswith(".bib")


def _subscribes(visitor: Visit, server: LabServer) -> None:
    """The browser's time zone is proposed; the letter's button confirms the address, and the page says what comes."""
    page = visitor.go("/subscriptions")
    expect(page.get_by_label("Time zone")).to_have_value(page.evaluate(_OWN_ZONE))
    page.locator(f"#{TOPIC}").get_by_role("checkbox").check()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("status").filter(has_text="Not confirmed yet")).to_be_visible()
    page.goto(server.wait_for_link(CONFIRM_LINK, "ada"))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your address is confirmed")
    page = visitor.go("/subscriptions")
    expect(page.get_by_role("status").filter(has_text="The next digest comes Monday")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status").filter(has_text="Paused since")).to_be_visible()


def _lets_a_program_in(visitor: Visit, server: LabServer) -> None:
    """The key that is shown once answers for its reader."""
    page = visitor.go("/tokens")
    page.fill("#label", "notebook")
    page.get_by_role("button", name="Make the key").click()
    key = page.locator(".key").inner_text()
    assert server.get("/api/v1/me", key)["name"] == "ada"
    expect(visitor.go("/tokens").get_by_role("main")).not_to_contain_text(key)


def _leaves(visitor: Visit) -> None:
    """Afterwards a page leads to signing in, also the one that the browser still has."""
    page = visitor.page
    page.get_by_role("button", name="Sign out").click()
    assert page.url.startswith(f"{visitor.url}/sign-in")
    assert visitor.go(SHORTLIST).url.startswith(f"{visitor.url}/sign-in?next=")


def _name(place: Locator) -> str:
    """The paper's `id` in the page, by which it is found wherever it moves."""
    name = place.get_attribute("id")
    assert name is not None
    return name
