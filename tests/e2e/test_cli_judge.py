"""`triage judge`, `run`, `calls` and `dev judge` as a user meets them, against the scripted endpoint."""

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.cli_case import SAMPLE_WEEK, Home, Writer

from triage.adapters.fake_judge.script import look_for
from triage.adapters.fake_judge.server import FakeJudge

GR, AE = "generative-recommendation", "agent-evaluation"
JUDGE = ("judge", "--week", SAMPLE_WEEK)
MODEL = "some/model"


@pytest.fixture
def server() -> Iterator[FakeJudge]:
    """A judge that says yes to what speaks of recommendation and semantic IDs, half yes to one of them."""
    with FakeJudge(look_for("recommend", "semantic id")) as server:
        yield server


@pytest.fixture
def judged_home(sample_home: Home, server: FakeJudge) -> Home:
    """The bundled week, and settings that name the endpoint."""
    sample_home.environment |= {
        "TRIAGE_JUDGE": server.url,
        "TRIAGE_JUDGE_MODEL": MODEL,
        "TRIAGE_JUDGE_TIMEOUT": "20",
    }
    return sample_home


def count_questions(server: FakeJudge) -> int:
    """Different ones."""
    return len({logged.asked.question for logged in server.log})


def test_a_week_is_judged(judged_home: Home, server: FakeJudge) -> None:
    """The list changes, says who judged it, and judging again asks nobody."""
    before = judged_home.shortlist(SAMPLE_WEEK, GR)
    reports = judged_home.do(*JUDGE, "--json").json
    after = judged_home.shortlist(SAMPLE_WEEK, GR)
    assert [paper["arxiv_id"] for paper in before["papers"]] != [paper["arxiv_id"] for paper in after["papers"]]
    assert {paper["judgement"] for paper in before["papers"]} == {"not judged"}
    assert {paper["judgement"] for paper in after["papers"]} == {"judged"}
    assert after["scorer"] != before["scorer"]
    assert ":model:" in after["scorer"]
    assert [report["note"].partition(":")[0] for report in reports] == [GR, AE]
    asked = len(server.log)
    assert asked == sum(report["done"] for report in reports) == count_questions(server)
    again = judged_home.do(*JUDGE, "--json").json
    assert (len(server.log), sum(report["done"] for report in again)) == (asked, 0)
    assert judged_home.shortlist(SAMPLE_WEEK, GR) == after
    kept = judged_home.query("SELECT status, maker FROM (SELECT status, report ->> 'maker' AS maker FROM runs)")
    assert any(MODEL in (maker or "") for _, maker in kept)


def test_a_run_judges_too_and_rests_on_what_is_kept(judged_home: Home, server: FakeJudge) -> None:
    """All steps in one command; a second run asks nobody."""
    steps = judged_home.do("run", "--week", SAMPLE_WEEK, "--json").json["steps"]
    assert [step["step"] for step in steps] == ["harvest", "embed", *["score"] * 2, *["judge"] * 2, *["shortlist"] * 2]
    asked = len(server.log)
    assert asked > 0
    judged_home.do("run", "--week", SAMPLE_WEEK)
    assert len(server.log) == asked


def test_calls_are_summed_up(judged_home: Home, server: FakeJudge, write: Writer) -> None:
    """By judge, purpose and state; the money follows the price table and the server's count of tokens."""
    prices = write.text("prices.yaml", f"{MODEL}: {{input: 1.0, output: 4.0}}\n")
    server.script = ["prose_only", "status_408"]
    judged_home.do(*JUDGE, "--topic", GR, "--calls", "12", judge_prices=str(prices), judge_concurrency="1")
    told = judged_home.do("calls", "--last", "12", "--json").json
    sums = {row["state"]: row for row in told["sums"]}
    assert (sums["answered"]["calls"], sums["answered"]["unreadable"], sums["failed"]["calls"]) == (11, 1, 1)
    answered = sums["answered"]
    assert answered["usd"] == pytest.approx((answered["tokens_in"] + 4 * answered["tokens_out"]) / 1e6)
    assert len(told["calls"]) == len(server.log) == 12
    assert "HTTP 408" in told["calls"][-2]["problem"]
    assert [call["attempt"] for call in told["calls"][-3:]] == [3, 2, 1]
    table = judged_home.do("calls", "--last", "3").out
    assert "12 calls" in table


def test_a_key_that_is_refused(judged_home: Home, server: FakeJudge) -> None:
    """Exit code 1, what to do, and everything judged before is kept."""
    server.script, server.always = ["ok"] * 6, "status_401"
    result = judged_home.run(*JUDGE, judge_concurrency="1")
    assert result.code == 1
    assert "refused the key" in result.err
    assert judged_home.query("SELECT count(*) FROM verdicts WHERE status = 'judged'") == [(6,)]
    assert len(server.log) == 7
    assert len(judged_home.shortlist(SAMPLE_WEEK, GR)["papers"]) == 20


@pytest.mark.parametrize("is_reachable", [True, False])
def test_a_run_with_a_dead_judge_still_makes_the_list(
    judged_home: Home, server: FakeJudge, monkeypatch: pytest.MonkeyPatch, *, is_reachable: bool
) -> None:
    """By the cheap score alone; its report says why nothing was judged."""
    monkeypatch.setattr("triage.pipeline.asking._LONGEST_PAUSE", 0.0)
    expected = judged_home.shortlist(SAMPLE_WEEK, GR)
    server.always = "no_quota"
    url = server.url if is_reachable else "http://127.0.0.1:9/v1"
    steps = judged_home.do("run", "--week", SAMPLE_WEEK, "--json", judge=url).json["steps"]
    judging = [step for step in steps if step["step"] == "judge"]
    assert [step["failed"] for step in judging] == [1]
    assert ("wants money" if is_reachable else "Paper after paper got no verdict") in judging[0]["note"]
    assert [paper["arxiv_id"] for paper in judged_home.shortlist(SAMPLE_WEEK, GR)["papers"]] == [
        paper["arxiv_id"] for paper in expected["papers"]
    ]
    assert judged_home.query("SELECT count(*) FROM runs WHERE status = 'failed'") == [(1,)]


def test_a_limit_of_calls(judged_home: Home, server: FakeJudge) -> None:
    """The note says that it stopped there; the list is whole."""
    result = judged_home.do(*JUDGE, "--topic", GR, "--calls", "5", "--json")
    assert (len(server.log), result.json[0]["done"]) == (5, 5)
    assert "This run has made 5 calls" in result.json[0]["note"]
    assert len(judged_home.shortlist(SAMPLE_WEEK, GR)["papers"]) == 20


def test_the_first_few(judged_home: Home, server: FakeJudge) -> None:
    """Just so many of each topic."""
    judged_home.do(*JUDGE, "--first", "3")
    assert len(server.log) == 6


def test_a_forecast_calls_nobody(judged_home: Home, server: FakeJudge, write: Writer) -> None:
    """It says how many calls and what they would cost at most, by topic and with the limits."""
    prices = str(write.text("prices.yaml", f"{MODEL}: {{input: 1.0, output: 4.0}}\n"))
    forecasts = judged_home.do(*JUDGE, "--cost", "--json", judge_prices=prices).json
    assert [each["topic"] for each in forecasts] == [GR, AE]
    assert all(each["calls"] > 0 and each["usd"] > 0 for each in forecasts)
    assert "400 calls or $1.00" in " ".join(judged_home.do(*JUDGE, "--cost", judge_prices=prices).out.split())
    few = judged_home.do(*JUDGE, "--cost", "--first", "3", "--json", judge_prices=prices).json
    assert [each["calls"] for each in few] == [3, 3]
    assert server.log == []
    assert judged_home.query("SELECT count(*) FROM judge_calls") == [(0,)]


def test_a_price_that_nobody_knows(judged_home: Home, server: FakeJudge, write: Writer) -> None:
    """Bad input, before any call: nothing may be spent that was not counted."""
    prices = write.text("prices.yaml", "another: {input: 1.0, output: 4.0}\n")
    assert f"No price is known for {MODEL}" in judged_home.refuse(*JUDGE, judge_prices=str(prices))
    assert server.log == []
    far = judged_home.refuse(*JUDGE, judge="https://judge.invalid/v1")
    assert "prices.yaml (TRIAGE_JUDGE_PRICES) cannot be read" in far


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Expected lines such as"),
        ("- 1\n", "Expected lines such as"),
        (f"{MODEL}: 3\n", "Expected `object`"),
        (f"{MODEL}: {{input: -1, output: 1}}\n", "input"),
        (f"{MODEL}: {{input: .nan, output: 1}}\n", "input"),
        (f"{MODEL}: {{input: .inf, output: 1}}\n", "input"),
        (f"{MODEL}: {{input: 1}}\n", "output"),
        (f"{MODEL}: {{input: 1, output: 1, cached: 1}}\n", "cached"),
        ("{", "is wrong"),
    ],
)
def test_a_price_table_that_is_wrong(judged_home: Home, write: Writer, text: str, told: str) -> None:
    """It is named, with what was expected."""
    prices = write.text("prices.yaml", text)
    message = judged_home.refuse(*JUDGE, judge_prices=str(prices))
    assert str(prices) in message
    assert told in message


def test_a_key_that_is_missing(judged_home: Home, server: FakeJudge) -> None:
    """Bad input that names the variable."""
    message = judged_home.refuse(*JUDGE, judge_key_name="NO_SUCH_KEY_HERE")
    assert "set NO_SUCH_KEY_HERE" in message
    assert "OPENAI_API_KEY" in judged_home.refuse(*JUDGE, judge="openai")
    assert server.log == []


def test_no_judge_at_all(sample_home: Home) -> None:
    """The message says how to name one."""
    message = sample_home.refuse(*JUDGE)
    assert "TRIAGE_JUDGE_MODEL" in message
    assert "--local" in message


def wait_for(server: FakeJudge, requests: int) -> None:
    """Until so many came in."""
    for _ in range(6_000):
        if len(server.log) >= requests:
            return
        time.sleep(0.01)
    raise AssertionError("nobody asked")


def test_ctrl_c_keeps_what_was_answered(judged_home: Home, server: FakeJudge) -> None:
    """No call stays open, its reservation stands, and the next run asks only about the rest."""
    server.thinking = 0.15
    process = judged_home.start(*JUDGE, "--topic", GR)
    wait_for(server, 10)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.strip() == "Stopped. What was finished is kept; the same command goes on from there."
    states = dict(judged_home.query("SELECT state, count(*) FROM judge_calls GROUP BY state"))
    stopped = judged_home.query("SELECT DISTINCT problem FROM judge_calls WHERE state = 'failed'")
    assert set(states) <= {"answered", "failed"}
    assert stopped in ([], [("The program was stopped while it waited.",)])
    kept = judged_home.query("SELECT count(*) FROM verdicts")[0][0]
    assert kept >= 4
    server.thinking, asked = 0.0, len(server.log)
    report = judged_home.do(*JUDGE, "--topic", GR, "--json").json[0]
    assert report["skipped"] == kept
    assert len(server.log) - asked <= report["done"]
    assert len(server.log) - count_questions(server) <= 4


def test_another_process_that_judges_the_same_week(judged_home: Home, server: FakeJudge) -> None:
    """Both end well, and no question is asked twice."""
    server.thinking = 0.02
    processes = [judged_home.start(*JUDGE, "--topic", GR, "--first", "25") for _ in range(2)]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
    assert len(server.log) == count_questions(server) == 25


def test_the_scripted_judge_is_served_until_ctrl_c(sample_home: Home) -> None:
    """What it prints to be set is all that `triage judge` needs; Ctrl-C ends it without a traceback."""
    process = sample_home.start("dev", "judge", "recommend", "--port", "0", "--fault", "prose_around", "--rate", "1")
    with process:
        assert process.stdout
        settings: dict[str, str] = {}
        for line in process.stdout:
            settings |= dict(re.findall(r"^export (\w+)=(\S+)", line))
            if "Ctrl-C" in line:
                break
        sample_home.environment |= settings
        reports: list[dict[str, Any]] = sample_home.do(*JUDGE, "--first", "2", "--json").json
        assert [report["done"] for report in reports] == [2, 2]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert "Stopped after 4 requests" in out


def test_an_unknown_fault_and_a_taken_port_are_said_so(home: Home, server: FakeJudge) -> None:
    """With all names, and with what to do."""
    assert "status_429_seconds" in home.refuse("dev", "judge", "word", "--fault", "nonsense")
    port = re.findall(r":(\d+)/", server.url)[0]
    assert "--port" in home.refuse("dev", "judge", "word", "--port", port)


def test_a_local_model_that_is_not_there(judged_home: Home, server: FakeJudge, tmp_path: Path) -> None:
    """The file is named, and the judge of the settings is not asked instead."""
    result = judged_home.run(*JUDGE, "--local", tmp_path / "absent.gguf")
    assert result.code in {1, 2}
    assert "absent.gguf" in result.err
    assert server.log == []
