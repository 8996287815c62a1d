"""Baselines against their formulas, one-line versions and scikit-learn's own classes."""

import math
from datetime import date

import msgspec
import numpy as np
import pytest
from fakes.evaluation_case import TOPIC, make_old, make_paper, make_pool, make_week

from triage.errors import InputError
from triage.evaluation import baselines
from triage.evaluation.records import Candidates, Pool, Ranker, Votes
from triage.evaluation.terms import TermWeigher

_RANKERS = baselines.all_baselines("fake", seed=0)


@pytest.fixture(scope="module")
def week() -> Candidates:
    """40 papers, 8 of them on the topic."""
    return make_week()


@pytest.fixture(scope="module")
def votes() -> Votes:
    """6 positives, 3 explicit negatives, 150 background papers."""
    return Votes(
        make_old(6, relevant=True, first=0),
        make_old(3, relevant=False, first=100),
        make_old(150, relevant=False, first=200),
    )


@pytest.mark.parametrize("ranker", _RANKERS, ids=lambda ranker: ranker.name)
def test_scores_align_and_repeat(ranker: Ranker, week: Candidates, votes: Votes) -> None:
    """One finite score per paper, the same when asked again."""
    scores = ranker.score(TOPIC, votes, week)
    assert scores.shape == (40,)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert (scores == ranker.score(TOPIC, votes, week)).all()


@pytest.mark.parametrize("ranker", _RANKERS[:-1], ids=lambda ranker: ranker.name)
def test_an_easy_week_is_ranked_right(ranker: Ranker, week: Candidates, votes: Votes) -> None:
    """Every baseline but chance puts the 8 papers on the topic first."""
    assert set(np.argsort(-ranker.score(TOPIC, votes, week))[:8]) == set(range(8))


def test_chance_differs_by_week_and_seed(week: Candidates, votes: Votes) -> None:
    """The floor is a shuffle, not an order of its own."""
    other_week = Candidates(week.papers, week.vectors, "2026-W14")
    scores = baselines.RandomOrder(0).score(TOPIC, votes, week)
    assert (scores != baselines.RandomOrder(0).score(TOPIC, votes, other_week)).all()
    assert (scores != baselines.RandomOrder(1).score(TOPIC, votes, week)).all()


def test_zotero_formula_in_one_line(week: Candidates) -> None:
    """10 times the sum of normalised 1 / (1 + log10(i + 1)) times cosine, newest first."""
    papers = [make_paper(n, published=date(2026, 1, day)) for n, day in enumerate([9, 30, 2, 17])]
    library = make_pool(papers)
    votes = Votes(library, library.take([]), library.take([]))
    weights = [1 / (1 + math.log10(i + 1)) for i in range(4)]
    wanted = sum(
        10 * w / sum(weights) * (week.vectors @ library.vectors[row])
        for w, row in zip(weights, [1, 3, 0, 2], strict=True)
    )
    assert baselines.ZoteroArxivDaily("fake").score(TOPIC, votes, week) == pytest.approx(wanted, abs=1e-6)


def test_elas_weights_formula() -> None:
    """Positives weigh 9.8 times the negatives in all, and the weights sum to the number of records."""
    relevant = np.array([True] * 3 + [False] * 17)
    weights = baselines.elas_weights(relevant)
    assert weights.sum() == pytest.approx(20)
    assert weights[relevant].sum() == pytest.approx(9.8 * weights[~relevant].sum())
    assert weights[3] / weights[0] == pytest.approx(3 / (9.8 * 17))


def test_elas_equals_plain_scikit_learn(week: Candidates, votes: Votes) -> None:
    """The same scores as TfidfVectorizer and LinearSVC with ASReview's settings."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    pools: tuple[Pool, ...] = (votes.positives, votes.negatives, votes.background, week)
    texts = [f"{paper.title} {paper.abstract}" for pool in pools for paper in pool.papers]
    features = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=0.95).fit_transform(texts)
    relevant = np.array([True] * 6 + [False] * 153)
    model = LinearSVC(loss="squared_hinge", C=0.11, random_state=0)
    model.fit(features[:159], relevant, sample_weight=baselines.elas_weights(relevant))
    wanted = model.decision_function(features[159:])
    assert baselines.AsreviewElasU4().score(TOPIC, votes, week) == pytest.approx(wanted, abs=1e-6)


def test_arxiv_sanity_reads_author_names(week: Candidates, votes: Votes) -> None:
    """Their text holds the author names: other authors, other scores."""
    renamed = Candidates(
        tuple(msgspec.structs.replace(paper, authors=("Somebody Else",)) for paper in week.papers),
        week.vectors,
        week.week,
    )
    scores = baselines.ArxivSanityLite().score(TOPIC, votes, week)
    assert not np.array_equal(scores, baselines.ArxivSanityLite().score(TOPIC, votes, renamed))


def test_arxiv_sanity_equals_plain_scikit_learn(week: Candidates, votes: Votes) -> None:
    """The same scores as its own settings of TfidfVectorizer and LinearSVC, candidates among the negatives."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    pools: tuple[Pool, ...] = (votes.positives, votes.negatives, votes.background, week)
    papers = [paper for pool in pools for paper in pool.papers]
    vectorizer = TfidfVectorizer(
        strip_accents="unicode",
        stop_words="english",
        token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",  # noqa: S106 - words, not a password
        ngram_range=(1, 2),
        max_features=20_000,
        sublinear_tf=True,
        max_df=0.1,
        min_df=5,
        dtype=np.float32,
    )
    features = vectorizer.fit_transform([f"{p.title} {p.abstract} {' '.join(p.authors)}" for p in papers])
    model = LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01, random_state=0)
    wanted = 100 * model.fit(features, np.arange(len(papers)) < 6).decision_function(features[159:])
    assert baselines.ArxivSanityLite().score(TOPIC, votes, week) == pytest.approx(wanted, abs=1e-3)


def test_too_few_papers_for_arxiv_sanity(votes: Votes) -> None:
    """Its vectoriser drops every term of a handful of papers; the failure says what is needed."""
    week = make_week(size=5, relevant=5)
    few = Votes(votes.positives, votes.negatives, votes.background.take(range(3)))
    with pytest.raises(InputError, match="few hundred papers"):
        baselines.ArxivSanityLite().score(TOPIC, few, week)


def test_scholar_inbox_weights_formula() -> None:
    """N / np; S V N / (V nn + (1 - V) nc); S (1 - V) N / (V nn + (1 - V) nc) with V 0.9."""
    found = baselines.scholar_inbox_weights(10, 20, 100, scale=5.0)
    assert found == pytest.approx((13.0, 5 * 0.9 * 130 / (0.9 * 20 + 10), 5 * 0.1 * 130 / (0.9 * 20 + 10)))


def test_scholar_inbox_weights_without_explicit_negatives() -> None:
    """Random negatives then share S N among them."""
    assert baselines.scholar_inbox_weights(10, 0, 100, scale=5.0)[2] * 100 == pytest.approx(5 * 110)


def test_bm25_by_hand() -> None:
    """Two papers, the query's word twice in one of them: idf log(1 + 1.5 / 1.5), times the saturated count."""
    topic = msgspec.structs.replace(TOPIC, definition="quokka", in_scope=())
    first = msgspec.structs.replace(make_paper(1), title="quokka quokka", abstract="zebra")
    second = msgspec.structs.replace(make_paper(2), title="zebra", abstract="")
    pool = make_pool([first, second])
    none = pool.take([])
    scores = baselines.Bm25().score(topic, Votes(none, none, none), Candidates(pool.papers, pool.vectors, "2026-W13"))
    norm = 1.2 * (1 - 0.75 + 0.75 * 3 / 2)  # lengths 3 and 1, mean 2
    assert scores == pytest.approx([math.log(2) * 2 * 2.2 / (2 + norm), 0.0])


@pytest.mark.parametrize(("min_df", "max_df", "max_features"), [(1, 0.95, None), (2, 0.5, 15)])
def test_terms_equal_scikit_learn(
    min_df: int, max_df: float, max_features: int | None, week: Candidates, votes: Votes
) -> None:
    """After other texts of the week, the matrix still has scikit-learn's likeness of every two texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [paper.abstract + paper.title for pool in (week, votes.background) for paper in pool.papers]
    weigher = TermWeigher(ngram_range=(1, 2), min_df=min_df, max_df=max_df, max_features=max_features)
    weigher.fit_transform(texts[::-1], "2026-W13")
    found = weigher.fit_transform(texts[10:], "2026-W13")
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, min_df=min_df, max_df=max_df, max_features=max_features
    )
    wanted = vectorizer.fit_transform(texts[10:])
    assert found.shape == wanted.shape
    assert (found @ found.T).toarray() == pytest.approx((wanted @ wanted.T).toarray())


def test_terms_of_another_week_are_forgotten() -> None:
    """Memory is bound by a week."""
    weigher = TermWeigher()
    weigher.fit_transform(["alpha beta", "beta gamma"], "2026-W13")
    assert weigher.fit_transform(["delta epsilon"], "2026-W14").shape == (1, 2)
    assert list(weigher._seen) == ["delta epsilon"]
