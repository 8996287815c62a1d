"""The bench of many readers' taste in small: its lists are those of a loop, and it finds out where they are not."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.readers_product import ROWS, TOP, choose_best, count_differences, draw_readers, score_week
from benchmarks.readers_taste import main


def make_papers(count: int, seed: int = 1) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Unit rows."""
    rows = np.random.default_rng(seed).standard_normal((count, 24), np.float32)
    unit: np.ndarray[tuple[int, int], np.dtype[np.float32]] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def test_every_reader_gets_the_best_of_the_week() -> None:
    """Also in the last block, which is not full."""
    week, weights = make_papers(90), draw_readers(make_papers(50, seed=2), ROWS + 7, seed=3)
    best, done = score_week(weights, week)
    everyone = np.arange(len(weights))
    assert (best.shape, done.readers) == ((ROWS + 7, TOP), ROWS + 7)
    assert count_differences(weights, week, best, everyone) == 0


def test_a_wrong_list_is_counted() -> None:
    """One with a worse paper in it, and one that names a paper twice."""
    week, weights = make_papers(90), draw_readers(make_papers(50, seed=2), 5, seed=3)
    best, _ = score_week(weights, week)
    best[1, -1] = np.argmin(week @ weights[1])
    best[3, 1] = best[3, 0]
    assert count_differences(weights, week, best, np.arange(5)) == 2


def test_of_equal_scores_the_earlier_paper_comes_first() -> None:
    """So that a list does not depend on the block it was made in."""
    scores = np.repeat(np.array([3, 1, 2], np.float32), [5, 5, 15])[None]
    assert choose_best(scores)[0].tolist() == [*range(5), *range(10, 25)]


def test_real_papers_are_scored_for_all(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the word-counting embedder: three sizes, three forms of a taste for each topic, no list that differs."""
    sizes = ["--readers", "300", "--papers", "150", "--background", "120"]
    options = ["--data", str(shared_data), "--embedder", "hashing", "--votes", "5", "--json"]
    assert main([*sizes, *options]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [one["readers"] for one in report["passes"]] == [3, 30, 300]
    assert (report["papers"], report["checked"], report["differences"]) == (150, 300, 0)
    assert [fit["form"] for fit in report["fits"]] == ["today", "words", "directions"] * 2
    assert all(0 < fit["same_top"] <= 1 for fit in report["fits"])
