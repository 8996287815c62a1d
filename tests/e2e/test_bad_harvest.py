"""`triage harvest` and `repair` with settings and options that are wrong: a sentence, exit code 2, nothing changed."""

import pytest
from fakes.cli_case import Home

_CONTACT = {"contact": "me@example.org"}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"arxiv_oai_url": "http://[::1"}, "TRIAGE_ARXIV_OAI_URL"),
        ({"arxiv_feed_url": "ftp://rss.arxiv.org"}, "TRIAGE_ARXIV_FEED_URL"),
        ({"arxiv_interval": "1"}, "at least 3 seconds"),
        ({"arxiv_interval": "inf"}, "TRIAGE_ARXIV_INTERVAL"),
        ({"keep_answers": "-1"}, "TRIAGE_KEEP_ANSWERS"),
        ({"now": "2026-08-21"}, "TRIAGE_NOW"),
    ],
)
def test_settings_that_are_wrong(home: Home, setting: dict[str, str], message: str) -> None:
    """Each is named before anything is asked; arXiv's pace cannot be undercut but on this machine."""
    home.do("ledger")
    assert message in home.refuse("harvest", **_CONTACT, **setting)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("harvest", "--since", "1990-01-01"), "begins on 2005-09-16"),
        (("harvest", "--since", "2999-01-01"), "not over yet"),
        (("harvest", "--since", "2026-08-01", "--week", "2026-W31"), "Give one of"),
        (("harvest", "--replay", "--clear-stop"), "--clear-stop"),
        (("harvest", "--replay"), "no kept answers"),
        (("harvest", "--replay", "."), ". holds no kept answers"),
        (("repair", "banana"), "no arXiv id"),
        (("repair", "--since", "2999-01-01"), "not over yet"),
        (("ledger", "--week", "2026-W99"), "2026-W99"),
    ],
)
def test_options_that_are_wrong(home: Home, arguments: tuple[str, ...], message: str) -> None:
    """With what was expected."""
    home.do("ledger")
    assert message in home.refuse(*arguments, **_CONTACT)
