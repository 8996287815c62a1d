"""`triage audit` and `triage audit ask`: what is asked at a terminal, what is kept, and what the answers tell."""

import os
import pty
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from select import select

import pytest
from fakes.cli_case import PROGRAM, ROOT, SAMPLE_WEEK, Home

GR, AE = "generative-recommendation", "agent-evaluation"
_PROMPT = "Is it relevant?"
_LOCAL_FLAGS = 3  # where termios keeps them


@pytest.fixture
def run_home(sample_home: Home) -> Home:
    """The bundled week with its lists, and so with papers drawn below them."""
    sample_home.do("run", "--week", SAMPLE_WEEK)
    return sample_home


def list_asked(home: Home, topic: str = GR) -> list[str]:
    """Ids of the papers that wait for an answer, in the order in which they are asked."""
    found = home.do("audit", "ask", "--topic", topic, "--json").json
    return [paper["arxiv_id"] for questions in found for paper in questions["papers"]]


def press(home: Home, keys: Sequence[str], *arguments: str) -> tuple[int, str]:
    """Exit code and what stood on the terminal, of a reader who presses one key at each prompt."""
    ours, theirs = pty.openpty()
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "TERM": "dumb", "COLUMNS": "80"}
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PROGRAM, *arguments],
        env=environment | home.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        said = ""
        for number, key in enumerate(keys, 1):
            while said.count(_PROMPT) < number or termios.tcgetattr(ours)[_LOCAL_FLAGS] & termios.ICANON:
                said += _hear(ours)
                assert process.poll() is None, said
            os.write(ours, key.encode())
        while process.poll() is None:
            said += _hear(ours)
        said += _hear(ours)
    os.close(ours)
    return process.returncode, said


def _hear(terminal: int) -> str:
    """What was said in the last moment."""
    if not select([terminal], [], [], 0.02)[0]:
        return ""
    try:
        return os.read(terminal, 65536).decode(errors="ignore")
    except OSError:  # Linux: nobody holds the other end any more
        time.sleep(0.02)
        return ""


def test_before_any_answer_the_command_says_how_to_give_one(sample_home: Home) -> None:
    """First what draws papers, then what asks about them; no number before there is one."""
    assert sample_home.do("audit").out.count("triage run --week WEEK") == 2
    assert sample_home.do("audit", "--json").json[0]["estimate"] is None
    sample_home.do("run", "--week", SAMPLE_WEEK)
    out = sample_home.do("audit", "--topic", GR).out
    assert f"\n  triage audit ask --topic {GR}\n" in out
    assert "%" not in out


def test_the_questions_are_those_that_wait(run_home: Home) -> None:
    """Six of each topic, none of them listed; what the reader voted on is asked no more, whatever the vote."""
    asked = list_asked(run_home)
    listed = run_home.shortlist(SAMPLE_WEEK, GR)
    assert len(asked) == len(list_asked(run_home, AE)) == 6
    assert {place["arxiv_id"] for place in listed["papers"] + listed["exploration"]}.isdisjoint(asked)
    run_home.do("vote", *asked[:2], "--topic", GR, "--irrelevant")
    assert list_asked(run_home) == asked[2:]
    run_home.do("vote", *asked[2:], "--topic", GR, "--relevant")
    assert [each["topic"] for each in run_home.do("audit", "ask", "--json").json] == [AE]


def test_answers_become_an_estimate(run_home: Home) -> None:
    """In words, with its interval, as a picture, and for programs; of the weeks that were asked for."""
    asked = list_asked(run_home)
    run_home.do("vote", *asked[:5], "--topic", GR, "--irrelevant")
    run_home.do("vote", asked[5], "--topic", GR, "--relevant")
    out = run_home.do("audit", "--topic", GR).out
    assert "relevant papers a week were left out (95 % interval" in out
    assert "From 6 answers about 1 week," in out
    assert "sure of 80 % recall" in out
    assert out.count("●") == 2
    (found,) = run_home.do("audit", "misses", "--topic", GR, "--wanted", "0.5", "--json").json
    (week,) = found["weeks"]
    assert (week["week"], week["asked"], week["answered"], week["relevant"]) == (SAMPLE_WEEK, 6, 6, 1)
    estimate = found["estimate"]
    assert estimate["wanted"] == 0.5
    assert estimate["missed"]["low"] <= estimate["missed"]["estimate"] <= estimate["missed"]["high"]
    (later,) = run_home.do("audit", "--topic", GR, "--since", "2026-W21", "--json").json
    assert (later["weeks"], later["estimate"]) == ([], None)


def test_each_answer_is_kept_at_once(run_home: Home) -> None:
    """At a terminal, key by key: Ctrl-C loses none of them, skipped papers come again, and no score is shown."""
    asked = list_asked(run_home)
    code, said = press(run_home, ["r", "n", "s", "\x03"], "audit", "ask", "--topic", GR)
    assert code == 130
    votes = dict(run_home.query("SELECT arxiv_id, value FROM votes"))
    assert votes == {asked[0]: 1, asked[1]: -1}
    assert [f"{number} of 6" in said for number in range(1, 6)] == [True, True, True, True, False]
    assert "score" not in said.lower()
    code, said = press(run_home, ["U", "q"], "audit", "ask", "--topic", GR, "--week", SAMPLE_WEEK)
    assert (code, "Kept: 1 uncertain" in said) == (0, True)
    assert dict(run_home.query("SELECT arxiv_id, value FROM votes")) == votes | {asked[2]: 0}


def test_an_audit_with_nothing_to_ask_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """And ends well, at a terminal."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        assert "Nothing is left to ask" in home.do("audit", "ask").out
    os.close(ours)


def test_asking_needs_a_terminal(home: Home) -> None:
    """What is piped in is not taken for answers."""
    assert "--json" in home.refuse("audit", "ask")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--wanted", "1"), "--wanted"),
        (("--wanted", "much"), "--wanted"),
        (("--since", "2026"), "2026-W17"),
        (("--topic", "agent-evaluatoin"), "did you mean agent-evaluation?"),
        (("nonsense",), "No such command"),
        (("misses", "nonsense"), "nonsense"),
        (("ask", "--json", "--week", "2026-W19"), "triage run --week 2026-W19"),
        (("ask", "--json", "--week", "W19"), "2026-W17"),
        (("ask", "--json", "--topic", "x"), "no topic 'x'"),
    ],
)
def test_wrong_input(home: Home, arguments: tuple[str, ...], message: str) -> None:
    """Each with what was expected."""
    assert message in " ".join(home.refuse("audit", *arguments).split())


@pytest.mark.parametrize("arguments", [(), ("misses",), ("ask",)])
def test_help_fits_a_screen(home: Home, arguments: tuple[str, ...]) -> None:
    """With an example, for the group and for each command."""
    out = home.do("audit", *arguments, "--help").out
    assert "Example:" in out
    assert len(out.splitlines()) <= 24
