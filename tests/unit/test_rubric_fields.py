"""Each mistake in a field of the rubric is told with its line, its path, what was expected and what was found."""

from pathlib import Path

import pytest

from triage.core.rubric_reading import read_rubric
from triage.errors import RubricError

_WEIGHT = "a number from -10 to 10 other than 0"
_WORDS = "words, with * only at the start or end of one, such as semantic id*"
_SIZE = "a whole number, 1 to 200"
_NAME = "lower-case words joined by hyphens, such as agent-evaluation"
_CATEGORY = "an arXiv category such as cs.IR"
_FIVE = "five texts, for grades 0 to 4"
_SOME = "a list of at least 1"
_VERSION = "1, the only version this program reads"
_VALID = Path(__file__).with_name("small_rubric.yaml").read_text(encoding="utf-8")
_CASES = [
    ("version: 1", "version: 2", "1: version", _VERSION, "the number '2'"),
    ("cs.IR", "cs", "2: categories[0]", _CATEGORY, "the text 'cs'"),
    ("cs.IR", "cs.ir", "2: categories[0]", _CATEGORY, "the text 'cs.ir'"),
    ("hep-th", "cs.IR", "2: categories[1]", "each only once", "'cs.IR' again, first on line 2"),
    ("[cs.IR, hep-th, cond-mat.stat-mech, math.CO]", "cs.IR", "2: categories", "a list", "the text 'cs.IR'"),
    ("[cs.IR, hep-th, cond-mat.stat-mech, math.CO]", "[]", "2: categories", _SOME, "0"),
    ("size: 20", "size: 0", "3: shortlist.size", _SIZE, "the number '0'"),
    ("size: 20", "size: 201", "3: shortlist.size", _SIZE, "the number '201'"),
    ("size: 20", "size: 2.5", "3: shortlist.size", _SIZE, "the number '2.5'"),
    ("size: 20", "size: yes", "3: shortlist.size", _SIZE, "the truth value 'yes'"),
    ("size: 20", "size: 0x1F", "3: shortlist.size", _SIZE, "the number '0x1F'"),
    ("exploration: 2", "exploration: 11", "3: shortlist.exploration", "a whole number, 0 to 10", "the number '11'"),
    ("{size: 20, exploration: 2}", "20", "3: shortlist", "a mapping", "the number '20'"),
    ("calls: 200", "calls: -1", "4: judge.calls", "a whole number, 0 or more", "the number '-1'"),
    ("usd: 1", "usd: -0.5", "4: judge.usd", "a number, 0 or more", "the number '-0.5'"),
    ("usd: 1", "usd: .inf", "4: judge.usd", "a number, 0 or more", "the number '.inf'"),
    ("0.02", "1.5", "4: judge.random_share", "a number from 0 to 1", "the number '1.5'"),
    ("first-topic", "First Topic", "6: topics[0].name", _NAME, "the text 'First Topic'"),
    ("second-topic", "first-topic", "25: topics[1]", "each only once", "'first-topic' again, first on line 6"),
    ("title: First topic", "title: ''", "7: topics[0].title", "text", "nothing"),
    ("title: First topic", 'title: "  "', "7: topics[0].title", "text", "nothing"),
    ("title: First topic", "title:", "7: topics[0].title", "text", "nothing"),
    ("title: First topic", "title: 2024", "7: topics[0].title", "text in quotes", "the number '2024'"),
    ("title: First topic", "title: 2024-01-01", "7: topics[0].title", "text in quotes", "the date '2024-01-01'"),
    ("title: First topic", "title: [a]", "7: topics[0].title", "text", "a list"),
    ("What it is.", "{a: b}", "8: topics[0].definition", "text", "a mapping"),
    ("[Wanted]", "[]", "9: topics[0].in_scope", _SOME, "0"),
    ("[Unwanted]", "[on]", "10: topics[0].out_of_scope[0]", "text in quotes", "the truth value 'on'"),
    ("weight: 2.5", "weight: 0", "13: topics[0].cues[1].weight", _WEIGHT, "the number '0'"),
    ("weight: 2.5", "weight: -11", "13: topics[0].cues[1].weight", _WEIGHT, "the number '-11'"),
    ("weight: 2.5", "weight: .nan", "13: topics[0].cues[1].weight", _WEIGHT, "the number '.nan'"),
    ("weight: 2.5", "weight: much", "13: topics[0].cues[1].weight", _WEIGHT, "the text 'much'"),
    ("heavy cue*", "Plain-Cue", "13: topics[0].cues[1]", "each only once", "'plain cue' again, first on line 12"),
    ("heavy cue*", "'*'", "13: topics[0].cues[1].phrase", _WORDS, "the text '*'"),
    ("heavy cue*", "he*vy", "13: topics[0].cues[1].phrase", _WORDS, "the text 'he*vy'"),
    ("heavy cue*", "'-'", "13: topics[0].cues[1].phrase", _WORDS, "the text '-'"),
    ("heavy cue*", "heavy ++", "13: topics[0].cues[1].phrase", _WORDS, "the text 'heavy ++'"),
    (
        "left: [agent*]",
        "left: [a-b, A B]",
        "16: topics[0].near[0].left[1]",
        "each only once",
        "'a b' again, first on line 16",
    ),
    ("phrase: bad,", "", "14: topics[0].cues[2].phrase", "this field", "nothing"),
    ("cues: [other cue]", "cues: []", "30: topics[1].cues", _SOME, "0"),
    (
        "cues: [other cue]",
        "cues: [{phrase: x, weight: -1}]",
        "30: topics[1].cues",
        "at least one cue of positive weight",
        "none",
    ),
    ("within: 10", "within: 0", "16: topics[0].near[0].within", "a whole number, 1 to 100", "the number '0'"),
    ("within: 10", "within: 101", "16: topics[0].near[0].within", "a whole number, 1 to 100", "the number '101'"),
    ("left: [agent*]", "left: agent*", "16: topics[0].near[0].left", "a list", "the text 'agent*'"),
    ("right: [benchmark, evaluat*]", "right: []", "16: topics[0].near[0].right", _SOME, "0"),
    ("2410.10120", "[]", "18: topics[0].exemplars[0].arxiv_id", "an arXiv id such as 2604.02684", "a list"),
    ("weight: 2\n", "weight: 0\n", "23: topics[0].criteria[0].weight", "a number above 0", "the number '0'"),
    (
        "{0: a, 1: b, 2: c, 3: d, 4: e}",
        "{0: a, 2: c, 4: e}",
        "24: topics[0].criteria[0].anchors",
        _FIVE,
        "the grades 0, 2, 4",
    ),
    ("4: e}", "4: }", "24: topics[0].criteria[0].anchors.4", "text", "nothing"),
    ("[a, b, c, d, e]", "[a, b, c]", "33: topics[1].criteria[0].anchors", _FIVE, "3"),
    ("[a, b, c, d, e]", "all", "33: topics[1].criteria[0].anchors", "a list", "the text 'all'"),
    ("    definition: What else.\n", "", "25: topics[1].definition", "this field", "nothing"),
    (
        "    tags: [one]\n",
        "    title: Again\n",
        "19: topics[0].title",
        "this field only once",
        "it again, first on line 7",
    ),
    ("    tags: [one]\n", "    ? [a]\n    : b\n", "19: topics[0]", "the name of a field", "a list"),
    (
        "exploration: 2",
        "explorations: 2",
        "3: shortlist.explorations",
        "one of the fields size, exploration, audit",
        "'explorations'; did you mean exploration?",
    ),
    ("exploration: 2", "zzz: 2", "3: shortlist.zzz", "one of the fields size, exploration, audit", "'zzz'"),
]


@pytest.mark.parametrize(
    ("old", "new", "where", "expected", "found"),
    [pytest.param(*case, id=f"{case[2]}={case[1].strip()}") for case in _CASES],
)
def test_each_mistake_is_told_with_its_line(old: str, new: str, where: str, expected: str, found: str) -> None:
    """One mistake gives one line: where it is, what was expected there and what stands there."""
    assert old in _VALID
    with pytest.raises(RubricError) as caught:
        read_rubric(_VALID.replace(old, new, 1), "r.yaml")
    assert str(caught.value) == f"r.yaml:{where}: expected {expected}; found {found}"
