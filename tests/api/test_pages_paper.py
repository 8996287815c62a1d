"""The page of one paper: its abstract with the takeaway's sentence marked, its scores, and what is like it."""

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from api.pages.papers import mark_sentence
from api.pages.parts import draw_parts, write_share
from api.pages.templating import link_papers, to_plain
from triage.core.prior import INTERCEPT

PAPER = "/papers/2605.90076"
_TEXT = st.text(alphabet="abc <>&\"'.$\\{}% ", max_size=40)


@given(_TEXT, _TEXT, _TEXT)
@settings(max_examples=150, deadline=None)
def test_only_the_mark_is_markup(before: str, sentence: str, after: str) -> None:
    """Whatever the abstract holds, the page reads it as text, and nothing but one mark around the sentence."""
    parsed = html5lib.parseFragment(
        mark_sentence(f"{before} {sentence} {after}", sentence), namespaceHTMLElements=False
    )
    elements = [each.tag for each in parsed.iter() if each is not parsed]
    assert elements in ([], ["mark"])


@given(_TEXT)
@settings(max_examples=100, deadline=None)
def test_without_a_sentence_the_abstract_stands_as_it_is(abstract: str) -> None:
    """An abstract whose takeaway is not in it (any more) is shown whole, without a mark."""
    parsed = html5lib.parseFragment(mark_sentence(abstract, "Not in there."), namespaceHTMLElements=False)
    assert "".join(parsed.itertext()) == to_plain(abstract)


def test_the_takeaways_sentence_is_marked() -> None:
    """LaTeX in it is read, on both sides too."""
    marked = mark_sentence(r"We try $\pi$. It gains 5\% of $\beta$. Good.", r"It gains 5\% of $\beta$.")
    assert marked == "We try π. <mark>It gains 5% of β.</mark> Good."


@given(_TEXT)
@settings(max_examples=100, deadline=None)
def test_links_in_reasons_add_nothing_but_links(text: str) -> None:
    """A reason is text; only arXiv ids in it become links, to our own pages."""
    parsed = html5lib.parseFragment(link_papers(f"{text} 2605.90041"), namespaceHTMLElements=False)
    links = [each for each in parsed.iter() if each is not parsed]
    assert "".join(parsed.itertext()) == f"{text} 2605.90041"
    assert [each.tag for each in links] in ([], ["a"])
    assert all(each.get("href") == "/papers/2605.90041" for each in links)


def test_ids_in_reasons_lead_to_papers() -> None:
    """An id is a link also before a full stop; a longer number is none."""
    linked = '<a href="/papers/2605.90041">2605.90041</a>'
    assert link_papers("like 2605.90041, and 2605.90041.") == f"like {linked}, and {linked}."
    assert link_papers("1.2605.90041 2605.90041.7 12605.90041") == "1.2605.90041 2605.90041.7 12605.90041"


@given(st.dictionaries(st.sampled_from(["title_cues", "meaning", "taste", "judge"]), st.floats(-30, 30), min_size=1))
@settings(max_examples=100, deadline=None)
def test_bars_stay_in_their_chart(parts: dict[str, float]) -> None:
    """Every bar touches the middle, on the side of its sign, and the start of every paper stands first."""
    bars = draw_parts(parts)
    assert bars[0].share == INTERCEPT
    for bar in bars:
        start, end = bar.x, bar.x + bar.width
        assert 0 <= start <= end <= 200.01
        assert abs((start if bar.share >= 0 else end) - 100) < 0.06


def test_no_parts_make_no_chart() -> None:
    """A score whose text is gone is not explained by an intercept alone."""
    assert list(draw_parts({})) == []


def test_shares_have_a_sign_that_reads_well() -> None:
    """Plus, or the true minus."""
    assert (write_share(1.26), write_share(-8.25)) == ("+1.3", "\u22128.2")


def test_the_page_says_all_that_the_api_does(client: TestClient[Litestar]) -> None:
    """Title, authors, dates, takeaway, scores and places."""
    page = client.get(PAPER)
    paper = client.get(f"/api/v1{PAPER}").json()
    text = " ".join("".join(html5lib.parse(page.text, namespaceHTMLElements=False).itertext()).split())
    assert page.status_code == 200
    for said in (paper["title"], *paper["authors"], paper["takeaway"], "announced 15 May 2026", "rank 1, draft"):
        assert said in text
    for score in paper["scores"]:
        assert f"Score {score['score']:.2f}" in text
        assert all(why in text for why in score["why"])
    assert page.text.count("<mark>") == 1


def test_similar_papers_come_when_the_page_stands(client: TestClient[Litestar]) -> None:
    """The page asks for them by script, and leads to them without; both list what the API does."""
    assert f'hx-get="{PAPER}/similar"' in client.get(PAPER).text
    assert f'href="{PAPER}/similar"' in client.get(PAPER).text
    titles = [hit["paper"]["title"] for hit in client.get(f"/api/v1{PAPER}/similar?limit=8").json()]
    part = client.get(f"{PAPER}/similar", headers={"HX-Request": "true"}).text
    page = client.get(f"{PAPER}/similar").text
    for answer in (part, page):
        text = " ".join("".join(html5lib.parse(answer, namespaceHTMLElements=False).itertext()).split())
        assert titles
        assert all(title in text for title in titles)
    assert "<html" in page
    assert "<html" not in part


@pytest.mark.parametrize("path", ["/papers/2605.99999", "/papers/soon", "/papers/cs/0601001", "/papers/math/soon"])
def test_an_unknown_paper_is_said_so(client: TestClient[Litestar], path: str) -> None:
    """Ids that nobody has, of both schemes, and what is no id."""
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_version_leads_to_the_paper(client: TestClient[Litestar]) -> None:
    """Who pastes an id with its version finds the paper."""
    assert client.get(f"{PAPER}v1").status_code == 200


def test_keys_vote_for_the_topic_that_the_paper_is_best_for(client: TestClient[Litestar]) -> None:
    """The script presses the first pair of buttons, so that the topic with the greatest score stands first."""
    listed = client.get("/api/v1/shortlists/agent-evaluation/2026-W20").json()["papers"][0]
    page = client.get(f"/papers/{listed['arxiv_id']}").text
    assert page.index('id="topic-agent-evaluation"') < page.index('id="topic-generative-recommendation"')


def test_search_finds_and_says_how(client: TestClient[Litestar]) -> None:
    """Words, and an id; what is asked for stands in the box again, as text."""
    assert "found by words" in client.get("/search?q=semantic+ids").text
    assert "found by its id" in client.get("/search?q=2605.90076").text
    assert 'value="&lt;b&gt;&#34;x"' in client.get("/search", params={"q": '<b>"x'}).text


def test_a_search_without_words_shows_how(client: TestClient[Litestar]) -> None:
    """Examples, each a link."""
    assert client.get("/search").text.count('href="/search?q=') == 2


def test_a_search_that_is_too_long_is_refused(client: TestClient[Litestar]) -> None:
    """With a page that names the field."""
    answer = client.get("/search", params={"q": "a" * 301})
    assert answer.status_code == 400
    assert "q: Expected" in answer.text
