"""arxiv-sanity-lite's way of answering, for `benchmarks/api_load.py`: a linear SVM refitted at each request.

As https://github.com/karpathy/arxiv-sanity-lite does in `serve.py` (`svm_rank`): features are tf-idf over words and
pairs of words of title, authors and abstract (`compute.py`: 20,000 of them at most), positives are the tagged papers,
all others negative, `LinearSVC(class_weight="balanced", C=0.01, max_iter=10000, tol=1e-6)`, and every paper is ranked.
"""

import json
import os
import sqlite3
from contextlib import closing

import numpy as np
from litestar import Litestar, get
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

_PLACES = 20


def build() -> Litestar:
    """The application over the store that TRIAGE_LOAD_STORE names; votes of the first topic are its tags."""
    with closing(sqlite3.connect(os.environ["TRIAGE_LOAD_STORE"])) as store:
        rows = store.execute("SELECT arxiv_id, title, authors, abstract FROM papers ORDER BY arxiv_id").fetchall()
        liked = {each for (each,) in store.execute("SELECT DISTINCT arxiv_id FROM votes WHERE value > 0")}
    ids = [row[0] for row in rows]
    words = TfidfVectorizer(
        strip_accents="unicode",
        stop_words="english",
        ngram_range=(1, 2),
        max_features=20_000,
        sublinear_tf=True,
        min_df=min(5, len(rows)),
        max_df=0.1,
    )
    features = words.fit_transform(
        f"{title} {' '.join(json.loads(authors))} {text}" for _, title, authors, text in rows
    )
    wanted = np.array([each in liked for each in ids], dtype=np.float64)
    if not wanted.any():
        wanted[:_PLACES] = 1.0

    @get("/", sync_to_thread=False)
    def rank() -> list[tuple[str, float]]:
        """Fit, rank all, answer the first."""
        machine = LinearSVC(class_weight="balanced", verbose=False, max_iter=10_000, tol=1e-6, C=0.01)
        machine.fit(features, wanted)
        scores = machine.decision_function(features)
        return [(ids[place], float(scores[place])) for place in np.argsort(-scores)[:_PLACES]]

    return Litestar([rank], openapi_config=None)
