"""The map of a week: what its papers are about, where the shortlists lie in it, what moved since the week before."""

from collections import Counter

import msgspec

from triage.core.latex import read_latex
from triage.core.rubric import Topic
from triage.digest.overview import find_overview
from triage.pipeline.embed import embed_papers
from triage.reading.drawer import Drawer
from triage.reading.week_map import MapPoint, WeekMap, draw_week
from triage.store.shortlists import Entry, Shortlist
from triage.study.opening import Study
from triage.study.tables import Note, Table, link_paper

_MOST_ROWS = 15
_MORE = 5  # that just missed the list


class MappedList(msgspec.Struct, frozen=True):
    """A topic, its shortlist, and the places by arXiv id."""

    topic: Topic
    shortlist: Shortlist
    places: dict[str, Entry]


class MappedWeek(msgspec.Struct, frozen=True):
    """The map with every topic's list; the points' scores are for the first of `lists`."""

    week_map: WeekMap
    lists: tuple[MappedList, ...]

    @property
    def sizes(self) -> Counter[int]:
        """Papers by theme."""
        return Counter(point.theme for point in self.week_map.points)

    def select_theme(self, number: int) -> tuple[MapPoint, ...]:
        """Its papers, the nearest to its middle first."""
        theme = self.week_map.themes[number - 1]
        inside = [point for point in self.week_map.points if point.theme == number - 1]
        return tuple(sorted(inside, key=lambda point: (point.x - theme.x) ** 2 + (point.y - theme.y) ** 2))

    def name_theme(self, number: int) -> str:
        """Its number, from 1, and its words."""
        return f"{number} {self.week_map.themes[number - 1].label or 'no words in common'}"


async def map_week(study: Study, topic: Topic) -> MappedWeek:
    """Draw the week, or read the drawing that is kept, and mark every list in it, the topic's first."""
    papers = await study.list_papers()
    await embed_papers(study.bench.database, study.bench.embedder, papers, week=str(study.week))
    topics = [topic, *(each for each in study.topics if each.name != topic.name)]
    lists = [MappedList(each, shortlist := await study.load_list(each.name), _index(shortlist)) for each in topics]
    drawn = await draw_week(study.services.library, Drawer(), str(study.week), topic.name)
    return MappedWeek(drawn, tuple(lists))


def list_themes(mapped: MappedWeek) -> Table:
    """Every theme with its size, the places that each list has in it, and the paper in its middle."""
    total, titles = len(mapped.week_map.points), [each.topic.title for each in mapped.lists]
    numbers = range(1, len(mapped.week_map.themes) + 1)
    return Table(
        columns=(
            "Theme",
            "Words of its titles",
            "Papers",
            "Share",
            *(f"Places: {title}" for title in titles),
            "In the middle",
        ),
        rows=tuple(
            (
                str(number),
                mapped.week_map.themes[number - 1].label,
                f"{mapped.sizes[number - 1]:,}",
                f"{mapped.sizes[number - 1] / total:.0%}",
                *(
                    str(sum(point.arxiv_id in each.places for point in mapped.select_theme(number)))
                    for each in mapped.lists
                ),
                read_latex(mapped.select_theme(number)[0].title),
            )
            for number in numbers
        ),
        caption=f"{len(numbers)} themes among the {total:,} papers of {mapped.week_map.week}",
        numbers=(0, *range(2, 4 + len(titles))),
    )


def tell_spread(mapped: MappedWeek) -> Note:
    """In how many themes each list lies, and how much of it in the fullest."""
    told = []
    for each in mapped.lists:
        counts = Counter(point.theme for point in mapped.week_map.points if point.arxiv_id in each.places)
        if counts:
            theme, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
            rest = f", the others in {len(counts) - 1} more" if len(counts) > 1 else ""
            places = f"{count} of {counts.total()} places lie in theme {mapped.name_theme(theme + 1)}"
            told.append(f"{each.topic.title}: {places}{rest}.")
    return Note(" ".join(told) or "No list has a paper on the map.")


def find_fullest(mapped: MappedWeek) -> int:
    """The number of the theme that holds most of the first list, the largest theme among equals."""
    first = mapped.lists[0].places
    counts = Counter(point.theme for point in mapped.week_map.points if point.arxiv_id in first)
    return min(mapped.sizes, key=lambda theme: (-counts[theme], -mapped.sizes[theme], theme)) + 1


def list_theme(mapped: MappedWeek, number: int) -> Table:
    """The theme's papers: those of the first list by place, then the ones that score highest."""
    places = {arxiv_id: entry.rank for arxiv_id, entry in mapped.lists[0].places.items()}
    inside = mapped.select_theme(number)
    ordered = sorted(inside, key=lambda point: (places.get(point.arxiv_id, len(places) + 1), -(point.score or 0.0)))
    count = max(_MOST_ROWS, _MORE + sum(point.arxiv_id in places for point in inside))
    return Table(
        columns=("Place", "Score", "Paper", "Title"),
        rows=tuple(
            (
                str(places.get(point.arxiv_id, "")),
                "" if point.score is None else f"{point.score:.2f}",
                link_paper(point.arxiv_id),
                read_latex(point.title),
            )
            for point in ordered[:count]
        ),
        caption=f"{min(count, len(inside))} of the {len(inside):,} papers of theme {mapped.name_theme(number)}; "
        f"places and scores for {mapped.lists[0].topic.title}",
        numbers=(0, 1),
    )


async def list_moves(study: Study, mapped: MappedList) -> Table:
    """Phrases that several listed papers share, and how many of the topic's candidates say them, now and before."""
    overview = await find_overview(study.services.library, mapped.shortlist, "en")
    is_compared = any(theme.before is not None for theme in overview.themes)
    rows = tuple(
        (
            theme.label,
            str(theme.papers),
            *((str(theme.before),) if is_compared else ()),
            ", ".join(map(str, theme.ranks)),
        )
        for theme in overview.themes
    )
    before = ("The week before",) if is_compared else ()
    phrases = f"{len(rows)} phrase{'' if len(rows) == 1 else 's'}"
    lacking = "" if is_compared else "; the week before is not scored in this store, so nothing is compared"
    return Table(
        columns=("Said", "This week", *before, "Places that say it"),
        rows=rows,
        caption=f"{mapped.topic.title}: {phrases} among {overview.counted} candidates{lacking}",
        numbers=tuple(range(1, 2 + len(before))),
    )


def _index(shortlist: Shortlist) -> dict[str, Entry]:
    return {entry.arxiv_id: entry for entry in shortlist.ranked}
