"""Label files read right, and every mistake in them told with its file and line."""

from pathlib import Path

import pytest
from fakes.evaluation_case import (
    WEEK,
)

from triage.errors import InputError
from triage.evaluation import labels


def test_judgements_are_read(tmp_path: Path) -> None:
    """The file name is the week; short topic names are spelt out, others kept."""
    path = tmp_path / "2026-W13.jsonl"
    path.write_text('{"id":"2603.00001","topic":"gr","grade":3}\n\n{"id":"2603.00001","topic":"mine","grade":0}\n')
    assert labels.read_judgements([path]) == {
        "generative-recommendation": {WEEK: {"2603.00001": 3}},
        "mine": {WEEK: {"2603.00001": 0}},
    }


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "not a judgement"),
        ('{"id":"2603.00002","topic":"gr"}', "grade"),
        ('{"id":"2603.00002","topic":"gr","grade":4}', "none of 0, 1, 2, 3"),
        ('{"id":"paper 7","topic":"gr","grade":1}', "no arXiv id"),
        ('{"id":"2603.00001","topic":"gr","grade":1}', "grade 3 .* further up"),
    ],
)
def test_wrong_judgements_name_file_and_line(tmp_path: Path, line: str, complaint: str) -> None:
    """Every mistake is found where it is."""
    path = tmp_path / "2026-W13.jsonl"
    path.write_text('{"id":"2603.00001","topic":"gr","grade":3}\n' + line)
    with pytest.raises(InputError, match=rf"2026-W13\.jsonl:2: .*{complaint}"):
        labels.read_judgements([path])


def test_judgement_files_are_named_after_weeks(tmp_path: Path) -> None:
    """Another name says nothing about the week."""
    with pytest.raises(InputError, match=r"named after its week, such as 2026-W13\.jsonl"):
        labels.read_judgements([tmp_path / "march.jsonl"])


def test_no_judgement_at_all_is_an_error(tmp_path: Path) -> None:
    """An empty file is no evaluation."""
    path = tmp_path / "2026-W13.jsonl"
    path.touch()
    with pytest.raises(InputError, match="no judgement"):
        labels.read_judgements([path])


def test_labels_count_once_per_topic(tmp_path: Path) -> None:
    """Two lists, one label; underscores become hyphens; a version is dropped; votes may be against, or uncertain."""
    path = tmp_path / "labels.csv"
    path.write_text(
        "arxiv_id,topic,section,vote\n"
        '2603.00001v2,agent_evaluation,"Benchmarks, and\nmore",\n'
        "2603.00001,agent_evaluation,Other,relevant\n"
        "2603.00002,agent_evaluation,Other,not_relevant\n"
        "2603.00002,else,Other,1\n"
        "2603.00003,else,Other,Uncertain\n"
        "2603.00004,else,Other,0\n"
    )
    read = labels.read_labels(path)
    assert labels.ids_voted(read, "agent-evaluation", relevant=True) == {"2603.00001"}
    assert labels.ids_voted(read, "agent-evaluation", relevant=False) == {"2603.00002"}
    assert labels.ids_voted(read, "else", relevant=True) == {"2603.00002"}
    assert labels.ids_voted(read, "else", relevant=False) == {"2603.00004"}
    assert [label.value for label in read] == [1, -1, 1, 0, -1]


def test_the_header_may_be_written_as_spreadsheets_do(tmp_path: Path) -> None:
    """Capitals, blanks and a byte order mark: a column that was overlooked would make every vote a relevant one."""
    path = tmp_path / "labels.csv"
    path.write_bytes(b"\xef\xbb\xbfArXiv_ID, Vote\r\n2603.00001,irrelevant\r\n2603.00002,uncertain\r\n")
    assert [label.value for label in labels.read_labels(path)] == [-1, 0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id,topic\n", r":1: expected a header with the column arxiv_id"),
        ("", r":1: expected a header with the column arxiv_id"),
        ('"arxiv_id"x,topic\n', r":1: not a CSV row"),
        ("arxiv_id,topic\n", "no labels"),
        ("arxiv_id,topic\nx,y\n", r":2: .*no arXiv id"),
        ("arxiv_id,topic,vote\n2603.00001,y,maybe\n", r":2: vote 'maybe'"),
        ("arxiv_id,topic,vote\n2603.00001,y,1\n2603.00001,y,-1\n", r":3: .*relevant and not relevant"),
        ("arxiv_id,vote\n2603.00001,1\n2603.00001,uncertain\n", r":3: 2603.00001 is voted relevant and uncertain\.$"),
        ("arxiv_id,vote,Vote\n2603.00001,1,-1\n", r":1: .*column vote twice"),
        ("arxiv_id,topic,vote\n2603.00001,y,uncertain\n2603.00001,y,\n", r":3: .*voted uncertain and relevant"),
        ('arxiv_id,topic\n"2603.00001"x,y\n', r":2: not a CSV row"),
    ],
)
def test_wrong_labels_name_file_and_line(tmp_path: Path, text: str, complaint: str) -> None:
    """Every mistake is found where it is."""
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"labels\.csv.*{complaint}"):
        labels.read_labels(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file and one in another encoding are the user's to mend."""
    with pytest.raises(InputError, match="cannot be read"):
        labels.read_labels(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes("arxiv_id,topic\n2603.00001,caf\u00e9".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        labels.read_labels(tmp_path / "latin.csv")


def test_real_labels_and_judgements(shared_data: Path) -> None:
    """The real files have as many labels and judgements as their README says."""
    agents = labels.read_labels(shared_data / "labels" / "agent_evaluation.csv")
    assert len(labels.ids_voted(agents, "agent-evaluation", relevant=True)) == 389
    grades = labels.read_judgements(sorted((shared_data / "judgements").glob("*.jsonl")))
    assert set(grades) == {"generative-recommendation", "agent-evaluation"}
    assert {week for weeks in grades.values() for week in weeks} == {"2026-W13", "2026-W31"}
    assert sum(len(judged) for weeks in grades.values() for judged in weeks.values()) == 336 + 293
