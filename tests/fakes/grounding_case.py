"""A made-up abstract, true lines about it by the sentence they cite, and why a line is stopped."""

from triage.core.grounding import check_takeaway
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
    (4, "It cuts latency from 80 to 20 ms, a speedup of up to 4×."),  # noqa: RUF001 -- as a model writes it
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


def reason(text: str, sentence: int, language: str = "en", title: str = TITLE, abstract: str = ABSTRACT) -> str | None:
    """Why the line is stopped."""
    return check_takeaway(WrittenTakeaway(text, language, sentence), title, abstract)
