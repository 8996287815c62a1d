"""`triage dev arxiv`: any imported file, served as arXiv would."""

import re
import signal
from urllib.request import urlopen

from fakes.cli_case import SAMPLE, Home


def test_sample_papers_are_served_until_ctrl_c(home: Home) -> None:
    """The printed addresses answer; Ctrl-C ends it without a traceback."""
    process = home.start("dev", "arxiv", SAMPLE, "--port", "0")
    with process:
        assert process.stdout
        addresses: dict[str, str] = {}
        for line in process.stdout:
            addresses |= dict(re.findall(r"^export (\w+)=(\S+)", line))
            if "Ctrl-C" in line:
                break
        with urlopen(f"{addresses['TRIAGE_ARXIV_OAI_URL']}?verb=ListIdentifiers&metadataPrefix=arXivRaw") as answer:
            assert answer.read().count(b"<header>") == len(SAMPLE.read_text(encoding="utf-8").splitlines())
        with urlopen(addresses["TRIAGE_ARXIV_API_URL"]) as answer:
            assert b"<entry>" in answer.read()
        with urlopen(f"{addresses['TRIAGE_ARXIV_FEED_URL']}/cs") as answer:
            assert b"<item>" in answer.read()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert "Stopped after 3 requests" in out


def test_an_unknown_fault_is_refused_with_all_names(home: Home) -> None:
    """Nobody has to look them up."""
    assert "token_dropped" in home.refuse("dev", "arxiv", SAMPLE, "--fault", "nonsense")


def test_a_port_in_use_is_said_so(home: Home) -> None:
    """With what to do."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "--port" in home.refuse("dev", "arxiv", SAMPLE, "--port", str(taken.getsockname()[1]))
