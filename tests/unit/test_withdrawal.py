import pytest

from triage.core.withdrawal import says_withdrawn


@pytest.mark.parametrize(
    "comment",
    [
        "This paper has been withdrawn by the authors",
        "arXiv admin note: This paper has been withdrawn by arXiv due to disputed and unverifiable authorship",
        "14 Pages, 7 Figures This paper has been withdrawn by the author due to a crucial sign error",
        "This paper is withdrawn due to duplicate submission of the same paper",
        "Withdrawn. Our recent study shows that there is no significant difference",
        "With the agreement of all the authors, we decide to withdraw this paper",
        "After careful discussion, we decided to withdraw it temporarily and resubmit a full version afterward",
        "The authors wish to withdraw this preprint due to a lack of consensus",
        "We are withdrawing this submission as the underlying experiment is currently incomplete",
        "I am withdrawing this for me to review further",
        "We request withdrawal because we identified a flaw",
        "The current article involves some product IP issues and needs to be withdrawn and re-approved",
        "Hence, we request to withdraw it from arXiv at this time",
        "This paper has been withdrawan as the model has now been modified",
    ],
)
def test_comments_that_withdraw_the_paper(comment: str) -> None:
    """What authors and arXiv's administrators write when a paper is withdrawn is recognised."""
    assert says_withdrawn(comment, "We study search.")


@pytest.mark.parametrize(
    "comment",
    [
        None,
        "",
        "12 pages, accepted at SIGIR",
        "10 pages, 3 figures, withdraw experimental results on CNN/Daily Mail datasets",
        "The paper has been withdrawn from the XX International Conference on Data Analytics",
        "This paper was withdrawn from the IJCAI 2025 proceedings due to the lack of participation",
        "Accepted to LM4Plan Workshop @ ICAPS 2025 (withdrawn before presentation due to lack of travel funding)",
        "Originally accepted at DCC 2020 (Poster) but withdrawn due to page count limit",
        "Withdrawn by ICML and prepare for NeurIPS or ICLR",
        "this update withdraws Theorem 4.4 following discovery of an error",
        "lists twelve claims withdrawn during internal review in Appendix A",
    ],
)
def test_comments_that_leave_the_paper_standing(comment: str | None) -> None:
    """A paper that left a venue, or took back a part, still stands."""
    assert not says_withdrawn(comment, "We study search.")


def test_an_abstract_may_say_it_at_its_opening_only() -> None:
    """An abstract that is nothing but the notice counts; one that speaks of withdrawn papers does not."""
    assert says_withdrawn(None, "This paper has been withdrawn by the author.")
    assert not says_withdrawn(None, "We study retractions. " * 10 + "We count how often a paper has been withdrawn.")
