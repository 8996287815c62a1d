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


@pytest.mark.parametrize(
    ("aside", "main"),
    [
        (
            "We query the kites with different strings across 20 winds for better coverage, and aggregate per roof.",
            "The kites are heavy on most roofs, and the flights of red ones diverge from those of blue ones.",
        ),
        (
            "Most people fly kites the way they fly flags.",
            "We argue that good kites are narrow, heavy, and legible from each roof of the town.",
        ),
        (
            "The architecture injects wind layer by layer through a gate that dynamically balances tails and strings.",
            "We propose a gated string that integrates the winds of the sea into the flight of a kite.",
        ),
        (
            "A follow-up intervention where we add wind to the string improves height, but only modestly.",
            "These kites are miscalibrated on both height and speed, and fall more than a bird on all roofs.",
        ),
        (
            "A kite is designed to help its owner succeed; a string is designed to find out whether it can improve.",
            "We argue that good kites are narrow, heavy, and legible from each roof of the town.",
        ),
        (
            "Across both red and blue roofs, memory improves flying over repeated winds, although its use varies.",
            "The results reveal clear trade-offs across roofs. Red kites achieve the highest flights but are costly.",
        ),
        (
            "This phase identifies the strongest kite and tests whether heavier strings improve its flights.",
            "Heavy kites can add some height on a roof, but plain kites already reach a large share of the roofs.",
        ),
        ("We do not claim to fly higher than a bird.", "We present a kite that crosses the sea in a light wind."),
    ],
)
def test_passes_over_asides_and_plans(aside: str, main: str) -> None:
    """Purposes, truisms, parts of a design, follow-ups and disclaimers are no main result, wherever they stand."""
    abstract = f"{METHOD}{main} {aside}" if main.startswith("The results") else f"We study flying. {aside} {main}"
    assert text_of("Flying", abstract) in main


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        (
            (
                "In experiments, our string improves flights by up to 32.7% over plain ones, bringing the closest roof "
                f"to within 3.1% of a bird {'in the wind ' * 6}while substantial gaps remain in many other towns"
            ),
            "In experiments, our string improves flights by up to 32.7% over plain ones.",
        ),
        (
            (
                f"Experiments in the towns of Ulm, Bonn and Trier {'and Ulm ' * 12}show consistent improvements in "
                "height over state-of-the-art wind-aware baselines"
            ),
            (
                f"Experiments in the towns of Ulm, Bonn and Trier {'and Ulm ' * 12}show consistent improvements in "
                "height."
            ),
        ),
        (
            (
                "Results show that colour plays a role in the kind of roof chosen across all kites tested with the red "
                f"kite of the town and both blue ones showing more wear {'in the wind ' * 7}of the sea"
            ),
            "Colour plays a role in the kind of roof chosen across all kites tested.",
        ),
        (
            (
                f"KiteNet leads {'in the wind ' * 8}with gains of up to 38% on height, up to 3.5x on speed in each "
                "of the towns, and up to 12.5x on both of them together"
            ),
            f"KiteNet leads {'in the wind ' * 8}with gains of up to 38% on height.",
        ),
        (
            (
                f"An online A/B test {'in the wind ' * 10}reports a 2 pp lift in flights and a lift of over one minute "
                "in the time that a kite stays over the sea"
            ),
            f"An online A/B test {'in the wind ' * 10}reports a 2 pp lift in flights.",
        ),
        (
            (
                f"Tests {'in the wind ' * 9}of the sea show that KiteNet improves speed by 5x, with minimal "
                "degradation in height, colour, and safety over the month"
            ),
            "KiteNet improves speed by 5x.",
        ),
        (
            "We show that the kite matches a bird, that it falls less than a flag, and that it answers all",
            "The kite matches a bird.",
        ),
        (
            "This paper demonstrates that the flight of any kite can be planned in linear time.",
            "The flight of any kite can be planned in linear time.",
        ),
    ],
)
def test_long_sentence_ends_where_it_still_holds(sentence: str, kept: str) -> None:
    """A further gain, the baselines' name, an absolute "with" or gaps beyond an "up to" may go."""
    assert kept in {clause.text for clause in cut_clauses(sentence)}


@pytest.mark.parametrize(
    ("sentence", "broken"),
    [
        (
            "A controlled test shows the red kite of the town, which contains no string, predicts the falls of a bird.",
            "of the town.",
        ),
        (
            "No broad trends are seen in the flights, with differing falls based on the kites conditioned by the wind.",
            "conditioned.",
        ),
        (
            "A string yields a 6x gain in height, with the primary failure mode being a silent fall into the sea.",
            "height.",
        ),
        ("KiteNet is much faster than any bird of the town, with a large degradation in height.", "town."),
        ("KiteNet improves height and speed by 2% in Ulm and 3% in Bonn, respectively.", "Ulm."),
        ("The red kite drives the rate of falls from 76% to 2%, and 9% in Ulm.", "76%."),
    ],
)
def test_cut_keeps_verb_and_flaw(sentence: str, broken: str) -> None:
    """No clause loses the verb behind a relative clause, the agent of a participle, or the flaw told with a gain."""
    assert not [clause for clause in cut_clauses(sentence) if clause.text.endswith(broken)]


def test_leading_nevertheless_points_at_nothing_and_is_dropped() -> None:
    """The sentence it leaned on is not shown, as with "However"."""
    takeaway = extract_takeaway("Two Modes", "We study Foo on five tasks. Nevertheless, the slow mode loses 4% on Bar.")

    assert takeaway is not None
    assert takeaway.text == "The slow mode loses 4% on Bar."
