"""Whether a written takeaway tells of what its sentence tells of: not of a rival, a place, a gain or a level."""

import pytest
from fakes.grounding_case import reason

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
