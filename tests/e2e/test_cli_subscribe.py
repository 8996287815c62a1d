"""The weekly mail from the command line."""

import re
from zoneinfo import available_timezones

import pytest
from fakes.cli_case import Home

_NOW = "2026-04-20T12:00:00Z"
GR, AE = "generative-recommendation", "agent-evaluation"
_ADA = (GR, "--email", "ada@example.org", "--zone", "Europe/Berlin")


def read_letters(home: Home) -> list[str]:
    """The mails in the outbox folder."""
    return [path.read_text(encoding="ascii") for path in sorted((home.path / "outbox").glob("*.eml"))]


def test_a_mail_is_chosen_confirmed_and_shown(home: Home) -> None:
    """A letter goes into the folder, and it says which; the operator's word takes its place."""
    assert "nothing is chosen yet" in " ".join(home.do("subscribe", columns="200").out.split())
    made = home.do("subscribe", *_ADA, now=_NOW)
    [letter] = read_letters(home)
    assert f"went into {home.path / 'outbox'}" in made.err
    assert re.search(r"^http://127\.0\.0\.1:8000/mail/[\w-]{32}/confirm$", letter, re.MULTILINE)
    assert home.do("subscribe", "--json").json["state"] == "unconfirmed"
    shown = " ".join(home.do("subscribe", "--confirmed", now=_NOW).out.split())
    for text in (
        "is sent every week",
        "ada@example.org",
        GR,
        "Mondays at 07:00, Europe/Berlin",
        "English, whole lists",
    ):
        assert text in shown
    assert "Monday, 27 April 2026, 07:00 CEST" in shown


def test_the_operator_can_spare_the_letter(home: Home) -> None:
    """The record is the one that programs get from the API."""
    made = home.do("subscribe", *_ADA, AE, "--confirmed", "--size", "5", "--json", now=_NOW)
    assert made.json == {
        "state": "active",
        "email": "ada@example.org",
        "weekday": "monday",
        "hour": 7,
        "zone": "Europe/Berlin",
        "language": "en",
        "size": 5,
        "topics": [AE, GR],
        "next_due": "2026-04-27T05:00:00Z",
        "created_at": "2026-04-20T12:00:00Z",
        "confirmed_at": "2026-04-20T12:00:00Z",
        "paused_at": None,
    }
    assert read_letters(home) == []


def test_what_is_not_named_stays(home: Home) -> None:
    """And a size of 0 is the whole list again."""
    home.do("subscribe", *_ADA, "--confirmed", "--size", "5", "--hour", "9", now=_NOW)
    changed = home.do("subscribe", "--weekday", "friday", "--language", "zh", "--json", now=_NOW).json
    assert (changed["weekday"], changed["hour"], changed["zone"], changed["size"]) == ("friday", 9, "Europe/Berlin", 5)
    assert (changed["language"], changed["topics"], changed["state"]) == ("zh", [GR], "active")
    assert home.do("subscribe", "--size", "0", "--json", now=_NOW).json["size"] is None


def test_a_mail_is_paused_gone_on_with_and_left(home: Home) -> None:
    """Coming back needs a new confirmation."""
    home.do("subscribe", *_ADA, "--confirmed", now=_NOW)
    states = [home.do("subscribe", f"--{act}", "--json", now=_NOW).json for act in ("pause", "show", "resume", "leave")]
    back = home.do("subscribe", AE, "--json", now=_NOW)
    assert [each["state"] for each in states] == ["paused", "paused", "active", "left"]
    assert (back.json["state"], back.json["topics"]) == ("unconfirmed", [AE])
    assert len(read_letters(home)) == 1


def test_nobody_comes_back_by_the_way(home: Home) -> None:
    """Other settings bring nobody back who left, and with accounts neither does the operator's word."""
    home.do("user", "add", "bob", "--email", "bob@example.org")
    bob: dict[str, str] = {"accounts": "true", "now": _NOW}
    home.do("subscribe", GR, "--reader", "bob", "--confirmed", **bob)
    home.do("subscribe", "--reader", "bob", "--leave", **bob)
    for arguments, expected in (
        (("--hour", "9"), "was left: name topics"),
        ((GR, "--confirmed"), "without --confirmed, a letter asks"),
    ):
        result = home.run("subscribe", "--reader", "bob", *arguments, **bob)
        assert (result.code, expected in result.err) == (2, True)
        assert home.do("subscribe", "--reader", "bob", "--json", **bob).json["state"] == "left"
    assert home.do("subscribe", GR, "--reader", "bob", "--json", **bob).json["state"] == "unconfirmed"


def test_a_pause_before_the_address_is_confirmed_is_shown(home: Home) -> None:
    """Beside what else is missing."""
    home.do("subscribe", *_ADA, now=_NOW)
    shown = re.sub(r"[\s│]+", "", home.do("subscribe", "--pause", now=_NOW).out)
    assert "bythelinkintheletter;itpauses,too" in shown


def test_a_change_sends_no_second_letter(home: Home) -> None:
    """Naming the address again does."""
    home.do("subscribe", *_ADA, now=_NOW)
    home.do("subscribe", AE, now=_NOW)
    assert len(read_letters(home)) == 1
    home.do("subscribe", "--email", "ada@example.org", now=_NOW)
    assert len(read_letters(home)) == 2


def test_the_zone_is_this_machines(home: Home) -> None:
    """Where none is named."""
    made = home.do("subscribe", GR, "--email", "ada@example.org", "--confirmed", "--json")
    assert made.json["zone"] in available_timezones()


def test_with_accounts_the_address_is_the_accounts(home: Home) -> None:
    """So the reader is named, the address is not."""
    home.do("user", "add", "bob", "--email", "bob@example.org")
    made = home.do("subscribe", GR, "--reader", "bob", "--json", accounts="true", now=_NOW)
    assert (made.json["email"], made.json["state"]) == ("bob@example.org", "unconfirmed")
    assert "To: bob@example.org" in read_letters(home)[0]
    for arguments, expected in (
        ((GR,), "--reader is missing"),
        ((GR, "--reader", "zed"), "no reader 'zed'"),
        ((GR, "--reader", "bob", "--email", "x@example.org"), "--email: with accounts"),
    ):
        result = home.run("subscribe", *arguments, accounts="true")
        assert (result.code, expected in result.err) == (2, True)
    home.do("user", "disable", "bob")
    assert "was disabled" in home.run("subscribe", "--reader", "bob", accounts="true").err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((GR,), "--email: expected the address"),
        (("--email", "ada@example.org"), "TOPIC: expected at least one"),
        (("agents", "--email", "ada@example.org"), "TOPIC: The rubric has no topic 'agents'"),
        ((GR, "--email", "ada"), "--email: 'ada' is no mail address"),
        ((*_ADA, "--zone", "Berlin"), "did you mean Europe/Berlin?"),
        ((*_ADA, "--weekday", "Mittwoch"), "'--weekday'"),
        ((*_ADA, "--hour", "24"), "'--hour'"),
        ((*_ADA, "--language", "de"), "'--language'"),
        ((*_ADA, "--size", "101"), "'--size'"),
        ((*_ADA, "--reader", "ada"), "without accounts there is one reader, me"),
        ((*_ADA, "--pause"), "--pause stands alone"),
        (("--leave", "--confirmed"), "--leave stands alone"),
        (("--pause", "--resume"), "--pause and --resume contradict each other"),
        (("--pause",), "no weekly mail yet"),
        (("--confirmed",), "no weekly mail yet"),
    ],
)
def test_what_is_wrong_is_named(home: Home, arguments: tuple[str, ...], expected: str) -> None:
    """The option, and what was expected; nothing is changed."""
    assert expected in home.refuse("subscribe", *arguments)
    assert home.query("SELECT count(*) FROM mailings") == [(0,)]
