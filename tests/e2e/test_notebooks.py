"""The notebooks, as `make notebooks` runs them: in kernels of their own, on the made-up week and on a real one."""

import ast
import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.cli_case import PROGRAM, ROOT

from triage.study.opening import MADE_UP

_FOLDER = ROOT / "notebooks"
_NAMES = sorted(path.stem for path in _FOLDER.glob("*.ipynb"))
_WEEK = "2026-W31"
_EVERY = 12
"""Every twelfth paper of the real week, beside those judged relevant: embedding them all takes a minute."""
_REAL_SECONDS = 600
_LABELS = {"generative-recommendation": "generative_recommendation", "agent-evaluation": "agent_evaluation"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Nothing of the developer's own store or settings, and a cache of our own, in which the made-up week is kept."""
    from matplotlib import get_cachedir

    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRIAGE_", "JUPYTER", "IPYTHON"))}
    folder = tmp_path_factory.mktemp("notebooks")
    own = {"XDG_CACHE_HOME": folder / "cache", "IPYTHONDIR": folder / "ipython", "JUPYTER_RUNTIME_DIR": folder / "run"}
    return kept | {name: str(path) for name, path in own.items()} | {"MPLCONFIGDIR": get_cachedir()}  # fonts are found


def render(environment: dict[str, str], output: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    """The pages of the notebooks, written into a folder, as somebody does who stands elsewhere."""
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, str(_FOLDER / "render.py"), "--output", str(output), *map(str, options)],
        env=environment,
        cwd=output.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def read_pages(done: subprocess.CompletedProcess[str], output: Path) -> dict[str, str]:
    """Of all notebooks, by name; none of their cells wrote a warning."""
    assert done.returncode == 0, done.stderr
    pages = {path.stem: path.read_text(encoding="utf-8") for path in sorted(output.iterdir())}
    assert sorted(pages) == _NAMES
    for page in pages.values():
        assert (
            re.findall(r'data-mime-type="application/vnd.jupyter.stderr"[^>]*>(.{,2000}?)</div>', page, re.DOTALL) == []
        )
    return pages


def read_notebook(name: str) -> dict[str, Any]:
    """As it stands in git."""
    notebook: dict[str, Any] = json.loads((_FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    return notebook


def list_code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Its code cells, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def list_imports(source: str) -> Iterator[str]:
    """The roots of the modules that a cell imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield "." if node.level else (node.module or "").partition(".")[0]


@pytest.mark.parametrize("name", _NAMES)
def test_a_notebook_imports_nothing_but_triage(name: str) -> None:
    """Every import's root is `triage`, so that the program's own tests cover what notebooks show."""
    roots = {root for cell in list_code(read_notebook(name)) for root in list_imports("".join(cell["source"]))}
    assert roots == {"triage"}


@pytest.mark.parametrize("name", _NAMES)
def test_a_notebook_is_kept_without_outputs(name: str) -> None:
    """No output, no count of executions, and the first code cell holds what `render.py` may replace."""
    cells = list_code(read_notebook(name))
    assert not any(cell["outputs"] or cell["execution_count"] is not None for cell in cells)
    assert cells[0]["metadata"]["tags"] == ["parameters"]


def test_all_notebooks_run_on_the_made_up_week(environment: dict[str, str], tmp_path: Path) -> None:
    """A page each that says first that all is made up, has words for every picture, and fetches nothing."""
    fast = environment | {"TRIAGE_EMBEDDER": "hashing"}
    pages = read_pages(render(fast, tmp_path / "html"), tmp_path / "html")
    for name, page in pages.items():
        assert MADE_UP in page
        images = re.findall(r"<img\b[^>]*>", page)
        assert images, f"{name} shows no picture"
        assert all(re.search(r'\balt="[^"]{40,}"', image) for image in images)
        assert not re.search(r"<(?:script|link|iframe)\b", page)


def test_a_cell_that_fails_is_told(environment: dict[str, str], tmp_path: Path) -> None:
    """Which notebook, which cell, and what to do; no page, no trace, and a count of one for make."""
    done = render(environment, tmp_path / "html", "01", "--home", tmp_path)
    assert done.returncode == 1
    assert "01_tune_the_rubric.ipynb fails in cell 4 of" in done.stderr
    assert f"InputError: The folder {tmp_path} holds no store of Triage." in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "html").exists()


@pytest.mark.timeout(_REAL_SECONDS)
def test_all_notebooks_run_on_a_real_week(environment: dict[str, str], tmp_path: Path, shared_data: Path) -> None:
    """A page each on part of a real week with its judgements and readers' votes; nothing is said to be made up."""
    own = environment | {"TRIAGE_HOME": str(tmp_path / "home")}
    judgements = shared_data / "judgements" / f"{_WEEK}.jsonl"
    commands: list[list[str | Path]] = [["import", cut_week(shared_data, judgements, tmp_path / "week.jsonl")]]
    commands += [
        ["vote", "import", shared_data / "labels" / f"{name}.csv", "--topic", topic] for topic, name in _LABELS.items()
    ]
    for words in commands:
        subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", PROGRAM, *map(str, words)], env=own, check=True, capture_output=True
        )
    done = render(own, tmp_path / "html", "--week", _WEEK, "--judgements", judgements)
    for page in read_pages(done, tmp_path / "html").values():
        assert MADE_UP not in page
        assert f"Week {_WEEK}" in page


def cut_week(data: Path, judgements: Path, path: Path) -> Path:
    """A file of part of the real week, with all that were judged relevant; it is still no small week."""
    judged = {found["id"] for line in judgements.read_text().splitlines() if (found := json.loads(line))["grade"] > 1}
    with gzip.open(data / "arxiv" / f"week-{_WEEK}.jsonl.gz", "rt", encoding="utf-8") as lines:
        kept = [line for number, line in enumerate(lines) if number % _EVERY == 0 or json.loads(line)["id"] in judged]
    path.write_text("".join(kept), encoding="utf-8")
    return path
