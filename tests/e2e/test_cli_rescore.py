"""`triage rescore`: what people, programs and a judge get of it, and what it leaves alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.cli_case import ROOT, SAMPLE_WEEK, Home, Writer

from triage.adapters.fake_judge.script import look_for
from triage.adapters.fake_judge.server import FakeJudge, serve_fake_judge

GR, AE = "generative-recommendation", "agent-evaluation"
RUBRIC = (ROOT / "rubric.yaml").read_text(encoding="utf-8")
CUE = "      - generative recommender*\n"


@pytest.fixture
def endpoint() -> Iterator[FakeJudge]:
    """A judge that likes papers with these words."""
    with serve_fake_judge(look_for("recommend", "semantic id")) as server:
        yield server


@pytest.fixture
def new_cue(write: Writer) -> Path:
    """The bundled rubric with one more cue."""
    return write.text("new.yaml", RUBRIC.replace(CUE, CUE + "      - { phrase: benchmark*, weight: 10 }\n", 1))


@pytest.fixture
def new_wording(write: Writer) -> Path:
    """The bundled rubric with another definition of generative recommendation."""
    return write.text("new.yaml", RUBRIC.replace("Recommendation as generation:", "Recommenders that generate:", 1))


def rescore(home: Home, rubric: Path, *options: str, **environment: str) -> dict[str, list[dict[str, object]]]:
    """What programs get for generative recommendation."""
    arguments = ("--week", SAMPLE_WEEK, "--topic", GR, "--json", *options)
    found: dict[str, list[dict[str, object]]] = home.do("rescore", "--rubric", rubric, *arguments, **environment).json
    return found


def set_judge(server: FakeJudge) -> dict[str, str]:
    """The variables that name it."""
    return {"judge": server.url, "judge_model": "fake"}


def test_the_rubric_in_force_changes_nothing(sample_home: Home, write: Writer) -> None:
    """Both topics are compared, and nothing enters, leaves or moves."""
    same = write.text("same.yaml", RUBRIC)
    out = sample_home.do("rescore", "--rubric", same, "--week", SAMPLE_WEEK, "--dry-run").out
    assert out.count("nothing enters, leaves or moves far") == 2


def test_people_read_who_enters_and_why(sample_home: Home, new_cue: Path) -> None:
    """The table quotes the new cue, in the words of the paper, and says who was pushed out by whom."""
    result = sample_home.do("rescore", "--rubric", new_cue, "--week", SAMPLE_WEEK, "--topic", GR, "--dry-run")
    told = " ".join(result.out.replace("│", " ").split())
    assert "Generative recommendation · 2026-W20 · against the draft" in told
    assert "enters" in told
    assert "leaves" in told
    assert "now a cue" in told
    assert "pushed out by" in told


def test_no_list_is_stored_or_changed(sample_home: Home, new_cue: Path) -> None:
    """A draft, a published list and the log of runs stay; only scores are added."""
    sample_home.do("shortlist", "--week", SAMPLE_WEEK, "--topic", GR, "--publish")
    sample_home.do("shortlist", "--week", SAMPLE_WEEK, "--topic", AE)
    before = sample_home.dump()
    (change,) = rescore(sample_home, new_cue, "--dry-run")["changes"]
    after = sample_home.dump()
    assert change["is_published"]
    assert {table for table in before if before[table] != after[table]} == {"scores"}
    assert set(before["scores"]) < set(after["scores"])
    again = rescore(sample_home, new_cue, "--dry-run")["changes"]
    assert again == [change]
    assert sample_home.dump() == after


@pytest.mark.parametrize("options", [("--dry-run",), ()])
def test_a_bad_file_is_refused(sample_home: Home, write: Writer, options: tuple[str, ...]) -> None:
    """Every mistake with its line, and the database stays as it is."""
    bad = write.text("bad.yaml", RUBRIC.replace("size: 20", "size: 0").replace("weight: 6", "weight: heavy", 1))
    told = sample_home.refuse("rescore", "--rubric", bad, "--week", SAMPLE_WEEK, *options)
    assert told.count(f"{bad}:") == 2
    assert f"{bad}:{_find_line('size: 20')}: " in told


def _find_line(text: str) -> int:
    return next(number for number, line in enumerate(RUBRIC.splitlines(), 1) if text in line)


def test_a_file_that_is_not_there_is_refused(sample_home: Home, tmp_path: Path) -> None:
    """It is named."""
    missing = tmp_path / "none.yaml"
    assert str(missing) in sample_home.refuse("rescore", "--rubric", missing, "--week", SAMPLE_WEEK, "--dry-run")


def test_a_topic_that_only_one_rubric_has_is_said(sample_home: Home, write: Writer) -> None:
    """Topics are matched by name; one that neither has is refused."""
    other = write.text("other.yaml", RUBRIC.replace(f"name: {AE}\n", "name: agents\n"))
    arguments = ("rescore", "--rubric", other, "--week", SAMPLE_WEEK, "--dry-run")
    out = " ".join(sample_home.do(*arguments).out.split())
    assert f"Only the rubric in force has {AE}" in out
    assert "Only the new rubric has agents" in out
    record = sample_home.do(*arguments, "--json", "--topic", "agents").json
    assert record["topics"] == {"both": [], "only_in_force": [], "only_new": ["agents"]}
    assert record["changes"] == []
    assert "its topics" in sample_home.refuse(*arguments, "--topic", "poetry").casefold()


def test_without_a_judge_only_a_dry_run_goes(sample_home: Home, new_cue: Path) -> None:
    """The refusal says which three ways there are."""
    told = sample_home.refuse("rescore", "--rubric", new_cue, "--week", SAMPLE_WEEK)
    assert all(way in told for way in ("--dry-run", "TRIAGE_JUDGE", "--local"))


def test_a_dry_run_says_what_judging_would_cost_and_asks_nobody(
    sample_home: Home, new_wording: Path, endpoint: FakeJudge
) -> None:
    """Calls, papers and dollars, and not one request."""
    (forecast,) = rescore(sample_home, new_wording, "--dry-run", **set_judge(endpoint))["forecasts"]
    assert forecast["calls"] == forecast["papers"]
    assert forecast["judged_before"] == 0
    arguments = ("rescore", "--rubric", new_wording, "--week", SAMPLE_WEEK, "--topic", GR, "--dry-run")
    out = " ".join(sample_home.do(*arguments, **set_judge(endpoint)).out.split())
    assert f"takes at most {forecast['calls']} calls" in out
    assert endpoint.log == []


def test_the_judge_is_asked_about_the_new_wording(sample_home: Home, new_wording: Path, endpoint: FakeJudge) -> None:
    """Within what was forecast, kept under the purpose "rescore", and never asked again."""
    environment = set_judge(endpoint)
    (forecast,) = rescore(sample_home, new_wording, "--dry-run", **environment)["forecasts"]
    first = rescore(sample_home, new_wording, **environment)
    calls, (report,) = len(endpoint.log), first["reports"]
    assert 0 < calls == report["done"]
    assert calls <= int(str(forecast["calls"]))
    assert sample_home.query("SELECT DISTINCT purpose FROM judge_calls") == [("rescore",)]
    (change,) = first["changes"]
    assert (change["old_judged"], change["new_judged"]) == (0, change["new_places"])
    assert rescore(sample_home, new_wording, **environment)["changes"] == [change]
    assert len(endpoint.log) == calls


def test_verdicts_wait_for_the_day_the_rubric_is_adopted(
    sample_home: Home, new_wording: Path, endpoint: FakeJudge
) -> None:
    """The list under the new rubric is then the one that was foretold, with its verdicts, and no call."""
    (change,) = rescore(sample_home, new_wording, **set_judge(endpoint))["changes"]
    assert sample_home.shortlist(SAMPLE_WEEK, GR)["papers"][0]["judgement"] == "not judged"
    calls = len(endpoint.log)
    arguments = ("shortlist", "--week", SAMPLE_WEEK, "--topic", GR, "--json")
    places = sample_home.do(*arguments, rubric=str(new_wording)).json["papers"]
    ranks = {place["arxiv_id"]: place["rank"] for place in places}
    assert all(place["judgement"] == "judged" for place in places)
    told = [*_list(change, "entered"), *_list(change, "moved")]
    assert told
    assert all(ranks[each["arxiv_id"]] == each["new_rank"] for each in told)
    assert len(endpoint.log) == calls


def _list(change: dict[str, object], name: str) -> list[dict[str, object]]:
    papers = change[name]
    assert isinstance(papers, list)
    return papers
