"""The mail server that mails are tried on, as another client sees it."""

import builtins
import json
import smtplib
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from triage.adapters.fake_smtp.faults import FAULTS, OK, draw_faults
from triage.adapters.fake_smtp.server import FakeSmtp
from triage.errors import InputError

MESSAGE = "Message-ID: <1@example.org>\r\n\r\nHello.\r\n"


def send(server: FakeSmtp, *names: str) -> None:
    """With Python's own client, over one connection."""
    with smtplib.SMTP("127.0.0.1", server.port, timeout=5) as client:
        for name in names:
            client.sendmail("triage@example.org", [f"{name}@example.org"], MESSAGE)


def test_what_was_taken_is_listed_and_logged(tmp_path: Path) -> None:
    """The log has a line for each, as they came, and grows when another server writes it."""
    log = tmp_path / "taken.jsonl"
    for names in (["ada", "bob"], ["zoe"]):
        with FakeSmtp(log_path=log) as server:
            send(server, *names)
        assert [taken.recipient for taken in server.accepted] == [f"{name}@example.org" for name in names]
        assert {taken.message_id for taken in server.accepted} == {"<1@example.org>"}
        assert {taken.data for taken in server.accepted} == {MESSAGE.encode()}
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [line["recipient"].partition("@")[0] for line in lines] == ["ada", "bob", "zoe"]
    assert [line["is_dropped_after"] for line in lines] == [False] * 3


def test_what_was_taken_and_not_told_is_marked(tmp_path: Path) -> None:
    """Only that: what the client was told of is not."""
    faults: dict[str | int, str] = {
        "eve": "accept_then_drop",
        "kim": "accept_then_nonsense",
        "lee": "accept_then_close",
        "dan": "status_554",
    }
    with FakeSmtp(faults, log_path=tmp_path / "log") as server:
        for name in faults:
            try:
                send(server, str(name))
            except smtplib.SMTPException:
                continue
    assert [(taken.recipient[:3], taken.is_dropped_after) for taken in server.accepted] == [
        ("eve", True),
        ("kim", True),
        ("lee", False),
    ]


def test_a_script_has_a_fault_for_each_attempt() -> None:
    """After its end all is well; a single name is for ever."""
    with FakeSmtp({"ada": ("status_450", OK, "status_550"), "eve": "status_452"}) as server:
        codes = [_find_code(server, name) for name in ["ada"] * 4 + ["eve"] * 2]
    assert codes == [450, 250, 550, 250, 452, 452]


def _find_code(server: FakeSmtp, name: str) -> int:
    try:
        send(server, name)
    except smtplib.SMTPRecipientsRefused as error:
        return next(iter(error.recipients.values()))[0]
    return 250


def test_a_connection_can_be_scripted() -> None:
    """By its number, from 0."""
    with FakeSmtp({1: "banner_421"}) as server:
        send(server, "ada")
        with pytest.raises(smtplib.SMTPConnectError, match="421"):
            send(server, "bob")
        send(server, "zoe")
    assert [taken.connection for taken in server.accepted] == [0, 2]


def test_faults_are_drawn_the_same_each_time() -> None:
    """By seed, key and attempt; connections and recipients get what can strike them."""
    names = ["status_450", "accept_then_drop", "banner_421"]
    draw, again, other = (draw_faults(names, seed, 0.5) for seed in (1, 1, 2))
    keys: list[tuple[str | int, int]] = [(f"reader{number}", 0) for number in range(200)]
    keys += [(number, 0) for number in range(200)]
    drawn = [draw(*key) for key in keys]
    assert drawn == [again(*key) for key in keys] != [other(*key) for key in keys]
    assert set(drawn[:200]) == {OK, "status_450", "accept_then_drop"}
    assert set(drawn[200:]) == {OK, "banner_421"}
    assert 130 < drawn.count(OK) < 270


@pytest.mark.parametrize(
    ("faults", "sentence"),
    [({"ada": "nonsense"}, "no fault: .*accept_then_drop"), ({0: "wrong_certificate"}, "needs a certificate")],
)
def test_a_script_that_cannot_be(faults: Mapping[str | int, str], sentence: str) -> None:
    """It is said at once, before a port is taken."""
    with pytest.raises(InputError, match=sentence):
        FakeSmtp(faults)


def test_every_fault_is_explained() -> None:
    """In a line, and a reply is one that a mail server could give, but for the one that is none."""
    for name, fault in FAULTS.items():
        assert fault.about
        assert fault.reply[:3].isdigit() or not fault.reply or name == "accept_then_nonsense"


def test_it_ends_with_clients_on_the_line() -> None:
    """Whoever is connected is hung up on."""
    with FakeSmtp({"eve": "accept_then_silence"}) as server:
        client = socket.create_connection(("127.0.0.1", server.port))
        assert client.recv(3) == b"220"
    with client:
        client.settimeout(5)
        try:
            rest = client.recv(1000)
            assert not client.recv(1) if rest else True
        except ConnectionResetError:
            rest = b""
        assert not rest.strip() or rest.endswith(b"\r\n")


def test_without_aiosmtpd_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no part of the default installation."""
    monkeypatch.delitem(__import__("sys").modules, "triage.adapters.fake_smtp.connection", raising=False)
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name.startswith("aiosmtpd"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match="pip install aiosmtpd"):
        FakeSmtp()
