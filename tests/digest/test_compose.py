from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from fakes.judging_case import GR, NOW, WEEK
from msgspec import to_builtins
from msgspec.structs import replace

from triage.core.ledger import State
from triage.digest.compose import _sum_up, compose_digest
from triage.digest.overview import KeptOverview
from triage.digest.records import Sentence, Theme
from triage.errors import InputError, NotFoundError
from triage.pipeline.ledger import Counts, Ledger, LedgerDay
from triage.reading.library import Library
from triage.reading.shortlists import find_shortlist
from triage.store.overviews import save_overview
from triage.store.papers import select_papers
from triage.store.shortlists import Entry, Shortlist, publish_shortlist, replace_shortlist
from triage.store.upsert import upsert_papers
from triage.store.witnesses import Missing, note_missing

AGENTS = "agent-evaluation"
MISSED = Missing("2605.99999", ("cs.IR",), WEEK.monday, "listing", NOW)


@dataclass
class Listed:
    """The stored list of a topic, to be rewritten."""

    library: Library
    shortlist: Shortlist

    async def change(self, number: int, **changes: Any) -> Entry:
        """Change a place, counted from 0, and keep the list."""
        entries = list(self.shortlist.entries)
        entries[number] = replace(entries[number], **changes)
        self.shortlist = replace(self.shortlist, entries=tuple(entries))
        async with self.library.database.write() as session:
            found = await select_papers(session, [entry.arxiv_id for entry in entries])
            await replace_shortlist(session, self.shortlist, [found[entry.arxiv_id].key for entry in entries])
        return entries[number]


@pytest.fixture
async def listed(listed_library: Library) -> Listed:
    """Of generative recommendation."""
    return Listed(listed_library, await find_shortlist(listed_library, GR, str(WEEK)))


async def test_it_is_the_stored_list(listed: Listed) -> None:
    """The same papers in the same order, exploration beside them, each topic once in the order that was wished."""
    digest = await compose_digest(listed.library, str(WEEK), [AGENTS, GR, AGENTS], "en", None, notice="A trial.")
    assert [topic.name for topic in digest.topics] == [AGENTS, GR]
    assert (digest.week, digest.language, digest.notice) == (str(WEEK), "en", "A trial.")
    topic, kept = digest.topics[1], listed.shortlist
    assert topic.title == "Generative recommendation"
    assert [(paper.rank, paper.arxiv_id, paper.score) for paper in topic.papers] == [
        (entry.rank, entry.arxiv_id, entry.score) for entry in kept.ranked
    ]
    assert [paper.arxiv_id for paper in topic.exploration] == [entry.arxiv_id for entry in kept.explored]
    assert topic.considered == kept.considered
    assert (topic.is_draft, topic.is_judged, topic.unjudged, topic.left_out) == (True, False, 0, 0)
    assert {paper.takeaway_language for paper in topic.papers} == {"en"}
    assert {paper.takeaway_by for paper in topic.papers} == {None}


async def test_the_ledger_line_adds_up(listed: Listed) -> None:
    """Of the sample all papers are harvested and scored; one that a witness names is announced and missing."""
    line = (await compose_digest(listed.library, str(WEEK), [GR], "en", None)).ledger
    assert line.announced == line.harvested == line.scored == listed.shortlist.considered
    assert (line.missing, line.is_checked) == (0, False)  # imported: no witness was heard
    async with listed.library.database.write() as session:
        await note_missing(session, [MISSED])
    after = (await compose_digest(listed.library, str(WEEK), [GR], "en", None)).ledger
    assert (after.announced, after.harvested) == (line.harvested + 1, line.harvested)
    assert (after.missing, after.alarms) == (1, line.alarms + 1)


def test_days_that_nobody_has_read_are_alarms() -> None:
    """A day that is announced and not harvested is in no number, and so must be told; holidays need not."""
    counts = Counts(harvested=7, embedded=7, scored=6, judged=0, not_judged=6, shortlisted=1)
    states = [State.OK, State.HOLIDAY, State.LATE, State.FAILED, State.OK]
    days = tuple(LedgerDay(date(2026, 5, 11 + number), state, 1) for number, state in enumerate(states))
    line = _sum_up(Ledger("2026-W20", False, counts, days, (), (MISSED,)))  # noqa: FBT003 -- a record
    assert (line.announced, line.harvested, line.scored, line.missing, line.alarms) == (8, 7, 6, 1, 2)


async def test_size_cuts_the_ranked_list_only(listed: Listed) -> None:
    """What rests on papers that are not shown goes with them; the exploration places stay."""
    kept = KeptOverview(
        (Theme("one", 4, 2, (1, 5)), Theme("two", 3, None, (9,))),
        {"en": (Sentence("A sentence.", (9,)), Sentence("Another.", (2, 9)))},
        "model",
    )
    async with listed.library.database.write() as session:
        await publish_shortlist(session, GR, str(WEEK), NOW)
        await save_overview(session, GR, str(WEEK), to_builtins(kept), NOW)
    (topic,) = (await compose_digest(listed.library, str(WEEK), [GR], "en", 5)).topics
    assert [paper.rank for paper in topic.papers] == [1, 2, 3, 4, 5]
    assert topic.left_out == len(listed.shortlist.ranked) - 5
    assert len(topic.exploration) == len(listed.shortlist.explored) > 0
    assert [(theme.label, theme.ranks) for theme in topic.overview.themes] == [("one", (1, 5))]
    assert topic.overview.sentences == (Sentence("Another.", (2,)),)
    assert not topic.is_draft


@pytest.mark.parametrize(
    ("language", "written", "expected"),
    [
        ("en", {}, ("By a judge.", "model", "en")),
        ("zh", {}, ("By a judge.", "model", "en")),
        ("zh", {"zh": "由模型写。"}, ("由模型写。", "model", "zh")),
    ],
)
async def test_takeaways_in_the_reader_s_language(
    listed: Listed, language: str, written: dict[str, str], expected: tuple[str, str, str]
) -> None:
    """The judge's line in it where there is one, else the first one, and what language that is."""
    await listed.change(0, takeaway="By a judge.", takeaway_by="openai/model", takeaways=written)
    (topic,) = (await compose_digest(listed.library, str(WEEK), [GR], language, None)).topics
    first, second = topic.papers[:2]
    assert (first.takeaway, first.takeaway_by, first.takeaway_language) == expected
    assert (second.takeaway_by, second.takeaway_language) == (None, "en")


async def test_a_translation_beside_an_extract_is_a_model_s(listed: Listed) -> None:
    """Where only the line in the other language passed its check, the author is not named for it."""
    await listed.change(0, takeaways={"zh": "由模型写。"})
    await listed.change(1, takeaway="By a judge.", takeaway_by="openai/model")
    (topic,) = (await compose_digest(listed.library, str(WEEK), [GR], "zh", None)).topics
    assert topic.papers[0].takeaway_by == "model"


async def test_what_no_judge_saw_is_counted(listed: Listed) -> None:
    """Of what is shown, in either kind of place; of nothing where there was no judge at all."""
    await listed.change(0, judgement="judged")
    (topic,) = (await compose_digest(listed.library, str(WEEK), [GR], "en", 3)).topics
    assert topic.is_judged
    assert [paper.is_unjudged for paper in topic.papers] == [False, True, True]
    assert topic.unjudged == 2 + len(topic.exploration)


async def test_texts_are_plain(listed: Listed) -> None:
    """LaTeX in a title is read, and what changed since the list was made is told."""
    entry = listed.shortlist.ranked[0]
    async with listed.library.database.write() as session:
        stored = (await select_papers(session, [entry.arxiv_id]))[entry.arxiv_id].paper
        changed = replace(stored, title=r"\textbf{Recall} of $\alpha$-items", version=(stored.version or 1) + 1)
        await upsert_papers(session, [changed], NOW)
    await listed.change(0, version=stored.version or 1)
    (topic,) = (await compose_digest(listed.library, str(WEEK), [GR], "en", None)).topics
    assert topic.papers[0].title == "Recall of α-items"  # noqa: RUF001 -- Greek
    assert topic.papers[0].newest == changed.version
    assert topic.papers[1].newest is None


async def test_a_list_outlives_its_topic(listed: Listed) -> None:
    """A topic that the rubric no longer has is shown under its name."""
    rubric = listed.library.rubric
    library = replace(listed.library, rubric=replace(rubric, topics=rubric.topics[1:]))
    (topic,) = (await compose_digest(library, str(WEEK), [GR], "en", None)).topics
    assert (topic.title, len(topic.papers)) == (GR, len(listed.shortlist.ranked))


async def test_without_a_list(listed_library: Library) -> None:
    """It says what to run; and what is no week is said to be none."""
    with pytest.raises(NotFoundError, match="triage shortlist --week 2026-W19"):
        await compose_digest(listed_library, "2026-W19", [GR], "en", None)
    with pytest.raises(InputError, match="no week"):
        await compose_digest(listed_library, "yesterday", [GR], "en", None)
