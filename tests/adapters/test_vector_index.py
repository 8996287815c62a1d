from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from fakes.vector_case import MARK, find, find_all, keep, make_units
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from triage.adapters.vector_index.building import count_lists
from triage.adapters.vector_index.exact import ExactIndex
from triage.adapters.vector_index.folder import IndexFolder, name_folder
from triage.errors import StoreError
from triage.ports import Index

STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "save"]), st.integers(1, 40), st.integers(0, 1_000)), max_size=8
)
FORMS = pytest.mark.parametrize("is_kept", [False, True])


def start(root: Path, held: dict[int, NDArray[np.float32]], *, is_kept: bool) -> Index:
    """An index of some vectors: in memory, or coded and loaded from files."""
    if not is_kept:
        index = ExactIndex()
        index.add(list(held), np.stack(list(held.values())))
        return index
    loaded = keep(root, held).load()
    assert loaded is not None
    return loaded[0]


def hold(count: int, seed: int = 7) -> dict[int, NDArray[np.float32]]:
    """Vectors by keys that are no row numbers."""
    return {1_000_000_000_000 + 3 * number: vector for number, vector in enumerate(make_units(count, seed))}


@FORMS
@given(count=st.integers(1, 90), steps=STEPS, wanted=st.integers(0, 120))
@settings(max_examples=25, deadline=None)
def test_it_finds_what_comparing_with_all_would(
    count: int, steps: list[tuple[str, int, int]], wanted: int, *, is_kept: bool
) -> None:
    """After any additions, changes, removals, savings and loadings; nearest first, all where more are asked for."""
    held = hold(count)
    with TemporaryDirectory() as root:
        index = start(Path(root), held, is_kept=is_kept)
        for step, number, seed in steps:
            keys = np.random.default_rng(seed).choice(list(hold(120)), number, replace=False).tolist()
            if step == "add":
                vectors = make_units(number, seed)
                index.add(keys, vectors)
                held |= dict(zip(keys, vectors, strict=True))
            elif step == "remove":
                index.remove(keys)
                held = {key: vector for key, vector in held.items() if key not in keys}
            elif held:
                index = start(Path(root), held, is_kept=is_kept)
        asked = make_units(1, 99)[0]
        assert len(index) == len(held)
        found = index.search(asked, wanted)
        assert [each.key for each in found] == find_all(held, asked, wanted)
        assert [each.cosine for each in found] == pytest.approx([held[each.key] @ asked for each in found], abs=1e-5)


def test_an_empty_index_finds_nothing() -> None:
    """Also after nothing was added to it, or removed."""
    index = ExactIndex()
    index.add([], np.empty((0, 8), np.float32))
    index.remove([1])
    assert len(index) == 0
    assert index.search(make_units(1)[0], 5) == []


@FORMS
def test_equals_come_by_key(tmp_path: Path, *, is_kept: bool) -> None:
    """Whatever the order they were added in, and whether they are in the files or new."""
    vector = make_units(1)
    index = start(tmp_path, {5: vector[0], 9: vector[0], 2: vector[0]}, is_kept=is_kept)
    index.add([7, 1], np.repeat(vector, 2, axis=0))
    assert find(index, vector[0], 5) == [1, 2, 5, 7, 9]


@FORMS
def test_a_key_keeps_its_newest_vector(tmp_path: Path, *, is_kept: bool) -> None:
    """Added again, also twice in one call, it is still one."""
    first, second, third = make_units(3)
    index = start(tmp_path, {1: first, 2: second}, is_kept=is_kept)
    index.add([1, 1], np.stack([second, third]))
    assert len(index) == 2
    assert [(each.key, round(each.cosine, 5)) for each in index.search(third, 1)] == [(1, 1.0)]
    index.remove([1, 77])
    index.add([1], first[np.newaxis])
    assert [(each.key, round(each.cosine, 5)) for each in index.search(first, 1)] == [(1, 1.0)]


def test_of_a_key_that_comes_twice_while_building_the_last_vector_counts(tmp_path: Path) -> None:
    """As where a text changes while the database is read."""
    first, second, third = make_units(3)
    folder = IndexFolder(tmp_path, "made/8")
    with folder.build() as build:
        assert build is not None
        build.add([1, 2], np.stack([first, second]))
        build.add([1], third[np.newaxis])
        build.finish(MARK)
    loaded = folder.load()
    assert loaded is not None
    assert len(loaded[0]) == 2
    assert [round(each.cosine, 5) for each in loaded[0].search(third, 1)] == [1.0]


def test_what_an_index_has_already_makes_it_no_larger(tmp_path: Path) -> None:
    """The same vectors again are no news; many new, or many gone, call for another one."""
    held = hold(300)
    index = start(tmp_path, held, is_kept=True)
    index.add(list(held), np.stack(list(held.values())))
    assert not index.is_overgrown
    index.add(list(range(60)), make_units(60, 3))
    assert index.is_overgrown
    index = start(tmp_path, held, is_kept=True)
    index.remove(list(held)[:60])
    assert index.is_overgrown


def test_in_memory_it_is_overgrown_above_its_limit() -> None:
    """The folder says which limit."""
    index = IndexFolder(Path("nowhere"), "made/8", most_exact=3).make()
    index.add([1, 2, 3], make_units(3))
    assert not index.is_overgrown
    index.add([4], make_units(1))
    assert index.is_overgrown


@FORMS
def test_an_index_of_which_all_is_gone_finds_what_is_new(tmp_path: Path, *, is_kept: bool) -> None:
    """Nothing at first."""
    held = hold(60)
    index = start(tmp_path, held, is_kept=is_kept)
    index.remove(list(held))
    assert len(index) == 0
    assert find(index, make_units(1)[0], 5) == []
    index.add([7], make_units(1))
    assert find(index, make_units(1)[0], 5) == [7]


@FORMS
@pytest.mark.parametrize("bad", ["nan", "zero", "short", "flat"])
def test_vectors_of_no_use_are_refused(tmp_path: Path, bad: str, *, is_kept: bool) -> None:
    """FAISS would take a NaN row and never find it; nothing of the batch is taken."""
    index = start(tmp_path, hold(60), is_kept=is_kept)
    rows = make_units(2)
    if bad in {"nan", "zero"}:
        rows[1] = np.nan if bad == "nan" else 0
    rows = {"short": rows[:, :7], "flat": rows[0]}.get(bad, rows)
    with pytest.raises(StoreError, match="ndex"):
        index.add([1, 2], rows)
    assert len(index) == 60
    with pytest.raises(StoreError, match="An index of vectors of 8 numbers"):
        index.search(make_units(1)[0][:7], 3)
    with pytest.raises(StoreError, match="not finite"):
        index.search(np.full(8, np.nan, np.float32), 3)


@pytest.mark.parametrize(("count", "lists"), [(1, 1), (300, 7), (100_000, 256), (1_000_000, 1024), (3_000_000, 2048)])
def test_the_lists_grow_with_the_root_of_the_vectors(count: int, lists: int) -> None:
    """Few enough to be learned, and for a search to look through some of them."""
    assert count_lists(count) == lists


def test_every_embedder_has_a_folder_of_its_own() -> None:
    """Its name is one that any file system takes."""
    names = [name_folder(name) for name in ("a/b", "a_b", "../x", "A/B", "ü" * 300, "")]
    assert len({name.lower() for name in names}) == len(names)
    assert all(name.isascii() and len(name) < 80 and not name.startswith((".", "_")) for name in names)
