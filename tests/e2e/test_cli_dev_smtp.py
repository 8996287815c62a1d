"""`triage dev smtp`: a mail server to try things on."""

import json
import re
import signal
import smtplib
import socket
from pathlib import Path
from typing import IO

from fakes.cli_case import Home


def test_mails_are_taken_until_ctrl_c(home: Home, tmp_path: Path) -> None:
    """The printed port takes mails and refuses as scripted, the log has those taken, Ctrl-C ends it cleanly."""
    log = tmp_path / "taken.jsonl"
    arguments = ("--port", "0", "--log", log, "--fault", "status_550", "--rate", "0.5", "--seed", "3")
    process = home.start("dev", "smtp", *arguments)
    with process:
        try:
            settings = _read_settings(process.stdout)
            codes = [_send(settings, f"reader{number}@example.org") for number in range(20)]
        finally:
            process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert (settings["TRIAGE_MAIL"], settings["TRIAGE_SMTP_SECURITY"]) == ("smtp", "none")
    assert set(codes) == {250, 550}
    taken = [json.loads(line)["recipient"] for line in log.read_text(encoding="utf-8").splitlines()]
    assert taken == [f"reader{number}@example.org" for number, code in enumerate(codes) if code == 250]
    assert f"Stopped after {len(taken)} mails." in out


def _read_settings(lines: IO[str] | None) -> dict[str, str]:
    assert lines
    settings: dict[str, str] = {}
    for line in lines:
        settings |= dict(re.findall(r"(TRIAGE_\w+)=(\S+)", line))
        if "Ctrl-C" in line:
            break
    return settings


def _send(settings: dict[str, str], recipient: str) -> int:
    with smtplib.SMTP(settings["TRIAGE_SMTP_HOST"], int(settings["TRIAGE_SMTP_PORT"]), timeout=10) as client:
        try:
            client.sendmail("a@example.org", [recipient], "Hello.")
        except smtplib.SMTPRecipientsRefused as error:
            return next(iter(error.recipients.values()))[0]
    return 250


def test_an_unknown_fault_is_refused_with_all_names(home: Home) -> None:
    """Nobody has to look them up; those that need encryption are none here."""
    for name in ("nonsense", "wrong_certificate"):
        error = home.refuse("dev", "smtp", "--fault", name)
        assert "accept_then_drop" in error
        assert ", wrong_certificate" not in error


def test_a_port_in_use_is_said_so(home: Home) -> None:
    """With what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = home.refuse("dev", "smtp", "--port", str(port))
    assert f"Port {port} cannot be used (Address already in use): choose another with --port." in error
