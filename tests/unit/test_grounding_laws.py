"""What holds for every takeaway: extracts pass, changed digits do not, and any text is judged."""

import gzip
import json
import re
from importlib import resources
from pathlib import Path

from fakes.grounding_case import ALLOWED, reason
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from triage.core.grounding_quantities import read_quantities
from triage.core.takeaway import extract_takeaway

SENTENCES = st.sampled_from(
    [
        "Existing tools often fail.", "We propose Kite, a planner with 3 modules.", "It reaches 41.5% on $n=12$ tasks.",
        "Experiments on two sets show that Kite improves recall by 12%, while adding 3 ms, and that it is small.",
        "However, the best of 9 agents (Kite-2.1) solves only 34\\% of tasks; people solve 91\\%.", "Why does it work?",
        "Results: (1) plans help by 4 points; (2) memory, tools, and time do not; and (3) cost falls from 5 to 2.",
        "Code is at https://example.org/x.", "$x", "a {b", "\u2026",
    ]
)  # fmt: skip
ABSTRACTS = st.lists(SENTENCES, max_size=8).map(" ".join) | st.text(max_size=200)


@settings(max_examples=60)
@given(ABSTRACTS, st.sampled_from(["", "Kite: A Planner"]))
def test_the_extract_always_passes(abstract: str, title: str) -> None:
    """What would be shown anyway is never stopped, whatever the abstract is made of."""
    extract = extract_takeaway(title, abstract)
    assume(extract is not None)
    assert extract is not None
    assert reason(extract.text, extract.sentence, title=title, abstract=abstract) is None


@settings(max_examples=60)
@given(st.sampled_from(ALLOWED), st.data())
def test_a_changed_digit_never_passes(allowed: tuple[int, str], data: st.DataObject) -> None:
    """Any digit of any number, made another, stops a line that was true."""
    sentence, text = allowed
    places = [
        match.start()
        for it in read_quantities(text)
        for match in re.finditer(r"\d", text)
        if it.start <= match.start() < it.end
    ]
    assume(places)
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([digit for digit in "123456789" if digit != text[place]]))
    assert reason(f"{text[:place]}{digit}{text[place + 1 :]}", sentence) is not None


@settings(max_examples=100)
@given(st.text(max_size=220), st.integers(-1, 10), st.sampled_from(["en", "zh"]))
def test_any_text_is_judged(text: str, sentence: int, language: str) -> None:
    """Nothing a model can write raises; noise is stopped with a reason."""
    assert reason(text, sentence, language)


def test_extracts_of_the_sample_pass() -> None:
    """The law holds for every paper that the package brings."""
    sample = resources.files("triage.sample").joinpath("sample-week.jsonl").read_text(encoding="utf-8")
    papers = [json.loads(line) for line in sample.splitlines()]
    assert papers
    assert _stopped_extracts(papers) == []


def test_extracts_of_real_abstracts_pass(shared_data: Path) -> None:
    """The law holds for real LaTeX, labels and broken sentences."""
    with gzip.open(shared_data / "arxiv" / "week-2026-W18.jsonl.gz", "rt", encoding="utf-8") as file:
        papers = [json.loads(line) for line, _ in zip(file, range(300), strict=False)]
    assert _stopped_extracts(papers) == []


def _stopped_extracts(papers: list[dict[str, str]]) -> list[tuple[str, str]]:
    found = []
    for paper in papers:
        extract = extract_takeaway(paper["title"], paper["abstract"])
        why = extract and reason(extract.text, extract.sentence, title=paper["title"], abstract=paper["abstract"])
        if extract and why:
            found.append((extract.text, why))
    return found
