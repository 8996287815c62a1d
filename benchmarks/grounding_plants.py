"""Ways to make a true line false: each takes the line and another paper's, and gives None where it cannot be done."""

import re
from collections.abc import Callable
from random import Random
from typing import Final

from benchmarks.grounding_rewrites import Line
from triage.core.clauses import MAX_LENGTH
from triage.core.grounding_names import find_names, has_name, own_names
from triage.core.grounding_quantities import read_quantities

_SHORTEST_NAME = 3
_SHORTEST = 60  # characters of a sentence that says something
_FOREIGN_NAMES: Final = "BERT GPT-5 MMLU SASRec NDCG SWE-bench RLHF HotpotQA MIND BM25"


def _change_digit(line: Line, _: Line, rng: Random) -> str | None:
    found = list(re.finditer(r"\d", line.text))
    spans = [(it.start, it.end) for it in read_quantities(line.text)]
    found = [match for match in found if any(start <= match.start() < end for start, end in spans)]
    if not found:
        return None
    match = rng.choice(found)
    digit = rng.choice([str(value) for value in range(1, 10) if str(value) != match[0]])
    return f"{line.text[: match.start()]}{digit}{line.text[match.end() :]}"


def _number_instead(line: Line, given: list[str], rng: Random) -> str | None:
    found = [it for it in read_quantities(line.text) if re.match(r"[\d.,]+", it.shown)]
    if not found:
        return None
    quantity = rng.choice(found)
    told = {it.value for it in read_quantities(line.text)}
    given = [number for number in given if read_quantities(number) and read_quantities(number)[0].value not in told]
    if not given:
        return None
    digits = re.match(r"[\d.,]*\d", quantity.shown)
    length = digits.end() if digits else 0
    return f"{line.text[: quantity.start]}{rng.choice(given)}{line.text[quantity.start + length :]}"


def _numbers(text: str) -> list[str]:
    return [match[0] for it in read_quantities(text) if (match := re.match(r"\d[\d.,]*\d|\d", it.shown))]


def _number_of_abstract(line: Line, _: Line, rng: Random) -> str | None:
    others = [text for index, text in enumerate(line.sentences, 1) if index != line.sentence]
    return _number_instead(line, _numbers(" ".join(others)), rng)


def _number_of_sentence(line: Line, _: Line, rng: Random) -> str | None:
    """Another number of the same sentence: right place, wrong thing."""
    return _number_instead(line, [n for n in _numbers(line.cited) if n not in line.text], rng)


def _number_of_other(line: Line, other: Line, rng: Random) -> str | None:
    return _number_instead(line, _numbers(" ".join(other.sentences)), rng)


def _magnitude(line: Line, _: Line, rng: Random) -> str | None:
    found = [it for it in read_quantities(line.text) if it.shown[0].isdigit() and it.value != "0"]
    if not found:
        return None
    quantity = rng.choice(found)
    digits = re.match(r"[\d,]*\d(?:\.\d+)?", quantity.shown)
    if not digits:
        return None
    changed = f"{float(digits[0].replace(',', '')) * rng.choice([0.1, 10]):g}"
    return f"{line.text[: quantity.start]}{changed}{line.text[quantity.start + digits.end() :]}"


def _swap_unit(line: Line, _: Line, rng: Random) -> str | None:
    if re.search(r"\d(?: percentage)? (?:points|pp)\b", line.text):
        return re.sub(r"(?<=\d)(?: percentage)? (?:points|pp)\b", "%", line.text, count=1)
    percent = re.search(r"(?<=\d)(?:%| percent\b)", line.text)
    if not percent:
        return None
    unit = rng.choice([" points", " percentage points", "x"])
    return f"{line.text[: percent.start()]}{unit}{line.text[percent.end() :]}"


def _name_of_other(line: Line, other: Line, rng: Random) -> str | None:
    return _name_instead(line, find_names(" ".join((other.title, *other.sentences))), rng)


def _name_of_abstract(line: Line, _: Line, rng: Random) -> str | None:
    names = [
        name
        for name in find_names(" ".join(line.sentences))
        if not has_name(line.cited, name) and not has_name(line.title, name)
    ]
    return _name_instead(line, names, rng)


def _name_instead(line: Line, given: list[str], rng: Random) -> str | None:
    own = find_names(line.text) + [name for name in find_names(f"x {line.text}")[:1] if any(map(str.isupper, name[1:]))]
    known = f"{line.title} {line.text}"
    given = [name for name in given if not has_name(known, name) and len(name) >= _SHORTEST_NAME]
    if not own or not given:
        return None
    return line.text.replace(rng.choice(own), rng.choice(given), 1)


def _acronym(line: Line, _: Line, rng: Random) -> str | None:
    paper = " ".join((line.title, *line.sentences))
    return _name_instead(line, [name for name in _FOREIGN_NAMES.split() if not has_name(paper, name)], rng)


_FLIPS: Final = {
    "improves": "degrades", "improve": "degrade", "improving": "degrading", "reduces": "increases",
    "reducing": "increasing",
    "reduce": "increase", "increases": "decreases", "outperforms": "underperforms", "outperform": "underperform",
    "higher": "lower",
    "lower": "higher", "more": "less", "better": "worse", "surpasses": "trails", "boosts": "lowers",
    "lowers": "raises", "raises": "lowers",
    "enhances": "impairs", "gains": "losses", "improvement": "degradation", "improvements": "degradations",
    "drops": "rises",
    "increase": "decrease", "reduction": "increase", "faster": "slower", "fewer": "more", "exceeds": "trails",
    "improved": "degraded",
    "beats": "trails", "cuts": "raises", "reliable": "unreliable", "stronger": "weaker", "smaller": "larger",
    "larger": "smaller",
}  # fmt: skip


def _flip(line: Line, _: Line, rng: Random) -> str | None:
    found = [match for match in re.finditer(r"\b[a-z]+\b", line.text) if match[0] in _FLIPS]
    if not found:
        return None
    match = rng.choice(found)
    return f"{line.text[: match.start()]}{_FLIPS[match[0]]}{line.text[match.end() :]}"


def _negate(line: Line, _: Line, rng: Random) -> str | None:
    for pattern, replacement in rng.sample(
        [(r"\b(?:does not|do not|cannot|not|no longer) ", ""), (r"\b(is|are|can|was|were) (?!not\b)", r"\1 not "),
         (r"\b(improves|achieves|outperforms|reduces|reaches|increases|surpasses|beats) ", r"does not \1 "),
         (r"\bwithout\b", "with")], 4
    ):  # fmt: skip
        if re.search(pattern, line.text):
            return re.sub(pattern, replacement, line.text, count=1)
    return None


def _foreign(line: Line, other: Line, rng: Random) -> str | None:
    head, colon, _ = line.title.partition(":")
    if colon and len(head.split()) == 1 and rng.getrandbits(1):  # the other's result under this paper's name
        names = own_names(other.title, " ".join(other.sentences))
        return other.text.replace(names[0], head) if names else other.text
    return other.text


def _other_sentence(line: Line, _: Line, rng: Random) -> str | None:
    """A sentence of the same abstract that the line does not cite."""
    others = [
        text
        for index, text in enumerate(line.sentences, 1)
        if index != line.sentence and _SHORTEST <= len(text) <= MAX_LENGTH
    ]
    return rng.choice(others) if others else None


def _unhedge(line: Line, _: Line, rng: Random) -> str | None:
    if " up to " in line.text:
        return line.text.replace(" up to ", rng.choice([" ", " over ", " at least "]), 1)
    match = re.search(r"\bby (?=\d)", line.text)
    return (
        f"{line.text[: match.end()]}{rng.choice(['more than ', 'at least '])}{line.text[match.end() :]}"
        if match and "more than" not in line.cited
        else None
    )


def _universal(line: Line, _: Line, rng: Random) -> str | None:
    if re.search(r"\b(?:all|always|every|each|any)\b", line.cited):
        return None
    match = re.search(r"\b(?:on|across|over) (?=\w+s\b|\d|two|three|four|five)", line.text)
    always = re.search(r"\b(improves|achieves|outperforms|reduces|reaches|increases|surpasses|beats) ", line.text)
    if match and rng.getrandbits(1):
        return f"{line.text[: match.end()]}all {line.text[match.end() :]}"
    return f"{line.text[: always.start()]}always {line.text[always.start() :]}" if always else None


def _exchange(line: Line, _: Line, __: Random) -> str | None:
    match = re.search(
        r"^(?P<a>[A-Z][\w-]+) (?P<verb>\w*? ?(?:outperforms|surpasses|beats|exceeds)) (?P<b>(?:[\w-]+ "
        r"){0,3}[\w-]+?)(?= by| on| in| across|,|\.$)",
        line.text,
    )
    if not match or match["a"] in {"It", "Our", "We", "This", "The"} or " method " in match["verb"]:
        return None
    verb = (
        match["verb"].removesuffix("es" if match["verb"].endswith("sses") else "s")
        if match["b"].endswith("s")
        else match["verb"]
    )
    return f"{match['b'][0].upper()}{match['b'][1:]} {verb} {match['a']}{line.text[match.end() :]}"


PLANTS: Final[dict[str, Callable[[Line, Line, Random], str | None]]] = {
    "digit changed": _change_digit, "order of magnitude": _magnitude, "number of another sentence": _number_of_abstract,
    "number of the same sentence": _number_of_sentence, "number of another paper": _number_of_other,
    "% and points": _swap_unit,
    "name of another paper": _name_of_other, "name of the abstract": _name_of_abstract, "acronym": _acronym,
    "claim of another paper": _foreign, "claim of another sentence": _other_sentence, "direction": _flip,
    "negation": _negate,
    "hedge": _unhedge, "universal": _universal, "sides exchanged": _exchange,
}  # fmt: skip
