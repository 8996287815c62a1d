from random import Random

from hypothesis import given
from hypothesis import strategies as st

from triage.store.copying_rows import Fingerprint, Rows

_VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(), st.binary())
_ROWS = st.lists(st.tuples(_VALUES, _VALUES), max_size=8)


def take(*batches: Rows) -> tuple[int, str]:
    """Rows and digest of all batches."""
    fingerprint = Fingerprint()
    for batch in batches:
        fingerprint.add(batch)
    return fingerprint.rows, fingerprint.digest


@given(rows=_ROWS, cut=st.integers(0, 8), random=st.randoms(use_true_random=False))
def test_neither_order_nor_batches_matter(rows: list[tuple[object, ...]], cut: int, random: Random) -> None:
    """The same rows, shuffled and cut anywhere, are the same."""
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert take(rows) == take(shuffled[:cut], shuffled[cut:])


@given(rows=_ROWS, one=_VALUES, other=_VALUES)
def test_another_value_is_another_digest(rows: list[tuple[object, ...]], one: object, other: object) -> None:
    """Also where Python takes two for equal, such as 1, 1.0 and True, or 0.0 and -0.0."""
    same = repr(one) == repr(other)
    assert (take([*rows, (one,)]) == take([*rows, (other,)])) is same


def test_a_row_twice_is_not_the_row_once() -> None:
    """Doubled rows do not cancel out, and values do not move from one column to the next."""
    row = ("a", 1)
    assert len({take(), take([row]), take([row, row]), take([row, row, row]), take([("a1",)])}) == 5
