"""Build wheel and sdist, and use each as a stranger would: `python tools/try_package.py --output dist`.

Each is installed with its dependencies into a new, empty environment, and from an empty folder runs the demo and serves
its pages. Prints what took how long; ends with an error at the first thing that fails. Needs a package index.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

_ROOT = Path(__file__).resolve().parents[1]
_STARTED_WITHIN = 120  # seconds


def build(output: Path) -> list[Path]:
    """The wheel and the sdist, made anew."""
    _run([sys.executable, "-m", "hatchling", "build", "-d", str(output.absolute())], _ROOT)
    return [max(output.glob(pattern), key=os.path.getmtime) for pattern in ("*.whl", "*.tar.gz")]


def install(package: Path, environment: Path) -> Path:
    """Into a new environment of its own; hands out the program."""
    venv.create(environment, with_pip=True)
    scripts = environment / "bin"
    _run([str(scripts / "python"), "-m", "pip", "install", "--quiet", str(package.absolute())], environment)
    return scripts / "triage"


def try_program(program: Path, folder: Path) -> None:
    """Version, help, the demo, and the pages of the demo's week; `folder` is empty."""
    for arguments in (["--version"], ["--help"], ["completion", "bash"], ["demo"], ["doctor"]):
        _run([str(program), *arguments], folder, {"TRIAGE_HOME": str(folder / "demo" / "data")})
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    environment = _make_environment({"TRIAGE_HOME": str(folder / "demo" / "data")})
    command = [str(program), "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as server:  # noqa: S603 - ours
        try:
            for path in ("/healthz", "/shortlists/agent-evaluation/2026-W20", "/docs"):
                _read(f"http://127.0.0.1:{port}{path}")
        finally:
            server.terminate()


def _read(url: str) -> None:
    deadline = time.monotonic() + _STARTED_WITHIN
    while True:
        try:
            with urllib.request.urlopen(url, timeout=_STARTED_WITHIN):  # noqa: S310 - our own server
                return
        except ConnectionError as error:
            raise SystemExit(f"{url} failed: {error}") from error
        except OSError as error:
            if time.monotonic() > deadline or "refused" not in str(error):
                raise SystemExit(f"{url} failed: {error}") from error
            time.sleep(0.2)


def _run(command: Sequence[str], folder: Path, more: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=folder, env=_make_environment(more or {}), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _make_environment(more: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the checkout or of whoever runs this can help the package."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TRIAGE_", "PYTHON"))}
    return {**own, **more}


def main(arguments: Sequence[str] | None = None) -> int:
    """Build both, then try each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("dist"), help="where both are kept (default: dist)")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    packages = build(options.output)
    print(f"built in {time.monotonic() - started:.1f} s")
    for package in packages:
        with TemporaryDirectory() as name:
            folder = Path(name) / "empty"
            folder.mkdir()
            started = time.monotonic()
            program = install(package, Path(name) / "environment")
            installed = time.monotonic()
            try_program(program, folder)
            print(
                f"{package}: {package.stat().st_size / 1e6:.1f} MB, installed in {installed - started:.0f} s, "
                f"demo and pages in {time.monotonic() - installed:.0f} s"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
