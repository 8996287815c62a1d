import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from triage.cli.serve import check_address
from triage.config import Settings
from triage.errors import InputError


def find_port() -> int:
    """One that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_without_accounts_no_stranger_is_let_in(tmp_path: Path, host: str) -> None:
    """Serving anywhere but on this machine is refused, and the message says what to set."""
    with pytest.raises(InputError, match="TRIAGE_ACCOUNTS=true"):
        check_address(Settings(home=tmp_path), host, find_port())


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    """Before anything is started."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="is taken"):
            check_address(Settings(home=tmp_path), "127.0.0.1", taken.getsockname()[1])


def test_it_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    """It says where, answers there, and ends on Ctrl-C with no traceback."""
    port = find_port()
    environment = os.environ | {"TRIAGE_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [str(Path(sys.executable).with_name("triage")), "serve", "--port", str(port)]
    with subprocess.Popen(  # noqa: S603 -- our own command
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        url = re.search(r"http://\S+(?= \()", said)
        assert url is not None, said
        assert _read_when_up(f"{url[0]}/healthz") == 200
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert process.returncode in {0, 130}


def _read_when_up(url: str) -> int:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                status: int = answer.status
                return status
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")
