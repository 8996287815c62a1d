"""Vectors as points in the plane, and themes among them named by words. Deterministic: the same input, the same map."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

DRAWING = "drawing-1"
"""Names the method; raise it when that changes, so that kept maps are drawn anew."""

_COMPONENTS = 50  # what the authors of t-SNE reduce to first (van der Maaten and Hinton, JMLR 2008)
_FEWEST_FOR_TSNE = 30
_PERPLEXITY = 30.0
_STEPS = 500  # half of what scikit-learn takes: from principal components on, nothing moves far after that
_MOST_THEMES = 12
_WORDS_PER_THEME = 3
_WORD = r"(?u)\b[^\W\d_][\w-]+[^\W_]\b"
_SEED = 0


def reduce_vectors(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(n, d)` unit rows to their principal components, `(n, c)` with c of 2 to 50, the strongest first."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, strength, _ = np.linalg.svd(centred, full_matrices=False)
    components = (left * strength)[:, :_COMPONENTS]
    missing = max(0, 2 - components.shape[1])
    return np.pad(components, ((0, 0), (0, missing))).round(6).astype(np.float32)  # equal vectors stay equal


def place_points(components: NDArray[np.float32]) -> NDArray[np.float64]:
    """`(n, c)` to `(n, 2)` in 0..1, the longer side filled: t-SNE, or the two strongest components of few points."""
    if _count_distinct(components) < _FEWEST_FOR_TSNE:
        return _scale(components[:, :2].astype(np.float64))
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (len(components) - 1) / 3)
    tsne = TSNE(init="pca", perplexity=perplexity, max_iter=_STEPS, random_state=_SEED)
    return _scale(np.asarray(tsne.fit_transform(components), np.float64))


def group_themes(components: NDArray[np.float32]) -> NDArray[np.int64]:
    """Each row's theme, `(n,)`, the largest being 0: k-means into a third of the root of n, at most 12."""
    from sklearn.cluster import KMeans

    wanted = min(_MOST_THEMES, round(math.sqrt(len(components)) / 3))
    count = min(max(1, wanted), _count_distinct(components))
    labels = KMeans(count, n_init=4, random_state=_SEED).fit_predict(components)
    by_size = np.argsort(-np.bincount(labels, minlength=count), kind="stable")
    return np.asarray(np.argsort(by_size)[labels], np.int64)


def name_themes(titles: Sequence[str], themes: NDArray[np.int64]) -> tuple[str, ...]:
    """The most telling words and pairs of words of each theme's titles; empty for a theme without words.

    A word tells as much as it adds to the divergence of the theme from the week (Tomokiyo and Hurst 2003, "A language
    model approach to keyphrase extraction"); pairs that come again count twice, since they say more.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(stop_words="english", token_pattern=_WORD, ngram_range=(1, 2), binary=True)
    try:
        counts = vectorizer.fit_transform(titles).tocsr()
    except ValueError:  # scikit-learn, of titles that hold no word
        return ("",) * len(_list(themes))
    words = vectorizer.get_feature_names_out()
    is_pair = np.array([" " in word for word in words])
    overall = np.asarray(counts.mean(axis=0)).ravel()
    labels = []
    for theme in _list(themes):
        found = np.asarray(counts[themes == theme].sum(axis=0)).ravel()
        share = found / np.count_nonzero(themes == theme)
        weight = share * np.log(np.where(share > 0, share, 1) / overall) if len(_list(themes)) > 1 else share
        weight *= np.where(is_pair, 2 * (found > 1), 1)
        labels.append(", ".join(_choose_words(words, weight)))
    return tuple(labels)


def place_themes(points: NDArray[np.float64], themes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The median point of each theme, `(k, 2)`."""
    return np.stack([np.median(points[themes == theme], axis=0) for theme in _list(themes)])


def _count_distinct(components: NDArray[np.float32]) -> int:
    return len(np.unique(components, axis=0))


def _scale(points: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = points.min(axis=0), points.max(axis=0)
    longer = float((high - low).max())
    return np.asarray((points - (low + high) / 2) / (longer or 1.0) + 0.5, np.float64)


def _choose_words(words: NDArray[np.str_], weight: NDArray[np.float64]) -> list[str]:
    """The heaviest that share no word, singular and plural being one."""
    chosen: list[str] = []
    used: set[str] = set()
    for place in np.argsort(-weight, kind="stable"):
        if weight[place] <= 0 or len(chosen) == _WORDS_PER_THEME:
            break
        parts = {part.rstrip("s") for part in str(words[place]).split()}
        if not parts & used:
            chosen.append(str(words[place]))
            used |= parts
    return chosen


def _list(themes: NDArray[np.int64]) -> range:
    return range(int(themes.max()) + 1)
