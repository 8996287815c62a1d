import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from fakes.judging_case import GR
from fakes.marks_case import IDS, open_small_library, prepare_small_store
from hypothesis import example, given
from hypothesis import strategies as st

from triage.errors import ConflictError, InputError
from triage.reading.library import Library
from triage.reading.marks import (
    find_tagged,
    list_tags,
    list_topics_of_tag,
    put_tag,
    read_tag_name,
    remove_shared_tag,
    remove_tag,
    remove_tag_everywhere,
)
from triage.reading.records import MOST_TAGS, TagSummary, TagView

A, B, *_ = IDS


@pytest.fixture(scope="module")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with eight papers; copy it, do not use it."""
    path = tmp_path_factory.mktemp("marks") / "small.db"
    prepare_small_store(path)
    return path


@pytest.fixture
async def library(small_store: Path, tmp_path: Path) -> AsyncIterator[Library]:
    """Eight papers, the bundled rubric, and nobody's marks."""
    async with open_small_library(small_store, tmp_path) as library:
        yield library


async def test_a_tag_is_put_shared_and_taken_off(library: Library) -> None:
    """Each answer holds the tags that the reader sees on the paper; the same again changes nothing."""
    private = TagView("to read", "ada", is_shared=False, is_mine=True)
    shared = TagView("to read", "ada", is_shared=True, is_mine=True)

    for _ in range(2):
        assert await put_tag(library, "ada", A, " to read ", is_shared=False) == (private,)
    assert await put_tag(library, "ada", A, "to read", is_shared=True) == (shared,)
    assert await put_tag(library, "ada", A, "to read", is_shared=False) == (private,)
    for _ in range(2):
        assert await remove_tag(library, "ada", A, "to read") == ()
    assert await list_tags(library, "ada") == ()


async def test_a_personal_tag_is_as_good_as_none_to_others(library: Library) -> None:
    """It is not seen, not counted, not found; taking it off answers as for one that is not there, to editors too."""
    await put_tag(library, "ada", A, "secret", is_shared=False)

    assert await list_tags(library, "bob") == ()
    assert await find_tagged(library, "bob", "secret") == ()
    assert await put_tag(library, "bob", A, "x", is_shared=False) == (
        TagView("x", "bob", is_shared=False, is_mine=True),
    )
    own = [await remove_tag(library, "bob", A, name) for name in ("secret", "absent")]
    of_ada = [await remove_shared_tag(library, "bob", A, name, "ada") for name in ("secret", "absent")]
    assert own[0] == own[1] == of_ada[0] == of_ada[1]
    assert await find_tagged(library, "ada", "secret") == (A,)


async def test_a_shared_tag_is_seen_by_all_and_changed_by_its_owner(library: Library) -> None:
    """Another who puts the same name has a tag of their own; taking that off leaves the first."""
    await put_tag(library, "ada", A, "x", is_shared=True)
    await put_tag(library, "ada", B, "x", is_shared=False)
    of_ada = TagView("x", "ada", is_shared=True, is_mine=False)

    assert await list_tags(library, "bob") == (TagSummary("x", 1, is_shared=True, is_mine=False),)
    assert await put_tag(library, "bob", A, "x", is_shared=False) == (
        TagView("x", "bob", is_shared=False, is_mine=True),
        of_ada,
    )
    assert await list_tags(library, "bob") == (TagSummary("x", 1, is_shared=True, is_mine=True),)
    assert await list_tags(library, "ada") == (TagSummary("x", 2, is_shared=True, is_mine=True),)
    for _ in range(2):
        assert await remove_tag(library, "bob", A, "x") == (of_ada,)


async def test_an_editor_takes_off_what_another_shares(library: Library) -> None:
    """Only that reader's, never a personal one; taking off one's own, however often, leaves the others'."""
    for reader, is_shared in (("ada", True), ("bob", False), ("carol", False), ("dan", True)):
        await put_tag(library, reader, A, "x", is_shared=is_shared)
    of_ada, of_dan = (TagView("x", owner, is_shared=True, is_mine=False) for owner in ("ada", "dan"))

    for _ in range(2):
        assert await remove_tag(library, "carol", A, "x") == (of_ada, of_dan)
    for _ in range(2):
        assert await remove_shared_tag(library, "carol", A, "x", "ada") == (of_dan,)
    assert await remove_shared_tag(library, "carol", A, "x", "bob") == (of_dan,)
    assert await find_tagged(library, "bob", "x") == (A,)


async def test_a_tag_comes_off_all_papers_of_its_owner(library: Library) -> None:
    """In any spelling; other names and other readers' tags stay; a second time changes nothing."""
    for reader, paper, name in (("ada", A, "x"), ("ada", B, "x"), ("ada", A, "y"), ("bob", A, "x")):
        await put_tag(library, reader, paper, name, is_shared=False)

    for _ in range(2):
        await remove_tag_everywhere(library, "ada", " x ")
        assert [tag.name for tag in await list_tags(library, "ada")] == ["y"]
    assert await find_tagged(library, "bob", "x") == (A,)


async def test_tags_on_a_paper_have_a_limit(library: Library) -> None:
    """Each reader's own count; at the limit those that are there can still be changed, and one less makes room."""
    for number in range(MOST_TAGS):
        await put_tag(library, "ada", A, f"tag {number}", is_shared=True)

    with pytest.raises(ConflictError, match="remove one first"):
        await put_tag(library, "ada", A, "one more", is_shared=False)
    await put_tag(library, "bob", A, "one more", is_shared=False)
    await put_tag(library, "ada", A, "tag 0", is_shared=False)
    await put_tag(library, "ada", B, "one more", is_shared=False)
    await remove_tag(library, "ada", A, "tag 0")
    await put_tag(library, "ada", A, "one more", is_shared=False)


@given(st.text(max_size=80))
@example("a" * 64)
@example("e\u0301")
@example("../x")
def test_a_tag_name_can_be_seen_and_stands_in_a_url(text: str) -> None:
    """Whatever is accepted is one path segment, stays the same when read again, and comes back from a URL."""
    try:
        name = read_tag_name(text)
    except InputError:
        return
    assert 1 <= len(name) <= 64
    assert name.isprintable()
    assert name == name.strip() == read_tag_name(name) == unquote(quote(name, safe=""))
    assert "/" not in name
    assert name not in {".", ".."}


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters="/"), max_size=40))
def test_ordinary_names_are_accepted(text: str) -> None:
    """Letters, digits, signs and points of any script, around something that is no path."""
    assert read_tag_name(f"x{text}x")


@pytest.mark.parametrize(
    "name", ["", "  ", ".", "..", "a/b", "a\nb", "a\x00b", "a\u200bb", "a\u202eb", "\ud800", "a" * 65]
)
async def test_a_name_that_is_none_is_refused(library: Library, name: str) -> None:
    """Nothing is put; taking it off or looking for it finds nothing."""
    with pytest.raises(InputError, match="1 to 64 printable characters"):
        await put_tag(library, "ada", A, name, is_shared=False)
    assert await remove_tag(library, "ada", A, name) == ()
    assert await find_tagged(library, "ada", name) == ()


def test_a_tag_of_the_rubric_names_its_topics(library: Library) -> None:
    """Only those rank anew with it."""
    assert list_topics_of_tag(library, " semantic-ids ") == (GR,)
    assert list_topics_of_tag(library, "to read") == ()


async def test_the_limit_holds_for_tags_at_the_same_time(library: Library) -> None:
    """Counting and putting are one transaction."""
    outcomes = await asyncio.gather(
        *(put_tag(library, "ada", A, f"tag {number}", is_shared=False) for number in range(MOST_TAGS + 5)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 5
    assert len(await list_tags(library, "ada")) == MOST_TAGS
