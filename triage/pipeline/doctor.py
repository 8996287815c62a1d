"""Checks of an installation, each alone: what holds, what does not, and what to do. Nothing is made or changed."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
import numpy as np

from triage.config import Settings
from triage.errors import InputError, ModelError, tell_install
from triage.ports import Embedder

Status = Literal["ok", "warning", "failed"]

_OLDEST_PYTHON = (3, 11)
_LITTLE_BYTES = 1_000_000_000  # a year is some 100,000 papers of about 6 kB with vector and scores
_NO_BYTES = 50_000_000
_CLOCK_TOLERANCE = timedelta(days=1)
_UNIT_TOLERANCE = 1e-3
_EXTRAS = {
    "sentence_transformers": ("models", "needed only for sentence-transformers models"),
    "openvino": ("fast", "needed only for the embedders minilm-bf16 and minilm-int8"),
    "saq": ("postgres", "needed only for PostgreSQL and triage worker"),
    "matplotlib": ("eval", "needed only for pictures"),
    "xllamacpp": ("local-llm", "needed only for triage judge --local"),
}
_USUAL_SECURITY = {465: "tls", 587: "starttls"}  # by port: RFC 8314, section 3.3
_SENTENCE = "Semantic IDs for generative recommendation."


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at; `message` says what was found and, unless all is well, what to do."""

    name: str
    status: Status
    message: str


def sum_up(checks: Sequence[Check]) -> Status:
    """The worst of them."""
    found = {check.status for check in checks}
    return "failed" if "failed" in found else "warning" if "warning" in found else "ok"


def check_python(version: Sequence[int]) -> Check:
    """`version` begins with major and minor."""
    text = ".".join(map(str, version[:3]))
    if tuple(version[:2]) < _OLDEST_PYTHON:
        return Check("python", "failed", f"Python {text} is too old: install Triage with Python 3.11 or newer.")
    return Check("python", "ok", f"Python {text}.")


def check_folder(home: Path) -> Check:
    """Whether the data folder can be written, or made where it is not there yet."""
    place = _find_existing(home)
    if not place.is_dir():
        problem = f"{place} is a file where the data folder {home} should be"
    elif not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        problem = f"The data folder {home} cannot be written"
    elif place != home:
        return Check("folder", "ok", f"{home} does not exist yet: fine, the first command makes it.")
    else:
        return Check("folder", "ok", f"{home} can be written.")
    return Check("folder", "failed", f"{problem}: set TRIAGE_HOME to a folder that can be written.")


def check_space(home: Path, count_free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free) -> Check:
    """How much the disk of the data folder has left; `count_free` tells the bytes for a path that is there."""
    free = count_free(_find_existing(home))
    text = f"{free / 1e9:,.1f} GB free on the disk of {home}"
    if free < _NO_BYTES:
        return Check("space", "failed", f"{text}: make room, or set TRIAGE_HOME to another disk.")
    if free < _LITTLE_BYTES:
        return Check("space", "warning", f"{text}: make room before you import years of papers.")
    return Check("space", "ok", f"{text}.")


def check_rubric(read: Callable[[], tuple[Path, int]]) -> Check:
    """Whether the rubric in force can be read; `read` tells its path and how many topics it has, or why it cannot."""
    try:
        path, topics = read()
    except InputError as error:
        return Check("rubric", "failed", str(error))
    except OSError as error:
        return Check("rubric", "failed", f"The rubric cannot be read: {error}. Change its owner or permissions.")
    return Check("rubric", "ok", f"{path} is a good rubric of {topics} topics.")


def check_embedder(open_embedder: Callable[[], Embedder]) -> Check:
    """Whether the weights are the right ones, and a sentence gets a finite unit vector."""
    started = time.monotonic()
    try:
        embedder = open_embedder()
        opened = time.monotonic()
        vectors = embedder.embed([_SENTENCE])
    except ModelError as error:
        return Check("embedder", "failed", str(error))
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        return Check("embedder", "failed", f"The embedder does not work ({error}): install Triage again.")
    done = time.monotonic()
    if vectors.shape != (1, embedder.dimension) or not abs(float(np.linalg.norm(vectors)) - 1) < _UNIT_TOLERANCE:
        return Check("embedder", "failed", f"{embedder.name} gave no unit vector for a sentence: install Triage again.")
    spent = f"opened in {opened - started:.1f} s, a sentence takes {1_000 * (done - opened):.0f} ms"
    return Check("embedder", "ok", f"{embedder.name}: {spent}.")


def check_clock(now: datetime, installed: datetime) -> Check:
    """Whether the clock can be right: a day or more before the files of this installation it is wrong."""
    if now < installed - _CLOCK_TOLERANCE:
        message = (
            f"The clock says {_say_time(now)}, but Triage was installed on {_say_time(installed)}: set the clock, "
            "since weeks are counted by it."
        )
        return Check("clock", "failed", message)
    return Check("clock", "ok", f"{_say_time(now)}.")


def check_contact(contact: str) -> Check:
    """Whether arXiv can be told who asks."""
    if contact.strip():
        return Check("contact", "ok", f"arXiv is told to write to {contact}.")
    message = "TRIAGE_CONTACT is not set: triage harvest needs it, such as TRIAGE_CONTACT=you@example.org."
    return Check("contact", "warning", message)


def check_mail(settings: Settings, open_mailer: Callable[[], object]) -> Check:
    """Whether mails can be sent as the settings say, as far as can be told here; `open_mailer` may raise."""
    try:
        open_mailer()
    except InputError as error:
        return Check("mail", "failed", str(error))
    if settings.mail == "folder":
        return _check_mail_folder(settings)
    if check := _check_mail_server(settings):
        return check
    place = f"Mails go to {settings.smtp_host}:{settings.smtp_port}"
    if not settings.mail_from:
        return Check("mail", "warning", f"{place}, but TRIAGE_MAIL_FROM is not set: such as triage@example.org.")
    if urlsplit(settings.public_url).scheme != "https":
        message = (
            f"{place}, but links in them are not https: set TRIAGE_PUBLIC_URL, or mailboxes offer no way to leave."
        )
        return Check("mail", "warning", message)
    signed = "signed here" if settings.dkim_key else "not signed here, so the server must (DKIM)"
    return Check("mail", "ok", f"{place} from {settings.mail_from}, {signed}.")


def _check_mail_folder(settings: Settings) -> Check:
    found = f"Mails are written into {settings.home / 'outbox'}, and sent to nobody"
    if settings.smtp_host:
        return Check("mail", "warning", f"{found}, though TRIAGE_SMTP_HOST is set: TRIAGE_MAIL=smtp sends them there.")
    if settings.accounts:
        message = f"{found}, letters to sign in among them: set TRIAGE_MAIL=smtp, once readers are to get them."
        return Check("mail", "warning", message)
    return Check("mail", "ok", f"{found}.")


def _check_mail_server(settings: Settings) -> Check | None:
    """What a mail server will hardly go along with; None where there is no such thing."""
    if bool(settings.smtp_user) != bool(settings.smtp_password.get_secret_value()):
        message = "Of TRIAGE_SMTP_USER and TRIAGE_SMTP_PASSWORD, one is set alone: set both, or neither."
        return Check("mail", "failed", message)
    usual = _USUAL_SECURITY.get(settings.smtp_port)
    if usual and settings.smtp_security not in {usual, "none"}:
        message = (
            f"Mail servers expect {usual} on port {settings.smtp_port}, not {settings.smtp_security}: look at "
            "TRIAGE_SMTP_PORT and TRIAGE_SMTP_SECURITY."
        )
        return Check("mail", "warning", message)
    return None


def check_extras(is_installed: Callable[[str], bool] = lambda module: find_spec(module) is not None) -> list[Check]:
    """What could be added; nothing here is needed."""
    return [
        Check(
            f"extra {extra}",
            "ok",
            f"{module} is installed."
            if is_installed(module)
            else f"{module} is not installed: {purpose}. Add it with: {tell_install(extra)}",
        )
        for module, (extra, purpose) in _EXTRAS.items()
    ]


def _find_existing(path: Path) -> Path:
    """The path itself, or the nearest thing above it that can be seen."""
    return next(place for place in (path, *path.parents) if os.access(place, os.F_OK))


def _say_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
