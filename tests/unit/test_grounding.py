"""Whether a written takeaway may be shown. Every abstract in the tables is made up."""

# ruff: noqa: RUF001 -- Chinese punctuation is what is written here

import gzip
import json
import re
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from triage.core.grounding import check_takeaway
from triage.core.grounding_quantities import read_quantities
from triage.core.takeaway import extract_takeaway
from triage.core.verdict import WrittenTakeaway

TITLE = "KiteRec: Writing Item Codes for Shops"
ABSTRACT = (
    "Large catalogues are hard to search with ItemKNN and GRU4Rec. "
    r"We propose KiteRec, a recommender that writes item codes with a large language model (LLM) for 4 shops. "
    r"Experiments on three datasets show that KiteRec outperforms SASRec by $12.5\%$ in recall and by over 3.2 "
    r"points in NDCG. "
    "It reduces latency from 80 ms to 20 ms, a speedup of up to 4x, while keeping accuracy. "
    "KiteRec improves recall over SASRec and BERT4Rec by 12.5% and 9.1%, respectively. "
    "However, it does not help new users, and 3,000 of 1.2M items may never be shown. "
    "Sparse models extrapolate to long histories, whereas dense models collapse. "
    "Its errors are roughly half those of GRU4Rec on average."
)  # fmt: skip
ALLOWED = [
    (3, "KiteRec outperforms SASRec by 12.5% in recall."),
    (3, "KiteRec beats SASRec by 12.5 percent in recall and 3.2 points in NDCG."),
    (3, "KiteRec surpasses SASRec by 12.5% in recall and by over 3.2 percentage points in NDCG on 3 datasets."),
    (3, "On three datasets, KiteRec exceeds SASRec by 12.5% in recall."),
    (3, "SASRec is outperformed by KiteRec by 12.5% in recall."),
    (3, "KiteRec: It outperforms SASRec by 12.5% in recall."),
    (3, "KiteRec improves over SASRec by 12.5% in recall."),
    (3, "KiteRec achieves higher recall than SASRec by 12.5%."),
    (4, "KiteRec reduces latency from 80 ms to 20 ms."),
    (4, "KiteRec lowers latency from 80 ms to 20 ms while preserving accuracy."),
    (4, "It cuts latency from 80 to 20 ms, a speedup of up to 4×."),
    (4, "A speedup of up to 4x while maintaining accuracy."),
    (4, "Latency decreases from 80 ms to 20 ms."),
    (5, "KiteRec improves recall over SASRec and BERT4Rec by 12.5% and 9.1%."),
    (5, "KiteRec improves recall by 12.5% over SASRec and by 9.1% over BERT4Rec."),
    (6, "It does not help new users."),
    (6, "KiteRec doesn't help new users."),
    (6, "3000 of 1.2M items may never be shown."),
    (6, "3,000 of 1.2 million items may never be shown."),
    (7, "Sparse models extrapolate to long histories, whereas dense models collapse."),
    (7, "Dense models collapse, while sparse models extrapolate to long histories."),
    (8, "KiteRec's errors are roughly half those of GRU4Rec on average."),
    (2, "KiteRec writes item codes with a large language model."),
    (2, "KiteRec is a recommender that writes item codes with an LLM for four shops."),
]
STOPPED = [
    (3, "KiteRec outperforms SASRec by 13.5% in recall.", "number 13.5%"),
    (3, "KiteRec outperforms SASRec by 125% in recall.", "number 125%"),
    (3, "KiteRec outperforms SASRec by 9.1% in recall.", "sentence it cites"),
    (3, "KiteRec outperforms SASRec by 12.5 points in recall.", "another unit"),
    (3, "KiteRec outperforms SASRec by 3.2% in NDCG.", "another unit"),
    (3, "KiteRec outperforms SASRec by up to 12.5% in recall.", "“up to”"),
    (3, "KiteRec outperforms SASRec by more than 12.5% in recall.", "“over”"),
    (3, "KiteRec outperforms SASRec by at least 12.5% in recall.", "“over”"),
    (3, "KiteRec outperforms SASRec by 12.5% in NDCG.", "not told of"),
    (3, "KiteRec outperforms SASRec by 12.5% in precision.", "precision"),
    (3, "KiteRec outperforms BERT4Rec by 12.5% in recall.", "BERT4Rec"),
    (3, "KiteRec outperforms GPT-5 by 12.5% in recall.", "GPT-5"),
    (3, "KiteNet outperforms SASRec by 12.5% in recall.", "KiteNet"),
    (3, "SASRec outperforms KiteRec by 12.5% in recall.", "exchanged"),
    (3, "KiteRec is outperformed by SASRec by 12.5% in recall.", "exchanged"),
    (3, "KiteRec underperforms SASRec by 12.5% in recall.", "underperforms"),
    (3, "KiteRec does not outperform SASRec in recall.", "denies"),
    (3, "KiteRec always outperforms SASRec by 12.5% in recall.", "always"),
    (3, "KiteRec outperforms SASRec on all three datasets.", "all"),
    (3, "KiteRec achieves state-of-the-art recall.", "SOTA"),
    (3, "KiteRec guarantees 12.5% in recall over SASRec.", "guarantees"),
    (3, "KiteRec outperforms SASRec because of item codes.", "because"),
    (3, "Experiments on five datasets show that KiteRec outperforms SASRec.", "five"),
    (3, "Experiments on three shops show that KiteRec outperforms SASRec.", "counts something else"),
    (3, "Diffusion models generate molecules for drug discovery.", "not in the sentence"),
    (4, "KiteRec increases latency from 20 ms to 80 ms.", ""),
    (4, "KiteRec reduces latency from 20 ms to 80 ms.", "stands behind"),
    (4, "KiteRec reduces latency by 20 ms.", "“to” there"),
    (4, "KiteRec reduces accuracy.", "wrong way round"),
    (4, "KiteRec achieves a 4x speedup.", "“up to” there"),
    (4, "KiteRec achieves a speedup of up to 4%.", "another unit"),
    (4, "It reduces memory from 80 ms to 20 ms.", "memory"),
    (5, "KiteRec improves recall over SASRec and BERT4Rec by 9.1% and 12.5%.", "not told of"),
    (5, "KiteRec improves recall over BERT4Rec by 12.5%.", "not told of"),
    (5, "KiteRec degrades recall over SASRec by 12.5%.", "degrades"),
    (6, "KiteRec helps new users.", "denied"),
    (6, "KiteRec helps new users and 3,000 items.", ""),
    (6, "3,000 of 1.2M items are never shown.", "may"),
    (6, "3,000 of 1.2B items may never be shown.", "1.2B"),
    (7, "Dense models extrapolate to long histories.", "contrast"),
    (7, "Dense models extrapolate to long histories, whereas sparse models collapse.", "contrast"),
    (8, "Its errors are half those of GRU4Rec on average.", "“about” there"),
    (8, "Its errors are roughly half those of GRU4Rec.", "average"),
    (8, "Its errors are roughly twice those of GRU4Rec on average.", "twice"),
    (2, "KiteRec writes item codes with a large language model for five shops.", "five"),
    (1, "KiteRec outperforms SASRec by 12.5% in recall.", "sentence it cites"),
    (0, "KiteRec outperforms SASRec by 12.5% in recall.", "cites sentence 0"),
    (9, "KiteRec outperforms SASRec by 12.5% in recall.", "cites sentence 9"),
    (3, "KiteRec outperforms SASRec. See https://example.org/kite.", "link"),
    (3, "KiteRec outperforms SASRec, see www.example.org.", "link"),
    (3, "KiteRec outperforms SASRec (example.com).", "link"),
    (3, "KiteRec outperforms SASRec\nby 12.5% in recall.", "one line"),
    (3, "KiteRec outperforms\u200b SASRec by 12.5% in recall.", "one line"),
    (3, "**KiteRec** outperforms SASRec by 12.5% in recall.", "markup"),
    (3, "<b>KiteRec</b> outperforms SASRec.", "markup"),
    (3, r"KiteRec outperforms SASRec by $12.5\%$.", "markup"),
    (3, "KiteRec outperforms SASRec" + " by 12.5% in recall" * 12, "characters"),
    (3, "", "too short"),
    (3, "KiteRec 在召回率上优于 SASRec 12.5%。", "not in English"),
]  # fmt: skip
UNLIKE = "Unlike SASRec, KiteRec does not require item metadata."
ON_BEAUTY = "On Amazon Beauty, KiteRec improves Recall@10 by 12.3% over TIGER."
TOLD_OF_OTHERS = [
    (UNLIKE, "SASRec does not require item metadata.", "other"),
    (UNLIKE, "Unlike KiteRec, SASRec does not require item metadata.", "exchanged"),
    (UNLIKE, "SASRec, unlike KiteRec, does not require item metadata.", "exchanged"),
    (UNLIKE, "KiteRec and SASRec do not require item metadata.", "other"),
    ("KiteRec, in contrast to SASRec, needs no metadata.", "SASRec needs no metadata.", "other"),
    ("KiteRec and SASRec need no metadata.", "KiteRec needs no metadata, unlike SASRec.", "unlike"),
    ("Unlike SASRec, BERT4Rec, and TIGER, KiteRec needs no metadata.", "BERT4Rec needs no metadata.", "other"),
    ("Unlike rankers such as SASRec, KiteRec needs no metadata.", "SASRec needs no metadata.", "other"),
    ("Unlike methods that rely on metadata, KiteRec relies on clicks.", "KiteRec relies on metadata.", "other"),
    ("Unlike SASRec, which reads codes, KiteRec reads text.", "KiteRec reads codes.", "other"),
    ("As opposed to SASRec, KiteRec reads item text.", "SASRec reads item text.", "other"),
    ("Compared to SASRec, KiteRec reads item text.", "SASRec reads item text compared to KiteRec.", "exchanged"),
    ("KiteRec reads item text rather than SASRec codes.", "SASRec codes read item text.", "denied"),
    (ON_BEAUTY, "Amazon improves Recall@10 by 12.3% over TIGER.", "where"),
    (ON_BEAUTY, "Amazon Beauty improves Recall@10 by 12.3%.", "where"),
    (ON_BEAUTY, "TIGER improves Recall@10 by 12.3% over KiteRec.", "exchanged"),
    ("KiteRec requires fewer labels across hospitals.", "Hospitals require fewer labels.", "where"),
    (ON_BEAUTY, "Recall@10 is 12.3% on Amazon Beauty.", "gain"),
    (ON_BEAUTY, "KiteRec reaches 12.3% Recall@10 on Amazon Beauty.", "gain"),
    (ON_BEAUTY, "KiteRec has a Recall@10 of 12.3%.", "gain"),
    ("KiteRec improves ranking and its recall is 41.5%.", "KiteRec improves recall by 41.5%.", "level"),
    ("KiteRec improves ranking, with a recall of 41.5%.", "KiteRec improves recall by 41.5%.", "level"),
    ("The best agent passes 105 of 120 tasks and the weakest only 77.", "The weakest passes 105 of 120 tasks.", "best"),
    ("The best agent passes 105 of 120 tasks and the weakest only 77.", "The best agent passes 77.", "weakest"),
]  # fmt: skip
TOLD_AS_THERE = [
    (UNLIKE, "KiteRec does not require item metadata."),
    (UNLIKE, "KiteRec, unlike SASRec, does not require item metadata."),
    (UNLIKE, "KiteRec does not need item metadata, in contrast to SASRec."),
    ("Unlike methods that rely on item metadata, KiteRec relies on item clicks.", "KiteRec relies on item clicks."),
    ("Unlike SASRec, KiteRec, our ranker, needs no metadata.", "KiteRec needs no metadata."),
    ("Compared to SASRec, KiteRec achieves higher recall.", "KiteRec achieves higher recall than SASRec."),
    ("Compared to SASRec, KiteRec improves recall by 12%.", "KiteRec improves recall by 12% relative to SASRec."),
    ("Compared to SASRec, KiteRec improves recall by 12%.", "KiteRec outperforms SASRec by 12% in recall."),
    (ON_BEAUTY, "KiteRec improves Recall@10 by 12.3% over TIGER on Amazon Beauty."),
    (ON_BEAUTY, "KiteRec achieves 12.3% higher Recall@10 than TIGER."),
    (ON_BEAUTY, "Recall@10 improves by 12.3% over TIGER."),
    (ON_BEAUTY, "KiteRec achieves an improvement of 12.3% in Recall@10."),
    (
        "KiteRec cuts time by 7x compared to heavy baselines (QVPO) and 10% relative to light variants.",
        "KiteRec cuts time by 7x compared to heavy baselines and 10% relative to light variants.",
    ),
    ("Labels are written by 3 experts.", "The labels are those of 3 experts."),
    ("KiteRec improves over TIGER by 12.3% in recall.", "Recall improves by 12.3%."),
    ("KiteRec reduces latency to 20 ms.", "Latency is reduced to 20 ms."),
    ("KiteRec raises recall to 41.5%.", "KiteRec reaches a recall of 41.5%."),
    ("The best agent passes 105 of 120 tasks and the weakest only 77.", "The weakest agent passes only 77."),
    ("The best agent passes 105 of 120 tasks and the weakest only 77.", "The best agent passes 105 of 120 tasks."),
]
ALLOWED_CHINESE = [
    (3, "KiteRec 的召回率比 SASRec 高出 12.5%。"),
    (3, "在三个数据集上，KiteRec 的召回率比 SASRec 提升 12.5%。"),
    (3, "KiteRec 的 NDCG 比 SASRec 高出 3.2 个百分点以上。"),
    (4, "KiteRec 将延迟从 80 ms 降低到 20 ms，加速最高 4 倍。"),
    (5, "KiteRec 比 SASRec 和 BERT4Rec 的召回率分别提升 12.5% 和 9.1%。"),
    (6, "120 万个物品中有 3000 个可能无法被展示，也不能帮助新用户。"),
]
STOPPED_CHINESE = [
    (3, "KiteRec 的召回率比 SASRec 高出 13.5%。", "13.5%"),
    (3, "KiteRec 的召回率比 SASRec 高出 12.5 个百分点。", "another unit"),
    (3, "KiteRec 的召回率比 SASRec 提升两倍。", "两倍"),
    (3, "KiteRec 的精确率比 SASRec 高出 12.5%。", "精确率"),
    (3, "KiteRec 的召回率比 BERT4Rec 高出 12.5%。", "BERT4Rec"),
    (3, "KiteRec 的召回率比 GPT-5 高出 12.5%。", "GPT-5"),
    (3, "KiteRec 的召回率比 SASRec 降低 12.5%。", "another way"),
    (3, "KiteRec 的召回率并没有比 SASRec 高出 12.5%。", "denies"),
    (3, "KiteRec 首次将召回率提升 12.5%。", "首次"),
    (3, "KiteRec 在所有数据集上提升召回率 12.5%。", "所有"),
    (4, "KiteRec 将延迟降低到 20 ms，加速 4 倍。", "up to"),
    (5, "KiteRec 比 SASRec 和 BERT4Rec 的召回率分别提升 9.1% 和 12.5%。", "not told of"),
    (6, "12 万个物品中有 3000 个不能被展示。", "12 万"),
    (3, "该方法效果很好，非常值得一读。", "too little"),
    (3, "KiteRec outperforms SASRec by 12.5% in recall.", "not in Chinese"),
]


def reason(text: str, sentence: int, language: str = "en", title: str = TITLE, abstract: str = ABSTRACT) -> str | None:
    """Why the line is stopped."""
    return check_takeaway(WrittenTakeaway(text, language, sentence), title, abstract)


@pytest.mark.parametrize(("sentence", "text"), ALLOWED)
def test_allows_what_the_sentence_says(sentence: int, text: str) -> None:
    """Leaving out, plain synonyms, other spellings of numbers and another grammar keep a line true."""
    assert reason(text, sentence) is None


@pytest.mark.parametrize(("sentence", "text", "why"), STOPPED)
def test_stops_what_it_does_not_say(sentence: int, text: str, why: str) -> None:
    """Each known way of being wrong is named in the reason."""
    found = reason(text, sentence)
    assert found is not None
    assert why in found


@pytest.mark.parametrize(("cited", "text", "why"), TOLD_OF_OTHERS)
def test_stops_what_is_told_of_something_else(cited: str, text: str, why: str) -> None:
    """The other side of a comparison, a place and a gain do not become the subject, nor a level."""
    found = reason(text, 1, abstract=cited)
    assert found is not None
    assert why in found


@pytest.mark.parametrize(("cited", "text"), TOLD_AS_THERE)
def test_allows_what_is_told_of_the_same(cited: str, text: str) -> None:
    """Comparisons, places, gains and levels may be worded otherwise."""
    assert reason(text, 1, abstract=cited) is None


@pytest.mark.parametrize(("sentence", "text"), ALLOWED_CHINESE)
def test_allows_true_chinese_lines(sentence: int, text: str) -> None:
    """Numbers, names and terms of the field found in the cited sentence carry a Chinese line."""
    assert reason(text, sentence, "zh") is None


@pytest.mark.parametrize(("sentence", "text", "why"), STOPPED_CHINESE)
def test_stops_wrong_chinese_lines(sentence: int, text: str, why: str) -> None:
    """Numbers, units, names, hedges, directions and negations are checked across the languages."""
    found = reason(text, sentence, "zh")
    assert found is not None
    assert why in found


def test_stops_a_language_that_cannot_be_checked() -> None:
    """Only the languages of the rubric are read."""
    assert reason("KiteRec übertrifft SASRec um 12.5%.", 3, "de") == "takeaways in 'de' cannot be checked"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("39.95%", [("39.95", "%")]), ("39.95 percent", [("39.95", "%")]), ("百分之39.95", [("39.95", "%")]),
        ("3,000", [("3000", "")]), ("3K", [("3000", "")]), ("3千", [("3000", "")]), ("1.2M", [("1200000", "")]),
        ("1.2 million", [("1200000", "")]), ("120万", [("1200000", "")]), ("1.2亿", [("120000000", "")]),
        ("twice", [("2", "times")]), ("two", [("2", "")]), ("两倍", [("2", "times")]), ("翻倍", [("2", "times")]),
        ("a factor of two", [("2", "times")]), ("4x and 5×", [("4", "times"), ("5", "times")]), ("2.5-fold", [("2.5",
        "times")]),
        ("3 pp", [("3", "points")]), ("3 个百分点", [("3", "points")]), ("14.3 AUC points", [("14.3", "points")]),
        ("2.4, 8.7, and 2.9 points", [("2.4", "points"), ("8.7", "points"), ("2.9", "points")]),
        ("55.8-67.8%", [("55.8", "%"), ("67.8", "%")]), ("twenty-one", [("21", "")]), ("三分之一",
        [("0.3333333333333333333333", "")]),
        ("GPT-4, Qwen3-4B, nDCG@5, F1, pass@1, 3D, 5ting", []), ("Llama-3.3-70B", []), ("zero-shot", []),
    ],
)  # fmt: skip
def test_reads_numbers_in_both_languages(text: str, read: list[tuple[str, str]]) -> None:
    """Values are exact and come with their unit; digits in names are no numbers."""
    assert [(quantity.value, quantity.unit) for quantity in read_quantities(text)] == read


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
