"""What a shell offers after `triage`, asked as bash, zsh and fish ask."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem, get_completion_class
from fakes.cli_case import SAMPLE_WEEK

from triage.cli import triage
from triage.cli.completion import COMPLETE_VARIABLE, offer_values

TOPICS = ["generative-recommendation", "agent-evaluation"]
SHELLS = ("bash", "zsh", "fish")
BIN = Path(sys.executable).parent


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAGE_HOME", str(tmp_path / "home"))
    offer_values()


def ask(*words: str, of: str = "bash") -> list[CompletionItem[str]]:
    """What may stand in the place of the last word."""
    made = get_completion_class(of)
    assert made is not None
    return made(triage, {}, "triage", COMPLETE_VARIABLE).get_completions(list(words[:-1]), words[-1])


def offer(*words: str, of: str = "bash") -> list[str]:
    """The same, without help."""
    return [item.value for item in ask(*words, of=of)]


def test_commands_are_offered_with_their_help() -> None:
    """All of them after nothing, those that begin so after a letter, and those of a group after its name."""
    assert offer("") == triage.list_commands(triage.make_context("triage", [], resilient_parsing=True))
    assert offer("do") == ["doctor"]
    assert "installation" in (ask("do")[0].help or "")
    assert offer("rubric", "c") == ["check"]
    assert offer("nonsense", "") == offer("")


def test_options_are_offered() -> None:
    """Those of the command, and those of the program itself."""
    assert offer("--v") == ["--version"]
    assert {"--week", "--topic"} <= set(offer("shortlist", "--"))


@pytest.mark.parametrize("shell", SHELLS)
def test_topics_come_from_the_rubric(shell: str) -> None:
    """All in its order, or those that begin so, for every shell; their titles are the help."""
    assert offer("run", "--topic", "", of=shell) == TOPICS
    assert offer("run", "--topic", "a", of=shell) == TOPICS[1:]
    assert ask("vote", "2605.90015", "--topic", "a", of=shell)[0].help == "Agent evaluation"


def test_a_value_behind_an_equals_sign_is_completed() -> None:
    """As bash hands it out, in three words, and as zsh does, in one."""
    assert offer("run", "--topic", "=") == TOPICS
    assert offer("run", "--topic", "=", "gen") == TOPICS[:1]
    assert offer("run", "--topic=gen", of="zsh") == [f"--topic={TOPICS[0]}"]


def test_weeks_come_from_the_store(listed_sample: Path, tmp_path: Path) -> None:
    """Those that hold papers, with how many."""
    (tmp_path / "home").mkdir()
    shutil.copy(listed_sample, tmp_path / "home" / "triage.db")
    assert [(item.value, item.help) for item in ask("shortlist", "--week", "2026")] == [(SAMPLE_WEEK, "85 papers")]
    assert offer("shortlist", "--week", "2025") == []


def test_asking_makes_no_store(tmp_path: Path) -> None:
    """Without one there are no weeks, and afterwards there is still none."""
    assert offer("run", "--week", "") == []
    assert not (tmp_path / "home").exists()


def test_a_wrong_setting_or_rubric_offers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No message in the middle of a line that is being typed."""
    monkeypatch.setenv("TRIAGE_RUBRIC", str(tmp_path / "none.yaml"))
    assert offer("run", "--topic", "") == []
    monkeypatch.setenv("TRIAGE_THREADS", "-1")
    assert offer("run", "--week", "") == []


def test_another_database_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be far away."""
    monkeypatch.setenv("TRIAGE_DATABASE_URL", "postgresql://nobody@192.0.2.1/triage")
    assert offer("run", "--week", "") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It registers a function for our command, which asks by our variable."""
    triage.main(["completion", shell], prog_name="triage", standalone_mode=False)
    script = capsys.readouterr().out
    assert f"{COMPLETE_VARIABLE}={shell}_complete" in script
    assert "_triage_completion" in script


@pytest.mark.parametrize("shell", SHELLS)
def test_a_real_shell_completes(shell: str) -> None:
    """It loads the script without a word and offers a topic where one is asked for."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"needs {shell}")
    asked = {
        "bash": 'eval "$(triage completion bash)"; complete -p triage; '
        'COMP_WORDS=(triage run --topic agent) COMP_CWORD=3; _triage_completion triage; echo "${COMPREPLY[@]}"',
        "zsh": 'autoload -U compinit; compinit -D; eval "$(triage completion zsh)"; echo $_comps[triage]; '
        "env COMP_WORDS='triage run --topic agent' COMP_CWORD=3 _TRIAGE_COMPLETE=zsh_complete triage",
        "fish": 'triage completion fish | source; complete -C "triage run --topic agent"',
    }[shell]
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(  # noqa: S603 - shell and script are ours
        [program, "-c", asked], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert not done.stderr
    assert "agent-evaluation" in done.stdout
    assert "generative" not in done.stdout
