"""What benches tell a person, always on standard error: standard output is the result's alone."""

import sys
from pathlib import Path


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)


def require_files(folder: Path, *names: str) -> None:
    """End with one sentence and exit code 1 where the data folder lacks one of these."""
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise SystemExit(f"{folder} lacks {', '.join(missing)}: name the folder that has the data with --data FOLDER.")
