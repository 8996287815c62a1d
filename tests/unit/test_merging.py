from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from triage.core.merging import merge_papers
from triage.core.paper import Paper, PaperVersion

_DAY = datetime(2026, 4, 20, tzinfo=UTC)
_NOON = datetime(2026, 4, 20, 12, 30, tzinfo=UTC)
_LATER = datetime(2026, 4, 28, 9, tzinfo=UTC)
_TIMES = st.none() | st.sampled_from([_DAY, _NOON, _LATER])
_KNOWN = Paper(arxiv_id="2604.00001", version=2, title="T", abstract="A", published=_NOON)


def texts(*values: str) -> st.SearchStrategy[str | None]:
    """One of few, or nothing."""
    return st.none() | st.sampled_from(values)


@st.composite
def papers(draw: st.DrawFn) -> Paper:
    """Records of one id that differ in everything a merge looks at."""
    numbers = draw(st.sets(st.integers(1, 4), max_size=3))
    return Paper(
        arxiv_id="2604.00001",
        version=draw(st.none() | st.integers(1, 4)),
        title=draw(st.sampled_from(["T", "U"])),
        abstract=draw(st.sampled_from(["", "A", "B"])),
        authors=draw(st.sampled_from([(), ("Ada",)])),
        categories=draw(st.sampled_from([(), ("cs.IR",)])),
        primary_category=draw(texts("cs.IR")),
        published=draw(_TIMES),
        updated=draw(_TIMES),
        announced=draw(st.none() | st.dates(date(2026, 4, 20), date(2026, 4, 24))),
        comment=draw(texts("C", "D")),
        doi=draw(texts("10.1/x")),
        journal_ref=draw(texts("J")),
        is_withdrawn=draw(st.booleans()),
        partial=draw(st.sampled_from([(), ("authors_missing",)])),
        versions=tuple(PaperVersion(number, draw(_TIMES)) for number in sorted(numbers)),
    )


@given(papers(), papers())
def test_the_same_record_again_says_nothing_new(known: Paper, read: Paper) -> None:
    """Merging is idempotent in the record read, and a record merged with itself is itself."""
    merged = merge_papers(known, read)
    assert merge_papers(merged, read) == merged
    assert merge_papers(known, known) == known


@given(papers(), papers())
def test_nothing_known_is_lowered_or_wiped_out(known: Paper, read: Paper) -> None:
    """Complete stays complete, versions only rise, listing days stay, and what was known is not unknown afterwards."""
    merged = merge_papers(known, read)
    if not known.partial:
        assert not merged.partial
        assert (merged.version or 0) >= (known.version or 0)
    assert merged.announced == (known.announced or read.announced)
    assert {version.version for version in known.versions} <= {version.version for version in merged.versions}
    for field in ("abstract", "authors", "categories", "primary_category", "published", "doi", "journal_ref"):
        assert bool(getattr(merged, field)) == bool(getattr(known, field) or getattr(read, field))


def test_a_partial_record_never_replaces_a_complete_one() -> None:
    """Not even with a higher version; but what only it knows is taken."""
    read = replace(_KNOWN, version=3, title="cut", abstract="cut", doi="10.1/x", partial=("abstract_truncated",))
    assert merge_papers(_KNOWN, read) == replace(_KNOWN, doi="10.1/x")


def test_a_complete_record_replaces_a_partial_one() -> None:
    """Whatever their versions say."""
    partial = replace(_KNOWN, version=3, abstract="cut", partial=("abstract_truncated",))
    assert merge_papers(partial, _KNOWN) == _KNOWN


def test_a_newer_version_replaces_text_and_comment() -> None:
    """The old comment does not stick to a version that has none, so that a withdrawal can be taken back."""
    withdrawn = replace(_KNOWN, comment="Withdrawn", is_withdrawn=True)
    read = replace(_KNOWN, version=3, abstract="B", updated=_LATER)
    assert merge_papers(withdrawn, read) == read


def test_an_older_version_fills_gaps_only() -> None:
    """A week file read after the API adds its listing day and changes nothing else."""
    read = replace(_KNOWN, version=None, title="old", published=_DAY, announced=date(2026, 4, 22))
    assert merge_papers(_KNOWN, read) == replace(_KNOWN, announced=date(2026, 4, 22))


def test_a_bare_day_never_replaces_a_time_on_it() -> None:
    """Midnight of the same day means that the hour is not known; another day is a correction."""
    assert merge_papers(_KNOWN, replace(_KNOWN, published=_DAY)).published == _NOON
    assert merge_papers(replace(_KNOWN, published=_DAY), _KNOWN).published == _NOON
    assert merge_papers(_KNOWN, replace(_KNOWN, published=_LATER)).published == _LATER
