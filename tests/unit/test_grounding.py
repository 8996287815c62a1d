"""Whether a written takeaway may be shown. Every abstract in the tables is made up."""

import pytest
from fakes.grounding_case import ALLOWED, reason

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


def test_stops_a_language_that_cannot_be_checked() -> None:
    """Only the languages of the rubric are read."""
    assert reason("KiteRec übertrifft SASRec um 12.5%.", 3, "de") == "takeaways in 'de' cannot be checked"
