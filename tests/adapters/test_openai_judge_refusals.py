import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.adapters.judge_refusal import Refusal, explain, quote, read_wait
from triage.errors import JudgeError, JudgeStoppedError

KEY = "sk-very-secret-0123456789"
NOW = "Wed, 15 Apr 2026 10:00:00 GMT"


def _explain(status: int, body: str, headers: Mapping[str, str] | None = None) -> JudgeError | JudgeStoppedError:
    return explain(Refusal("host/model", status, headers or {}, body.encode()), KEY)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "86400"}, 600),
        ({"retry-after": "Wed, 15 Apr 2026 10:00:40 GMT", "date": NOW}, 40),
        ({"retry-after": "Wed, 15 Apr 2026 09:00:00 GMT", "date": NOW}, 0),
        ({"retry-after": "Wed, 15 Apr 2026 10:00:40 GMT"}, None),  # by our own clock we would guess
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "nan", "retry-after": "1"}, 1),
        ({"x-ratelimit-reset-requests": "1s"}, 1),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360),
        ({"x-ratelimit-reset-requests": "1m30.5s"}, 90.5),
        ({"x-ratelimit-reset-requests": "120ms"}, 0.12),
        ({"x-ratelimit-reset-requests": "2h1s"}, 600),
        ({"x-ratelimit-reset-requests": "7"}, None),
        ({"retry-after": "3", "x-ratelimit-reset-requests": "9s"}, 3),
    ],
)
def test_what_a_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, a date, milliseconds or a duration; never more than ten minutes, and nothing that cannot be read."""
    assert read_wait(headers) == pytest.approx(seconds)


@settings(max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset-requests", "date"]),
        st.text(st.sampled_from("0123456789.-+eEinfams hdGMT,:WedApr٣²"), max_size=30)
        | st.from_regex(r"[0-9]{1,400}", fullmatch=True),
    )
)
def test_any_header_gives_a_usable_wait(headers: dict[str, str]) -> None:
    """Whatever a server writes, the wait is none or between nothing and ten minutes."""
    wait = read_wait(headers)
    assert wait is None or 0 <= wait <= 600


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (429, '{"error": {"code": "insufficient_quota"}}', "wants money"),
        (429, '{"error": {"message": "x", "type": "insufficient_quota"}}', "wants money"),
        (400, '{"code": "Arrearage", "message": "Access denied"}', "wants money"),
        (400, '[{"error": {"code": 400, "message": "API key not valid. Please pass one."}}]', "refused the key"),
        (401, "", "refused the key"),
        (404, "<html>", "check the model's name"),
        (405, "", "check the model's name"),
        (400, '{"message": "Invalid model: mistral-huge"}', "check the model's name"),
        (400, '{"error": {"message": "Model Not Exist"}}', "check the model's name"),
        (403, "", "forbids this"),
        (301, "", "moved to ''"),
    ],
)
def test_what_only_a_person_can_mend_stops_the_judge(status: int, body: str, says: str) -> None:
    """Also where a provider says it with another status than others."""
    error = _explain(status, body)
    assert isinstance(error, JudgeStoppedError)
    assert says in str(error)


@pytest.mark.parametrize("status", [400, 408, 409, 413, 422, 425, 429, 500, 502, 503, 504, 529])
def test_other_refusals_are_of_this_call(status: int) -> None:
    """The next call may go well, or ask for less."""
    error = _explain(status, '{"error": {"message": "Try later."}}', {"retry-after": "4"})
    assert isinstance(error, JudgeError)
    assert str(error) == f"host/model answered HTTP {status} (it said: Try later)."
    assert error.retry_after == 4


def test_a_wrong_key_is_never_quoted() -> None:
    """Providers send back parts of it."""
    assert "sk-" not in str(_explain(401, '{"error": {"message": "Incorrect API key provided: sk-ver***789."}}'))


def test_where_it_moved_to_is_told_without_its_query() -> None:
    """A query may hold a key."""
    error = _explain(302, "", {"location": f"https://example.org/{KEY}/v1?key=1"})
    assert "'https://example.org/[key]/v1'" in str(error)


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        (b'{"error": {"message": "No."}}', " (it said: No)"),
        (b'{"error": "No"}', " (it said: No)"),
        (b'{"message": "No"}', " (it said: No)"),
        (b'{"detail": [{"message": "No"}]}', " (it said: No)"),
        (b'{"error": {"message": "a\\n\\u001b[31m  b"}}', " (it said: a [31m b)"),
        (b'{"error": {"code": 3}}', ""),
        (b"[]", ""),
        (b"\xff", ""),
        (b"[" * 100_000, ""),
        (b"<html>no</html>", ""),
    ],
)
def test_a_short_clean_line_is_quoted(body: bytes, quoted: str) -> None:
    """The message of an error, wherever it stands, and nothing that a terminal would obey."""
    assert quote(body, None) == quoted


@settings(max_examples=50)
@given(st.text(), st.integers(0, 300))
def test_the_key_is_quoted_from_no_message(text: str, place: int) -> None:
    """Wherever it stands in what the server says, even where the line is cut."""
    error = _explain(500, f'{{"error": {{"message": "{"x" * place}{KEY}"}}}}')
    assert not re.search("sk-v|secret|0123456789", str(error))
    assert "sk-very" not in str(_explain(500, text))
