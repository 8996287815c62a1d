import re
import socket
from collections.abc import Iterator

import pytest
from fakes.judge_case import KEY, ask, ask_yes_no, open_judge

from triage.adapters.fake_judge.faults import FAULTS
from triage.adapters.fake_judge.faults_endpoint import SLOW
from triage.adapters.fake_judge.script import look_for
from triage.adapters.fake_judge.server import FakeJudge, serve_fake_judge
from triage.adapters.openai_judge import OpenAiJudge
from triage.core.question import Answer, Form, Question
from triage.errors import InputError, JudgeError, JudgeStoppedError

HASTY = 0.4  # real seconds, for the faults that take as long as they are given
CASES: list[tuple[Form, str]] = [(fault.form or "fill", name) for name, fault in FAULTS.items()]
# Well-formed chat completions whose text is wrong, or that lack what they may: for the reader of verdicts to judge.
GIVEN = {
    "no_usage", "empty_text", "null_content", "refusal", "content_filter", "nul",
    "cut_by_length", "cut_at_stop", "prose_around", "code_fence", "prose_only", "refusal_prose", "list_around",
    "wrong_types", "grades_null", "not_a_number", "grade_11", "grade_negative", "sentence_99", "sentence_0",
    "another_reference", "unknown_criterion", "missing_criterion", "duplicate_keys",
    "empty_logprobs", "neither_yes_nor_no", "logprob_above_zero",
}  # fmt: skip
SAID = {
    "silence": "gave no whole answer in 0.4 s",
    "reset": "The connection to .* failed",
    "cut_length": "The connection to .* failed",
    "endless": "more than 65536 bytes",
    "endless_error": "more than 65536 bytes",
    "huge": "more than 65536 bytes",
    "bomb": "more than 65536 bytes",
    "bomb_error": r"HTTP 500\.",
    "bad_gzip": "The connection to .* failed",
    "status_400": r"HTTP 400 \(it said: This model's maximum context length is 4096 tokens\)\.",
    "status_500": "HTTP 500",
    "status_502_html": r"HTTP 502\.",
    "no_quota": "top up the account",
    "status_401": r"refused the key \(HTTP 401\): put a valid one",
    "status_402": "top up the account",
    "status_403": r"forbids this \(HTTP 403\) \(it said: Country, region, or territory not supported\)",
    "status_404": "check the model's name and the base URL",
    "wrong_key_400": r"refused the key \(HTTP 400\)",
    "redirect": "moved to 'http://127.0.0.1:9/v1/chat/completions'",
    "text": "no chat completion",
    "error_in_200": r"no chat completion \(it said: Provider returned error\)\.",
    "no_choices": "without a choice",
    "no_logprobs": "gives no log-probabilities",
}


@pytest.fixture
def server() -> Iterator[FakeJudge]:
    with serve_fake_judge(look_for("semantic")) as server:
        yield server


def _pick(form: Form) -> Question:
    return ask() if form == "fill" else ask_yes_no()


async def _meet(server: FakeJudge, form: Form, fault: str) -> Answer:
    """One call that meets the fault, and that is one request."""
    server.script = [fault]
    async with open_judge(server, HASTY if fault in SLOW else 30.0, max_bytes=2**16) as judge:
        try:
            return await judge.answer(_pick(form))
        finally:
            assert [logged.fault for logged in server.log] == [fault] or fault in SLOW


def _check_sentence(error: JudgeError | JudgeStoppedError, fault: str) -> None:
    """It says what happened, and never the key."""
    assert KEY not in str(error)
    assert str(error).endswith(".")
    assert re.search(SAID.get(fault, ""), str(error))


@pytest.mark.parametrize(("form", "fault"), [case for case in CASES if case[1] in GIVEN])
async def test_a_wrong_text_is_handed_over_as_it_is(server: FakeJudge, form: Form, fault: str) -> None:
    """What a model wrote is judged by who reads verdicts, not here."""
    answer = await _meet(server, form, fault)
    assert "\0" not in answer.text


@pytest.mark.parametrize(("form", "fault"), [case for case in CASES if case[1] not in GIVEN and FAULTS[case[1]].heals])
async def test_a_passing_fault_is_an_error_of_this_call_alone(server: FakeJudge, form: Form, fault: str) -> None:
    """The call fails with a sentence, and the next one of the same judge goes well."""
    with pytest.raises(JudgeError) as caught:
        await _meet(server, form, fault)
    _check_sentence(caught.value, fault)
    server.script.clear()  # on a busy machine the time may have been up before the question came
    async with open_judge(server) as judge:
        assert (await judge.answer(_pick(form))).text


@pytest.mark.parametrize("fault", ["reset_in_body", "cut_chunk", "huge", "silence", "status_500"])
async def test_the_same_judge_goes_on_after_a_fault(server: FakeJudge, fault: str) -> None:
    """No connection that broke, or was left half read, is used again."""
    server.script = [fault]
    async with open_judge(server, 2.0 if fault in SLOW else 30.0) as judge:
        with pytest.raises(JudgeError):
            await judge.answer(ask())
        server.script.clear()
        assert (await judge.answer(ask())).text


@pytest.mark.parametrize(("form", "fault"), [case for case in CASES if not FAULTS[case[1]].heals])
async def test_a_lasting_fault_stops_the_judge(server: FakeJudge, form: Form, fault: str) -> None:
    """Key, money, model name and address are for a person to see to, and the sentence says so."""
    with pytest.raises(JudgeStoppedError) as caught:
        await _meet(server, form, fault)
    _check_sentence(caught.value, fault)


@pytest.mark.parametrize(
    "fault", ["status_429_seconds", "status_429_date", "status_429_milliseconds", "status_429_reset"]
)
async def test_what_the_server_asks_to_wait_is_told(server: FakeJudge, fault: str) -> None:
    """In whatever way it says two seconds."""
    with pytest.raises(JudgeError) as caught:
        await _meet(server, "fill", fault)
    assert caught.value.retry_after == 2.0


@pytest.mark.parametrize("fault", ["status_429", "status_500", "silence", "huge"])
async def test_without_a_word_on_waiting_nothing_is_told(server: FakeJudge, fault: str) -> None:
    """How long to wait is then for the caller to decide."""
    with pytest.raises(JudgeError) as caught:
        await _meet(server, "fill", fault)
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("fault", "text"), [("null_content", ""), ("refusal", ""), ("content_filter", ""), ("nul", "\ufffd")]
)
async def test_refusals_and_odd_texts_are_told_apart(server: FakeJudge, fault: str, text: str) -> None:
    """A refusal has a field of its own, a filter its own reason, and no NUL reaches a database."""
    answer = await _meet(server, "fill", fault)
    assert answer.text[:1] == text
    assert bool(answer.refusal) == (fault == "refusal")
    assert (answer.finish_reason == "content_filter") == (fault == "content_filter")


async def test_missing_usage_counts_as_nothing(server: FakeJudge) -> None:
    """An endpoint that does not count tokens is believed otherwise."""
    answer = await _meet(server, "fill", "no_usage")
    assert (answer.tokens_in, answer.tokens_out) == (0, 0)


async def test_no_first_token_has_no_alternatives(server: FakeJudge) -> None:
    """A model that said nothing did not show that its endpoint cannot give probabilities."""
    assert (await _meet(server, "yes-no", "empty_logprobs")).alternatives == ()


async def test_a_server_that_is_not_there_is_an_error_of_this_call() -> None:
    """It may be started in the meantime."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        async with OpenAiJudge(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", "m", KEY, 30) as judge:
            with pytest.raises(JudgeError, match="ConnectError"):
                await judge.answer(ask())


@pytest.mark.parametrize("key", ["sk secret", "sk-secret\n", "sk-geheim-ü", "sk\r\nX-Own: secret"])
def test_what_can_be_no_key_is_refused_without_repeating_it(server: FakeJudge, key: str) -> None:
    """It could not be sent, and the error would show it."""
    with pytest.raises(InputError, match="copy it anew") as caught:
        OpenAiJudge(server.url, "m", key, 30)
    assert "secret" not in str(caught.value)


async def test_an_error_that_quotes_the_key_does_not_pass_it_on(server: FakeJudge) -> None:
    """Whatever the server says back is shown without it."""
    server.unknown = {"model"}
    async with OpenAiJudge(server.url, "m", "model", 30) as judge:
        with pytest.raises(JudgeError, match=r"parameter: '\[key\]' is not"):
            await judge.answer(ask())
