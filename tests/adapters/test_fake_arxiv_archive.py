from datetime import UTC, date, datetime, timedelta

import pytest
from fakes.papers import MONDAY, make_papers
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from triage.adapters.fake_arxiv.archive import Announced, FakeArchive, listed_on
from triage.core.paper import Paper

NOW = datetime(2026, 4, 30, 12, tzinfo=UTC)
THURSDAY = date(2026, 4, 30)
ID = "2604.00001"  # cs.CL and cs.AI, version 2


def make_archive(count: int = 3) -> FakeArchive:
    """A few papers of two weeks ago."""
    return FakeArchive(lambda: NOW, make_papers(count))


def test_a_history_that_a_file_lacks_is_made_up() -> None:
    """As many versions as the paper has, the first when it was submitted, the last when it was updated."""
    (paper,) = make_papers(1)
    versions = FakeArchive(lambda: NOW, [paper])[ID].paper.versions
    assert [(one.version, one.submitted) for one in versions] == [(1, paper.published), (2, paper.updated)]


def test_a_paper_of_which_little_is_known_is_taken() -> None:
    """Neither dates nor a version nor a primary category."""
    archive = FakeArchive(
        lambda: NOW, [Paper(arxiv_id="hep-th/9901001", title="A", abstract="B", categories=("cs.IR",))]
    )
    (paper,) = archive.papers
    assert (paper.version, paper.primary_category, paper.published) == (1, "cs.IR", datetime(1999, 1, 1, tzinfo=UTC))


def test_an_announced_paper_shows_on_its_listing_day_by_the_utc_calendar() -> None:
    """At 22:30 Eastern of the evening before; a Monday's papers on Sunday evening."""
    archive = FakeArchive(lambda: NOW)
    archive.announce(make_papers(1), date(2026, 4, 27))
    assert archive[ID].modtime == datetime(2026, 4, 27, 2, 30, tzinfo=UTC)
    assert archive[ID].datestamp == date(2026, 4, 27)
    assert archive.log == {
        date(2026, 4, 27): [
            Announced(date(2026, 4, 27), "cs.CL", ID, 1, "new"),
            Announced(date(2026, 4, 27), "cs.AI", ID, 1, "cross"),
        ]
    }


def test_what_the_clock_has_not_reached_is_not_seen() -> None:
    """A season can be loaded at once."""
    now = [MONDAY]
    archive = FakeArchive(lambda: now[0])
    archive.announce(make_papers(1), date(2026, 4, 15))
    assert (archive.papers, archive.find(ID), len(archive)) == ([], None, 1)
    now[0] = datetime(2026, 4, 15, 2, 30, tzinfo=UTC)
    assert [paper.arxiv_id for paper in archive.papers] == [ID]


def test_a_revision_is_a_new_version_and_is_listed() -> None:
    """The text changes, the history grows, the record moves to the end, both categories say so."""
    archive = make_archive()
    archive.revise(ID, abstract="Better.")
    paper = archive[ID].paper
    assert (paper.version, paper.abstract, paper.updated) == (3, "Better.", NOW)
    assert (paper.versions[-1].version, paper.versions[-1].submitted) == (3, NOW)
    assert archive.papers[-1] == paper
    assert [(line.category, line.kind, line.version) for line in archive.log[THURSDAY]] == [
        ("cs.CL", "replace", 3),
        ("cs.AI", "replace-cross", 3),
    ]


def test_a_cross_list_is_listed_in_its_category_alone() -> None:
    """No new version."""
    archive = make_archive()
    archive.add_category(ID, "stat.ML")
    assert archive[ID].paper.categories == ("cs.CL", "cs.AI", "stat.ML")
    assert archive[ID].paper.version == 2
    assert archive.log[THURSDAY] == [Announced(THURSDAY, "stat.ML", ID, 2, "cross")]


def test_quiet_changes_move_the_record_and_are_listed_nowhere() -> None:
    """Another primary category, a journal reference, nothing at all."""
    archive = make_archive()
    archive.move_primary(ID, "cs.IR")
    archive.set_journal_ref("2604.00002", "J. Ex. 1")
    archive.touch("2604.00003")
    assert archive[ID].paper.categories == ("cs.IR", "cs.CL", "cs.AI")
    assert archive[ID].paper.primary_category == "cs.IR"
    assert archive["2604.00002"].paper.journal_ref == "J. Ex. 1"
    assert {one.datestamp for one in archive.list_changes("", MONDAY, None)} == {THURSDAY}
    assert THURSDAY not in archive.log


@pytest.mark.parametrize(
    ("eastern", "day"),
    [
        ("2026-04-29T19:59:59-04:00", "2026-04-29"),
        ("2026-04-29T20:00:00-04:00", "2026-04-30"),
        ("2026-05-01T20:00:00-04:00", "2026-05-04"),  # Friday evening: Monday
        ("2026-05-03T22:30:00-04:00", "2026-05-04"),
        ("2026-11-26T22:30:00-05:00", "2026-11-30"),  # no batch closes on Thanksgiving
    ],
)
def test_changes_are_listed_with_the_next_listing(eastern: str, day: str) -> None:
    """By the hour of New York and arXiv's calendar."""
    assert listed_on(datetime.fromisoformat(eastern)) == date.fromisoformat(day)


@given(st.lists(st.tuples(st.integers(1, 20), st.sampled_from("twcmr")), max_size=40))
def test_lists_stay_true_to_the_papers(changes: list[tuple[int, str]]) -> None:
    """Whatever happens, each set lists exactly its members, each once, in order."""
    minute = [0]
    archive = FakeArchive(lambda: NOW + timedelta(minutes=minute[0]), make_papers(20))
    for spec in ("", "cs", "cs:cs:IR", "math"):
        archive.list_changes(spec, MONDAY, None)
    for number, kind in changes:
        minute[0] += 1
        arxiv_id = f"2604.{number:05d}"
        if arxiv_id in archive:
            change = {
                "t": archive.touch,
                "w": archive.withdraw,
                "c": lambda one: archive.add_category(one, "math.GT"),
                "m": lambda one: archive.move_primary(one, "cs.IR"),
                "r": archive.remove,
            }[kind]
            change(arxiv_id)
    for spec, prefix in (("", ""), ("cs", "cs."), ("cs:cs:IR", "cs.IR"), ("math", "math.")):
        listed = archive.list_changes(spec, MONDAY, None)
        members = [paper for paper in archive.papers if any(name.startswith(prefix) for name in paper.categories)]
        assert [one.paper for one in listed] == members
        assert [one.key for one in listed] == sorted(one.key for one in listed)


def test_pages_of_a_list_are_slices() -> None:
    """From a row on, so many, and none behind the end."""
    archive = FakeArchive(lambda: NOW, [replace(paper, version=1) for paper in make_papers(12)])
    rows = [one.paper.arxiv_id for one in archive.list_changes("", MONDAY, None)]
    assert [one.paper.arxiv_id for one in archive.list_changes("", MONDAY, None, 5, 4)] == rows[5:9]
    assert archive.list_changes("", MONDAY, None, 12, 4) == []
