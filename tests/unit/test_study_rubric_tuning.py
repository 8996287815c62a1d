"""Tuning a rubric on the made-up week: reach of cues, what a change does, what a score is made of."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from fakes.study_case import open_sample

from triage.core.prior import sum_logit, to_probability
from triage.core.rubric import Cue, find_topic
from triage.study.opening import Study
from triage.study.rubric_tuning import (
    choose_cue,
    compare_rubrics,
    find_nearest_miss,
    find_reach,
    find_weight,
    list_changes,
    list_cues,
    list_places,
    rank_week,
    set_cue,
    suggest_cues,
    write_cue,
)
from triage.study.score_pictures import draw_parts, draw_reach

_GR = "generative-recommendation"


@pytest.fixture
async def study(listed_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Study]:
    """The made-up week with both lists."""
    async with open_sample(listed_sample, tmp_path, monkeypatch) as opened:
        yield opened


async def test_the_week_is_ranked_whole(study: Study) -> None:
    """Every paper once, the best first, each score the sum of its parts."""
    ranked = await rank_week(study, study.choose_topic(_GR))
    assert [each.rank for each in ranked] == list(range(1, 86))
    values = [each.score.value for each in ranked]
    assert values == sorted(values, reverse=True)
    assert values == pytest.approx([to_probability(sum_logit(each.score.parts)) for each in ranked])


async def test_a_cue_reaches_who_says_it(study: Study) -> None:
    """As cues match: hyphens are blanks, a star takes any ending, and titles count apart."""
    ranked = await rank_week(study, study.choose_topic(_GR))
    reach = find_reach(ranked, "semantic id*")
    said = [each for each in reach.papers if "semantic id" in each.stored.paper.title.lower().replace("-", " ")]
    assert {each.stored.key for each in said} == reach.in_title
    assert len(reach.papers) > len(reach.in_title) > 0
    assert find_reach(ranked, "zebrafish").papers == ()
    picture = draw_reach(ranked, reach, 20)
    assert f"{len(reach.papers)} say “semantic id*”, {len(reach.in_title)} of them in the title" in picture.alt


async def test_cues_are_listed_by_what_they_carry(study: Study) -> None:
    """Those that most listed papers say first; the one chosen to try carries more than any other by its weight."""
    topic = study.choose_topic(_GR)
    ranked, shortlist = await rank_week(study, topic), await study.load_list(_GR)
    table = list_cues(ranked, topic, shortlist)
    inside = [int(str(row[3])) for row in table.rows]
    assert inside == sorted(inside, reverse=True)


async def test_without_the_cue_that_is_tried_the_list_changes(study: Study) -> None:
    """Somebody who runs the notebook as it is sees a paper enter and one leave."""
    topic = study.choose_topic()
    cue = choose_cue(await rank_week(study, topic), topic, await study.load_list(topic.name))
    found = await compare_rubrics(study, set_cue(study.rubric, topic, cue.phrase, 0.0), topic)
    assert found.entered
    assert found.left


async def test_suggested_cues_are_none_yet(study: Study) -> None:
    """What titles just below the line say, as far as no topic's cues match it."""
    topic = study.choose_topic(_GR)
    ranked, shortlist = await rank_week(study, topic), await study.load_list(_GR)
    suggested = suggest_cues(ranked, study.rubric, shortlist)
    assert suggested
    for phrase in suggested:
        assert all(find_weight(each, phrase) == 0 for each in study.topics)
        below = [each.rank for each in find_reach(ranked, phrase).papers]
        assert max(below) > shortlist.size


async def test_a_cue_is_set_changed_and_taken_away(study: Study) -> None:
    """In one topic, by its folded phrase; the rubric in force stays as it is."""
    topic, before = study.choose_topic(_GR), study.rubric
    added = set_cue(before, topic, "cold start", 2.0)
    assert find_weight(find_topic(added, _GR), "Cold-Start") == 2.0
    changed = find_topic(set_cue(added, find_topic(added, _GR), "COLD-start", 0.5), _GR)
    assert [cue for cue in changed.cues if "start" in cue.phrase.lower()] == [Cue("COLD-start", 0.5)]
    gone = set_cue(added, find_topic(added, _GR), "cold start", 0.0)
    assert gone == before
    assert study.rubric == before


@pytest.mark.parametrize("phrase", ["cold start", "*rec", 'say "so": #1'])
def test_a_cue_is_written_as_a_rubric_reads_it(phrase: str) -> None:
    """YAML gives back phrase and weight, whatever stands in the phrase; taking one away is a comment."""
    assert yaml.safe_load(f"cues:\n{write_cue(phrase, 1.5)}") == {"cues": [{"phrase": phrase, "weight": 1.5}]}
    assert yaml.safe_load(write_cue(phrase, 0.0)) is None


async def test_a_changed_cue_moves_the_list(study: Study) -> None:
    """Without its heaviest cue papers enter and leave, each with a reason; the list that is kept stays as it was."""
    topic, kept = study.choose_topic(_GR), await study.load_list(_GR)
    change = await compare_rubrics(study, set_cue(study.rubric, topic, "recommend*", -10.0), topic)
    assert len(change.entered) == len(change.left) > 0
    rows = list_changes(change).rows
    assert [row[0] for row in rows].count("enters") == len(change.entered)
    assert all(row[5] for row in rows)
    assert await study.load_list(_GR) == kept
    nothing = list_changes(await compare_rubrics(study, study.rubric, topic))
    assert (nothing.rows, nothing.caption) == ((), "20 places: 0 enter, 0 leave, 0 move by three places or more")


async def test_the_list_is_shown_with_its_reasons(study: Study) -> None:
    """A row for each place, in order, and from how many papers it was chosen."""
    table = list_places(await study.load_list(_GR))
    assert [row[0] for row in table.rows] == [str(place) for place in range(1, 21)]
    assert table.caption == "20 of 85 papers of 2026-W20; a draft"


async def test_a_score_is_shown_as_its_parts(study: Study) -> None:
    """In words: every part with its share, and their sum with what every paper begins with."""
    topic = study.choose_topic(_GR)
    ranked, shortlist = await rank_week(study, topic), await study.load_list(_GR)
    miss = find_nearest_miss(ranked, shortlist)
    assert miss.stored.paper.arxiv_id not in {entry.arxiv_id for entry in shortlist.entries}
    assert miss.score.value <= shortlist.ranked[-1].score
    alt = draw_parts(miss).alt
    assert "likeness in meaning" in alt
    assert f"together: the log odds {sum_logit(miss.score.parts):+.2f}" in alt
