"""Which of an abstract's sentences the takeaway takes, and where it cuts them. Every abstract here is made up."""

import pytest

from triage.core.clauses import cut_clauses
from triage.core.latex import read_latex
from triage.core.takeaway import extract_takeaway

BACKGROUND = "Large catalogues are hard to search. Existing methods often ignore order. "
METHOD = r"We propose \textbf{KiteRec}, a recommender that writes item codes. It consists of two modules. "


def text_of(title: str, abstract: str) -> str:
    """The takeaway's text; the test fails where there is none."""
    takeaway = extract_takeaway(title, abstract)
    assert takeaway is not None
    return takeaway.text


@pytest.mark.parametrize(
    ("said", "main"),
    [
        (
            "Our kites reach every roof of the town; roughly one-third carry a lamp.",
            "KiteNet flies higher than the strongest baseline in most towns of the study.",
        ),
        (
            "On average, building such a kite takes 2.3 hours of labour by hand.",
            "Agents build worse kites than people do, although they are cheaper and faster.",
        ),
        (
            "Experiments on four towns demonstrate the effectiveness of KiteNet on every roof.",
            "In an online A/B test in a fifth town, KiteNet raises clicks by 1.2% and orders by 0.8%.",
        ),
        (
            "It yields better scaling when the network grows from 0.05M to 0.34B parameters.",
            "Experiments in four towns show that KiteNet improves both height and safety.",
        ),
        (
            "The strongest baseline kite falls in up to 1.9x as many storms as a bird does.",
            "KiteNet falls in 0.4x as many storms as a bird does, in every town of the study.",
        ),
        (
            "A calibration check confirms that the simulated wind behaves like wind at sea.",
            "Almost no kite stays in the air over the whole month, even with the best crew.",
        ),
    ],
)
def test_prefers_the_result_to_its_surroundings(said: str, main: str) -> None:
    """Sizes of tasks and models, baselines' flaws, checks and empty praise lose to what was found."""
    for abstract in (f"{METHOD}{said} {main}", f"{METHOD}{main} {said}"):
        assert text_of("KiteNet: Flying", abstract) == main


@pytest.mark.parametrize(
    "sentence",
    [
        "The first two models fail even when nothing is scored, while the third collapses on every roof of the town.",
        "Across agents that are strong without wind, this single intervention causes many falls from every roof.",
    ],
)
def test_prefers_a_sentence_that_explains_itself(sentence: str) -> None:
    """A subject that only the sentences before explain loses to one that stands alone."""
    result = "Every agent of the study fails in strong wind on at least some of the roofs of the town."
    assert text_of("Flying", f"{METHOD}{result} {sentence}") == result


def test_half_a_story_loses_to_the_whole() -> None:
    """A sentence that the next one takes back with "however" is passed over for one that is not."""
    half = "Current agents fly most kites well in the mornings of the study."
    whole = "Agents fly kites better than birds only in a calm."
    assert text_of("Flying", f"{METHOD}{whole} {half} However, their flights end early.") == whole


def test_prefers_what_is_introduced_first() -> None:
    """Without a result, the work itself comes before its parts."""
    work = "We introduce KiteBench, a benchmark of flying that covers every roof and street of the town."
    part = "We introduce KiteScore, a pair of measures of flying that punishes every roof that was missed."
    assert text_of("Flying", f"{BACKGROUND}{work} {part}") == work


@pytest.mark.parametrize(
    ("tail", "number"),
    [
        ("retains 98.7% of the quality of a bird while offering 2.4X its speed", "98.7%"),
        (
            f"scores {'higher ' * 17}than most, outperforming a bird by 0.28 in height and improving speed by 48.9",
            "0.28",
        ),
        (f"runs {'every day ' * 8}and, in an A/B test, raises clicks by 0.71%, while shortening all repairs", "0.71%"),
    ],
)
def test_long_sentence_keeps_its_number(tail: str, number: str) -> None:
    """Of a sentence beyond the limit the lead or a later gain is dropped, not the number."""
    lead = "Built on a 30-day log of the town, an open record of all roofs, and trained on two billion words"
    assert number in text_of("KiteNet: Flying", f"{METHOD}{lead}, KiteNet {tail}.")


@pytest.mark.parametrize(
    ("sentence", "broken"),
    [
        ("Under strict rules, where a kite passes only if it flies, the best kite passes 36% of them.", "flies."),
        ("The best kite reaches only 45%, the worst remains below 17%, and the rest fails.", "17%."),
        ("All gates passed, yet 17/18 and 7/8 of the pairs, respectively, were full.", "respectively."),
        ("They either (i) struggle to fly with people, too quick to begin, or (ii) ask about all winds.", "people."),
        ("We find that every kite we test -- red, green, and blue -- flies in the wind of the sea.", "blue."),
        ("Two costs matter: a kite price, which increases with the length of the string.", "A kite price"),
        ("We show that the strings, tails, and colours of kites transfer to boats of all kinds.", "colours."),
        ("We show that the kites, which transfer to boats, and tails of all kinds scale.", "the kites."),
        ("We show that the trade-off is tunable and that its shape varies with the wind.", "and that"),
        ("Height and speed rise in two towns, Ulm and Bonn, by 2% and 3%, respectively.", "Ulm."),
    ],
)
def test_cut_leaves_no_fragment(sentence: str, broken: str) -> None:
    """No clause ends inside a pair, a dash or a list, and none is a mere noun with "which"."""
    texts = [clause.text for clause in cut_clauses(read_latex(sentence))]
    assert not [text for text in texts if text != sentence and (text.endswith(broken) or text.startswith(broken))]
    assert not [text for text in texts if " tunable and that" in text and not text.startswith("We show")]


def test_keeps_whose_verb_it_is() -> None:
    """Of "we show that A holds and identify B" the opening is kept: without it, A would identify B."""
    texts = [clause.text for clause in cut_clauses("We show that kites of towns scale and identify nine new winds.")]
    assert "We show that kites of towns scale and identify nine new winds." in texts
    assert not [text for text in texts if text.startswith("Kites")]


def test_no_change_keeps_what_it_was_had_for() -> None:
    """A sentence of "no change while" is not cut before "while": the second half is the point."""
    sentence = "KiteNet shows no significant change in height (+0.2%) while replacing fifteen older kites at once."
    assert {clause.text for clause in cut_clauses(sentence)} == {sentence, sentence.replace(" (+0.2%)", "")}


def test_first_of_an_enumeration_comes_first() -> None:
    """Of findings numbered in one long sentence, otherwise alike, the first is the main one."""
    items = [f"(1) kites of the red team improve height by 4% {'in the wind ' * 5}of the town", "(2) kites of the blue"]
    abstract = f"{METHOD}We find: {items[0]}; and {items[1]} team improve height by 3% in each wind of the whole town."
    assert text_of("Flying", abstract).startswith("Kites of the red team improve height by 4%")


def test_sentence_cut_off_by_the_source_is_passed_over() -> None:
    """A last sentence without its end, in an abstract as long as some sources keep, is not used."""
    filler = "The kites of the town are described by their colour. " * 16
    cut = "Experiments show that KiteNet improves height by 12% over all of the kites of the st"
    result = "KiteNet flies higher than every baseline."
    assert text_of("KiteNet", f"{METHOD}{result} {filler}{cut}") == result
    assert text_of("KiteNet", f"{METHOD}{result} {cut}").endswith("the st.")
