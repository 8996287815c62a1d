"""The bundled sample week: complete, consistent, plainly made up, and as hard as a real week."""

import gzip
import json
import re
from collections import Counter
from datetime import date, datetime
from importlib.resources import files
from itertools import combinations, pairwise
from pathlib import Path

import msgspec
import pytest

from triage.core.announcements import listing_day
from triage.core.paper import clean_text, parse_arxiv_id
from triage.core.week import EASTERN, parse_week

CATEGORIES = {"cs.IR", "cs.CL", "cs.AI", "cs.LG", "cs.MA", "cs.SE"}
TOPICS = {"gr", "ae"}
WEEK = parse_week("2026-W20")
HELD_BY_MODERATORS = 2


class SamplePaper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    version: int
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    primary_category: str
    published: datetime
    updated: None
    comment: str
    doi: None
    journal_ref: None
    source: str
    announced: date
    made_up: bool


class Judgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    topic: str
    grade: int


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def head(abstract: str) -> str:
    return " ".join(words(abstract))[:80]


@pytest.fixture(scope="module")
def papers() -> list[SamplePaper]:
    lines = (files("triage.sample") / "sample-week.jsonl").read_bytes()
    return msgspec.json.Decoder(SamplePaper).decode_lines(lines)


@pytest.fixture(scope="module")
def grades() -> dict[tuple[str, str], int]:
    lines = (files("triage.sample") / "sample-judgements.jsonl").read_bytes()
    judgements = msgspec.json.Decoder(Judgement).decode_lines(lines)
    by_key = {(judgement.id, judgement.topic): judgement.grade for judgement in judgements}
    assert len(by_key) == len(judgements), "a paper is judged twice for one topic"
    return by_key


def test_the_week_is_of_demo_size(papers: list[SamplePaper]) -> None:
    """A demo week holds 70 to 90 papers and its file stays under 200 kB."""
    assert 70 <= len(papers) <= 90
    assert len((files("triage.sample") / "sample-week.jsonl").read_bytes()) < 200_000


def test_ids_are_canonical_unique_and_impossible(papers: list[SamplePaper]) -> None:
    """Ids parse to themselves, ascend in order of submission, and lie where no arXiv month gets to."""
    assert [parse_arxiv_id(paper.id).id for paper in papers] == [paper.id for paper in papers]
    assert all(first.id < second.id and first.published <= second.published for first, second in pairwise(papers))
    assert all(paper.id.startswith("2605.9") for paper in papers)


def test_every_line_says_that_it_is_made_up(papers: list[SamplePaper]) -> None:
    """Field, source and comment each say it, so that no reader and no program takes a line for a real paper."""
    assert all(paper.made_up for paper in papers)
    assert {paper.source for paper in papers} == {"triage-sample (made up)"}
    assert all("Made up for the Triage demo" in paper.comment for paper in papers)


def test_dates_follow_the_listing_schedule(papers: list[SamplePaper]) -> None:
    """All five listing days occur, Tuesday most; each paper is listed when arXiv would, but for two held ones."""
    per_day = Counter(paper.announced for paper in papers)
    assert set(per_day) == set(WEEK.listing_days)
    assert per_day.most_common(1)[0][0] == WEEK.listing_days[1]
    held = [paper for paper in papers if listing_day(paper.published) < paper.announced]
    assert len(held) == HELD_BY_MODERATORS
    assert all(listing_day(paper.published) == paper.announced for paper in papers if paper not in held)
    waits = [(paper.announced - paper.published.astimezone(EASTERN).date()).days for paper in papers]
    assert min(waits) >= 1
    assert max(waits) <= 7


def test_categories_are_those_of_a_harvested_week(papers: list[SamplePaper]) -> None:
    """The primary category comes first and one of the six is always there, cross-lists included."""
    assert all(paper.categories[0] == paper.primary_category for paper in papers)
    assert all(CATEGORIES & set(paper.categories) for paper in papers)
    assert {paper.primary_category for paper in papers} > CATEGORIES


def test_text_is_clean_and_of_realistic_length(papers: list[SamplePaper]) -> None:
    """Text needs no cleaning; abstracts have 110 to 220 words, but for the one that is a single sentence."""
    assert all(text == clean_text(text) for paper in papers for text in (paper.title, paper.abstract, *paper.authors))
    lengths = sorted(len(paper.abstract.split()) for paper in papers)
    assert lengths[0] < 40
    assert lengths[1] >= 110
    assert lengths[-1] <= 220
    assert all(paper.authors for paper in papers)


def test_every_paper_is_judged_for_both_topics(papers: list[SamplePaper], grades: dict[tuple[str, str], int]) -> None:
    """The judgements cover papers x topics exactly, with grades 0 to 3."""
    assert set(grades) == {(paper.id, topic) for paper in papers for topic in TOPICS}
    assert set(grades.values()) == {0, 1, 2, 3}


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_each_topic_has_enough_to_rank(topic: str, grades: dict[tuple[str, str], int]) -> None:
    """Each topic has twelve papers at its heart or more, some near it, and far more that are neither."""
    counts = Counter(grade for (_, judged), grade in grades.items() if judged == topic)
    assert counts[3] >= 12
    assert counts[2] >= 5
    assert counts[1] >= 5
    assert counts[0] > counts[1] + counts[2] + counts[3]


@pytest.mark.parametrize(
    ("topic", "pattern", "least"),
    [
        ("gr", r"generativ.*recommend|recommend.*generat", 3),
        ("gr", r"semantic ids?\b", 1),
        ("ae", r"\bagents?\b.*evaluat|evaluat.*\bagents?\b", 3),
        ("ae", r"\bbenchmark", 2),
        ("ae", r"agent-based|multi-agent", 2),
    ],
)
def test_words_alone_mislead(
    topic: str, pattern: str, least: int, papers: list[SamplePaper], grades: dict[tuple[str, str], int]
) -> None:
    """Papers of grade 0 use the topic's words, so that a ranker by words alone is caught."""
    texts = (f"{paper.title} {paper.abstract}".lower() for paper in papers if grades[paper.id, topic] == 0)
    assert sum(bool(re.search(pattern, text)) for text in texts) >= least


def test_awkward_papers_are_there(papers: list[SamplePaper], grades: dict[tuple[str, str], int]) -> None:
    """One withdrawn, one instruction to the judge (both worth nothing), LaTeX in two titles, names beyond ASCII."""
    (withdrawn,) = [paper for paper in papers if "withdrawn by the authors" in paper.comment]
    (injected,) = [paper for paper in papers if "Ignore previous instructions" in paper.abstract]
    assert {grades[paper.id, topic] for paper in (withdrawn, injected) for topic in TOPICS} == {0}
    assert sum("$" in paper.title for paper in papers) == 2
    assert any(r"\textbf{" in paper.title and r"\mathcal{O}(n \log n)" in paper.title for paper in papers)
    assert sum(not "".join(paper.authors).isascii() for paper in papers) >= 10


def test_one_paper_has_a_renamed_copy(papers: list[SamplePaper]) -> None:
    """One pair shares most of its words under different titles; no other two papers come close."""
    bags = {paper.id: set(words(paper.abstract)) for paper in papers}
    alike = {
        (first.id, second.id): len(bags[first.id] & bags[second.id]) / len(bags[first.id] | bags[second.id])
        for first, second in combinations(papers, 2)
    }
    (closest, similarity), (_, runner_up) = Counter(alike).most_common(2)
    first, second = (paper for paper in papers if paper.id in closest)
    assert similarity > 0.6
    assert runner_up < 0.3
    assert first.title != second.title
    assert first.authors == second.authors


def test_nothing_is_taken_from_real_papers(papers: list[SamplePaper], shared_data: Path) -> None:
    """No title and no beginning of an abstract also stands in the real listing of the same week."""
    with gzip.open(shared_data / "arxiv" / f"week-{WEEK}.jsonl.gz", "rt", encoding="utf-8") as lines:
        real = [json.loads(line) for line in lines]
    assert {head(paper.abstract) for paper in papers}.isdisjoint(head(paper["abstract"]) for paper in real)
    assert {paper.title.lower() for paper in papers}.isdisjoint(paper["title"].lower() for paper in real)
    assert {paper.id for paper in papers}.isdisjoint(paper["id"] for paper in real)
