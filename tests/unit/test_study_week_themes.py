"""The map of the made-up week as a notebook shows it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.study_case import open_sample

from triage.study.map_pictures import draw_map, draw_theme
from triage.study.opening import Study
from triage.study.week_themes import (
    MappedWeek,
    find_fullest,
    list_moves,
    list_theme,
    list_themes,
    map_week,
    tell_spread,
)

_AE = "agent-evaluation"


@pytest.fixture
async def study(listed_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Study]:
    """The made-up week with both lists."""
    async with open_sample(listed_sample, tmp_path, monkeypatch) as opened:
        yield opened


@pytest.fixture
async def mapped(study: Study) -> MappedWeek:
    """Its map, the second topic's list first."""
    return await map_week(study, study.choose_topic(_AE))


async def test_every_paper_stands_in_one_theme(mapped: MappedWeek) -> None:
    """Sizes add up to the week, and every place of both lists is counted once."""
    assert [each.topic.name for each in mapped.lists] == [_AE, "generative-recommendation"]
    table = list_themes(mapped)
    assert sum(int(str(row[2])) for row in table.rows) == mapped.sizes.total() == 85
    assert [sum(int(str(row[column])) for row in table.rows) for column in (4, 5)] == [20, 20]


async def test_the_theme_to_look_at_holds_most_of_the_first_list(mapped: MappedWeek) -> None:
    """No other theme has more of its places; the sentence about it names the same number."""
    rows = list_themes(mapped).rows
    number = find_fullest(mapped)
    places = [int(str(row[4])) for row in rows]
    assert places[number - 1] == max(places)
    assert f"Agent evaluation: {max(places)} of 20 places lie in theme {mapped.name_theme(number)}" in str(
        tell_spread(mapped)
    )


async def test_a_theme_is_listed_with_its_places_first(mapped: MappedWeek) -> None:
    """Listed papers by place, then the others by score."""
    number = find_fullest(mapped)
    rows = list_theme(mapped, number).rows
    places = [int(str(row[0])) for row in rows if row[0]]
    assert places == sorted(places)
    assert [bool(row[0]) for row in rows] == sorted((bool(row[0]) for row in rows), reverse=True)
    scores = [float(str(row[1])) for row in rows if not row[0]]
    assert scores == sorted(scores, reverse=True)


async def test_the_pictures_say_what_they_show(mapped: MappedWeek) -> None:
    """Every theme with its size, and both lists; near by, the places of one theme; both have labelled axes."""
    whole, near = draw_map(mapped), draw_theme(mapped, 1)
    assert "20 of Agent evaluation, 20 of Generative recommendation" in whole.alt
    for number in range(1, len(mapped.week_map.themes) + 1):
        assert f"{mapped.name_theme(number)} ({mapped.sizes[number - 1]})" in whole.alt
    assert f"The {mapped.sizes[0]} papers of theme {mapped.name_theme(1)}" in near.alt
    for picture in (whole, near):
        assert picture.figure.axes[0].get_xlabel()
        assert picture.figure.axes[0].get_ylabel()


async def test_what_moved_says_what_it_is_compared_with(study: Study, mapped: MappedWeek) -> None:
    """Without the week before in the store there is no column of it, and the caption says why."""
    table = await list_moves(study, mapped.lists[1])
    assert table.columns == ("Said", "This week", "Places that say it")
    assert "so nothing is compared" in table.caption
    assert all(1 <= int(place) <= 20 for row in table.rows for place in str(row[2]).split(", "))
