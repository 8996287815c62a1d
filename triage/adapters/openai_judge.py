"""A judge behind any OpenAI-compatible endpoint: one question, one exchange, nothing kept and nothing repeated."""

import re
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import urlsplit

import msgspec
import structlog
from msgspec.structs import replace

from triage.adapters.judge_refusal import Refusal, explain, quote
from triage.core.question import Answer, Question
from triage.errors import InputError, JudgeError, JudgeStoppedError

if TYPE_CHECKING:
    from triage.adapters.judge_wire import JudgeWire

_log = structlog.get_logger(__name__)
_ALTERNATIVES = 20  # the most that the protocol knows
_KEY = re.compile(r"[!-~]+")
_BAD_REQUEST = frozenset((400, 422))
_USE_FILL = (
    "gives no log-probabilities, which yes-or-no questions need: set `form: fill` in the rubric, or another judge."
)
_Tokens = Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: _Tokens = 0
    completion_tokens: _Tokens = 0
    total_tokens: _Tokens = 0

    @property
    def written(self) -> int:
        """Tokens of the answer; some gateways count hidden reasoning in the total alone."""
        return max(self.completion_tokens, self.total_tokens - self.prompt_tokens)


class _Alternative(msgspec.Struct, frozen=True):
    token: str
    logprob: float


class _Token(msgspec.Struct, frozen=True):
    top_logprobs: list[_Alternative] | None = None


class _Logprobs(msgspec.Struct, frozen=True):
    content: list[_Token] | None = None


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice]
    usage: _Usage | None = None
    model: str | None = None


class _Dialect(msgspec.Struct, frozen=True):
    """What an endpoint takes of the protocol."""

    takes_schema: bool = True
    takes_temperature: bool = True
    wants_completion_tokens: bool = False


class OpenAiJudge:
    """`Judge` over the official client; `timeout` is seconds for a whole exchange, `max_bytes` bounds an answer.

    Where the endpoint refuses the JSON schema, temperature 0 or `max_tokens`, the question is put once more without
    (with any JSON object, its own temperature, `max_completion_tokens`), and so from then on if that went well.

    `name` is by default host, port, path and model; to be given where the address changes and the model does not.
    Raises `InputError` for what can be no key.
    """

    def __init__(  # noqa: PLR0913 -- five of them belong to the address
        self,
        base_url: str,
        model: str,
        key: str | None,
        timeout: float,
        max_bytes: int = 2**18,
        *,
        wants_completion_tokens: bool = False,
        name: str | None = None,
    ) -> None:
        if key and not _KEY.fullmatch(key):  # it would also be shown, in the error that sending it ends in
            raise InputError("The judge's key has a blank or another character that no key has: copy it anew.")
        self._base_url = base_url
        self._model = model
        self._key = key
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._dialect = _Dialect(wants_completion_tokens=wants_completion_tokens)
        self._name = name or _name_judge(base_url, model)

    @property
    def name(self) -> str:
        """Where it is and which model it is."""
        return self._name

    @cached_property
    def _wire(self) -> "JudgeWire":
        from triage.adapters.judge_wire import JudgeWire

        return JudgeWire(self._base_url, self._key, self._name, self._timeout, self._max_bytes)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections; the next question opens new ones."""
        if "_wire" in self.__dict__:
            await self.__dict__.pop("_wire").aclose()

    async def answer(self, question: Question) -> Answer:
        """One exchange, more only while the endpoint's dialect is found out; raises as `ports.Judge` says."""
        from triage.adapters.judge_wire import RefusedError

        dialect = self._dialect
        while True:
            try:
                body = await self._wire.exchange(_write_request(self._model, question, dialect))
            except RefusedError as error:
                simpler = _simplify(dialect, error.refusal)
                if simpler is None:
                    raise self._explain(question, error.refusal) from error
                dialect = simpler
                continue
            if dialect != self._dialect:
                _log.warning("judge_takes_less", judge=self._name, **msgspec.structs.asdict(dialect))
                self._dialect = dialect
            return self._read(question, body)

    def _explain(self, question: Question, refusal: Refusal) -> JudgeError | JudgeStoppedError:
        is_about_logprobs = question.schema is None and "logprob" in refusal.text.lower()
        if is_about_logprobs and 400 <= refusal.status < 500:  # noqa: PLR2004 -- OpenAI says it with a 403
            return JudgeStoppedError(f"{self._name} {_USE_FILL}")
        return explain(refusal, self._key)

    def _read(self, question: Question, body: bytes) -> Answer:
        try:
            completion = msgspec.json.decode(body, type=_Completion)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            said = quote(body, self._key)
            raise JudgeError(f"{self._name} answered with no chat completion{said or f' ({error})'}.") from error
        if not completion.choices:
            raise JudgeError(f"{self._name} answered without a choice{quote(body, self._key)}.")
        choice, usage = completion.choices[0], completion.usage or _Usage()
        if question.schema is None and choice.message.content and choice.logprobs is None:
            raise JudgeStoppedError(f"{self._name} {_USE_FILL}")
        return Answer(
            text=_clean(choice.message.content or ""),
            finish_reason=_clean(choice.finish_reason or ""),
            refusal=_clean(choice.message.refusal or "") or None,
            model=_clean(completion.model or ""),
            tokens_in=usage.prompt_tokens,
            tokens_out=usage.written,
            alternatives=_read_alternatives(choice.logprobs),
        )


def _name_judge(base_url: str, model: str) -> str:
    """Host, port and path, for a gateway may serve several providers; the usual `/v1` left out."""
    parts = urlsplit(base_url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/').removesuffix('/v1')}/{model}"


def _write_request(model: str, question: Question, dialect: _Dialect) -> dict[str, Any]:
    limit = "max_completion_tokens" if dialect.wants_completion_tokens else "max_tokens"
    request: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in question.messages],
        limit: question.max_tokens,
    }
    if dialect.takes_temperature:
        request["temperature"] = 0
    if question.schema is None:
        return {**request, "logprobs": True, "top_logprobs": _ALTERNATIVES}
    if not dialect.takes_schema:
        return {**request, "response_format": {"type": "json_object"}}
    schema = {"name": "answer", "strict": True, "schema": question.schema}
    return {**request, "response_format": {"type": "json_schema", "json_schema": schema}}


def _simplify(dialect: _Dialect, refusal: Refusal) -> _Dialect | None:
    """What to try after a refusal that names what it does not take; no step is taken twice, so this comes to an end."""
    if refusal.status not in _BAD_REQUEST:
        return None
    text = refusal.text.lower().replace("_", " ")
    if dialect.takes_schema and ("response format" in text or "json schema" in text):
        return replace(dialect, takes_schema=False)
    if not dialect.wants_completion_tokens and "max completion tokens" in text:
        return replace(dialect, wants_completion_tokens=True)
    if dialect.takes_temperature and "temperature" in text:
        return replace(dialect, takes_temperature=False)
    return None


def _read_alternatives(logprobs: _Logprobs | None) -> tuple[tuple[str, float], ...]:
    tokens = (logprobs and logprobs.content) or [_Token()]
    return tuple((_clean(each.token), each.logprob) for each in tokens[0].top_logprobs or ())


def _clean(text: str) -> str:
    """Without NUL, which databases refuse."""
    return text.replace("\0", "\ufffd")
