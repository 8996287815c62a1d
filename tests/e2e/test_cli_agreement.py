"""`triage agreement`: votes of several readers compared, and settled by an editor."""

import pytest
from fakes.cli_case import SAMPLE_WEEK, Home, Writer

GR = "generative-recommendation"


def list_ids(home: Home) -> list[str]:
    """All papers of the week."""
    return [row[0] for row in home.query("SELECT arxiv_id FROM papers ORDER BY 1")]


@pytest.fixture
def lab(sample_home: Home, write: Writer) -> Home:
    """Ada says yes to half of the papers; bob too, but for ten of them, and is uncertain of another."""
    ids = list_ids(sample_home)
    half = len(ids) // 2
    votes = {
        "ada": ["relevant"] * half + ["irrelevant"] * (len(ids) - half),
        "bob": ["irrelevant"] * 10
        + ["relevant"] * (half - 10)
        + ["uncertain"]
        + ["irrelevant"] * (len(ids) - half - 1),
    }
    for reader, said in votes.items():
        rows = (f"{arxiv_id},{vote}" for arxiv_id, vote in zip(ids, said, strict=True))
        file = write.text(f"{reader}.csv", "\n".join(["arxiv_id,vote", *rows, ""]))
        sample_home.do("vote", "import", file, "--topic", GR, "--reader", reader)
    return sample_home


def test_one_reader_is_told_how_to_get_others(sample_home: Home) -> None:
    """It is no failure to be alone."""
    sample_home.do("vote", list_ids(sample_home)[0], "--topic", GR, "--relevant")
    out = sample_home.do("agreement", "--topic", GR).out
    assert "It takes two readers" in out
    assert "triage user add" in out
    assert f"triage vote import FILE --topic {GR} --reader NAME" in out


def test_readers_without_a_common_paper(sample_home: Home, write: Writer) -> None:
    """That is told too."""
    for reader, arxiv_id in zip(("ada", "bob"), list_ids(sample_home), strict=False):
        file = write.text("v.csv", f"arxiv_id\n{arxiv_id}\n")
        sample_home.do("vote", "import", file, "--topic", GR, "--reader", reader)
    assert "No paper has votes of two readers yet" in sample_home.do("agreement", "--topic", GR).out


def test_agreement_is_told(lab: Home) -> None:
    """With coefficients, confusion, papers and the rubric's words with the numbers of their lines."""
    out = lab.do("agreement", "--topic", GR).out
    for expected in (
        "85 papers have two votes or more; readers part on 11 of them (13%).",
        "Cohen's kappa",
        "Votes of ada (rows) and bob",
        "Where readers part or are uncertain (11)",
        f"triage agreement settle {list_ids(lab)[9]} --topic {GR}",
        "Words of the rubric over which readers part",
    ):
        assert expected in out


def test_agreement_as_json(lab: Home) -> None:
    """One record for a topic that is named, else one for each; weeks without a vote leave nothing."""
    record = lab.do("agreement", "--topic", GR, "--json").json
    assert record["with_uncertain"]["papers"] == 85
    assert record["without_uncertain"]["papers"] == 84
    assert record["confusion"] == [[32, 0, 10], [0, 0, 0], [0, 1, 42]]
    assert [each["topic"] for each in lab.do("agreement", "--json").json] == [GR, "agent-evaluation"]
    assert lab.do("agreement", "--topic", GR, "--weeks", SAMPLE_WEEK, "--json").json == record
    assert lab.do("agreement", "--topic", GR, "--weeks", "2026-W21:2026-W30", "--json").json["readers"] == []


def test_readers_may_be_numbered(lab: Home) -> None:
    """No name is in the table, nor in the JSON."""
    for options in ((), ("--json",)):
        out = lab.do("agreement", "--topic", GR, "--anonymous", *options).out
        assert "reader 1" in out
        assert options or "reader 1: 85 (" in out
        assert "ada" not in out
        assert "bob" not in out


def test_three_readers_are_compared_in_pairs(lab: Home) -> None:
    """And by Fleiss' kappa."""
    lab.do("vote", *list_ids(lab)[:3], "--topic", GR, "--relevant")
    out = lab.do("agreement", "--topic", GR).out
    assert "Fleiss' kappa" in out
    assert "Who parts most" in out
    assert "Pairs of votes on the same paper" in out


def test_each_kappa_has_its_name(lab: Home) -> None:
    """A third reader who is uncertain of all is gone with such votes: two remain, and their kappa is Cohen's."""
    lab.do("vote", list_ids(lab)[0], "--topic", GR, "--uncertain")
    assert "Fleiss', Cohen's kappa" in lab.do("agreement", "--topic", GR).out


def test_a_paper_that_is_missing_is_no_example(sample_home: Home, write: Writer) -> None:
    """The most split paper cannot be settled while the store does not have it."""
    there, missing = list_ids(sample_home)[0], "2604.00001"
    for reader, said in (("ada", ("relevant", "relevant")), ("bob", ("uncertain", "irrelevant"))):
        file = write.text("v.csv", f"arxiv_id,vote\n{there},{said[0]}\n{missing},{said[1]}\n")
        sample_home.do("vote", "import", file, "--topic", GR, "--reader", reader)
    out = sample_home.do("agreement", "--topic", GR).out
    assert out.index(missing) < out.index("not in the store") < out.index(there)
    assert f"Settle one: triage agreement settle {there}" in out


def test_an_editor_settles_and_unsettles(lab: Home) -> None:
    """The decision is shown with its reason, and counts until it is taken back; the sole reader is the editor."""
    arxiv_id, *_ = list_ids(lab)
    arguments = (
        "agreement",
        "settle",
        arxiv_id,
        "--topic",
        GR,
        "--irrelevant",
        "--reason",
        "Ranks, generates nothing.",
    )
    assert f"{arxiv_id} is settled for {GR}: not relevant." in lab.do(*arguments).out
    settled = lab.do("agreement", "--topic", GR, "--json").json["settled"]
    assert [(each["arxiv_id"], each["settled"]["value"], each["settled"]["editor"]) for each in settled] == [
        (arxiv_id, -1, "me")
    ]
    out = lab.do("agreement", "--topic", GR).out
    assert "Settled (1)" in out
    assert "generates" in out
    assert lab.do("agreement", "unsettle", arxiv_id, "--topic", GR).out == "The votes count again.\n"
    assert "nothing changes" in lab.do("agreement", "unsettle", arxiv_id, "--topic", GR).out
    assert lab.do("agreement", "--topic", GR, "--json").json["settled"] == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--topic", "nonsense"), "no topic 'nonsense'"),
        (("--weeks", "2026"), "--weeks"),
        (("settle", "2605.1", "--topic", GR, "--relevant", "--reason", "x"), "no arXiv id"),
        (("settle", "2605.99999", "--topic", GR, "--relevant", "--reason", "x"), "no paper 2605.99999"),
        (("settle", "2605.99999", "--topic", GR, "--reason", "x"), "Say one of --relevant"),
        (("settle", "2605.99999", "--topic", GR, "--relevant"), "--reason"),
        (
            ("settle", "2605.99999", "--topic", GR, "--relevant", "--uncertain", "--reason", "x"),
            "Say one of --relevant",
        ),
        (("--topic", GR, "unsettle", "2605.99999", "--topic", GR), "after unsettle"),
        (("settle", "2605.99999", "--topic", GR, "--relevant", "--reason", "x", "--editor", "ada"), "no accounts here"),
        (("unsettle", "2605.99999", "--topic", "nonsense"), "no topic 'nonsense'"),
    ],
)
def test_wrong_input_changes_nothing(home: Home, arguments: tuple[str, ...], complaint: str) -> None:
    """And says what was expected."""
    assert complaint in home.refuse("agreement", *arguments)


def test_with_accounts_an_editor_is_named(lab: Home) -> None:
    """A reader's word settles nothing, nor nobody's, nor a stranger's."""
    arxiv_id, *_ = list_ids(lab)
    for name, role in (("ada", "reader"), ("carol", "editor")):
        lab.do("user", "add", name, "--email", f"{name}@example.org", "--role", role)
    arguments = ("agreement", "settle", arxiv_id, "--topic", GR, "--relevant", "--reason", "Generates ids.")
    for named, complaint in (((), "--editor NAME"), (("ada",), "no editor"), (("eve",), "no reader")):
        options = [each for name in named for each in ("--editor", name)]
        assert complaint in lab.refuse(*arguments, *options, accounts="true")
    lab.do(*arguments, "--editor", "carol", accounts="true")
    assert lab.query("SELECT editor, reason FROM adjudications") == [("carol", "Generates ids.")]
