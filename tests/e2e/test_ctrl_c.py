import signal

import pytest
from fakes.cli_case import Home

# A command that tells when it is at work, then holds the event loop, in a way and for as long as it says.
_PROGRAM = """
import asyncio, sys, time
from triage.cli.session import run_with_services

async def work(services):
    print("at work", flush=True)
    match sys.argv[1]:
        case "waiting":
            await asyncio.sleep(600)
        case "held":
            time.sleep(600)
        case "swallowed":
            try:
                time.sleep(0.3)
            finally:
                return await asyncio.sleep(600)

try:
    run_with_services(work)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("how", ["waiting", "held", "swallowed"])
def test_ctrl_c_ends_whatever_runs(home: Home, how: str) -> None:
    """A loop that waits, one that a model or a pause holds, and a driver that would swallow what is raised inside."""
    process = home.start(how, program=_PROGRAM)
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")
