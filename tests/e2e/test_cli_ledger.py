from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes.cli_case import SAMPLE_WEEK, Home, Writer, make_record

_SAMPLE_NOW = "2026-05-15T15:00:00Z"  # Friday noon of the sample week, 2026-W20
_ALL_OUT = "2026-05-18T12:00:00Z"
_DAYS = tuple(f"2026-05-{day}" for day in range(11, 16))
_COUNTS = ("harvested", "embedded", "scored", "judged", "not_judged", "shortlisted")


def read_ledger(home: Home, *options: str, now: str = _ALL_OUT) -> dict[str, Any]:
    """The ledger as programs read it."""
    record: dict[str, Any] = home.do("ledger", "--json", *options, now=now).json
    return record


def print_ledger(home: Home, *options: str, now: str = _ALL_OUT) -> str:
    """The ledger as people read it, on one line."""
    return " ".join(home.do("ledger", *options, now=now).out.split())


def hear(home: Home, days: Sequence[str] = _DAYS) -> None:
    """Let a witness count what the store has, and a mark say that all was read, on some days."""
    record = read_ledger(home, "--week", SAMPLE_WEEK)
    for line in record["lines"]:
        if line["day"] in days:
            home.execute(
                "INSERT INTO day_checks (category, day, witness, expected, is_stale, checked_at) "
                "VALUES (?, ?, 'oai', ?, 0, '2026-05-15 04:00:00')",
                *(line["category"], line["day"], line["harvested"]),
            )


def set_mark(home: Home, responded_at: str = "2026-05-16 04:00:00", since: str = "2026-05-11") -> None:
    """Say that the archive cs was read whole."""
    for category in ("cs.IR", "cs.CL", "cs.AI", "cs.LG", "cs.MA", "cs.SE"):
        home.execute(
            "INSERT INTO harvest_marks (source, category, since, responded_at) VALUES ('oai', ?, ?, ?)",
            *(category, since, responded_at),
        )


def lose(home: Home, count: int, found_at: str = "2026-05-15 04:00:00") -> None:
    """Note papers of Tuesday that a witness named."""
    for number in range(count):
        home.execute(
            "INSERT INTO missing_papers (arxiv_id, categories, day, witness, found_at, reason) "
            "VALUES (?, '[\"cs.IR\"]', '2026-05-12', 'oai', ?, '')",
            *(f"2605.0{number:04}", found_at),
        )


def check_with_doctor(home: Home, name: str, now: str = _ALL_OUT) -> tuple[str, str]:
    """Status and message of one check."""
    checks = home.run("doctor", "--json", now=now, contact="me@example.org").json["checks"]
    return next((check["status"], check["message"]) for check in checks if check["name"] == name)


def test_the_fields_that_programs_read(sample_home: Home) -> None:
    """Their names are a promise."""
    lose(sample_home, 1)
    record = read_ledger(sample_home, "--week", SAMPLE_WEEK)
    assert set(record) == {"week", "papers", "totals", "lines", "missing", "alarms", "calendar"}
    assert set(record["totals"]) == set(_COUNTS)
    line = {"category", "day", "state", "reason", "expected", "witness", "missing", *_COUNTS}
    assert {frozenset(one) for one in (*record["lines"], *record["alarms"])} == {frozenset(line)}
    missing = {"arxiv_id", "categories", "day", "witness", "found_at", "asked_at", "reason"}
    assert set(record["missing"][0]) == missing
    assert set(record["calendar"][0]) == {"week", "papers", "days"}
    assert set(record["calendar"][-1]["days"][0]) == {"day", "state", "papers"}


def test_counts_follow_the_steps(sample_home: Home) -> None:
    """Imported, then embedded, then scored for one topic, then for all, then shortlisted."""

    def count() -> list[int]:
        totals = read_ledger(sample_home, "--week", SAMPLE_WEEK)["totals"]
        return [totals[name] for name in _COUNTS]

    papers = sample_home.query("SELECT count(*) FROM papers WHERE week = ?", SAMPLE_WEEK)[0][0]
    assert count() == [papers, 0, 0, 0, 0, 0]
    sample_home.do("embed", "--week", SAMPLE_WEEK)
    assert count() == [papers, papers, 0, 0, 0, 0]
    sample_home.do("score", "--week", SAMPLE_WEEK, "--topic", "agent-evaluation")
    assert count() == [papers, papers, 0, 0, 0, 0]
    sample_home.do("run", "--week", SAMPLE_WEEK)
    places = sample_home.query("SELECT count(DISTINCT paper_id) FROM shortlist_entries")[0][0]
    assert count() == [papers, papers, papers, 0, papers, places]


def test_looking_changes_nothing(sample_home: Home) -> None:
    """The ledger reads only."""
    before = sample_home.dump()
    sample_home.do("ledger", now=_ALL_OUT)
    assert sample_home.dump() == before


def test_the_week_of_the_newest_listing_is_shown(sample_home: Home) -> None:
    """On Sunday it is still last week's, from Sunday night on the next one's."""
    assert read_ledger(sample_home, now="2026-05-17T12:00:00Z")["week"] == "2026-W20"
    assert read_ledger(sample_home, now="2026-05-18T02:31:00Z")["week"] == "2026-W21"


def test_a_day_to_come_is_left_out(sample_home: Home) -> None:
    """On Wednesday there are three days, and the sentence says so far."""
    now = "2026-05-13T12:00:00Z"
    record = read_ledger(sample_home, now=now)
    assert [day["day"] for day in record["calendar"][-1]["days"]] == list(_DAYS[:3])
    assert "2026-W20 so far:" in print_ledger(sample_home, now=now)


def test_nobody_was_heard(sample_home: Home) -> None:
    """It does not say that nothing is missing where it cannot know."""
    shown = print_ledger(sample_home, "--week", SAMPLE_WEEK)
    assert "0 known to be missing. No listing day was checked against what arXiv announced." in shown
    assert "/– ✓" in shown  # noqa: RUF001 - the dash of the table
    assert "announced, " not in shown


def test_somebody_was_heard_on_some_days(sample_home: Home) -> None:
    """It says on how many."""
    hear(sample_home, _DAYS[:2])
    assert "Only 2 of 5 listing days were checked" in print_ledger(sample_home, "--week", SAMPLE_WEEK)


def test_a_week_that_is_accounted_for(sample_home: Home) -> None:
    """The sentence everybody wants to read."""
    sample_home.do("run", "--week", SAMPLE_WEEK)
    hear(sample_home)
    set_mark(sample_home)
    shown = print_ledger(sample_home, "--week", SAMPLE_WEEK)
    papers = read_ledger(sample_home, "--week", SAMPLE_WEEK)["papers"]
    sentence = f"{papers} papers announced, {papers} harvested, {papers} embedded, {papers} scored, 0 missing."
    assert f"2026-W20: {sentence}" in shown
    assert "checked" not in shown


def test_missing_papers_are_named(sample_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """In red with what to do, the first ten of them, and all for programs."""
    monkeypatch.setenv("COLUMNS", "200")
    lose(sample_home, 12)
    hear(sample_home)
    papers = read_ledger(sample_home, "--week", SAMPLE_WEEK)["papers"]
    shown = print_ledger(sample_home, "--week", SAMPLE_WEEK)
    assert f"{papers + 12} papers announced, {papers} harvested" in shown
    assert "12 missing." in shown
    assert "! Tue 2026-05-12 cs.IR: 12 named by a witness and not in the store: triage repair" in shown
    assert "not asked for yet: triage repair" in shown
    assert ("2605.00009" in shown, "2605.00010" in shown) == (True, False)
    assert "and 2 more: --json has all of them" in shown
    assert len(read_ledger(sample_home, "--week", SAMPLE_WEEK)["missing"]) == 12


def test_why_a_missing_paper_did_not_come(sample_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the day it was asked for; brackets in an answer are text."""
    monkeypatch.setenv("COLUMNS", "200")
    lose(sample_home, 1)
    sample_home.execute("UPDATE missing_papers SET asked_at = '2026-05-16 04:00:00', reason = 'arXiv says [no]'")
    assert "arXiv says [no] (asked 2026-05-16)" in print_ledger(sample_home, "--week", SAMPLE_WEEK)


def test_an_empty_store(home: Home) -> None:
    """Every week is shown as empty, with what to do, and nothing is an alarm."""
    shown = print_ledger(home)
    assert (
        "2026-W20: nothing in the store yet: triage harvest --since 2026-05-11, or triage import FILE."
        in print_ledger(home, "--week", SAMPLE_WEEK)
    )
    assert shown.count("none") == 8
    assert read_ledger(home)["alarms"] == []


def test_a_late_day_says_what_to_do(sample_home: Home) -> None:
    """Where harvests are kept up, a week that began after the last one is not empty but late."""
    set_mark(sample_home)
    now = "2026-05-18T12:00:00Z"
    shown = print_ledger(sample_home, now=now)
    assert "L Mon 2026-05-18 cs.IR, cs.CL, cs.AI, cs.LG, cs.MA, cs.SE: announced, not harvested yet: triage" in shown
    assert "2026-W21 so far: 0 papers harvested" in shown
    assert read_ledger(sample_home, now=now)["alarms"] == []


def test_every_state_has_a_sign(sample_home: Home) -> None:
    """Readable without colour: the legend explains each sign."""
    shown = print_ledger(sample_home)
    assert "✓ ok L late S stale ! incomplete ✗ failed H holiday · no papers" in shown


def test_the_tables_fit_a_terminal(sample_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 80 columns nothing is cut off."""
    monkeypatch.setenv("COLUMNS", "80")
    sample_home.do("run", "--week", SAMPLE_WEEK)
    out = sample_home.do("ledger", "--week", SAMPLE_WEEK, now=_ALL_OUT).out
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_as_many_weeks_as_asked_for(sample_home: Home) -> None:
    """The calendar ends with the week that is shown."""
    weeks = [week["week"] for week in read_ledger(sample_home, "--week", SAMPLE_WEEK, "--weeks", "3")["calendar"]]
    assert weeks == ["2026-W18", "2026-W19", "2026-W20"]


def test_bad_weeks_are_refused(home: Home) -> None:
    """A week to come, and what is no week."""
    assert "lies in the future" in home.refuse("ledger", "--week", "2026-W30", now=_ALL_OUT)
    assert "is no week" in home.refuse("ledger", "--week", "last")


def test_a_holiday_week(home: Home, write: Writer) -> None:
    """2026-07-06 follows a deferred Friday: it is marked, and no alarm."""
    records = [make_record(number, "2026-W28", announced=f"2026-07-{6 + number % 5:02}") for number in range(30)]
    home.do("import", write.papers("week.jsonl", [one for one in records if one["announced"] != "2026-07-06"]))
    record = read_ledger(home, "--week", "2026-W28", now="2026-07-11T12:00:00Z")
    assert [day["state"] for day in record["calendar"][-1]["days"]] == ["holiday", "ok", "ok", "ok", "ok"]
    assert record["alarms"] == []
    assert "0 H" in print_ledger(home, "--week", "2026-W28", now="2026-07-11T12:00:00Z")


@pytest.mark.parametrize(
    ("week", "days"), [("2026-W31", [241, 630, 379, 292, 415]), ("2026-W28", [3, 823, 296, 262, 284])]
)
def test_real_weeks_are_counted_right(home: Home, shared_data: Path, week: str, days: list[int]) -> None:
    """As the table beside the data has them, each paper once."""
    home.do("import", shared_data / "arxiv" / f"week-{week}.jsonl.gz")
    record = read_ledger(home, "--week", week, now="2026-08-21T15:00:00Z")
    assert [day["papers"] for day in record["calendar"][-1]["days"]] == days
    assert record["papers"] == sum(days)
    assert record["alarms"] == []


def test_no_real_week_is_an_alarm(home: Home, shared_data: Path) -> None:
    """25 complete weeks with their ups and downs pass; only holidays stand out, and those are known."""
    home.do("import", *sorted((shared_data / "arxiv").glob("week-2026-W*.jsonl.gz")))
    calendar = read_ledger(home, "--weeks", "25", now="2026-08-21T15:00:00Z")["calendar"]
    states = {day["day"]: day["state"] for week in calendar for day in week["days"]}
    assert len(states) == 125
    assert {day: state for day, state in states.items() if state != "ok"} == {
        "2026-06-22": "holiday",
        "2026-07-06": "holiday",
    }


def test_doctor_without_harvests(sample_home: Home) -> None:
    """There is nothing to be wrong."""
    status, message = check_with_doctor(sample_home, "ledger")
    assert (status, "No archive was harvested yet" in message) == ("ok", True)


def test_doctor_of_a_good_harvest(sample_home: Home) -> None:
    """The weeks are named."""
    set_mark(sample_home)
    hear(sample_home)
    status, message = check_with_doctor(sample_home, "ledger", now=_SAMPLE_NOW)
    assert (status, message) == ("ok", "85 papers since 2026-W20, no day went wrong.")


def test_doctor_warns_of_days_that_went_wrong(sample_home: Home) -> None:
    """With the day, and what to look at."""
    set_mark(sample_home)
    lose(sample_home, 1)
    status, message = check_with_doctor(sample_home, "ledger", now=_SAMPLE_NOW)
    assert status == "warning"
    assert message.startswith("Listing days that went wrong: 2026-05-12 (incomplete).")
    assert "triage repair" in message


def test_doctor_warns_of_papers_that_stay_missing(sample_home: Home) -> None:
    """After a week, also where their week is long over; so it does when nobody harvests any more."""
    set_mark(sample_home)
    lose(sample_home, 2)
    status, message = check_with_doctor(sample_home, "ledger", now="2026-07-10T12:00:00Z")
    assert status == "warning"
    assert "Papers missing for more than 7 days: 2, first 2605.00000" in message
    assert "Listing days not harvested: 9 since 2026-06-29" in message


def test_doctor_warns_of_a_stop(sample_home: Home) -> None:
    """With arXiv's answer and how to go on."""
    assert check_with_doctor(sample_home, "arxiv")[0] == "ok"
    sample_home.execute(
        "INSERT INTO leases (name, number, beat, pause, stopped) VALUES ('arxiv', 1, 1, 0, 'arXiv answered 403: no.')"
    )
    status, message = check_with_doctor(sample_home, "arxiv")
    assert status == "warning"
    assert "arXiv answered 403: no. Find the cause, then run triage harvest --clear-stop." in message
