import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.adapters.hashing import HashingEmbedder

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(max_examples=50)
@given(st.lists(_TEXT, max_size=4))
def test_rows_are_unit_vectors(texts: list[str]) -> None:
    """Any text, the empty one included, yields a finite unit row."""
    vectors = HashingEmbedder().embed(texts)
    assert vectors.shape == (len(texts), 64)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_vectors_are_the_same_everywhere() -> None:
    """Words fall into fixed buckets, whatever the process's hash seed."""
    assert np.flatnonzero(HashingEmbedder().embed(["semantic IDs for semantic search"])).tolist() == [10, 24, 25, 61]


def test_texts_that_share_words_are_close() -> None:
    """Case, order and punctuation do not count; shared words do."""
    same, shuffled, other = HashingEmbedder().embed(
        ["Agents use tools.", "tools agents, use", "protein folding energy"]
    )
    assert same @ shuffled > 0.999
    assert same @ other < 0.5
