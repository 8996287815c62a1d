import asyncio
import math
from typing import Any

import msgspec
import pytest
from fakes.judge_case import KEY, REFERENCE, SCHEMA, ask, ask_yes_no, open_judge
from msgspec.structs import replace

from triage.adapters.fake_judge.script import MODEL, look_for
from triage.adapters.fake_judge.server import FakeJudge, serve_fake_judge
from triage.adapters.openai_judge import OpenAiJudge
from triage.errors import JudgeError, JudgeStoppedError

BRAIN = look_for("semantic", "recommendation")  # it finds both


@pytest.fixture
def server() -> Any:
    with serve_fake_judge(BRAIN) as server:
        yield server


async def test_a_filled_answer_comes_whole(server: FakeJudge) -> None:
    """Text, why it ended, the model's own name and the tokens are what the endpoint said."""
    async with open_judge(server) as judge:
        answer = await judge.answer(ask())
    filled = msgspec.json.decode(answer.text)
    assert filled["reference"] == REFERENCE
    assert filled["criteria"][0] == {"name": "centrality", "grade": 4, "sentence": 1}
    assert (answer.finish_reason, answer.refusal, answer.model, answer.alternatives) == ("stop", None, MODEL, ())
    assert answer.tokens_in > 0
    assert answer.tokens_out > 0


async def test_a_yes_or_no_answer_brings_what_the_first_token_might_have_been(server: FakeJudge) -> None:
    """The alternatives are natural-log probabilities, the likeliest first."""
    async with open_judge(server) as judge:
        answer = await judge.answer(ask_yes_no())
    assert answer.text == "Yes"
    assert [token for token, _ in answer.alternatives] == ["Yes", "The", "No"]
    assert math.isclose(sum(math.exp(logprob) for _, logprob in answer.alternatives), 1.0)


@pytest.mark.parametrize("question", [ask(), ask_yes_no()])
async def test_nothing_is_sent_but_the_question(
    server: FakeJudge, question: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No header tells of this machine, and nothing that the client would read from the environment goes along."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-someone")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-someone")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer of-someone\nX-Own: 1")
    async with open_judge(server) as judge:
        await judge.answer(question)
    logged = server.log[0]
    assert logged.headers.keys() == {
        *("host", "connection", "content-length", "content-type", "accept", "accept-encoding"),
        *("user-agent", "authorization"),
    }
    assert logged.headers["authorization"] == f"Bearer {KEY}"
    assert logged.headers["user-agent"].startswith("triage/")
    common = {"model", "messages", "temperature", "max_tokens"}
    own = {"response_format"} if question.schema else {"logprobs", "top_logprobs"}
    assert logged.asked.body.keys() == common | own
    assert logged.asked.body["temperature"] == 0
    assert logged.asked.body["messages"] == [msgspec.to_builtins(each) for each in question.messages]


async def test_without_a_key_none_is_sent(server: FakeJudge, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local server gets no key, above all not one of somebody else's that lies in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", KEY)
    async with OpenAiJudge(server.url, "m", None, 30) as judge:
        await judge.answer(ask())
    assert not server.log[0].has_key


async def test_this_machine_is_not_asked_through_a_proxy(server: FakeJudge, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment is for the world outside."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with open_judge(server) as judge:
        await judge.answer(ask())
    assert len(server.log) == 1


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "api.openai.com/gpt-4.1"),
        ("http://127.0.0.1:8080/v1", "127.0.0.1:8080/gpt-4.1"),
        ("https://someone:secret@example.org/v1", "example.org/gpt-4.1"),
    ],
)
def test_the_name_is_host_port_and_model(url: str, name: str) -> None:
    """Neither a key nor what stands before the host is part of it."""
    assert OpenAiJudge(url, "gpt-4.1", KEY, 1).name == name


def test_a_name_can_be_given() -> None:
    """A model on this machine keeps its name whatever port it gets."""
    assert OpenAiJudge("http://127.0.0.1:4711/v1", "m", None, 1, name="local/m@12345678").name == "local/m@12345678"


async def test_an_endpoint_without_schemas_gets_a_plain_request_for_json(server: FakeJudge) -> None:
    """It is asked once more at once, and from then on in the way that it takes."""
    server.unknown = {"json_schema"}
    async with open_judge(server) as judge:
        await judge.answer(ask())
        await judge.answer(ask())
    formats = [logged.asked.body["response_format"]["type"] for logged in server.log]
    assert formats == ["json_schema", "json_object", "json_object"]


async def test_an_endpoint_may_refuse_several_things(server: FakeJudge) -> None:
    """Each refusal that names a thing is followed by a request without it; each thing is tried once."""
    server.unknown = {"json_schema", "temperature", "max_tokens"}
    async with open_judge(server) as judge:
        await judge.answer(ask())
        await judge.answer(ask())
    assert len(server.log) == 5
    last = server.log[-1].asked.body
    assert last.keys() == {"model", "messages", "response_format", "max_completion_tokens"}


async def test_what_never_goes_well_is_not_remembered(server: FakeJudge) -> None:
    """An endpoint that refuses whatever it is asked does not make the next question a poorer one."""
    server.unknown = {"json_schema", "response_format"}
    async with open_judge(server) as judge:
        with pytest.raises(JudgeError, match=r"HTTP 400 \(it said: Unsupported parameter: 'response_format'"):
            await judge.answer(ask())
        assert len(server.log) == 2
        server.unknown = set()
        await judge.answer(ask())
    assert server.log[-1].asked.body["response_format"]["type"] == "json_schema"


async def test_the_preset_decides_how_the_answer_is_limited(server: FakeJudge) -> None:
    """Where `max_completion_tokens` is wanted it is sent from the first request on."""
    async with open_judge(server, wants_completion_tokens=True) as judge:
        await judge.answer(ask(max_tokens=77))
    assert server.log[0].asked.body["max_completion_tokens"] == 77
    assert "max_tokens" not in server.log[0].asked.body


async def test_an_endpoint_without_log_probabilities_says_what_to_do(server: FakeJudge) -> None:
    """Yes-or-no questions cannot be asked there at all, so nobody tries on."""
    server.unknown = {"top_logprobs"}
    async with open_judge(server) as judge:
        with pytest.raises(JudgeStoppedError, match=r"gives no log-probabilities.*`form: fill`"):
            await judge.answer(ask_yes_no())
    assert len(server.log) == 1


async def test_questions_can_be_asked_at_the_same_time(server: FakeJudge) -> None:
    """Answers find their questions."""
    server.thinking = 0.3
    questions = [replace(ask(f"Reference: {number:08x}"), max_tokens=number + 1) for number in range(8)]
    async with open_judge(server) as judge:
        answers = await asyncio.gather(*(judge.answer(question) for question in questions))
    assert [msgspec.json.decode(each.text)["reference"] for each in answers] == [f"{number:08x}" for number in range(8)]
    assert 1 < server.most_at_once <= 8


async def test_a_closed_judge_opens_again(server: FakeJudge) -> None:
    """Closing twice is no error, and the next question opens what it needs."""
    judge = OpenAiJudge(server.url, "m", None, 30)
    await judge.aclose()
    await judge.answer(ask(schema=SCHEMA))
    await judge.aclose()
    await judge.aclose()
    await judge.answer(ask())
    await judge.aclose()
    assert len(server.log) == 2
