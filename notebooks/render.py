"""Run the notebooks and write each as one HTML file that needs nothing else: `python notebooks/render.py`.

Without options on the bundled made-up week; the notebooks themselves stay as they are. No network.
"""

import argparse
import ast
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter
from nbformat import NotebookNode

_FOLDER = Path(__file__).resolve().parent
_TEMPLATE = """\
{%- extends "lab/index.html.j2" -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""
"""JupyterLab's look without its scripts, which a page would fetch from elsewhere."""


class _ThisPython(KernelSpecManager):
    """Knows one kernel: the Python that runs this, whatever else is installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """For every name the same."""
        del kernel_name
        return KernelSpec(**get_kernel_dict())


class CellFailure(Exception):  # noqa: N818 - what happened, told and counted
    """A cell did not come to its end; the text says which, what stood in it, and what went wrong."""


def run_notebook(path: Path, values: dict[str, object], seconds: int) -> NotebookNode:
    """The notebook with outputs; `values` follow the cell that is tagged `parameters`.

    Raises `CellFailure`, also for a cell that takes longer than `seconds`.
    """
    notebook = nbformat.read(path, as_version=4)
    _give_values(notebook, values)
    running: list[int] = []
    with TemporaryDirectory(prefix="triage-") as sockets:
        client = NotebookClient(
            notebook,
            km=_open_kernel(sockets),
            timeout=seconds,
            shutdown_kernel="immediate",  # its last cell closed the store
            resources={"metadata": {"path": str(_FOLDER)}},
            on_cell_start=lambda cell, cell_index: _tell_cell(path, len(notebook.cells), cell, cell_index, running),
        )
        client.owns_km = True  # it ends the kernel with the notebook
        try:
            return client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise CellFailure(_tell_failure(path, notebook, running, error)) from error


def write_page(notebook: NotebookNode, name: str, folder: Path) -> Path:
    """As HTML with pictures inside, in the folder, which is made."""
    exporter = HTMLExporter(raw_template=_TEMPLATE, exclude_input_prompt=True, exclude_output_prompt=True)
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": name}})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.html"
    path.write_text(page, encoding="utf-8")
    return path


def main(words: Sequence[str] | None = None) -> int:
    """1 where a notebook failed, after the others were tried."""
    options = _read_options(words)
    values: dict[str, object] = {}
    if options.home:
        values["home"] = str(options.home.resolve())
    if options.week:
        values["week"] = options.week
    if options.judgements:
        values["judgements"] = tuple(str(path.resolve()) for path in options.judgements)
    failed = 0
    for path in _find_notebooks(options.names):
        started = time.monotonic()
        try:
            page = write_page(run_notebook(path, values, options.timeout), path.stem, options.output)
        except CellFailure as failure:
            failed += 1
            print(failure, file=sys.stderr)
        else:
            print(f"{page} ({time.monotonic() - started:.1f} s)", flush=True)
    return 1 if failed else 0


def _read_options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as 01 or 03_map_of_a_week; all without one")
    parser.add_argument("--home", type=Path, help="a data folder with a store, else TRIAGE_HOME, else made-up papers")
    parser.add_argument("--week", help="such as 2026-W31, else the newest with papers")
    parser.add_argument("--judgements", type=Path, nargs="+", metavar="FILE", help="graded judgements, as JSON lines")
    parser.add_argument("--output", type=Path, default=_FOLDER / "html", help="folder of the pages (%(default)s)")
    parser.add_argument("--timeout", type=int, default=900, help="seconds that one cell may take (%(default)s)")
    return parser.parse_args(words)


def _find_notebooks(names: Sequence[str]) -> list[Path]:
    """In order of their numbers; ends the program where a name fits none."""
    paths = sorted(_FOLDER.glob("[0-9]*.ipynb"))
    chosen = [path for path in paths if not names or any(path.name.startswith(name) for name in names)]
    for name in names:
        if not any(path.name.startswith(name) for path in paths):
            sys.exit(f"There is no notebook {name}: expected {', '.join(path.stem for path in paths)}.")
    return chosen


def _give_values(notebook: NotebookNode, values: dict[str, object]) -> None:
    """In a cell of their own after the one with the defaults, as papermill does; names it lacks are not for it."""
    place = next(at for at, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    named = {
        target.id
        for statement in ast.parse(notebook.cells[place].source).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    lines = [f"{name} = {value!r}" for name, value in values.items() if name in named]
    if lines:
        source = "\n".join(["# Given to render.py", *lines])
        notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(source, id="given"))


def _open_kernel(folder: str) -> AsyncKernelManager:
    """Talks by sockets in the folder, which are nobody else's and take no port; Windows has none."""
    specs = _ThisPython()
    if sys.platform == "win32":
        return AsyncKernelManager(kernel_spec_manager=specs)
    return AsyncKernelManager(kernel_spec_manager=specs, transport="ipc", ip=f"{folder}/kernel")


def _tell_cell(path: Path, cells: int, cell: Any, index: int, running: list[int]) -> None:
    running.append(index)
    if sys.stderr.isatty() and cell.cell_type == "code":
        end = "\r" if index + 1 < cells else "\r\033[K"
        print(f"{path.stem}: cell {index + 1} of {cells}", end=end, file=sys.stderr, flush=True)


def _tell_failure(path: Path, notebook: NotebookNode, running: Sequence[int], error: Exception) -> str:
    """Which cell, what stood in it, and the error without its trace."""
    told = f"{error.ename}: {error.evalue}" if isinstance(error, CellExecutionError) else str(error)
    if not running:
        return f"{path.name} did not start: {told}"
    source = "\n".join(f"    {line}" for line in notebook.cells[running[-1]].source.splitlines())
    return f"{path.name} fails in cell {running[-1] + 1} of {len(notebook.cells)}:\n{source}\n{told}"


if __name__ == "__main__":
    sys.exit(main())
