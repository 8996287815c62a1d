from datetime import timedelta

import pytest
from fakes.judging_case import GR, LOVED, NOW, WEEK
from fakes.papers import make_papers
from msgspec.structs import replace

from triage.core.account import SOLE_READER
from triage.core.paper import Paper
from triage.core.rubric import Cue, find_topic, fingerprint, judge_fingerprint
from triage.core.verdict import CriterionGrade, Verdict
from triage.errors import InputError, UnknownPaperError
from triage.reading.library import Library
from triage.reading.papers import view_paper
from triage.reading.records import TagView
from triage.reading.shortlists import find_shortlist
from triage.store.papers import select_papers
from triage.store.scores import Score, ScoreKey, save_scores
from triage.store.upsert import upsert_papers
from triage.store.verdicts import StoredVerdict, VerdictKey, save_verdict
from triage.store.votes import add_tags, record_votes

ME = SOLE_READER


async def _find_first(library: Library) -> str:
    return (await find_shortlist(library, GR, str(WEEK))).ranked[0].arxiv_id


async def _add(library: Library, paper: Paper) -> None:
    async with library.database.write() as session:
        await upsert_papers(session, [paper], NOW)


async def _score(library: Library, arxiv_id: str, scorer: str, value: float, fingerprint_: str = "") -> None:
    async with library.database.write() as session:
        paper = (await select_papers(session, [arxiv_id]))[arxiv_id]
        key = ScoreKey(GR, fingerprint_ or fingerprint(library.rubric, GR), scorer)
        later = NOW + timedelta(hours=1)
        await save_scores(session, [paper], {paper.key: Score(value, {"meaning": 1.0, "judge": 1.0})}, key, later)


async def test_a_listed_paper_shows_what_its_list_shows(listed_library: Library) -> None:
    """Score, takeaway and place are those of the shortlist, and the reasons are among its own."""
    entry = (await find_shortlist(listed_library, GR, str(WEEK))).ranked[0]
    view = await view_paper(listed_library, entry.arxiv_id, ME)
    (place,) = [place for place in view.places if place.topic == GR]
    assert (place.week, place.kind, place.rank, place.score) == (str(WEEK), "ranked", 1, entry.score)
    assert (place.reasons, place.is_published) == (entry.reasons, False)
    assert (view.takeaway, view.takeaway_source, view.takeaway_by) == (entry.takeaway, entry.takeaway_source, None)
    (score,) = [score for score in view.scores if score.topic == GR]
    assert score.score == entry.score
    assert score.is_current
    assert set(score.why) <= set(entry.reasons)
    assert view.week == str(WEEK)
    assert view.url == f"https://arxiv.org/abs/{entry.arxiv_id}"


async def test_every_topic_has_its_score(listed_library: Library) -> None:
    """The scores come in the rubric's order, each with reasons and with parts."""
    view = await view_paper(listed_library, await _find_first(listed_library), ME)
    assert [score.topic for score in view.scores] == [topic.name for topic in listed_library.rubric.topics]
    assert all(score.why and score.parts for score in view.scores)


async def test_a_paper_off_the_lists_has_an_extract(listed_library: Library) -> None:
    """Without a place the takeaway is a sentence of the abstract; without scores there are none."""
    paper = replace(
        make_papers(1)[0], abstract="We measure it. Our method beats the baseline by 12% on three datasets."
    )
    await _add(listed_library, paper)
    view = await view_paper(listed_library, paper.arxiv_id, ME)
    assert view.takeaway == "Our method beats the baseline by 12% on three datasets."
    assert view.takeaway_source
    assert view.takeaway_source in paper.abstract
    assert (view.places, view.scores) == ((), ())


async def test_a_version_in_the_id_is_ignored(listed_library: Library) -> None:
    """Every spelling of an id leads to the same paper."""
    arxiv_id = await _find_first(listed_library)
    assert await view_paper(listed_library, f"arXiv:{arxiv_id}v7", ME) == await view_paper(listed_library, arxiv_id, ME)


async def test_an_old_id_is_read(listed_library: Library) -> None:
    """Ids from before 2007 hold a slash, and may come with a subject class."""
    await _add(listed_library, replace(make_papers(1)[0], arxiv_id="math/0601001"))
    assert (await view_paper(listed_library, "math.GT/0601001", ME)).arxiv_id == "math/0601001"


async def test_an_unknown_paper_says_how_to_fetch_it(listed_library: Library) -> None:
    """The id is right, the store has no such paper."""
    with pytest.raises(UnknownPaperError, match=r"triage repair 2605\.11111"):
        await view_paper(listed_library, "2605.11111v2", ME)


@pytest.mark.parametrize("text", ["", "2605", "../etc/passwd", "2605.1\0", "2613.00001"])
async def test_what_is_no_id_is_refused(text: str, listed_library: Library) -> None:
    """A malformed id is bad input, not a missing paper."""
    with pytest.raises(InputError, match="is no arXiv id") as caught:
        await view_paper(listed_library, text, ME)
    assert not isinstance(caught.value, UnknownPaperError)


async def test_the_score_of_the_shortlist_stands(listed_library: Library) -> None:
    """A newer score by another scorer, as a vote leaves it that is then withdrawn, changes nothing."""
    entry = (await find_shortlist(listed_library, GR, str(WEEK))).ranked[0]
    await _score(listed_library, entry.arxiv_id, "prior-1+other", 0.123)
    view = await view_paper(listed_library, entry.arxiv_id, ME)
    assert [score.score for score in view.scores if score.topic == GR] == [entry.score]


async def test_the_newest_score_stands_without_a_shortlist(listed_library: Library) -> None:
    """Of a week without a list, the last score counts."""
    paper = make_papers(1)[0]
    await _add(listed_library, paper)
    await _score(listed_library, paper.arxiv_id, "first", 0.9)
    await _score(listed_library, paper.arxiv_id, "second", 0.2)
    (score,) = (await view_paper(listed_library, paper.arxiv_id, ME)).scores
    assert (score.score, score.scorer, score.is_current) == (0.2, "second", True)


async def test_a_score_of_another_rubric_says_so(listed_library: Library) -> None:
    """With new cues the old score is still shown, as one that is not current."""
    topic = find_topic(listed_library.rubric, GR)
    changed = replace(topic, cues=(*topic.cues, Cue("entirely new")))
    topics = tuple(changed if each.name == GR else each for each in listed_library.rubric.topics)
    later = replace(listed_library, rubric=replace(listed_library.rubric, topics=topics))
    view = await view_paper(later, await _find_first(listed_library), ME)
    assert {score.topic: score.is_current for score in view.scores} == {GR: False, "agent-evaluation": True}


async def test_a_score_of_another_text_says_so(listed_library: Library) -> None:
    """Once the abstract changed, its scores are not current, and the history tells the change."""
    arxiv_id = await _find_first(listed_library)
    async with listed_library.database.read() as session:
        paper = (await select_papers(session, [arxiv_id]))[arxiv_id].paper
    await _add(listed_library, replace(paper, version=(paper.version or 1) + 1, abstract="Quite another text."))
    view = await view_paper(listed_library, arxiv_id, ME)
    assert [score.is_current for score in view.scores] == [False, False]
    (change,) = view.changes
    assert change.fields["abstract"] == [paper.abstract, "Quite another text."]
    assert change.seen_at == NOW


async def test_what_a_judge_found_is_among_the_reasons(listed_library: Library) -> None:
    """A paper whose score holds a judge's share says what the judge found."""
    (arxiv_id,) = [
        entry.arxiv_id
        for entry in (await find_shortlist(listed_library, GR, str(WEEK))).ranked
        if LOVED not in entry.title
    ][:1]
    key = VerdictKey(GR, judge_fingerprint(listed_library.rubric, GR), "some/model", "p1", "fill")
    verdict = Verdict(relevance=2.0, grades=(CriterionGrade("centrality", 4, 2),))
    async with listed_library.database.write() as session:
        paper = (await select_papers(session, [arxiv_id]))[arxiv_id]
        await save_verdict(session, paper, key, StoredVerdict(verdict, None, (), 0, "cascade", NOW))
    await _score(listed_library, arxiv_id, "judged", 0.9)
    view = await view_paper(listed_library, arxiv_id, ME)
    why = {score.topic: score.why for score in view.scores}
    assert why[GR][-1] == "the judge speaks for it (centrality 4 of 4, sentence 2)"
    assert not any("judge" in reason for reason in why["agent-evaluation"])


async def test_a_reader_sees_own_marks_and_shared_tags_only(listed_library: Library) -> None:
    """Votes are one's own; so are tags, but for those that another reader shares."""
    arxiv_id = await _find_first(listed_library)
    async with listed_library.database.write() as session:
        await record_votes(session, GR, {arxiv_id: 1}, "test", NOW, reader="ada")
        await record_votes(session, GR, {arxiv_id: -1}, "test", NOW, reader="bob")
        await add_tags(session, [arxiv_id], "mine", NOW, reader="ada")
        await add_tags(session, [arxiv_id], "hidden", NOW, reader="bob")
    seen = await view_paper(listed_library, arxiv_id, "ada")
    assert (seen.votes, seen.tags, seen.note) == (
        {GR: 1},
        (TagView("mine", "ada", is_shared=False, is_mine=True),),
        None,
    )
    others = await view_paper(listed_library, arxiv_id, "carol")
    assert (others.votes, others.tags) == ({}, ())
