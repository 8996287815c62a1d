"""What the notebook on judges tells: labels, the matrix, whom the rubric backs, other lines, and the scripted judge."""

from collections.abc import Sequence

import numpy as np
import pytest
from fakes.evaluation_case import TOPIC, make_paper
from msgspec.structs import replace

from triage.core.question import Message
from triage.core.rubric import Cue
from triage.core.verdict import CriterionGrade, Verdict
from triage.core.wording import Lines
from triage.evaluation.audit_measures import Consistency
from triage.study.judge_agreement import (
    Case,
    Disagreement,
    count_matrix,
    explain,
    explain_disagreements,
    find_best,
    read_label,
    sweep_lines,
)
from triage.study.judge_audit import JudgeStudy, Repeats
from triage.study.judge_pictures import (
    draw_lines,
    draw_matrix,
    draw_repeats,
    table_agreement,
    table_causes,
    table_disagreements,
)
from triage.study.scripted_judge import is_scripted, waver

_TOPIC = replace(
    TOPIC, out_of_scope=("Reagents",), cues=(Cue("agent benchmark", 10.0), Cue("trajectories", 3.0), Cue("theme1"))
)
_IN, _OUT = np.array([1, 0], dtype=np.float32), np.array([0, 1], dtype=np.float32)
_LINES = Lines(inside=np.stack([_IN]), outside=np.stack([_OUT]))


def _case(
    relevance: float,
    label: int,
    number: int = 1,
    votes: Sequence[int] = (),
    grade: int | None = None,
    *,
    on: bool = True,
) -> Case:
    """`on` the topic: by its words and by its vector."""
    verdict = Verdict(relevance=relevance, grades=(CriterionGrade("centrality", 3, 2),))
    return Case(make_paper(number, relevant=on), verdict, label, tuple(votes), grade, _IN if on else _OUT)


def _explain(case: Case) -> Disagreement:
    return explain(case, _TOPIC, _LINES)


@pytest.mark.parametrize(
    ("votes", "settled", "grade", "label"),
    [
        ({"a": 1, "b": 1, "c": -1}, None, 0, 1),
        ({"a": 1, "b": -1}, None, 3, 0),
        ({"a": 0}, None, 3, 0),
        ({"a": 1}, -1, None, -1),
        ({}, None, 3, 1),
        ({}, None, 1, 0),
        ({}, None, 0, -1),
        ({}, None, None, None),
    ],
)
def test_a_label_is_what_was_settled_then_the_votes_then_the_grade(
    votes: dict[str, int], settled: int | None, grade: int | None, label: int | None
) -> None:
    """Votes that cancel out leave a paper uncertain, and no vote and no grade leave it out."""
    assert read_label(votes, settled, grade) == label


def test_the_matrix_counts_every_paper_once_by_votes_or_grades() -> None:
    """Rows are labels and columns what the judge said: yes, uncertain, no."""
    names, counts = count_matrix([_case(2.0, 1), _case(0.1, 1, 2), _case(-2.0, -1, 3), _case(2.0, 0, 4)])
    assert names == ("relevant", "uncertain", "not relevant")
    assert counts.tolist() == [[1, 1, 0], [1, 0, 0], [0, 0, 1]]
    names, counts = count_matrix([_case(2.0, 1, grade=3), _case(-2.0, 0, 2, grade=1)])
    assert names[0] == "grade 3"
    assert counts.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_grades_give_way_to_votes_where_any_paper_has_votes() -> None:
    """A matrix of grades would hide what readers voted."""
    names, _ = count_matrix([_case(2.0, -1, votes=[-1], grade=3), _case(2.0, 1, 2, grade=3)])
    assert names == ("relevant", "uncertain", "not relevant")


def test_the_rubric_backs_whom_its_words_and_scope_agree_with() -> None:
    """A paper with the words, near to the scope: a judge who says no stands alone, and one who says yes does not."""
    assert _explain(_case(-3.0, 1)).cause == "the rubric backs the label"
    assert _explain(_case(3.0, -1)).cause == "the rubric backs the judge"
    assert _explain(_case(3.0, -1, on=False)).cause == "the rubric backs the label"


def test_words_against_scope_decide_nothing() -> None:
    """The right words, but a line out of scope is nearest."""
    found = _explain(replace(_case(3.0, -1), vector=_OUT))
    assert found.cause == "ambiguous"
    assert any("do not decide" in why for why in found.why)


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (_case(3.0, -1, votes=[1, -1, -1]), "readers part (+1, -1, -1)"),
        (_case(3.0, 0, votes=[0]), "readers are uncertain"),
        (_case(3.0, 0, grade=1), "grade 1, marginal"),
        (_case(0.1, -1), "the judge is unsure (+0.10 log odds)"),
    ],
)
def test_doubt_on_either_side_makes_a_case_ambiguous(case: Case, told: str) -> None:
    """Whatever the rubric says."""
    found = _explain(case)
    assert found.cause == "ambiguous"
    assert told in found.why


def test_only_papers_on_which_they_part_are_explained_opposite_answers_first() -> None:
    """An uncertain judge comes after one who is sure and wrong; who agrees is absent."""
    cases = [_case(0.0, 1, 1), _case(2.0, 1, 2), _case(-2.0, 1, 3), _case(-4.0, 1, 4)]
    found = explain_disagreements(cases, _TOPIC, _LINES)
    assert [each.case.paper.arxiv_id[-1] for each in found] == ["4", "3", "1"]


def test_lines_by_hand() -> None:
    """At 0 all pass, half of them relevant; at 2 only the relevant ones do; beyond, nothing does."""
    cases = [_case(3.0, 1, 1), _case(2.5, 1, 2), _case(1.0, -1, 3), _case(0.5, -1, 4), _case(1.0, 0, 5)]
    low, middle, high = sweep_lines(cases, [0.0, 2.0, 4.0])
    assert (low.passed, low.recall, low.precision, low.kappa) == (4, 1.0, 0.5, 0.0)
    assert (middle.passed, middle.recall, middle.precision, middle.kappa) == (2, 1.0, 1.0, 1.0)
    assert (high.passed, high.recall, high.precision, high.kappa) == (0, 0.0, None, 0.0)
    assert find_best([low, middle, high]) == middle


def test_of_equally_good_lines_the_one_nearest_to_0_is_best() -> None:
    """Nobody should move a line for nothing."""
    cases = [_case(3.0, 1, 1), _case(-3.0, -1, 2)]
    assert find_best(sweep_lines(cases, [-2.0, 0.5, 2.0])).line == 0.5


def _ask(text: str) -> list[Message]:
    return [Message("user", f"<paper 0123456789abcdef>{text}</paper 0123456789abcdef>")]


def test_the_scripted_judge_wavers_but_says_the_same_in_every_run() -> None:
    """The same question twice gets two answers, and both again from a judge that was made anew."""
    first, second = ([waver_ for _ in range(3)] for waver_ in (waver(_TOPIC), waver(_TOPIC)))
    said = [think(_ask("Nothing of the kind.")) for think in first]
    assert len(set(said)) == 3
    assert said == [think(_ask("Nothing of the kind.")) for think in second]


def test_the_scripted_judge_likes_the_words_of_the_rubric() -> None:
    """On average over its wavering."""
    think = waver(_TOPIC)
    plain = np.mean([think(_ask("Nothing of the kind.")) for _ in range(20)])
    told = np.mean([think(_ask("An agent benchmark with trajectories on theme1.")) for _ in range(20)])
    assert plain < 0.3
    assert told > 0.6


def test_the_scripted_judge_is_known_by_its_name() -> None:
    """Whatever address it was reached at, and no model is taken for it."""
    assert is_scripted("127.0.0.1:8096/fake-judge-2026-11-01")
    assert not is_scripted("local/qwen2.5-coder-1.5b-instruct-q4_k_m@cc324af0")


def _study() -> JudgeStudy:
    cases = tuple(_case(relevance, label, number) for number, (relevance, label) in enumerate([(2.0, 1), (-2.0, 1)]))
    repeats = Repeats({"2603.00001": (1.5, 1.5, 0.0)}, Consistency(3, 1 / 3, 1.0, 1.5))
    found = tuple(explain_disagreements(cases, _TOPIC, _LINES))
    return JudgeStudy(_TOPIC, "some/fake-judge-2026-11-01", "fill", 2, "votes", cases, found, repeats)


def test_every_axis_says_what_it_shows_and_every_picture_is_told_in_words() -> None:
    """Of repeated answers, of the matrix and of other lines."""
    study = _study()
    assert study.repeats is not None
    for picture in (draw_repeats(study.repeats), draw_matrix(study), draw_lines(study)):
        axes = picture.figure.axes[0]
        assert axes.get_ylabel()
        assert axes.get_xlabel() or axes.get_xticklabels()[0].get_text() == "judge: yes"
        assert len(picture.alt) > 40
        assert picture.to_png().startswith(b"\x89PNG")


def test_the_tables_say_how_many_papers_stand_behind_them() -> None:
    """One of two papers parts judge and readers, and the rubric backs the readers."""
    study = _study()
    assert table_agreement(study).rows[1][:5] == ("yes, no (uncertain ones left out)", "2", "2", "1", "0.50")
    assert [row[1] for row in table_causes(study.disagreements).rows] == ["0", "1", "0"]
    assert table_disagreements(study.disagreements).rows[0][2:5] == ("yes", "no (-2.0)", "the rubric backs the label")


def test_a_study_of_the_scripted_judge_says_so_first() -> None:
    """Nobody should take its numbers for a model's."""
    assert "SCRIPTED" in str(_study()).splitlines()[0]
    assert "SCRIPTED" not in str(replace(_study(), judge="local/some-model@1"))
