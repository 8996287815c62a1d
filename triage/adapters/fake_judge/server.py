"""The endpoint: one HTTP/1.1 server on loopback, with a log of what it was asked, and faults on demand."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec

from triage.adapters.fake_arxiv.answer import Answer
from triage.adapters.fake_judge.alteration import refuse
from triage.adapters.fake_judge.faults import FAULTS
from triage.adapters.fake_judge.script import Brain, complete, find_schema
from triage.core.question import Form

OK = "ok"
_PATH = "/v1/chat/completions"
_NONCE = re.compile(r"[0-9a-f]{16,}")
_JSON = {"Content-Type": "application/json"}


class Asked(NamedTuple):
    """A request. `number` counts all from 0, `attempt` those that began with the same question, delimiters aside."""

    number: int
    attempt: int
    question: str
    form: Form
    body: dict[str, Any]


class Logged(NamedTuple):
    """A request as it came in and the fault it was answered with; `at` is the server's clock, headers in lower case."""

    at: float
    headers: dict[str, str]
    asked: Asked
    fault: str

    @property
    def has_key(self) -> bool:
        """Whether a key came with it."""
        return "authorization" in self.headers


class FakeJudge:
    """A context manager; a request's fault comes from `script` (by number), then `choose_fault`, then `always`.

    "ok" is no fault, and so is one that does not fit the question. `unknown` are request fields such as `temperature`,
    or `json_schema`, that this endpoint refuses with a 400. `thinking` is real seconds before each answer.
    """

    def __init__(
        self,
        brain: Brain,
        script: Iterable[str] = (),
        *,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.brain = brain
        self.script = list(script)
        self.choose_fault: Callable[[Asked], str] | None = None
        self.always = OK
        self.unknown: set[str] = set()
        self.thinking = 0.0
        self.log: list[Logged] = []
        self.most_at_once = 0
        self._at_once = 0
        self._schema: dict[str, Any] | None = None  # the newest, for who asks for any JSON after a refusal
        self._attempts: Counter[str] = Counter()
        self._clock = clock
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _make_handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False

    @property
    def url(self) -> str:
        """The base URL to set."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, headers: dict[str, str], request: bytes) -> Answer:
        """Note the request and say how it is answered."""
        body = msgspec.json.decode(request)
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            asked = self._note(body)
            fault = self._choose(asked)
            self._schema = find_schema(body) or self._schema
            lowered = {name.lower(): text for name, text in headers.items()}
            self.log.append(Logged(self._clock(), lowered, asked, fault))
        if field := next((name for name in sorted(self.unknown) if _has_field(body, name)), None):
            answer = Answer(b"")
            refuse(400, f"Unsupported parameter: '{_NAMES.get(field, field)}' is not supported.")(answer)
            return answer
        answer = Answer(msgspec.json.encode(complete(body, self.brain, self._schema)), headers=dict(_JSON))
        if fault != OK:
            FAULTS[fault].alter(answer)
        return answer

    def leave(self) -> None:
        """Count a request as answered: called before the answer goes out, so that no honest client is counted twice."""
        with self._lock:
            self._at_once -= 1

    def _note(self, body: dict[str, Any]) -> Asked:
        first = [each["content"] for each in body["messages"] if each["role"] != "assistant"][:2]
        question = _NONCE.sub("", "\n".join(first))
        self._attempts[question] += 1
        form: Form = "yes-no" if body.get("logprobs") else "fill"
        return Asked(len(self.log), self._attempts[question] - 1, question, form, body)

    def _choose(self, asked: Asked) -> str:
        if asked.number < len(self.script):
            name = self.script[asked.number]
        else:
            name = self.choose_fault(asked) if self.choose_fault else self.always
        return name if name == OK or FAULTS[name].form in {None, asked.form} else OK


def serve_fake_judge(brain: Brain, faults: Iterable[str] = (), *, port: int = 0) -> FakeJudge:
    """To be entered: an endpoint that spoils its first answers by these faults, and gives honest ones from then on."""
    return FakeJudge(brain, faults, port=port)


def draw_faults(names: Sequence[str], seed: int, rate: float) -> Callable[[Asked], str]:
    """Spoil that share of the answers, at random but the same each time: by question and attempt, not by order."""

    def draw(asked: Asked) -> str:
        rng = random.Random(f"{seed}:{asked.attempt}:{asked.question}")
        fitting = [name for name in names if FAULTS[name].form in {None, asked.form}]
        return rng.choice(fitting) if fitting and rng.random() < rate else OK

    return draw


_NAMES = {"json_schema": "response_format", "max_tokens": "max_tokens, use max_completion_tokens instead"}


def _has_field(body: dict[str, Any], name: str) -> bool:
    if name == "json_schema":
        return bool(body.get("response_format", {}).get("type") == name)
    return name in body


def _make_handler(server: FakeJudge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10
        disable_nagle_algorithm = True  # head and body are two writes

        def handle(self) -> None:
            """Serve a connection until either side ends it, which a client may do at any time."""
            with suppress(ConnectionError):
                super().handle()

        def do_POST(self) -> None:
            """Answer one question."""
            request = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if self.path != _PATH:
                self.send_error(404)
                return
            answer = server.answer(dict(self.headers), request)
            time.sleep(server.thinking)
            server.leave()
            answer.send(self, answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
            """Stay silent: the log is `FakeJudge.log`."""

    return Handler
