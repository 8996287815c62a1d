"""The first cell of a notebook: which store it opens, and what it leaves alone."""

import shutil
from pathlib import Path

import pytest
from fakes.study_case import open_sample

from triage.errors import InputError, UnknownTopicError
from triage.store.shortlists import load_shortlist
from triage.store.votes import count_votes
from triage.study.opening import MADE_UP, open_study


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user who named nothing yet, with a cache of the test's own."""
    for name in ("TRIAGE_HOME", "TRIAGE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRIAGE_EMBEDDER", "hashing")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


async def test_whoever_names_no_store_gets_the_made_up_week(tmp_path: Path) -> None:
    """In the cache, said to be made up before anything else, with its judgements; a second time just the same."""
    for _ in range(2):
        study = await open_study()
        assert study.services.settings.home.is_relative_to(tmp_path / "cache")
        assert (str(study.week), len(await study.list_papers())) == ("2026-W20", 85)
        assert str(study).startswith(MADE_UP)
        assert study._repr_html_().startswith(f"<strong>{MADE_UP}</strong><br>Week 2026-W20: 85 papers")
        assert [path.name for path in study.judgements] == ["2026-W20.jsonl"]
        await study.close()
        await study.close()


async def test_ones_own_store_is_not_made_up(
    listed_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that is named, or that TRIAGE_HOME names, with the judgements that are named; no other database."""
    judgements = tmp_path / "2026-W20.jsonl"
    judgements.write_text("")
    monkeypatch.setenv("TRIAGE_DATABASE_URL", "sqlite+aiosqlite:///nowhere/at-all.db")
    async with open_sample(listed_sample, tmp_path, monkeypatch) as study:
        assert not study.is_made_up
        assert str(study).startswith(f"Week 2026-W20: 85 papers in {tmp_path}")
        assert study.judgements == ()
    monkeypatch.delenv("TRIAGE_DATABASE_URL")
    monkeypatch.setenv("TRIAGE_HOME", str(tmp_path))
    study = await open_study(week="2026-w20", judgements=[str(judgements)])
    assert (study.services.settings.home, study.judgements) == (tmp_path, (judgements,))
    await study.close()


async def test_a_folder_without_a_store_is_left_alone(tmp_path: Path) -> None:
    """A misspelt name is told, and no folder comes to be."""
    with pytest.raises(InputError, match="holds no store of Triage"):
        await open_study(tmp_path / "hmoe")
    assert not (tmp_path / "hmoe").exists()


@pytest.mark.parametrize(
    ("week", "judgements", "message"),
    [
        ("2026-W21", (), r"no papers of 2026-W21\. Its weeks: 2026-W20\."),
        ("may", (), "'MAY' is no week|'may' is no week"),
        (None, ("grades.jsonl",), r"There is no file grades\.jsonl of judgements\."),
    ],
)
async def test_what_is_not_there_is_told(week: str | None, judgements: tuple[str, ...], message: str) -> None:
    """A week without papers, one that is none, and a file that is missing."""
    with pytest.raises(InputError, match=message):
        await open_study(week=week, judgements=judgements)


async def test_an_empty_store_is_told(listed_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fills it is named."""
    (tmp_path / "triage.db").touch()
    with pytest.raises(InputError, match="has no papers yet: triage import, or triage harvest"):
        await open_study(tmp_path)
    shutil.copy(listed_sample, tmp_path / "triage.db")
    monkeypatch.setenv("TRIAGE_THREADS", "-1")
    with pytest.raises(InputError, match="The environment is wrong"):
        await open_study(tmp_path)


async def test_a_list_is_drafted_and_not_kept() -> None:
    """Where none is kept, twenty places from the data of now; nothing is published, voted or listed after."""
    study = await open_study()
    for topic in study.topics:
        assert len((await study.load_list(topic.name)).ranked) == 20
    async with study.services.database.read() as session:
        assert [await load_shortlist(session, topic.name, "2026-W20") for topic in study.topics] == [None, None]
        assert not await count_votes(session, reader="me")
    await study.close()


async def test_a_kept_list_is_shown_as_it_stands(
    listed_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also its time; and a topic is the rubric's first, unless another is named."""
    async with open_sample(listed_sample, tmp_path, monkeypatch) as study:
        async with study.services.database.read() as session:
            kept = await load_shortlist(session, "agent-evaluation", "2026-W20")
        assert await study.load_list("agent-evaluation") == kept
        assert study.choose_topic() == study.topics[0]
        assert study.choose_topic("agent-evaluation").name == "agent-evaluation"
        with pytest.raises(UnknownTopicError):
            study.choose_topic("agent-evalution")
