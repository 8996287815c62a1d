"""The data folder, and the rubric that is in force: one's own that lies there, or the one that ships."""

import os
from pathlib import Path

import triage
from triage.config import Settings
from triage.core.rubric import Rubric
from triage.core.rubric_reading import read_rubric
from triage.errors import InputError


def find_rubric(settings: Settings) -> Path:
    """The file in force: the one set, the one in the data folder, or the one that ships with the program."""
    if settings.rubric is not None:
        return settings.rubric
    own = settings.home / "rubric.yaml"
    if os.path.isfile(own):  # noqa: PTH113 - unlike Path.is_file, answers no for a folder one may not look into
        return own
    package = Path(triage.__file__).parent
    inside = package / "rubric.yaml"
    return inside if inside.is_file() else package.parent / "rubric.yaml"


def load_rubric(settings: Settings) -> Rubric:
    """Read and check the rubric in force; raises `InputError` when it cannot be read or is wrong."""
    path = find_rubric(settings)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The rubric {path} cannot be read: {error}. Expected a YAML file in UTF-8.") from error
    return read_rubric(text, str(path))


def prepare_home(home: Path) -> None:
    """Make the data folder; raise `InputError` that names it when it cannot be made or written to."""
    probe = home / ".writable"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink(missing_ok=True)  # another process may have been faster
    except OSError as error:
        raise InputError(
            f"The data folder {home} cannot be written: {error.strerror}. Set TRIAGE_HOME to a folder that can."
        ) from error
