"""Votes and tags: how they come in, how they wait, and what they change."""

from statistics import mean
from typing import Any

import pytest
from fakes.cli_case import SAMPLE_WEEK, Home, Writer, make_record, make_relevant

GR, AE = "generative-recommendation", "agent-evaluation"
_OLD_WEEK = "2026-W10"


def list_votes(home: Home, topic: str) -> dict[str, int]:
    """Votes as they lie in the database."""
    return dict(home.query("SELECT arxiv_id, value FROM votes WHERE topic = ? ORDER BY arxiv_id", topic))


def make_glacier(number: int, week: str = SAMPLE_WEEK) -> dict[str, Any]:
    """A made-up paper that is about glaciers and otherwise unlike the next."""
    record = make_record(number, week)
    title, abstract = f"Glacier melt and {record['title']}", f"Glacier ice melts fast. {record['abstract']}"
    return record | {"title": title, "abstract": abstract}


@pytest.fixture
def glacier_home(home: Home, write: Writer) -> Home:
    """A week without a paper on any topic, of which ten are about glaciers."""
    records = [make_glacier(n) if n % 8 == 0 else make_record(n) for n in range(1, 81)]
    home.do("import", write.papers("week.jsonl", records))
    return home


def mean_rank(home: Home) -> float:
    """Of the papers about glaciers in the whole week."""
    places = home.shortlist(SAMPLE_WEEK, GR, "--size", "100")["papers"]
    ranks = [int(place["rank"]) for place in places if place["title"].startswith("Glacier")]
    return mean(ranks)


def find_glaciers(home: Home) -> list[str]:
    """Ids of the papers about glaciers."""
    return [row[0] for row in home.query("SELECT arxiv_id FROM papers WHERE title LIKE 'Glacier%' ORDER BY 1")]


def test_every_row_of_a_list_is_a_relevant_vote(sample_home: Home, write: Writer) -> None:
    """Other columns, underscores and many rows of one paper are no trouble; unknown papers wait."""
    known = [row[0] for row in sample_home.query("SELECT arxiv_id FROM papers ORDER BY id LIMIT 2")]
    file = write.text(
        "agent_evaluation.csv",
        "arxiv_id,topic,section,source\n"
        f"{known[0]},agent_evaluation,Web Agents,a list\n"
        f'{known[0]},agent_evaluation,"Tools, and more",another\n'
        f"{known[1]}v2,agent_evaluation,,\n"
        "1802.08802,agent_evaluation,,\n"
        "hep-th/9901001,a_private_list,,\n",
    )
    record = sample_home.do("vote", "import", file, "--topic", AE, "--json").json
    assert (record["topic"], record["new"], record["known_papers"], record["waiting"]) == (AE, 4, 2, 2)
    assert list_votes(sample_home, AE) == dict.fromkeys([*known, "1802.08802", "hep-th/9901001"], 1)
    assert list_votes(sample_home, GR) == {}
    again = sample_home.do("vote", "import", file, "--topic", AE)
    assert "0 new, 0 changed, 4 as before" in again.out
    assert "2 of them wait for their paper" in again.out


def test_a_vote_column_may_say_otherwise(sample_home: Home, write: Writer) -> None:
    """Relevant, irrelevant, uncertain, numbers (0 is no, as in most label files) and nothing at all."""
    said = ["relevant", "irrelevant", "1", "-1", "", "uncertain", "0"]
    rows = [f"2604.{number:05},{vote}" for number, vote in enumerate(said, start=1)]
    file = write.text("v.csv", "\n".join(["arxiv_id,vote", *rows, ""]))
    sample_home.do("vote", "import", file, "--topic", GR)
    assert list(list_votes(sample_home, GR).values()) == [1, -1, 1, -1, 1, 0, -1]


def test_votes_of_another_reader_are_read(sample_home: Home, write: Writer) -> None:
    """Beside one's own; by any name while there are no accounts, then only by that of one."""
    file = write.text("v.csv", "arxiv_id,vote\n2604.00001,relevant\n")
    sample_home.do("vote", "import", file, "--topic", GR, "--reader", "bob")
    sample_home.do("vote", "import", file, "--topic", GR)
    assert sample_home.query("SELECT reader, value FROM votes ORDER BY 1") == [("bob", 1), ("me", 1)]
    assert "no name for a reader" in sample_home.refuse("vote", "import", file, "--topic", GR, "--reader", "Bob B")
    sample_home.do("user", "add", "ada", "--email", "ada@example.org")
    assert "no reader 'bob'" in sample_home.refuse("vote", "import", file, "--topic", GR, "--reader", "bob")
    assert "1 new" in sample_home.do("vote", "import", file, "--topic", GR, "--reader", "ada").out


def test_rows_of_another_topic_are_left_out_and_counted(sample_home: Home, write: Writer) -> None:
    """One file may hold the votes of all topics: each import takes its own."""
    file = write.text(
        "both.csv",
        "arxiv_id,topic,vote\n2604.00001,generative_recommendation,relevant\n2604.00001,agent-evaluation,irrelevant\n"
        "2604.00002,agent_evaluation,\n",
    )
    result = sample_home.do("vote", "import", file, "--topic", GR)
    assert "2 papers stand there for another topic" in result.out
    assert list_votes(sample_home, GR) == {"2604.00001": 1}
    sample_home.do("vote", "import", file, "--topic", AE)
    assert list_votes(sample_home, AE) == {"2604.00001": -1, "2604.00002": 1}


def test_votes_by_id(sample_home: Home) -> None:
    """Cast, changed, repeated and withdrawn, in any spelling of the id."""
    first, second = (row[0] for row in sample_home.query("SELECT arxiv_id FROM papers ORDER BY id LIMIT 2"))
    out = sample_home.do("vote", f"arXiv:{first}v1", f"https://arxiv.org/abs/{second}", "--topic", GR, "--relevant").out
    assert "2 new" in out
    assert list_votes(sample_home, GR) == {first: 1, second: 1}
    changed = sample_home.do("vote", first, "--topic", GR, "--irrelevant", "--json").json
    assert changed == {"topic": GR, "new": 0, "changed": 1, "unchanged": 0}
    assert list_votes(sample_home, GR) == {first: -1, second: 1}
    sample_home.do("vote", "--topic", GR, "--withdraw", first)
    assert list_votes(sample_home, GR) == {second: 1}


def test_an_uncertain_vote_is_none_of_the_others(sample_home: Home) -> None:
    """It is kept, and withdrawn like them; one has to say what one means."""
    first, second = (row[0] for row in sample_home.query("SELECT arxiv_id FROM papers ORDER BY id LIMIT 2"))
    assert "2 new" in sample_home.do("vote", first, second, "--topic", GR, "--uncertain").out
    assert list_votes(sample_home, GR) == {first: 0, second: 0}
    assert "1 changed" in sample_home.do("vote", first, "--topic", GR, "--withdraw").out
    assert list_votes(sample_home, GR) == {second: 0}
    for options in ((), ("--uncertain", "--withdraw"), ("--relevant", "--irrelevant")):
        assert "Say one of --relevant" in sample_home.refuse("vote", first, "--topic", GR, *options)


def test_an_uncertain_vote_that_waits_may_be_withdrawn(home: Home, write: Writer) -> None:
    """Though the store has no such paper."""
    file = write.text("v.csv", "arxiv_id,vote\n2604.00001,uncertain\n")
    home.do("vote", "import", file, "--topic", GR)
    assert "1 changed" in home.do("vote", "2604.00001", "--topic", GR, "--withdraw").out


def test_withdrawing_says_what_it_did(sample_home: Home) -> None:
    """A vote that was there is counted, one that was not is not."""
    first, second = (row[0] for row in sample_home.query("SELECT arxiv_id FROM papers ORDER BY id LIMIT 2"))
    sample_home.do("vote", first, "--topic", GR, "--relevant")
    record = sample_home.do("vote", first, second, "--topic", GR, "--withdraw", "--json").json
    assert record == {"topic": GR, "new": 0, "changed": 1, "unchanged": 1}


def test_five_votes_change_the_ranking_and_four_do_not(glacier_home: Home) -> None:
    """Taste is silent until it has seen enough, then lifts what is like the relevant papers; withdrawn, it is gone."""
    before, rank = glacier_home.shortlist(SAMPLE_WEEK, GR), mean_rank(glacier_home)
    ids = find_glaciers(glacier_home)
    glacier_home.do("vote", *ids[:4], "--topic", GR, "--relevant")
    assert mean_rank(glacier_home) == rank
    glacier_home.do("vote", ids[4], "--topic", GR, "--relevant")
    assert mean_rank(glacier_home) < rank - 5
    after = glacier_home.shortlist(SAMPLE_WEEK, GR)
    assert after["scorer"] != before["scorer"]
    reasons = [reason for place in after["papers"] for reason in place["reasons"]]
    assert any(reason.startswith(f"like {ids[0]}") for reason in reasons)
    glacier_home.do("vote", *ids[:5], "--topic", GR, "--withdraw")
    assert mean_rank(glacier_home) == rank


def test_votes_on_another_topic_change_nothing_here(glacier_home: Home) -> None:
    """Each topic learns from its own votes."""
    before = glacier_home.shortlist(SAMPLE_WEEK, GR)
    ids = [row[0] for row in glacier_home.query("SELECT arxiv_id FROM papers ORDER BY 1 LIMIT 20")]
    glacier_home.do("vote", *ids, "--topic", AE, "--relevant")
    assert glacier_home.shortlist(SAMPLE_WEEK, GR)["papers"] == before["papers"]


def test_a_vote_waits_for_its_paper(glacier_home: Home, write: Writer) -> None:
    """Five votes on papers that come later speak from the day they are imported."""
    old = [make_glacier(n, _OLD_WEEK) for n in range(500, 505)]
    file = write.text("v.csv", "\n".join(["arxiv_id", *(record["id"] for record in old), ""]))
    assert "5 of them wait" in glacier_home.do("vote", "import", file, "--topic", GR).out
    before, rank = glacier_home.shortlist(SAMPLE_WEEK, GR), mean_rank(glacier_home)
    glacier_home.do("import", write.papers("old.jsonl", old))
    after = glacier_home.shortlist(SAMPLE_WEEK, GR)
    assert "taste" not in before["scorer"]
    assert "taste" in after["scorer"]
    assert mean_rank(glacier_home) < rank - 5


def test_a_tag_that_the_rubric_names_is_a_relevant_vote(glacier_home: Home) -> None:
    """Other tags change no ranking."""
    ids, rank = find_glaciers(glacier_home), mean_rank(glacier_home)
    glacier_home.do("tag", *ids[:5], "--add", "ice")
    assert mean_rank(glacier_home) == rank
    (name,) = glacier_home.do("rubric", "show", "--json").json["rubric"]["topics"][0]["tags"][:1]
    glacier_home.do("tag", *ids[:5], "--add", name)
    assert mean_rank(glacier_home) < rank - 5
    glacier_home.do("tag", *ids[:5], "--remove", name)
    assert mean_rank(glacier_home) == rank


def test_tags_are_listed(sample_home: Home) -> None:
    """By name, with their papers; without any, the help says how to begin."""
    assert "No tags yet" in sample_home.do("tag").out
    first, second = (row[0] for row in sample_home.query("SELECT arxiv_id FROM papers ORDER BY arxiv_id LIMIT 2"))
    assert sample_home.do("tag", first, second, "--add", "to read", "--json").json == {"to read": [first, second]}
    sample_home.do("tag", first, "--add", "semantic-ids", "--remove", "to read")
    assert sample_home.do("tag").out == f"semantic-ids: {first}\nto read: {second}\n"


def test_looking_at_another_topic_does_not_change_a_list(home: Home, write: Writer) -> None:
    """With votes on both topics, the lists depend on votes and papers, not on the order in which they are asked for."""
    old = [make_relevant(n, _OLD_WEEK) for n in range(500, 510)]
    other = [make_record(n, _OLD_WEEK) for n in range(600, 640)]
    week = [make_record(n) for n in range(1, 400)]
    home.do("import", write.papers("all.jsonl", [*old, *other, *week]))
    for topic, records in ((GR, old), (AE, other)):
        file = write.text(f"{topic}.csv", "\n".join(["arxiv_id", *(record["id"] for record in records), ""]))
        home.do("vote", "import", file, "--topic", topic)
    first = home.shortlist(SAMPLE_WEEK, GR)
    home.shortlist(SAMPLE_WEEK, AE)
    assert home.shortlist(SAMPLE_WEEK, GR) == first


def test_a_run_with_votes_scores_once(home: Home, write: Writer) -> None:
    """The list stands on the scores of the score step, and the second run does nothing."""
    old = [make_relevant(n, _OLD_WEEK) for n in range(500, 510)]
    other = [make_record(n, _OLD_WEEK) for n in range(600, 640)]
    home.do("import", write.papers("all.jsonl", [*old, *other, *(make_record(n) for n in range(1, 400))]))
    for topic, records in ((GR, old), (AE, other)):
        file = write.text(f"{topic}.csv", "\n".join(["arxiv_id", *(record["id"] for record in records), ""]))
        home.do("vote", "import", file, "--topic", topic)
    steps = home.do("run", "--week", SAMPLE_WEEK, "--json").json["steps"]
    scorers = {step["maker"] for step in steps if step["step"] == "score"}
    assert scorers == {scorer for (scorer,) in home.query("SELECT scorer FROM shortlists")}
    again = home.do("run", "--week", SAMPLE_WEEK, "--json").json["steps"]
    assert [step["done"] for step in again] == [0] * 6
