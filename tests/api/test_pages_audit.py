"""The pages by which the lists and the readers are audited: below the line, and where readers part."""

import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from fakes.lab_case import Lab
from litestar import Litestar
from litestar.testing import TestClient
from msgspec.structs import replace

from api.pages.below import tell_reach
from api.routes.examples_trust import MISSES

TOPIC, WEEK = "generative-recommendation", "2026-W20"
PAGE = f"/shortlists/{TOPIC}/{WEEK}"
AGREEMENT = f"/agreement/{TOPIC}"
PAPER = "2605.90076"


def parse(text: str) -> Element:
    """The page as a browser reads it; html5lib raises on what is no valid HTML."""
    document: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    return document


def read_text(element: Element | None) -> str:
    """All text in it, white space collapsed; none of what is not there."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def find_below(client: TestClient[Litestar], headers: dict[str, str] | None = None, url: str = PAGE) -> Element | None:
    """The section below the list."""
    return parse(client.get(url, headers=headers).text).find(".//section[@aria-labelledby='below']")


def list_questions(section: Element | None) -> list[str]:
    """The arXiv ids of what is asked, in order."""
    found = section.iter("li") if section is not None else ()
    return [str(each.get("id"))[2:].replace("-", ".") for each in found if "question" in each.get("class", "")]


def vote(client: TestClient[Litestar], paper: str, value: str, headers: dict[str, str] | None = None) -> str:
    """Press a button without script; where it leads."""
    form = {"topic": TOPIC, "value": value, "next": PAGE}
    answer = client.post(f"/papers/{paper}/vote", data=form, headers=headers, follow_redirects=False)
    return answer.headers["location"]


def test_below_the_line_readers_are_asked_blindly(client: TestClient[Litestar]) -> None:
    """What programs are asked, in the same order; no score, no rank, and no way to the page that shows them."""
    section = find_below(client)
    assert section is not None
    asked = list_questions(section)
    assert asked == [paper["arxiv_id"] for paper in client.get(f"/api/v1{PAGE}/audit").json()["papers"]]
    links = {str(each.get("href")) for each in section.iter("a")}
    assert links == {f"https://arxiv.org/abs/{each}" for each in asked}
    assert [each for each in section.iter() if each.get("class") in {"score", "reasons dots"}] == []
    assert len(list(section.iter("details"))) == len(asked)
    assert "missed the list" not in read_text(section)


def test_an_answer_is_told_and_put_aside(client: TestClient[Litestar]) -> None:
    """It comes back to its question, which is folded with the other answered ones, and counts in the estimate."""
    first = list_questions(find_below(client))[0]
    section = find_below(client, url=vote(client, first, "0"))
    assert section is not None
    folded = section.find("details[@class='answered']")
    assert folded is not None
    assert "open" in folded.attrib
    assert list_questions(folded) == [first]
    assert "Voted uncertain" in read_text(folded)
    vote(client, first, "-1")
    section = find_below(client)
    assert section is not None
    picture = section.find(".//{http://www.w3.org/2000/svg}svg[@role='img']")
    assert picture is not None
    assert "From 1 answer: about" in picture.get("aria-label", "")
    assert "open" not in section.find("details[@class='answered']").attrib  # type: ignore[union-attr]
    classes = [each.get("class", "") for each in section]
    assert classes.index("misses") > classes.index("places"), "told before one answers, it would sway the answer"


def test_whoever_answered_everything_is_thanked(client: TestClient[Litestar]) -> None:
    """Nothing waits any more."""
    for paper in list_questions(find_below(client)):
        vote(client, paper, "1")
    assert "you answered everything" in read_text(find_below(client))


def test_strangers_are_not_asked(lab: Lab) -> None:
    """Bob is; visitors without an account see the list alone, where they may see it."""
    lab.client.app.state.settings.__dict__["anonymous_reading"] = True
    try:
        assert find_below(lab.client) is None
        assert find_below(lab.client, lab.headers["bob"]) is not None
    finally:
        lab.client.app.state.settings.__dict__["anonymous_reading"] = False


def test_editors_are_led_to_where_readers_part(lab: Lab) -> None:
    """Carol and ada see the link, bob does not; it leads to the first topic."""
    pages = {name: lab.client.get(PAGE, headers=lab.headers[name]).text for name in lab.headers}
    assert {name for name, page in pages.items() if 'href="/agreement"' in page} == {"ada", "carol"}
    answer = lab.client.get("/agreement", headers=lab.headers["carol"], follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, AGREEMENT)


def test_without_votes_nobody_parts(client: TestClient[Litestar]) -> None:
    """The page says so, and knows its topics."""
    page = client.get(AGREEMENT).text
    text = read_text(parse(page))
    assert "once two have voted on the same paper" in text
    assert "No paper of this topic waits" in text
    assert client.get("/agreement/no-topic").status_code == 404


def test_an_editor_settles_on_the_page(lab: Lab) -> None:
    """The paper moves from those to settle to the settled; all readers read it on its page; and it may move back."""
    vote(lab.client, PAPER, "1", lab.headers["bob"])
    vote(lab.client, PAPER, "-1", lab.headers["ada"])
    carol = lab.headers["carol"]
    page = lab.client.get(AGREEMENT, headers=carol).text
    assert "1 relevant, 1 not, 0 uncertain" in read_text(parse(page))
    assert "bob" not in page
    url = f"/papers/{PAPER}/adjudication"
    form = {"topic": TOPIC, "value": "-1", "reason": "<i>Ranks</i> items only."}
    settled = lab.client.post(url, data=form, headers=carol, follow_redirects=False)
    assert settled.headers["location"] == f"{AGREEMENT}?settled={PAPER}#open"
    text = read_text(parse(lab.client.get(settled.headers["location"], headers=carol).text))
    assert f"{PAPER} is settled." in text
    assert "Not relevant: <i>Ranks</i> items only." in text
    shown = read_text(parse(lab.client.get(f"/papers/{PAPER}", headers=lab.headers["bob"]).text))
    assert "Settled: not relevant. <i>Ranks</i> items only." in shown
    lab.client.post(url, data={"topic": TOPIC, "value": ""}, headers=carol)
    assert "Settled:" not in lab.client.get(f"/papers/{PAPER}", headers=lab.headers["bob"]).text
    assert f"{PAPER} is open again" in lab.client.get(f"{AGREEMENT}?settled={PAPER}", headers=carol).text


def test_what_the_store_does_not_have_cannot_be_settled(client: TestClient[Litestar], home: Path) -> None:
    """Votes may come before their paper: the page shows it, without a form that would end in an error."""
    with closing(sqlite3.connect(home / "triage.db")) as store:
        store.executemany(
            "INSERT INTO votes (reader, topic, arxiv_id, value, origin, created_at) "
            "VALUES (?, ?, '2605.99999', ?, 'file', '2026-05-18 09:00:00')",
            [("bob", TOPIC, 1), ("ada", TOPIC, -1)],
        )
        store.commit()
    place = parse(client.get(AGREEMENT).text).find(".//li[@id='p-2605-99999']")
    assert place is not None
    assert "does not have this paper yet" in read_text(place)
    assert place.find(".//form") is None


def test_the_last_word_is_the_first_to_be_taken_back(client: TestClient[Litestar]) -> None:
    """Of what was settled, the newest stands on top."""
    papers = (PAPER, "2605.90041", "2605.90015")
    for paper in papers:
        client.put(f"/api/v1/papers/{paper}/adjudications/{TOPIC}", json={"value": 1, "reason": "It fits."})
    page = parse(client.get(AGREEMENT).text)
    ids = [str(each.get("id")) for each in page.iter("li") if "place" in each.get("class", "")]
    assert len(ids) == 3
    assert set(ids) == {f"p-{paper.replace('.', '-')}" for paper in papers}
    assert ids == sorted(ids, reverse=True), "settled at the same time, by id"


@pytest.mark.parametrize("cut", [None, 20, 21])
def test_what_would_reach_more_is_told(cut: int | None) -> None:
    """Nothing while no cut would; that the lists do already; or how long they would have to be."""
    told = tell_reach(replace(MISSES, cut=cut), 20)
    assert told.startswith("The lists hold about 84% of the relevant papers (62% to 97%).")
    assert (
        told.partition("). ")[2]
        == {
            None: "",
            20: "They are 95% sure to hold 80%.",
            21: "To be 95% sure to hold 80%, they would need 21 papers a week.",
        }[cut]
    )


@pytest.mark.parametrize("form", [{"value": "1"}, {"value": "1", "reason": " "}, {"value": "7", "reason": "x"}])
def test_a_wrong_form_settles_nothing(client: TestClient[Litestar], form: dict[str, str]) -> None:
    """400, with a page."""
    answer = client.post(f"/papers/{PAPER}/adjudication", data={"topic": TOPIC, **form})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "Nothing is settled" in client.get(f"{AGREEMENT}?settled={PAPER}").text
