"""The map of a week: a picture with links, and the same as a list."""

import itertools
import re
import time

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from api.pages.drawings import Drawings
from api.pages.map_picture import LEAST_HEIGHT, MOST_HEIGHT, WIDTH, draw_picture
from triage.reading.week_map import MapPoint, Theme, WeekMap

MAP = "/map/2026-W20"
TOPIC = "generative-recommendation"
_SHARE = st.floats(0, 1, allow_nan=False)


def fetch(client: TestClient[Litestar], path: str) -> str:
    """The page, once the map is drawn."""
    for _ in range(600):
        answer = client.get(path)
        if answer.status_code != 202:
            assert answer.status_code == 200
            return answer.text
        time.sleep(0.1)
    pytest.fail("the map was not drawn in a minute")


@st.composite
def week_maps(draw: st.DrawFn) -> WeekMap:
    """Maps of up to thirty papers in up to six themes."""
    themes = draw(st.lists(st.builds(Theme, st.text("ab ,", max_size=60), _SHARE, _SHARE), min_size=1, max_size=6))
    places = draw(st.lists(st.tuples(_SHARE, _SHARE, st.booleans(), st.integers(0, len(themes) - 1)), max_size=30))
    points = tuple(
        MapPoint(f"2605.{number:05d}", f"T{number}", x, y, None, is_listed, theme)
        for number, (x, y, is_listed, theme) in enumerate(places)
    )
    return WeekMap("2026-W20", None, points, tuple(themes))


@given(week_maps())
@settings(max_examples=60, deadline=None)
def test_every_paper_lies_inside_once(week_map: WeekMap) -> None:
    """No point is lost or drawn off the picture, and listed papers come first in their theme."""
    picture = draw_picture(week_map)
    papers = [paper for theme in picture.themes for paper in theme.papers]
    assert sorted(paper.arxiv_id for paper in papers) == [point.arxiv_id for point in week_map.points]
    assert all(0 <= paper.x <= WIDTH and 0 <= paper.y <= picture.height for paper in papers)
    assert LEAST_HEIGHT <= picture.height <= MOST_HEIGHT
    for theme in picture.themes:
        assert theme.papers[: len(theme.listed)] == theme.listed


def test_labels_keep_apart() -> None:
    """Themes with the same middle have labels at different heights, inside the picture."""
    themes = tuple(Theme(f"a label {number}", 1.0, 0.5) for number in range(5))
    corners = (MapPoint("a", "A", 0.0, 0.0, None, False, 0), MapPoint("b", "B", 1.0, 1.0, None, True, 0))  # noqa: FBT003 - as the record has it
    drawn = draw_picture(WeekMap("2026-W20", None, corners, themes)).themes
    heights = sorted(theme.y for theme in drawn)
    assert all(later - earlier >= 22 for earlier, later in itertools.pairwise(heights))
    assert all(theme.x < WIDTH - 40 for theme in drawn)


def test_the_page_says_that_it_is_being_drawn(client: TestClient[Litestar]) -> None:
    """202 at once, with a header that makes the browser come back; later the map."""
    client.app.state.drawings.patience = 0.0
    answer = client.get(MAP)
    assert answer.status_code == 202
    assert answer.headers["refresh"] == "2"
    assert "being drawn" in answer.text
    client.app.state.drawings.patience = 1.0
    assert "Themes" in fetch(client, MAP)


def test_picture_and_list_hold_the_same_papers(client: TestClient[Litestar]) -> None:
    """Each paper is a titled point or, when listed, a link by another shape; the list links all of them."""
    page = html5lib.parse(fetch(client, f"{MAP}?topic={TOPIC}"), namespaceHTMLElements=False)
    svg = next(each for each in page.iter("{http://www.w3.org/2000/svg}svg") if each.get("role") == "group")
    points = {each.get("data-id") for each in svg.iter("{http://www.w3.org/2000/svg}circle") if each.get("data-id")}
    stars = {each.get("href", "").removeprefix("/papers/") for each in svg.iter("{http://www.w3.org/2000/svg}a")}
    titles = [each.text for each in svg.iter("{http://www.w3.org/2000/svg}title")]
    details = next(each for each in page.iter("details") if each.get("class") == "as-list")
    links = [each.get("href", "").removeprefix("/papers/") for each in details.iter("a")]
    assert len(stars) == 22
    assert points.isdisjoint(stars)
    assert sorted(links) == sorted(points | stars)
    assert len(titles) == len(links)
    assert all(titles)


def test_a_theme_can_be_seen_alone(client: TestClient[Litestar]) -> None:
    """The others fade in the picture and are left out of the list."""
    whole = fetch(client, MAP)
    alone = fetch(client, f"{MAP}?theme=1")
    assert ' off"' not in whole
    assert ' off"' in alone
    assert re.findall(r'<h2 id="theme-(\d+)"', alone) == ["1"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/map/2026-W02", 404),
        (f"{MAP}?topic=no-such-topic", 404),
        (f"{MAP}?theme=99", 404),
        (f"{MAP}?theme=100", 400),
        (f"{MAP}?theme=-1", 400),
        ("/map/week", 400),
    ],
)
def test_what_there_is_not_is_said(client: TestClient[Litestar], path: str, status: int) -> None:
    """A page with a sentence, and no map."""
    fetch(client, MAP)
    answer = client.get(path)
    assert answer.status_code == status
    assert '<p class="lede">' in answer.text


def test_a_map_that_cannot_be_begun_is_refused_with_a_time(client: TestClient[Litestar]) -> None:
    """The same to people and programs: 503 and when to come back, and not that the database failed."""
    client.app.state.drawings._drawer._most_waiting = -1
    page, answer = client.get(MAP), client.get(f"/api/v1{MAP}")
    assert (page.status_code, page.headers["retry-after"]) == (503, "20")
    assert "ask again in 20 seconds" in page.text
    assert "database" not in page.text
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "20")
    assert (answer.json()["code"], answer.headers["content-type"]) == ("busy", "application/problem+json")


def test_a_program_is_told_when_to_come_back(client: TestClient[Litestar]) -> None:
    """503 while the map is being drawn for longer than it may wait."""
    client.app.state.drawings.patience = 0.0
    answer = client.get(f"/api/v1{MAP}")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["code"]) == (503, "5", "busy")


def test_pages_and_programs_get_one_drawing(client: TestClient[Litestar]) -> None:
    """What a program waited for, a page has at once; a list that changes is seen at once too."""
    client.app.state.drawings.patience = 6.0  # ten times that for programs
    drawn = client.get(f"/api/v1{MAP}").json()
    client.app.state.drawings.drop()
    client.app.state.drawings._drawer._most_waiting = -1  # which can draw no more
    assert f"{len(drawn['points'])} papers" in client.get(MAP).text


async def test_a_map_is_made_once_until_something_changes() -> None:
    """The picture too, one for each theme."""
    drawings = Drawings()
    week_map = WeekMap("2026-W20", None, (), (Theme("a", 0.5, 0.5), Theme("b", 0.5, 0.5)))
    one, again, other = [await drawings.draw_picture(week_map, theme) for theme in (0, 0, 1)]
    assert one is again
    assert [theme.is_shown for theme in other.themes] == [True, False]
    drawings.drop()
    assert await drawings.draw_picture(week_map, 0) is not one
