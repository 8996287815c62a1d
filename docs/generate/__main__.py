"""Writes docs/configuration.md, docs/commands.md and docs/api.md; `--check` fails where a file says otherwise."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generate import api_page, commands_page, settings_page

ROOT = Path(__file__).resolve().parents[2]
PAGES: Mapping[str, Callable[[], str]] = {
    "configuration.md": lambda: settings_page.write_page(ROOT),
    "commands.md": commands_page.write_page,
    "api.md": api_page.write_page,
}


def find_stale(folder: Path) -> list[str]:
    """Names of the pages in the folder that are missing, or are not what the program says now."""
    return [name for name, write in PAGES.items() if _read(folder / name) != write()]


def main() -> int:
    """Write, or with `--check` only compare."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is not as it should be")
    folder = ROOT / "docs"
    if parser.parse_args().check:
        stale = find_stale(folder)
        if stale:
            print(f"{', '.join(stale)} of docs/: not what the program says now. Run make docs.", file=sys.stderr)
        return 1 if stale else 0
    for name, write in PAGES.items():
        (folder / name).write_text(write(), encoding="utf-8")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
