"""Whose number it is: what a count counts, and which name a measured value belongs to, as far as word order tells."""

# ruff: noqa: RUF001 -- dashes, quotes and Chinese punctuation are what is matched here

from collections.abc import Iterator, Sequence

from triage.core.grounding_quantities import Quantity
from triage.core.grounding_words import Word, direction_of, is_content, is_meaningful

_STRONG_TIE = 7  # a word at most this far from a number belongs to it
_WEAK_TIE = 3  # for words that are no names
_OTHER_NUMBER = 6
_FAR = 1000
_MARK = 5
_CONJUNCTION = 3
_HEAD_REACH = 5  # words behind a count among which its noun stands


def find_wrong_count(line: Sequence[Word], cited: Sequence[Word]) -> str | None:
    """A bare count counts the same things there."""
    for index, word in enumerate(line):
        if word.quantity is None or word.quantity.unit:
            continue
        heads = _following(line, index)
        if not heads:
            continue
        counted = {
            stem
            for place, other in enumerate(cited)
            if other.quantity and other.quantity.value == word.quantity.value
            for stem in (*_following(cited, place), *_preceding(cited, place, 3))
        }
        if not counted & set(heads) and any(other.quantity for other in cited):
            return f"{word.text} counts something else there"
    return None


def _following(words: Sequence[Word], index: int) -> list[str]:
    """The noun phrase behind a number."""
    stems: list[str] = []
    for word in words[index + 1 : index + 1 + _HEAD_REACH]:
        if word.quantity or not is_meaningful(word) or (stems and not is_content(word)):
            break
        stems.append(word.stem)
    return stems


def _preceding(words: Sequence[Word], index: int, reach: int) -> list[str]:
    before = words[max(0, index - reach) : index]
    marks = [place for place, word in enumerate(before, 1) if not word.stem]
    return [word.stem for word in before[max(marks, default=0) :] if is_content(word)]


def find_wrong_owner(line: Sequence[Word], cited: Sequence[Word]) -> str | None:
    """A name or thing beside a number in the line does not belong to another number in the sentence."""
    owners, listed = _ties(cited), _listed(cited)
    own_lists = _listed(line)
    subject = _subject(cited)
    for index, word in enumerate(line):
        if not is_content(word):
            continue
        value, distance = _nearest_number(line, index, own_lists)
        is_near = distance <= (_STRONG_TIE if _is_name(word) else _WEAK_TIE)
        if value is None or not is_near:
            continue
        if word.stem in listed:
            if listed[word.stem] != value and value in listed.values():
                return f"{value} is not told of “{word.text}” there"
            continue
        ties = [tie for stem, tie in owners if stem == word.stem]
        if word.stem not in subject and ties and all(_belongs_elsewhere(tie, value) for tie in ties):
            return f"{value} is not told of “{word.text}” there"
    return None


def _subject(words: Sequence[Word]) -> set[str]:
    """What stands before the first verb of comparison or change: every number of the sentence may be told of it."""
    first = next((index for index, word in enumerate(words) if direction_of(word) or word.quantity), 0)
    return {word.stem for word in words[:first] if _is_name(word)}


def _belongs_elsewhere(tie: dict[str, int], value: str) -> bool:
    if value not in tie:
        return False
    nearest = min(tie.values())
    return nearest <= _STRONG_TIE and tie[value] > nearest + _CONJUNCTION


def _ties(words: Sequence[Word]) -> list[tuple[str, dict[str, int]]]:
    """For each content word how far it is from each measured number, by value.

    In "beats B by 3% in m and by 4 points in n" the second number is as near to B as the first.
    """
    places = [
        (place, word.quantity.value) for place, word in enumerate(words) if word.quantity and _is_measure(word.quantity)
    ]
    found = []
    for index, word in enumerate(words):
        if not is_content(word):
            continue
        tie: dict[str, int] = {}
        before = _FAR
        for place, value in places:
            distance = _distance(words, index, place)
            if index < place and _is_parallel(words, place):
                distance = min(distance, before)
            before = distance if index < place else _FAR
            tie[value] = min(distance, tie.get(value, distance))
        found.append((word.stem, tie))
    return found


def _is_parallel(words: Sequence[Word], place: int) -> bool:
    """Whether nothing but grammar stands between a number and the conjunction or comma before it."""
    for word in reversed(words[:place]):
        if word.text.lower() in {",", "and", "or", "but"}:
            return True
        if not word.stem or is_meaningful(word):
            break
    return False


def _nearest_number(words: Sequence[Word], index: int, listed: dict[str, str]) -> tuple[str | None, int]:
    if words[index].stem in listed:
        return listed[words[index].stem], 0
    places = [
        (place, word.quantity.value) for place, word in enumerate(words) if word.quantity and _is_measure(word.quantity)
    ]
    distances = sorted((_distance(words, index, place), value) for place, value in places)
    if not distances or (len(distances) > 1 and distances[1][0] - distances[0][0] <= _CONJUNCTION):
        return None, 0
    return distances[0][1], distances[0][0]


def _distance(words: Sequence[Word], index: int, place: int) -> int:
    low, high = sorted((index, place))
    between = _without_parentheses(words[low + 1 : high])
    if index < place:
        between.reverse()
    cost = 1
    for word in between[_joined(between) :]:
        cost += _OTHER_NUMBER if word.quantity else 1 if word.stem else _MARK
        cost += _CONJUNCTION if word.text.lower() in {"and", "or", "vs", "versus", "while", "but"} else 0
    return cost


def _joined(between: Sequence[Word]) -> int:
    """How many words lead to the last of the numbers that are joined by nothing but grammar, and so count as one."""
    last = 0
    for count, word in enumerate(between, 1):
        if word.quantity:
            last = count
        elif word.text != "," and (not word.stem or is_meaningful(word)):
            break
    return last


def _without_parentheses(words: Sequence[Word]) -> list[Word]:
    """Parentheses that open and close among these words are passed over."""
    kept: list[Word] = []
    opened: list[int] = []
    for word in words:
        if word.text == "(":
            opened.append(len(kept))
        if word.text == ")" and opened:
            del kept[opened.pop() :]
        else:
            kept.append(word)
    return kept


def _listed(words: Sequence[Word]) -> dict[str, str]:
    """Things told "respectively": "EAGLE-3 and DFlash by 23% and 13%" gives each its number."""
    found: dict[str, str] = {}
    is_told = any(word.text.lower() == "respectively" for word in words)
    for start, end in _number_lists(words):
        values = [word.quantity.value for word in words[start:end] if word.quantity]
        behind = _chunks(words[end:])
        for chunks in (behind, _chunks(words[:start], backwards=True)):
            if len(chunks) >= len(values) and (is_told or chunks is not behind):
                chosen = chunks[: len(values)] if words[end:] and chunks is behind else chunks[-len(values) :]
                for value, chunk in zip(values, chosen, strict=True):
                    found.update({stem: value for stem in chunk if stem not in found})
                break
    return found


def _number_lists(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Runs of two or more numbers with nothing but commas and conjunctions between; no ranges, no "from … to"."""
    start, index = 0, 0
    while start < len(words):
        if words[start].quantity is None:
            start += 1
            continue
        end = start + 1
        index = end
        while index < len(words) and (
            words[index].text in {",", "，", "、"} or words[index].text.lower() in {"and", "和", "与"}
        ):
            index += 1
            if index < len(words) and words[index].quantity:
                end = index + 1
                index = end
        if end > start + 1:
            yield start, end
        start = end


def _chunks(words: Sequence[Word], *, backwards: bool = False) -> list[list[str]]:
    """The items of a list that begins (or ends) here; of each item the last word, or its names."""
    items: list[list[Word]] = [[]]
    words = _without_parentheses(words)
    for word in reversed(words) if backwards else words:
        if word.quantity or word.text in {".", ";", ":", "。", "；"} or word.text.lower() == "respectively":
            break
        if word.text in {",", "，", "、"} or word.text.lower() in {"and", "和", "与"}:
            items.append([])
        elif is_content(word):
            items[-1].append(word)
    filled = [list(reversed(item)) if backwards else item for item in items if item]
    ordered = list(reversed(filled)) if backwards else filled
    return [[word.stem for word in item if _is_name(word)] or [item[-1].stem] for item in ordered]


def _is_measure(quantity: Quantity) -> bool:
    """Not a bare count, which `find_wrong_count` looks after."""
    return bool(quantity.unit) or "." in quantity.value


def _is_name(word: Word) -> bool:
    return any(map(str.isupper, word.text)) or any(map(str.isdigit, word.text))
