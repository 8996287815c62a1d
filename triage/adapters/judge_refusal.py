"""What an endpoint means when it refuses: whether another call may succeed, when, and what a person has to do."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import msgspec

from triage.errors import JudgeError, JudgeStoppedError

_LONGEST_WAIT = 600.0  # seconds
_QUOTED = 200  # characters of what the server said
_REDIRECT = range(300, 400)
_KEY_REFUSED = 401
_NO_MONEY = 402
_FORBIDDEN = 403
_NOT_FOUND = frozenset((404, 405))
# Some say it with another status: OpenAI's empty account is a 429, Gemini's wrong key and many an unknown model a 400.
_MONEY = re.compile(
    r"insufficient_quota|billing_(?:hard_limit_reached|not_active)|insufficient.balance|arrearage", re.IGNORECASE
)
_KEY = re.compile(
    r"invalid_api_key|(?:invalid|incorrect) api.key|api.key (?:is )?(?:not valid|invalid|expired)", re.IGNORECASE
)
_MODEL = re.compile(
    r"model_not_found|(?:invalid|unknown) model|model\W.{0,80}(?:not exist|not found|not a valid)", re.IGNORECASE
)
_CLIENT_ERROR = range(400, 500)
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_UNITS = (86400.0, 3600.0, 60.0, 1.0, 0.001)


class Refusal(msgspec.Struct, frozen=True):
    """An answer with a status that is no success; `body` as it came, `where` is the judge's name."""

    where: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")


def explain(refusal: Refusal, key: str | None) -> JudgeError | JudgeStoppedError:
    """The error to raise; it never holds the key, nor what a server says of a wrong one."""
    where, status, text = refusal.where, refusal.status, refusal.text
    if status in _REDIRECT:
        target = refusal.headers.get("location", "").partition("?")[0]
        return JudgeStoppedError(f"{where} moved to {_clean(target, key)!r}; if that is right, set the base URL to it.")
    if status == _KEY_REFUSED or (status in _CLIENT_ERROR and _KEY.search(text)):
        return JudgeStoppedError(f"{where} refused the key (HTTP {status}): put a valid one into its variable.")
    if status == _NO_MONEY or (status in _CLIENT_ERROR and _MONEY.search(text)):
        return JudgeStoppedError(f"{where} wants money (HTTP {status}): top up the account, or set another judge.")
    said = quote(refusal.body, key)
    if status == _FORBIDDEN:
        return JudgeStoppedError(f"{where} forbids this (HTTP 403){said}: check what key and account may do.")
    if status in _NOT_FOUND or (status in _CLIENT_ERROR and _MODEL.search(text)):
        return JudgeStoppedError(
            f"{where} is not there (HTTP {status}){said}: check the model's name and the base URL."
        )
    return JudgeError(f"{where} answered HTTP {status}{said}.", read_wait(refusal.headers), is_free=True)


def quote(body: bytes, key: str | None) -> str:
    """` (it said: …)` with the message that stands in the JSON of an error, in one short line, or nothing."""
    try:
        message = _find_message(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        message = ""
    return f" (it said: {_clean(message, key)})" if message else ""


def _find_message(body: object) -> str:
    """`error.message`, where most put it; Gemini wraps it in a list, others leave out one of the two levels."""
    if isinstance(body, list):
        return _find_message(body[0]) if body else ""
    if isinstance(body, dict):
        return next((found for name in ("error", "message", "detail") if (found := _find_message(body.get(name)))), "")
    return body if isinstance(body, str) else ""


def _clean(text: str, key: str | None) -> str:
    shown = text.replace(key, "[key]") if key else text
    return "".join(each for each in " ".join(shown.split()) if each.isprintable())[:_QUOTED].rstrip(" .")


def read_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait, at most 600; None where it asks for nothing that can be read.

    Read in this order: `retry-after-ms`; `Retry-After` (RFC 9110, 10.2.3), its date compared with the answer's own
    `Date`, so that our clock does not matter; `x-ratelimit-reset-requests`, such as `6m0s`.
    """
    readers = {
        "retry-after-ms": lambda text: _read_number(text, 0.001),
        "retry-after": lambda text: _read_seconds(text, headers.get("date", "")),
        "x-ratelimit-reset-requests": _read_duration,
    }
    for name, read in readers.items():
        wait = read(headers.get(name, "").strip())
        if wait is not None:
            return min(wait, _LONGEST_WAIT)
    return None


def _read_number(text: str, unit: float) -> float | None:
    return float(text) * unit if re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,12})?", text) else None


def _read_seconds(text: str, now: str) -> float | None:
    if (seconds := _read_number(text, 1.0)) is not None:
        return seconds
    try:
        return max(0.0, (parsedate_to_datetime(text) - parsedate_to_datetime(now)).total_seconds())
    except (ValueError, OverflowError, TypeError):  # TypeError: one of them names no time zone
        return None


def _read_duration(text: str) -> float | None:
    match = _DURATION.fullmatch(text[:40])
    if not match or not text:
        return None
    return sum(float(number) * unit for number, unit in zip(match.groups(), _UNITS, strict=True) if number)
