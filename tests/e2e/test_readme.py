"""Every command that README tells a newcomer to type is typed, in its order, and does what README says."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from fakes.readme_case import Newcomer, read_commands, read_readme

NOT_RUN: Mapping[str, str] = {  # and why; `test_what_is_not_run_is_there` looks at these otherwise
    "make demo": "installs; test_demo.py runs `triage demo`",
    "make test": "is what runs this",
}
SERVED = "triage serve"
WEEK = "--week 2026-W31"
AGENTS = "--topic agent-evaluation"
EXPECTED: Mapping[str, Sequence[str]] = {  # the words that its output holds
    "export TRIAGE_CONTACT=you@example.org": (),
    "triage harvest": ("85 new",),
    f"triage run {WEEK}": ("agent-evaluation", "20 of 85 papers", "triage shortlist --week 2026-W31"),
    f"triage shortlist {WEEK}": ("Agent evaluation · 2026-W31", "Generative recommendation · 2026-W31", "2607.23722"),
    f"triage shortlist {WEEK} {AGENTS} --output list.html": (),
    f"triage vote 2607.23722 {AGENTS} --relevant": ("1 new",),
    f"triage vote import reading-list.csv {AGENTS}": ("2 new",),
    SERVED: ("Serving at http://127.0.0.1:",),
    f"triage digest {WEEK} --output week31.html": (),
    "triage subscribe agent-evaluation --email you@example.org --weekday monday --hour 7 --zone Europe/Berlin "
    "--confirmed": ("you@example.org",),
    "triage deliver": ("Nothing is due", "to 1 reader"),
    "triage audit": ("6 papers drawn below the line",),
    "triage agreement": ("It takes two readers",),
    "triage ledger --weeks 4": ("2026-W31", "85"),
    "triage repair": ("85 compared, 0 lacking",),
    "curl http://127.0.0.1:8000/api/v1/topics": ('"agent-evaluation"', '"generative-recommendation"'),
    "curl http://127.0.0.1:8000/api/v1/shortlists/agent-evaluation/2026-W31": ('"2607.23722"', '"takeaway"'),
    'curl "http://127.0.0.1:8000/api/v1/search?q=semantic+ids"': ('"title"', "emantic"),
    "curl -X PUT http://127.0.0.1:8000/api/v1/papers/2607.23722/votes/agent-evaluation "
    """-H "Content-Type: application/json" -d '{"value": 1}'""": ('"value":1',),
    "curl http://127.0.0.1:8000/feeds/agent-evaluation.atom": ("<feed", "2607.23722"),
}


def test_every_command_is_known_here() -> None:
    """A command that README gained or lost is said here too: run, or not run and why."""
    assert set(read_commands(read_readme())) == EXPECTED.keys() | NOT_RUN.keys()


def test_what_is_not_run_is_there(root: Path) -> None:
    """The Makefile has each target."""
    targets = (root / "Makefile").read_text(encoding="utf-8")
    for command in NOT_RUN:
        assert f"\n{command.removeprefix('make ')}: " in targets


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_commands_do_what_readme_says(tmp_path: Path) -> None:
    """In README's order, in an empty folder, each ends well and prints what it should; files are where it says."""
    (tmp_path / "reading-list.csv").write_text("arxiv_id,vote\n2607.90085,relevant\n2607.90001,irrelevant\n")
    with Newcomer(tmp_path) as newcomer:
        for command in read_commands(read_readme()):
            if command not in NOT_RUN:
                said = newcomer.serve(command) if command == SERVED else newcomer.run(command)
                for word in EXPECTED[command]:
                    assert word in said, f"{command}\n{said}"
    assert "2607.23722" in (tmp_path / "list.html").read_text(encoding="utf-8")
    assert "2607.23722" in (tmp_path / "week31.html").read_text(encoding="utf-8")
