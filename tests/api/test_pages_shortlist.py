"""The page of a week's shortlist: the same list as everywhere, its reasons, and the reader's marks in place."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote
from xml.etree.ElementTree import Element

import html5lib
import pytest
from fakes.lab_case import Lab, open_client
from litestar import Litestar
from litestar.testing import TestClient

from api.pages.shortlists import tell_vote

TOPIC, WEEK = "generative-recommendation", "2026-W20"
PAGE = f"/shortlists/{TOPIC}/{WEEK}"
READING_PAGES = (PAGE, "/papers/2605.90076", "/search", "/search?q=semantic+ids", "/papers/2605.99999")


def parse(text: str) -> Element:
    """The page as a browser reads it; html5lib raises on what is no valid HTML."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    document: Element = parser.parse(text)
    return document


def list_classed(document: Element, name: str) -> Iterator[Element]:
    """The elements of a class, in the order of the page."""
    return (each for each in document.iter() if name in each.get("class", "").split())


def read_text(element: Element | None) -> str:
    """All text in it, white space collapsed."""
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def test_the_first_page_is_the_newest_week_of_the_first_topic(client: TestClient[Litestar]) -> None:
    """Whoever opens the address stands before this week's list."""
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)


def test_page_and_api_hold_the_same_list(client: TestClient[Litestar]) -> None:
    """Order, titles, scores and takeaways are those that programs get."""
    document = parse(client.get(PAGE).text)
    listed = client.get(f"/api/v1{PAGE}").json()
    expected = [*listed["papers"], *listed["exploration"]]
    places = [place for place in list_classed(document, "place") if "question" not in place.get("class", "")]
    assert [place.get("id") for place in places] == [f"p-{paper['arxiv_id'].replace('.', '-')}" for paper in expected]
    for place, paper in zip(places, expected, strict=True):
        text = read_text(place)
        assert paper["takeaway"] in text
        assert f"Score {paper['score']:.2f}" in text
        assert [reason for reason in paper["reasons"] if reason not in text] == []
        assert place.find(f".//a[@href='/papers/{paper['arxiv_id']}']") is not None


def test_every_score_tells_its_parts(client: TestClient[Litestar]) -> None:
    """The button that shows a score is described by the parts, in words and numbers, for whoever sees no bars."""
    document = parse(client.get(PAGE).text)
    tips = {each.get("id"): read_text(each) for each in list_classed(document, "tip")}
    buttons = [each for each in document.iter("button") if each.get("aria-describedby")]
    assert len(buttons) == len(tips) > 10
    for button in buttons:
        assert re.search(r"likeness in meaning [+\u2212]\d\.\d", tips[button.get("aria-describedby")])


def test_a_week_can_be_taken_along(client: TestClient[Litestar]) -> None:
    """Files in every format, the feed and the map are linked."""
    links = {each.get("href") for each in parse(client.get(PAGE).text).iter("a")}
    files = {f"/api/v1{PAGE}?format={name}" for name in ("md", "bib", "ris", "csl", "csv", "json")}
    assert files | {f"/feeds/{TOPIC}.atom", f"/map/{WEEK}?topic={TOPIC}"} <= links


def test_the_week_picker_works_without_script(client: TestClient[Litestar]) -> None:
    """Its form leads to the week that was picked; without one to the newest."""
    for query in (f"?week={WEEK}", ""):
        answer = client.get(f"/shortlists/{TOPIC}{query}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/shortlists/{TOPIC}/2026-W01", 404),
        (f"/shortlists/{TOPIC}/soon", 400),
        (f"/shortlists/{TOPIC}?week=2026-W01", 404),
        ("/shortlists/no-topic", 404),
        ("/shortlists/no-topic/2026-W20", 404),
    ],
)
def test_a_list_that_is_not_there_is_said_so(client: TestClient[Litestar], path: str, status: int) -> None:
    """The answer is a page with the right status that says what to do."""
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert read_text(next(list_classed(parse(answer.text), "lede")))


@pytest.mark.parametrize("path", READING_PAGES)
def test_pages_hold_nothing_that_the_policy_forbids(client: TestClient[Litestar], path: str) -> None:
    """No inline script or style, no handler in an attribute, nothing loaded from elsewhere."""
    document = parse(client.get(path).text)
    for element in document.iter():
        assert element.tag != "style"
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]
        if element.tag == "script":
            assert element.get("src", "").startswith("/static/")
            assert not read_text(element)
        if element.tag == "link" and element.get("rel") != "alternate":
            assert element.get("href", "").startswith("/static/")
        assert element.tag not in {"img", "iframe", "object", "embed", "base"}


@pytest.mark.parametrize("path", READING_PAGES)
def test_pages_have_an_outline(client: TestClient[Litestar], path: str) -> None:
    """A language, one h1, no heading that skips a level, one main, unique ids, a label on every field."""
    document = parse(client.get(path).text)
    levels = [int(each.tag[1]) for each in document.iter() if re.fullmatch("h[1-6]", each.tag)]
    ids = [each.get("id") for each in document.iter() if each.get("id")]
    labelled = {each.get("for") for each in document.iter("label")}
    fields = [each for tag in ("input", "select", "textarea") for each in document.iter(tag)]
    assert document.get("lang") == "en"
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(list(document.iter("main"))) == 1
    assert len(ids) == len(set(ids))
    assert all(each.get("type") == "hidden" or each.get("id") in labelled for each in fields)


def test_strangers_are_sent_to_sign_in_and_come_back(lab: Lab) -> None:
    """With accounts, a page leads to the sign-in page, which knows where to go afterwards."""
    answer = lab.client.get(f"{PAGE}?voted=2605.90076", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={quote(PAGE, safe='')}%3Fvoted%3D2605.90076"


def test_visitors_read_without_marks(home: Path) -> None:
    """Where anybody may read, the page is there without forms that would be refused."""
    with open_client(home, accounts=True, anonymous_reading=True) as client:
        pages = [client.get(PAGE), client.get("/papers/2605.90076"), client.get("/search")]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert "post" not in {each.get("method") for page in pages for each in parse(page.text).iter("form")}


def test_a_reader_sees_their_own_votes_only(lab: Lab) -> None:
    """What bob voted is pressed on bob's page and on no other."""
    form = {"topic": TOPIC, "value": "1", "next": PAGE}
    lab.client.post("/papers/2605.90076/vote", data=form, headers=lab.headers["bob"], follow_redirects=False)
    pressed = {
        name: lab.client.get(PAGE, headers=lab.headers[name]).text.count('aria-pressed="true"') for name in lab.headers
    }
    assert pressed == {"ada": 0, "bob": 1, "carol": 0}


def test_a_place_tells_what_is_out_of_the_ordinary(home: Path) -> None:
    """Withdrawn, revised, not judged, flagged, a takeaway that a model wrote, and one in another language."""
    changes = (
        "UPDATE papers SET is_withdrawn = 1 WHERE arxiv_id = '2605.90076'",
        "UPDATE papers SET version = 3 WHERE id IN (SELECT paper_id FROM shortlist_entries WHERE rank = 2)",
        "UPDATE shortlist_entries SET judgement = 'judged' WHERE rank > 2",
        """UPDATE shortlist_entries SET takeaway_by = 'http://127.0.0.1/small', takeaways = '{"zh": "要点"}',
        reasons = '["flagged: <i>orders</i> the judge", "close"]' WHERE rank = 1 AND kind = 'ranked'""",
    )
    with closing(sqlite3.connect(home / "triage.db")) as database, database:
        for change in changes:
            database.execute(change)
    with open_client(home) as client:
        first, second, *_ = list_classed(parse(client.get(PAGE).text), "place")
    text = read_text(first)
    for said in ("withdrawn", "not judged", "flagged: <i>orders</i> the judge", "written by small, checked", "要点"):
        assert said in text
    assert [each.get("lang") for each in list_classed(first, "takeaway")] == [None, "zh"]
    assert "revised: v3" in read_text(second)


@pytest.mark.parametrize("value", [1, -1, None])
def test_a_vote_is_confirmed_in_words(value: int | None) -> None:
    """Each vote has its sentence, which says which lists count it."""
    assert "later lists count it" in tell_vote(value)
    assert "later lists count it" not in tell_vote(0)


def test_static_files_may_be_kept_for_ever(client: TestClient[Litestar]) -> None:
    """Their address changes with their content, so that browsers never ask twice."""
    document = parse(client.get(PAGE).text)
    sheet = next(each for each in document.iter("link") if each.get("rel") == "stylesheet")
    answer = client.get(sheet.get("href", ""))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert len(answer.content) < 25_000


def test_visitors_see_no_shared_tags(lab_sample: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """What is shared with the lab is for those who signed in."""
    path, keys = lab_sample
    shutil.copy(path, tmp_path / "triage.db")
    with open_client(tmp_path, accounts=True, anonymous_reading=True) as client:
        form = {"name": "lab-only", "is_shared": "true"}
        bob = {"Authorization": f"Bearer {keys['bob']}"}
        client.post("/papers/2605.90076/tags", data=form, headers=bob, follow_redirects=False)
        pages = (PAGE, "/papers/2605.90076", "/papers/2605.90041", "/search?q=2605.90076")
        shown = {page: "lab-only" in client.get(page).text for page in pages}
        known = {page: "lab-only" in client.get(page, headers=bob).text for page in pages[:2]}
    assert not any(shown.values())
    assert all(known.values())
