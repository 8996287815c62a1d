import asyncio
from pathlib import Path

import pytest
from fakes.cli_case import Home
from fakes.judging_case import GR, NOW, WEEK
from fakes.reading_case import open_library
from msgspec.structs import replace

from triage.errors import InputError, NotFoundError, UnknownTopicError
from triage.reading.library import Library
from triage.reading.records import WeekView
from triage.reading.shortlists import (
    encode_shortlist,
    find_shortlist,
    list_topics,
    list_weeks,
    newest_week,
    publish,
)

AE = "agent-evaluation"


@pytest.mark.parametrize("topic", [GR, AE])
def test_programs_read_the_bytes_that_the_command_prints(
    topic: str, listed_database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The encoded list equals the output of `triage shortlist --json` to the byte."""
    home = Home(listed_database.parent, monkeypatch, capsys)
    printed = home.do("shortlist", "--topic", topic, "--week", str(WEEK), "--json").out

    async def encode() -> bytes:
        async with open_library(listed_database) as library:
            return encode_shortlist(await find_shortlist(library, topic, str(WEEK)))

    assert asyncio.run(encode()).decode() + "\n" == printed


async def test_a_list_that_is_missing_says_what_to_run(listed_library: Library) -> None:
    """A week without a list names the command that makes it."""
    with pytest.raises(NotFoundError, match=f"triage shortlist --week 2026-W21 --topic {AE}"):
        await find_shortlist(listed_library, AE, "2026-W21")


async def test_a_topic_that_nobody_has_is_refused(listed_library: Library) -> None:
    """A mistyped topic names the closest, also one that a database could not be asked for."""
    with pytest.raises(UnknownTopicError, match="did you mean agent-evaluation"):
        await find_shortlist(listed_library, "agent-evaluations", str(WEEK))
    with pytest.raises(UnknownTopicError):
        await find_shortlist(listed_library, "agent\0", str(WEEK))


async def test_a_week_that_is_none_is_refused(listed_library: Library) -> None:
    """A malformed week says what was expected; lower case is read."""
    with pytest.raises(InputError, match=r"expected an ISO week such as 2026-W17\.$"):
        await find_shortlist(listed_library, GR, "W20")
    assert (await find_shortlist(listed_library, GR, "2026-w20")).week == "2026-W20"


async def test_a_list_outlives_its_topic(listed_library: Library) -> None:
    """A list whose topic has left the rubric can still be read, and is no longer among the topics."""
    rubric = listed_library.rubric
    later = replace(listed_library, rubric=replace(rubric, topics=tuple(t for t in rubric.topics if t.name != GR)))
    assert (await find_shortlist(later, GR, str(WEEK))).topic == GR
    assert [topic.name for topic in await list_topics(later)] == [AE]


async def test_publishing_freezes_once(listed_library: Library) -> None:
    """A published list keeps the time at which it first was."""
    assert (await find_shortlist(listed_library, GR, str(WEEK))).published_at is None
    assert (await publish(listed_library, GR, str(WEEK))).published_at == NOW
    later = replace(listed_library, clock=lambda: NOW.replace(year=2027))
    assert (await publish(later, GR, str(WEEK))).published_at == NOW


async def test_publishing_what_is_not_there_fails(listed_library: Library) -> None:
    """A list that was never built cannot be frozen."""
    with pytest.raises(NotFoundError):
        await publish(listed_library, GR, "2026-W01")


async def test_topics_come_in_the_rubrics_order_with_their_weeks(listed_library: Library) -> None:
    """Every topic of the rubric is there, with the weeks that have a list."""
    topics = await list_topics(listed_library)
    assert [(topic.name, topic.weeks) for topic in topics] == [(GR, ("2026-W20",)), (AE, ("2026-W20",))]
    assert await newest_week(listed_library, AE) == "2026-W20"
    assert await newest_week(listed_library, "nothing") is None


async def test_weeks_say_what_they_have(listed_library: Library) -> None:
    """A week counts its papers, and names the topics with a list and those with a frozen one."""
    await publish(listed_library, AE, str(WEEK))
    page = await list_weeks(listed_library, 0, 10)
    assert page.items == (WeekView("2026-W20", 85, (AE, GR), (AE,)),)
    assert (page.total, page.offset, page.limit) == (1, 0, 10)
    assert (await list_weeks(listed_library, 1, 10)).items == ()


@pytest.mark.parametrize(("offset", "limit"), [(-1, 10), (10_001, 10), (0, 0), (0, 101)])
async def test_a_page_out_of_range_is_refused(offset: int, limit: int, listed_library: Library) -> None:
    """No page is longer than 100 items, or begins before the list or beyond its ten thousandth item."""
    with pytest.raises(InputError, match="out of range"):
        await list_weeks(listed_library, offset, limit)
