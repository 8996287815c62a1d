"""The one line that says a paper's main result. Every abstract here is made up."""

import gzip
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.clauses import MAX_LENGTH, cut_clauses
from triage.core.latex import read_latex
from triage.core.sentences import split_sentences
from triage.core.takeaway import Takeaway, extract_takeaway

BACKGROUND = "Large catalogues are hard to search. Existing methods often ignore order. "
METHOD = r"We propose \textbf{KiteRec}, a recommender that writes item codes. It consists of two modules. "
AVAILABLE = " Code is available at https://example.org/kite."

SENTENCES = st.sampled_from(
    [
        "Existing tools often fail.", "We propose Kite, a planner with 3 modules.", "It reaches 41.5% on $n=12$ tasks.",
        "Experiments on two sets show that Kite improves recall by 12%, while adding 3 ms, and that it is small.",
        "However, the best of 9 agents (Kite-2.1) solves only 34\\% of tasks; people solve 91\\%.", "Why does it work?",
        "Results: (1) plans help by 4 points; (2) memory, tools, and time do not; and (3) cost falls from 5 to 2.",
        "Using a judge -- trained on 1{,}000 votes -- we find that agreement rises, but only when $k \\geq 5$.",
        "Code is at https://example.org/x.", "$x", "a {b", "\u2026",
        "We show that, although it is slow, it scales, i.e., it grows by 2x.",
    ]
)  # fmt: skip
ABSTRACTS = st.lists(SENTENCES, max_size=8).map(" ".join) | st.text(max_size=200)
TITLES = st.sampled_from(["", "Kite: A Planner", "Existing tools often fail"])


def text_of(title: str, abstract: str) -> str:
    """The takeaway's text; the test fails where there is none."""
    takeaway = extract_takeaway(title, abstract)
    assert takeaway is not None
    return takeaway.text


def words(text: str) -> list[str]:
    """Runs of letters and digits, lower-cased."""
    return re.findall(r"\w+", text.lower())


def is_taken_from(text: str, source: str) -> bool:
    """Whether the words stand in the source in that order, other words between them or not."""
    rest = iter(words(source))
    return all(word in rest for word in words(text))


def test_takes_the_measured_result_and_keeps_its_source() -> None:
    """The sentence with the gain wins over background, method and availability; its LaTeX source is kept."""
    result = r"Experiments show that KiteRec improves Recall@10 by $12.5\%$ over the best baseline on two datasets."
    takeaway = extract_takeaway("KiteRec: Writing Item Codes", BACKGROUND + METHOD + result + AVAILABLE)
    text = "KiteRec improves Recall@10 by 12.5% over the best baseline on two datasets."
    assert takeaway is not None
    assert takeaway.text.endswith(text)
    assert takeaway == Takeaway(takeaway.text, result, 5)


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        (
            "However, we find that even the best of nine agents solves only 34% of the tasks set.",
            "Even the best of nine agents solves only 34% of the tasks set.",
        ),
        (
            "Online A/B tests on a large shop show +2.1% clicks and +0.8% orders.",
            "Online A/B tests on a large shop show +2.1% clicks and +0.8% orders.",
        ),
        (
            "Our evaluation of nine models shows a clear picture: the best model reaches 41.2%, people 93%.",
            "Our evaluation of nine models shows a clear picture: the best model reaches 41.2%, people 93%.",
        ),
    ],
)
def test_drops_the_leading_words_only(sentence: str, text: str) -> None:
    """Connectives and "we find that" go, the finding stays word for word."""
    assert text_of("A Study of Agents", BACKGROUND + METHOD + sentence + AVAILABLE) == text


def test_shortens_at_a_clause_boundary() -> None:
    """A sentence beyond the limit ends where a clause ends, with its number and a full stop."""
    result = (
        "Extensive experiments on four public datasets and one industrial dataset show that KiteRec outperforms eight "
        "strong baselines by up to 14.4%, demonstrating the value of ordered item codes for items that nobody has "
        "bought before and that no other model of the field would have recommended."
    )
    text = text_of("KiteRec", BACKGROUND + METHOD + result)
    assert text.endswith("KiteRec outperforms eight strong baselines by up to 14.4%.")


@pytest.mark.parametrize(
    "tail",
    [
        ", but only when the catalogue holds fewer than a hundred items and each of them was bought once",
        ", except on the two largest catalogues of the study, where the order of the items had been shuffled",
        ", at the cost of a training time that grows with the square of the catalogue",
        ", while accuracy degrades by nine points on every catalogue that got items after the training",
    ],
)
def test_never_drops_what_turns_the_meaning(tail: str) -> None:
    """A concession or condition is not cut off: the sentence is kept whole or not used."""
    result = (
        f"Experiments on four public datasets show that KiteRec improves recall by 12% over strong baselines{tail}."
    )
    takeaway = extract_takeaway("KiteRec", METHOD + result)
    assert takeaway is None or "12%" not in takeaway.text or tail.split()[1] in takeaway.text


def test_names_the_contribution_where_no_result_is_told() -> None:
    """Without a result the contribution is next best, before background and availability."""
    abstract = BACKGROUND + "We introduce KiteBench, a benchmark of 1,200 tasks for shopping agents." + AVAILABLE
    assert text_of("KiteBench", abstract) == "We introduce KiteBench, a benchmark of 1,200 tasks for shopping agents."


def test_prefers_the_named_system_to_a_pronoun() -> None:
    """Of two equal gains the one that says whose it is wins."""
    abstract = METHOD + "It improves recall by 12% over the baseline. KiteRec improves recall by 11% over the baseline."
    assert text_of("KiteRec: Item Codes", abstract).startswith("KiteRec")


def test_never_repeats_the_title() -> None:
    """A sentence that is the title is passed over."""
    abstract = "Agents improve by 5% with plans. We measure it."
    assert text_of("Agents Improve by 5% with Plans", abstract) == "We measure it."


@pytest.mark.parametrize("abstract", ["", "   ", "Withdrawn."])
def test_has_nothing_to_say_without_a_sentence(abstract: str) -> None:
    """No usable sentence, no takeaway."""
    assert extract_takeaway("A Title", abstract) is None


def test_list_is_not_cut_before_its_last_member() -> None:
    """A cut never leaves "A, B" of "A, B, and C"."""
    clauses = cut_clauses(
        "KiteRec improves recall, precision, and coverage, yielding gains that hold on every one of the many sets"
    )
    assert {clause.text for clause in clauses} == {
        "KiteRec improves recall, precision, and coverage.",
        "KiteRec improves recall, precision, and coverage, yielding gains that hold on every one of the many sets.",
    }


@given(TITLES, ABSTRACTS)
@settings(max_examples=150, deadline=None)
def test_is_always_short_whole_and_taken_from_the_abstract(title: str, abstract: str) -> None:
    """Whatever the text: at most 200 characters, words of the source in order, no number of its own, a full stop."""
    takeaway = extract_takeaway(title, abstract)
    if takeaway is None:
        return
    assert takeaway.source == split_sentences(abstract)[takeaway.sentence - 1]
    assert len(takeaway.text) <= MAX_LENGTH
    assert is_taken_from(takeaway.text, read_latex(takeaway.source))
    assert takeaway.text[-1] in ".?!"
    assert words(takeaway.text) != words(title)


def test_holds_on_a_real_week(shared_data: Path) -> None:
    """In a real week every paper has a takeaway that is short and made of its abstract's words."""
    with gzip.open(shared_data / "arxiv" / "week-2026-W28.jsonl.gz", "rt", encoding="utf-8") as lines:
        papers = [json.loads(line) for line in lines][::8]
    for paper in papers:
        takeaway = extract_takeaway(paper["title"], paper["abstract"])
        assert takeaway is not None, paper["id"]
        assert len(takeaway.text) <= MAX_LENGTH
        assert is_taken_from(takeaway.text, read_latex(takeaway.source)), paper["id"]
