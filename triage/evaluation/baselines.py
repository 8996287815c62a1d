"""The rankers people use today, rebuilt to the letter, to be run on the same papers as ours.

Settings are those of the projects' own code; where a project leaves the random state open, it is fixed here. A
"vote" is what each of them calls a tag, a library item, a label or a rating.
"""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from triage.core.paper import Paper
from triage.core.rubric import Topic
from triage.core.week import parse_week
from triage.evaluation.records import Candidates, Pool, Ranker, Votes, VoteUse
from triage.evaluation.terms import TermWeigher

_BM25_K1, _BM25_B = 1.2, 0.75
_ELAS_U4_RATIO = 9.8
_SCHOLAR_INBOX_DIMENSIONS = 256
_SCHOLAR_INBOX_V = 0.9


def all_baselines(embedder: str, seed: int = 0) -> tuple[Ranker, ...]:
    """Every baseline; `embedder` names the model of the vectors that replace the projects' own."""
    return (
        ArxivSanityLite(),
        AsreviewElasU4(),
        ScholarInbox(embedder),
        ScholarInboxTfidf(),
        ZoteroArxivDaily(embedder),
        Bm25(),
        RandomOrder(seed),
    )


class Bm25:
    """BM25 (k1 1.2, b 0.75, Lucene's idf) of title and abstract; the query is the topic's definition and scope.

    Words of two or more characters, lower-cased, English stop words dropped; statistics of the week's papers.
    """

    name = "BM25"
    uses_votes: VoteUse = "ignored"
    gives_probability = False

    def score(self, topic: Topic, _votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """Sum over the query's words, repeated words counted again."""
        from sklearn.feature_extraction.text import CountVectorizer

        vectorizer = CountVectorizer(stop_words="english", dtype=np.float64)
        counts = vectorizer.fit_transform(_texts(candidates.papers))
        query = vectorizer.transform([" ".join((topic.definition, *topic.in_scope))]).toarray()[0]
        length = np.asarray(counts.sum(axis=1)).ravel()
        holders = np.diff(counts.tocsc().indptr)
        idf = np.log1p((len(candidates) - holders + 0.5) / (holders + 0.5))
        norm = _BM25_K1 * (1 - _BM25_B + _BM25_B * length / length.mean())
        counts.data *= (_BM25_K1 + 1) / (counts.data + np.repeat(norm, np.diff(counts.indptr)))
        return np.asarray(counts @ (idf * query), dtype=np.float64)


class ArxivSanityLite:
    """karpathy/arxiv-sanity-lite: linear SVM on TF-IDF per tag, transductive.

    The tag's papers are positive and every other paper, the candidates included, is negative. Its text holds the
    author names, which our own ranker never sees.
    """

    name = "arxiv-sanity-lite SVM"
    uses_votes: VoteUse = "required"
    gives_probability = False

    def __init__(self) -> None:
        self._terms = _arxiv_sanity_terms(max_features=20_000)

    def score(self, _topic: Topic, votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """100 times the decision value."""
        from sklearn.svm import LinearSVC

        others = (votes.negatives, votes.background, candidates)
        papers = [*votes.positives.papers, *chain.from_iterable(pool.papers for pool in others)]
        texts = [f"{paper.title} {paper.abstract} {' '.join(paper.authors)}" for paper in papers]
        features = self._terms.fit_transform(texts, candidates.week).astype(np.float32)
        tagged = np.arange(len(papers)) < len(votes.positives)
        model = LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01, random_state=0)
        decision = model.fit(features, tagged).decision_function(features[-len(candidates) :])
        return 100.0 * np.asarray(decision, dtype=np.float64)


class AsreviewElasU4:
    """ASReview 3's default model, ELAS u4: linear SVM on TF-IDF with "balanced" weights, positives 9.8 times.

    The labelled records are the votes and the background (as not relevant); the candidates are the pool to rank.
    """

    name = "ASReview ELAS u4"
    uses_votes: VoteUse = "required"
    gives_probability = False

    def __init__(self) -> None:
        self._terms = TermWeigher(ngram_range=(1, 2), min_df=1, max_df=0.95)

    def score(self, _topic: Topic, votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """The decision value."""
        from sklearn.svm import LinearSVC

        papers, relevant = _training(votes)
        features = self._terms.fit_transform(_texts((*papers, *candidates.papers)), candidates.week)
        model = LinearSVC(loss="squared_hinge", C=0.11, random_state=0)
        model.fit(features[: len(papers)], relevant, sample_weight=elas_weights(relevant))
        return np.asarray(model.decision_function(features[len(papers) :]), dtype=np.float64)


class ZoteroArxivDaily:
    """TideDra/zotero-arxiv-daily: likeness to the whole library, newer items weigh more; no negatives.

    Upstream embeds the abstract alone with its own model and sorts by the day an item was added; here the vectors
    are ours (title and abstract) and the day is the paper's publication.
    """

    uses_votes: VoteUse = "required"
    gives_probability = False

    def __init__(self, embedder: str) -> None:
        self.name = f"zotero-arxiv-daily ({embedder})"

    def score(self, _topic: Topic, votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """10 times the weighted mean of the cosines, from -10 to 10."""
        newest_first = sorted(range(len(votes.positives)), key=lambda row: _age_key(votes.positives.papers[row]))
        library = votes.positives.vectors[newest_first[::-1]].astype(np.float64)
        return 10.0 * (candidates.vectors.astype(np.float64) @ (recency_weights(len(library)) @ library))


class ScholarInbox:
    """Scholar Inbox's learned ranker: weighted logistic regression on sentence embeddings, PCA to 256.

    Its vectors come from gte-large-en-v1.5 and its 5,000 random negatives from a cache; here both are ours.
    """

    uses_votes: VoteUse = "required"
    gives_probability = False

    def __init__(self, embedder: str) -> None:
        self.name = f"Scholar Inbox LR ({embedder})"

    def score(self, _topic: Topic, votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """The decision value of the regression."""
        from sklearn.decomposition import PCA
        from sklearn.preprocessing import normalize

        cache = votes.background.vectors
        pca = PCA(n_components=min(_SCHOLAR_INBOX_DIMENSIONS, *cache.shape), svd_solver="covariance_eigh").fit(cache)
        training = np.vstack([pool.vectors for pool in _pools(votes)])
        return _fit_scholar_inbox(
            normalize(pca.transform(training)), normalize(pca.transform(candidates.vectors)), votes, c=0.1, scale=5.0
        )


class ScholarInboxTfidf:
    """Scholar Inbox's learned ranker on TF-IDF (arxiv-sanity's words, 10,000 features) instead of embeddings."""

    name = "Scholar Inbox LR (TF-IDF)"
    uses_votes: VoteUse = "required"
    gives_probability = False

    def __init__(self) -> None:
        self._terms = _arxiv_sanity_terms(max_features=10_000)

    def score(self, _topic: Topic, votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """The decision value of the regression."""
        papers, _ = _training(votes)
        features = self._terms.fit_transform(_texts((*papers, *candidates.papers)), candidates.week)
        return _fit_scholar_inbox(features[: len(papers)], features[len(papers) :], votes, c=0.4, scale=1.0)


class RandomOrder:
    """The floor: a seeded shuffle of each week."""

    name = "random order"
    uses_votes: VoteUse = "ignored"
    gives_probability = False

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def score(self, _topic: Topic, _votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """Uniform in [0, 1); another shuffle for each week."""
        week = parse_week(candidates.week)
        return np.random.default_rng((self._seed, week.year, week.number)).random(len(candidates))


def recency_weights(count: int) -> NDArray[np.float64]:
    """zotero-arxiv-daily's weights of the library, newest first: 1 / (1 + log10(i + 1)), normalised to sum 1."""
    weights: NDArray[np.float64] = 1.0 / (1.0 + np.log10(np.arange(count) + 1.0))
    return np.asarray(weights / weights.sum())


def elas_weights(relevant: NDArray[np.bool_]) -> NDArray[np.float64]:
    """ASReview's `Balanced(ratio=9.8)` per record: positives 1, negatives n1 / (9.8 n0), scaled to sum n."""
    positives = int(relevant.sum())
    weights = np.where(relevant, 1.0, positives / (_ELAS_U4_RATIO * (relevant.size - positives)))
    return np.asarray(weights * (relevant.size / weights.sum()))


def scholar_inbox_weights(positives: int, negatives: int, cache: int, scale: float) -> tuple[float, float, float]:
    """Weight of a positive, of an explicit negative and of a random one (V 0.9, S `scale`, N all of them)."""
    total, v = positives + negatives + cache, _SCHOLAR_INBOX_V
    share = scale * total / (v * negatives + (1 - v) * cache)
    return total / positives, v * share, (1 - v) * share


def _fit_scholar_inbox(
    training: NDArray[np.floating], candidates: NDArray[np.floating], votes: Votes, *, c: float, scale: float
) -> NDArray[np.float64]:
    """Decision values; rows of `training` (dense or sparse): positives, negatives, background."""
    from sklearn.linear_model import LogisticRegression

    sizes = (len(votes.positives), len(votes.negatives), len(votes.background))
    weights = np.repeat(scholar_inbox_weights(*sizes, scale), sizes)
    model = LogisticRegression(solver="lbfgs", max_iter=10_000, C=c, random_state=42)
    model.fit(training, np.arange(sum(sizes)) < sizes[0], sample_weight=weights)
    return np.asarray(model.decision_function(candidates), dtype=np.float64)


def _arxiv_sanity_terms(max_features: int) -> TermWeigher:
    """arxiv-sanity-lite's TF-IDF, to be fitted on all the texts."""
    return TermWeigher(
        strip_accents="unicode",
        stop_words="english",
        token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",  # noqa: S106 - words, not a password
        ngram_range=(1, 2),
        max_features=max_features,
        max_df=0.1,
        min_df=5,
    )


def _pools(votes: Votes) -> tuple[Pool, Pool, Pool]:
    return votes.positives, votes.negatives, votes.background


def _training(votes: Votes) -> tuple[list[Paper], NDArray[np.bool_]]:
    """Positives first, then explicit negatives, then the background; true where relevant."""
    papers = list(chain.from_iterable(pool.papers for pool in _pools(votes)))
    return papers, np.arange(len(papers)) < len(votes.positives)


def _texts(papers: Sequence[Paper]) -> list[str]:
    return [f"{paper.title} {paper.abstract}" for paper in papers]


def _age_key(paper: Paper) -> tuple[str, str]:
    """Sorts oldest first; ids break ties and stand in for a missing date's order."""
    return (paper.published.isoformat() if paper.published else "", paper.arxiv_id)
