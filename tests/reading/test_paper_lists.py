from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from fakes.judging_case import GR, NOW, WEEK
from fakes.papers import make_papers
from msgspec.structs import replace

from triage.core.rubric import fingerprint
from triage.errors import InputError, UnknownTopicError
from triage.reading.library import Library
from triage.reading.papers import PaperQuery, list_papers, view_paper
from triage.reading.records import Page, PaperCard
from triage.reading.shortlists import find_shortlist
from triage.store.papers import select_papers
from triage.store.scores import Score, ScoreKey, save_scores
from triage.store.upsert import upsert_papers
from triage.store.votes import add_tags

ME = "me"
_QUERIES: tuple[dict[str, Any], ...] = (
    {},
    {"week": "2026-W20"},
    {"week": "2026-W01"},
    {"topic": GR},
    {"topic": GR, "week": "2026-W20"},
    {"topic": GR, "min_score": 0.05},
    {"topic": GR, "min_score": 1.0},
    {"topic": GR, "category": "cs.IR"},
    {"category": "cs.IR"},
    {"q": "recommendation"},
    {"q": "recommendation", "topic": GR},
    {"tag": "to read"},
    {"tag": "to read", "topic": GR},
    {"tag": "nothing"},
)


@pytest.fixture
async def library(listed_library: Library) -> Library:
    """The bundled week, and nine papers of another one that were never scored, two of them tagged by the reader."""
    papers = make_papers(9, first=datetime(2026, 4, 20, tzinfo=UTC))
    async with listed_library.database.write() as session:
        await upsert_papers(session, papers, NOW)
        await add_tags(session, ["2604.00003", "2605.90001", "2605.90007"], "to read", NOW, reader=ME)
        await add_tags(session, ["2604.00004"], "to read", NOW, reader="bob")
    return listed_library


async def _list(library: Library, limit: int = 100, **wishes: Any) -> Page[PaperCard]:
    return await list_papers(library, PaperQuery(limit=limit, **wishes), ME)


@pytest.mark.parametrize("limit", [6, 25])
@pytest.mark.parametrize("wishes", _QUERIES, ids=str)
async def test_pages_in_a_row_are_the_whole_list(wishes: dict[str, Any], limit: int, library: Library) -> None:
    """Read page by page, a list comes in the same order, nothing twice, nothing left out; each page counts all."""
    whole = await _list(library, **wishes)
    assert whole.total == len(whole.items) == len({card.arxiv_id for card in whole.items})
    pages = [await _list(library, limit, offset=offset, **wishes) for offset in range(0, whole.total + limit, limit)]
    assert [card for page in pages for card in page.items] == list(whole.items)
    assert {page.total for page in pages} == {whole.total}


async def test_the_last_announced_come_first(library: Library) -> None:
    """Without a topic papers come by day, then by id."""
    cards = (await _list(library)).items
    assert len(cards) == 94
    for one, next_ in pairwise(cards):
        assert one.announced is not None
        assert next_.announced is not None
        assert (-one.announced.toordinal(), one.arxiv_id) < (-next_.announced.toordinal(), next_.arxiv_id)


async def test_a_topics_list_is_in_the_order_of_its_shortlist(library: Library) -> None:
    """By score, with the scores of the shortlist; what was never scored comes last, and is not lost."""
    cards = (await _list(library, topic=GR)).items
    scores = [card.score for card in cards if card.score is not None]
    assert scores == sorted(scores, reverse=True)
    assert [card.score for card in cards[85:]] == [None] * 9
    shown = {card.arxiv_id: card.score for card in cards}
    ranked = (await find_shortlist(library, GR, str(WEEK))).ranked
    assert [shown[entry.arxiv_id] for entry in ranked] == [entry.score for entry in ranked]


async def test_a_list_and_a_page_show_the_same_score(library: Library) -> None:
    """After scores by another scorer came in, lists are ordered by the very scores that paper pages show."""
    key = ScoreKey(GR, fingerprint(library.rubric, GR), "another")
    async with library.database.write() as session:
        papers = list((await select_papers(session, ["2605.90001", "2604.00001", "2604.00002"])).values())
        values = {paper.key: Score(0.3 + 0.1 * number, {}) for number, paper in enumerate(papers)}
        await save_scores(session, papers, values, key, NOW.replace(year=2027))
    cards = (await _list(library, topic=GR)).items
    scores = [card.score for card in cards if card.score is not None]
    assert len(scores) == 87
    assert scores == sorted(scores, reverse=True)
    for card in (*cards[:5], *cards[83:89]):
        view = await view_paper(library, card.arxiv_id, ME)
        assert card.score == next((score.score for score in view.scores if score.topic == GR), None)


async def test_without_a_topic_the_best_one_is_shown(library: Library) -> None:
    """A card names the topic that its score is for, the one of the greatest."""
    for card in (await _list(library, 10, week="2026-W20")).items:
        scores = {score.topic: score.score for score in (await view_paper(library, card.arxiv_id, ME)).scores}
        assert card.topic is not None
        assert card.score == scores[card.topic] == max(scores.values())


async def test_a_least_score_leaves_out_the_rest(library: Library) -> None:
    """Every paper at or above it is there, and no other."""
    cards = (await _list(library, topic=GR)).items
    least = cards[9].score
    listed = await _list(library, topic=GR, min_score=least)
    assert listed.items == cards[:10]
    assert listed.total == 10


async def test_a_category_is_matched_whole(library: Library) -> None:
    """cs.IR finds cross-lists too, and neither a part of a name nor a wildcard finds anything."""
    cards = (await _list(library, category="cs.IR")).items
    everything = (await _list(library)).items
    assert cards == tuple(card for card in everything if "cs.IR" in card.categories)
    assert (await _list(library, category="cs")).items == ()
    with pytest.raises(InputError, match="is no arXiv category"):
        await _list(library, category="cs.%")


async def test_words_are_found_in_title_abstract_and_authors(library: Library) -> None:
    """All words must occur; a name without its accents is found; an id finds its paper."""
    assert [card.arxiv_id for card in (await _list(library, q="altamirano ruben")).items] == ["2605.90001"]
    assert [card.arxiv_id for card in (await _list(library, q="letters officers unaware")).items] == ["2605.90001"]
    assert (await _list(library, q="letters qwertz")).total == 0
    assert [card.arxiv_id for card in (await _list(library, q="arXiv:2605.90001v2")).items] == ["2605.90001"]


async def test_what_looks_like_syntax_is_words(library: Library) -> None:
    """Quotes, operators and wildcards of a database's language match nothing they should not."""
    for text in ("letters' OR '1'='1", "title:letters AND", "letters NEAR(", "letters%_*", '"letters'):
        found = (await _list(library, q=text)).items
        assert [card.arxiv_id for card in found] in ([], ["2605.90001"])


async def test_tags_are_those_that_the_reader_sees(library: Library) -> None:
    """Another reader's own tag of the same name finds nothing; the reader's stand on the cards."""
    cards = (await _list(library, tag="to read")).items
    assert [card.arxiv_id for card in cards] == ["2605.90001", "2605.90007", "2604.00003"]
    assert all([tag.name for tag in card.tags] == ["to read"] for card in cards)
    (card,) = (await list_papers(library, PaperQuery(tag="to read"), "bob")).items
    assert card.arxiv_id == "2604.00004"


@pytest.mark.parametrize(
    "query",
    [
        PaperQuery(limit=0),
        PaperQuery(limit=101),
        PaperQuery(offset=-1),
        PaperQuery(offset=10_001),
        PaperQuery(min_score=0.5),
        PaperQuery(topic=GR, min_score=1.5),
        PaperQuery(topic=GR, min_score=float("nan")),
        PaperQuery(week="2026-W54"),
        PaperQuery(q="  "),
        PaperQuery(tag=" "),
        PaperQuery(tag="a\0"),
    ],
    ids=str,
)
async def test_wishes_that_cannot_be_met_are_refused(query: PaperQuery, library: Library) -> None:
    """Limits, offsets, scores, weeks, words and tags that are none are bad input."""
    with pytest.raises(InputError):
        await list_papers(library, query, ME)


async def test_an_unknown_topic_is_named(library: Library) -> None:
    """A topic that the rubric lacks is not found."""
    with pytest.raises(UnknownTopicError):
        await list_papers(library, replace(PaperQuery(), topic="nothing"), ME)
