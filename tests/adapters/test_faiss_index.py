import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from triage.adapters.faiss_index import FaissIndex


def make_units(count: int, seed: int = 7) -> NDArray[np.float32]:
    """Random unit rows of 8 numbers."""
    rows = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_an_empty_index_finds_nothing() -> None:
    """Also after nothing was added to it."""
    index = FaissIndex()
    index.add([], np.empty((0, 8), np.float32))
    assert len(index) == 0
    assert index.search(make_units(1)[0], 5) == []


@given(count=st.integers(1, 60), wanted=st.integers(0, 70), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_it_finds_what_comparing_with_all_would(count: int, wanted: int, seed: int) -> None:
    """Exact, nearest first, all of them where more are asked for."""
    vectors, asked = make_units(count, seed), make_units(1, seed + 1)[0]
    keys = [1_000_000_000_000 + 3 * number for number in range(count)]
    index = FaissIndex()
    index.add(keys[: count // 2], vectors[: count // 2])
    index.add(keys[count // 2 :], vectors[count // 2 :])
    found = index.search(asked, wanted)
    cosines = vectors @ asked
    assert [each.key for each in found] == [keys[row] for row in np.argsort(-cosines)[:wanted]]
    assert [each.cosine for each in found] == pytest.approx(sorted(cosines.tolist(), reverse=True)[:wanted], abs=1e-5)


def test_equals_come_by_key() -> None:
    """Whatever the order they were added in."""
    vector = make_units(1)
    index = FaissIndex()
    index.add([5, 9, 2], np.repeat(vector, 3, axis=0))
    assert [each.key for each in index.search(vector[0], 3)] == [2, 5, 9]


def test_a_key_keeps_its_newest_vector() -> None:
    """Added again, also twice in one call, it is still one."""
    first, second, third = make_units(3)
    index = FaissIndex(threads=2)
    index.add([1, 2], np.stack([first, second]))
    index.add([1, 1], np.stack([second, third]))
    assert len(index) == 2
    assert [(each.key, round(each.cosine, 5)) for each in index.search(third, 1)] == [(1, 1.0)]
