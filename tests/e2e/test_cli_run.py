"""The week's work, from files to shortlists, as a user types it."""

from typing import Any

import pytest
from fakes.cli_case import SAMPLE_WEEK, Home, Writer, make_record, make_relevant

GR, AE = "generative-recommendation", "agent-evaluation"
_PLACE = {"rank", "arxiv_id", "title", "score", "takeaway", "takeaway_source", "reasons"}


def list_steps(report: dict[str, Any]) -> dict[str, int]:
    """What each step of a run did, added up by step."""
    done: dict[str, int] = {}
    for step in report["steps"]:
        done[step["step"]] = done.get(step["step"], 0) + step["done"]
        assert step["seen"] == step["done"] + step["skipped"] + step["failed"]
    return done


def list_ids(shortlist: dict[str, Any]) -> list[str]:
    """The ranked papers in order."""
    return [place["arxiv_id"] for place in shortlist["papers"]]


def test_a_run_does_all_steps_once(sample_home: Home) -> None:
    """The first run embeds and scores every paper for both topics and chooses; the second does nothing at all."""
    papers = len(sample_home.query("SELECT id FROM papers"))
    first = sample_home.do("run", "--week", SAMPLE_WEEK, "--json").json
    assert first["week"] == SAMPLE_WEEK
    assert list_steps(first) == {"harvest": 0, "embed": papers, "score": 2 * papers, "shortlist": 44}
    results = sample_home.results()
    second = sample_home.do("run", "--week", SAMPLE_WEEK, "--json").json
    assert list_steps(second) == {"harvest": 0, "embed": 0, "score": 0, "shortlist": 0}
    assert sample_home.results() == results


def test_every_execution_of_a_step_is_kept(sample_home: Home) -> None:
    """`runs` holds one row per step and topic of each run."""
    for _ in range(2):
        sample_home.do("run", "--week", SAMPLE_WEEK)
    steps = [step for (step,) in sample_home.query("SELECT step FROM runs ORDER BY id")]
    assert steps == ["harvest", "embed", "score", "score", "shortlist", "shortlist"] * 2


def test_a_run_is_told_as_a_table(sample_home: Home) -> None:
    """People see each step and what to do next."""
    out = sample_home.do("run", "--week", SAMPLE_WEEK).out
    for word in ("harvest", "embed", "score", "shortlist", f"triage shortlist --week {SAMPLE_WEEK}"):
        assert word in out


def test_a_shortlist_for_programs(sample_home: Home) -> None:
    """The promised fields: ranks from 1, probabilities falling, and takeaways that quote the abstract."""
    sample_home.do("run", "--week", SAMPLE_WEEK)
    shortlist = sample_home.shortlist(SAMPLE_WEEK, AE, "--size", "50")
    assert {"topic", "week", "papers"} <= set(shortlist)
    assert (shortlist["topic"], shortlist["week"]) == (AE, SAMPLE_WEEK)
    places = shortlist["papers"]
    assert len(places) == 50
    assert [place["rank"] for place in places] == list(range(1, 51))
    scores = [place["score"] for place in places]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    abstracts = dict(sample_home.query("SELECT arxiv_id, abstract FROM papers"))
    for place in places:
        assert set(place) >= _PLACE
        assert place["reasons"]
        if place["takeaway"]:
            assert 0 < len(place["takeaway"]) <= 200
            assert place["takeaway_source"] in abstracts[place["arxiv_id"]]
    assert any(place["takeaway"] for place in places)


def test_a_shortlist_needs_no_run_before(sample_home: Home) -> None:
    """It embeds and scores what is missing itself, and gives what a run would have given."""
    alone = sample_home.shortlist(SAMPLE_WEEK, GR)
    sample_home.do("run", "--week", SAMPLE_WEEK)
    assert sample_home.shortlist(SAMPLE_WEEK, GR) == alone


def test_all_topics_are_listed_without_a_topic(sample_home: Home) -> None:
    """JSON is a list of shortlists, the table names both."""
    both = sample_home.do("shortlist", "--week", SAMPLE_WEEK, "--json").json
    assert [shortlist["topic"] for shortlist in both] == [GR, AE]
    out = sample_home.do("shortlist", "--week", SAMPLE_WEEK).out
    assert "Generative recommendation" in out
    assert "draft" in out


def test_a_run_after_a_look_at_a_longer_list_does_nothing(sample_home: Home) -> None:
    """The size someone asked for stays with the draft."""
    sample_home.do("run", "--week", SAMPLE_WEEK)
    sample_home.shortlist(SAMPLE_WEEK, GR, "--size", "30")
    again = sample_home.do("run", "--week", SAMPLE_WEEK, "--json").json
    assert not any(list_steps(again).values())
    assert len(sample_home.shortlist(SAMPLE_WEEK, GR)["papers"]) == 20


def test_steps_one_by_one_make_what_a_run_makes(sample_home: Home) -> None:
    """`embed`, `score` and `shortlist` leave nothing for `run` to do."""
    embedded = sample_home.do("embed", "--week", SAMPLE_WEEK, "--json").json
    assert embedded[0]["done"] > 0
    scored = sample_home.do("score", "--week", SAMPLE_WEEK, "--topic", AE, "--json").json
    assert [report["done"] for report in scored] == [embedded[0]["done"]]
    sample_home.do("score", "--week", SAMPLE_WEEK)
    sample_home.do("shortlist", "--week", SAMPLE_WEEK)
    assert not any(list_steps(sample_home.do("run", "--week", SAMPLE_WEEK, "--json").json).values())


def test_new_papers_of_a_week_are_taken_in(home: Home, write: Writer) -> None:
    """Only what is new is embedded and scored, and a better paper enters the list."""
    home.do("import", write.papers("a.jsonl", [make_record(n) for n in range(1, 31)]))
    home.do("run", "--week", SAMPLE_WEEK)
    home.do("import", write.papers("b.jsonl", [make_relevant(40)]))
    assert list_steps(home.do("run", "--week", SAMPLE_WEEK, "--json").json) == {
        "harvest": 0,
        "embed": 1,
        "score": 2,
        "shortlist": 44,
    }
    assert list_ids(home.shortlist(SAMPLE_WEEK, GR))[0].endswith(".00040")


def test_a_revised_paper_is_embedded_and_scored_anew(home: Home, write: Writer) -> None:
    """A new abstract makes the old score and takeaway void."""
    home.do("import", write.papers("a.jsonl", [make_relevant(1), *(make_record(n) for n in range(2, 31))]))
    home.do("run", "--week", SAMPLE_WEEK)
    home.do("import", write.papers("b.jsonl", [make_record(1, version=2)]))
    done = list_steps(home.do("run", "--week", SAMPLE_WEEK, "--json").json)
    assert (done["embed"], done["score"]) == (1, 2)
    (place,) = [p for p in home.shortlist(SAMPLE_WEEK, GR, "--size", "30")["papers"] if p["arxiv_id"].endswith("00001")]
    assert place["score"] < 0.1
    assert "semantic" not in (place["takeaway"] or "")


def test_near_copies_are_thinned(home: Home, write: Writer) -> None:
    """Two papers that say the same take one place, the better one's, which says so."""
    twin = make_relevant(2) | {"title": make_relevant(1)["title"], "abstract": make_relevant(1)["abstract"]}
    records = [make_relevant(1), twin, *(make_record(n) for n in range(3, 31))]
    home.do("import", write.papers("a.jsonl", records))
    shortlist = home.shortlist(SAMPLE_WEEK, GR, "--size", "10")
    ids = list_ids(shortlist)
    assert ids[0].endswith(".00001")
    assert twin["id"] not in ids
    assert f"stands for {twin['id']} too, which is nearly the same" in shortlist["papers"][0]["reasons"]


def test_withdrawn_papers_get_no_place(home: Home, write: Writer) -> None:
    """However relevant it was."""
    gone = make_relevant(1, comment="This paper has been withdrawn by the authors", version=2)
    home.do("import", write.papers("a.jsonl", [gone, make_relevant(2), *(make_record(n) for n in range(3, 31))]))
    shortlist = home.shortlist(SAMPLE_WEEK, GR)
    assert gone["id"] not in list_ids(shortlist)
    assert gone["id"] not in [place["arxiv_id"] for place in shortlist["exploration"]]
    assert shortlist["considered"] == 30


def test_a_published_list_is_frozen(sample_home: Home) -> None:
    """Votes, another size, a changed rubric and another publication leave it as it is."""
    published = sample_home.shortlist(SAMPLE_WEEK, GR, "--size", "5", "--publish")
    assert published["published_at"]
    assert len(published["papers"]) == 5
    everyone = [arxiv_id for (arxiv_id,) in sample_home.query("SELECT arxiv_id FROM papers ORDER BY id")]
    sample_home.do("vote", *everyone[:10], "--topic", GR, "--relevant")
    sample_home.do("vote", *everyone[10:40], "--topic", GR, "--irrelevant")
    for options in ([], ["--size", "30"], ["--publish"], ["--size", "7", "--publish"]):
        assert sample_home.shortlist(SAMPLE_WEEK, GR, *options) == published
    sample_home.do("run", "--week", SAMPLE_WEEK)
    assert sample_home.shortlist(SAMPLE_WEEK, GR) == published
    assert sample_home.shortlist(SAMPLE_WEEK, AE)["published_at"] is None


def test_publishing_takes_the_draft_that_was_shown(sample_home: Home) -> None:
    """Looked at first, then frozen: the same places."""
    draft = sample_home.shortlist(SAMPLE_WEEK, AE)
    published = sample_home.shortlist(SAMPLE_WEEK, AE, "--publish")
    assert published["papers"] == draft["papers"]
    assert "published" in sample_home.do("shortlist", "--week", SAMPLE_WEEK, "--topic", AE).out


def test_a_paper_withdrawn_after_publication_is_marked(home: Home, write: Writer) -> None:
    """It keeps its place, since the list went out, and says so."""
    home.do("import", write.papers("a.jsonl", [make_relevant(1), *(make_record(n) for n in range(2, 31))]))
    before = home.shortlist(SAMPLE_WEEK, GR, "--publish")
    home.do("import", write.papers("b.jsonl", [make_relevant(1, version=2, comment="This paper has been withdrawn")]))
    after = home.shortlist(SAMPLE_WEEK, GR)
    assert list_ids(after) == list_ids(before)
    assert after["papers"][0]["is_withdrawn"]
    assert "(withdrawn)" in home.do("shortlist", "--week", SAMPLE_WEEK, "--topic", GR).out


def test_a_paper_is_shown_once(home: Home, write: Writer) -> None:
    """One that moved to another week after its list was published is not shown there again."""
    record = make_relevant(1, announced=None, published="2026-05-08")
    home.do("import", write.papers("a.jsonl", [record, *(make_record(n) for n in range(2, 31))]))
    assert list_ids(home.shortlist(SAMPLE_WEEK, GR, "--publish"))[0] == record["id"]
    moved = record | {"announced": "2026-05-18"}
    home.do("import", write.papers("b.jsonl", [moved, *(make_record(n, "2026-W21") for n in range(40, 71))]))
    shortlist = home.shortlist("2026-W21", GR)
    assert shortlist["considered"] == 32
    assert record["id"] not in list_ids(shortlist)


@pytest.mark.parametrize("size", [1, 200, 1000])
def test_a_list_is_no_longer_than_the_week(sample_home: Home, size: int) -> None:
    """Any size gives at most the papers there are, each once."""
    ids = list_ids(sample_home.shortlist(SAMPLE_WEEK, GR, "--size", str(size)))
    papers = len(sample_home.query("SELECT id FROM papers"))
    assert len(ids) == len(set(ids)) <= min(size, papers)
    assert len(ids) > min(size, papers) * 0.9


def test_vectors_of_another_embedder_are_not_used(sample_home: Home) -> None:
    """A store with vectors of one model is embedded anew for the next, and both stay."""
    sample_home.do("run", "--week", SAMPLE_WEEK)
    sample_home.execute("UPDATE embeddings SET embedder = 'another'")
    done = list_steps(sample_home.do("run", "--week", SAMPLE_WEEK, "--json").json)
    assert done["embed"] == len(sample_home.query("SELECT id FROM papers"))
    assert len(sample_home.query("SELECT DISTINCT embedder FROM embeddings")) == 2


def test_times_are_kept_in_utc(sample_home: Home) -> None:
    """What a program reads has a time zone."""
    assert sample_home.shortlist(SAMPLE_WEEK, GR)["built_at"].endswith("Z")
