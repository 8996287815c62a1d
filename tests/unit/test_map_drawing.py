import numpy as np
import pytest
from numpy.typing import NDArray

from triage.core.map_drawing import group_themes, name_themes, place_points, place_themes, reduce_vectors


def make_groups(count: int, groups: int, dimension: int = 16) -> NDArray[np.float32]:
    """Unit rows about as many directions, in turn."""
    noise = np.random.default_rng(3).normal(scale=0.05, size=(count, dimension))
    rows = np.eye(groups, dimension)[np.arange(count) % groups] + noise
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("count", [1, 2, 3, 29, 31, 90])
def test_any_number_of_papers_fits_the_map(count: int) -> None:
    """Every point lies in 0..1, and the same vectors give the same map."""
    components = reduce_vectors(make_groups(count, 3))
    points = place_points(components)
    assert points.shape == (count, 2)
    assert points.min() >= 0
    assert points.max() <= 1
    assert np.array_equal(points, place_points(reduce_vectors(make_groups(count, 3))))


@pytest.mark.parametrize("count", [12, 60])
def test_what_is_alike_stands_together(count: int) -> None:
    """The nearest point of each is of its own group, with few papers and with many."""
    points = place_points(reduce_vectors(make_groups(count, 3)))
    distances = np.linalg.norm(points[:, np.newaxis] - points, axis=2) + 9 * np.eye(count)
    assert np.array_equal(distances.argmin(axis=1) % 3, np.arange(count) % 3)


def test_papers_that_are_all_the_same_share_one_point() -> None:
    """The middle, and one theme."""
    components = reduce_vectors(np.repeat(make_groups(1, 1), 100, axis=0))
    assert np.array_equal(place_points(components), np.full((100, 2), 0.5))
    assert np.array_equal(group_themes(components), np.zeros(100))


def test_themes_are_the_groups_largest_first() -> None:
    """Each group is a theme; numbers go by size."""
    vectors = np.concatenate([make_groups(81, 3), make_groups(1, 1).repeat(10, axis=0)])
    themes = group_themes(reduce_vectors(vectors))
    assert np.array_equal(np.unique(themes), np.arange(3))
    assert np.array_equal(np.bincount(themes), [37, 27, 27])


def test_themes_are_named_by_what_sets_them_apart() -> None:
    """Not by what every title says, no word twice, singular and plural being one."""
    titles = [
        "Semantic IDs for users",
        "Semantic ID drift for users",
        "Web agents for users",
        "Web agent traps for users",
    ]
    labels = name_themes(titles, np.array([0, 0, 1, 1]))
    assert labels[0].startswith("semantic")
    assert labels[1].startswith("web")
    assert all("user" not in label for label in labels)
    assert sum("agent" in word for word in labels[1].split(", ")) == 1


def test_a_single_theme_is_named_by_its_most_frequent_words() -> None:
    """There is nothing to set it apart from."""
    assert name_themes(["Bandits", "Bandits and regret"], np.array([0, 0])) == ("bandits, regret",)


def test_titles_without_words_leave_a_theme_unnamed() -> None:
    """Formulas and stop words are no names."""
    assert name_themes(["$x$", "of the"], np.array([0, 0])) == ("",)


def test_a_theme_stands_at_its_median_point() -> None:
    """One far paper does not pull it away."""
    points = np.array([[0.1, 0.1], [0.2, 0.1], [0.9, 0.9], [0.5, 0.5]])
    assert np.array_equal(place_themes(points, np.array([0, 0, 0, 1])), [[0.2, 0.1], [0.5, 0.5]])
