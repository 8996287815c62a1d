"""Whether the numbers of a line stand in the sentence it cites: same value, unit, hedge, role and order."""

import re
from collections.abc import Sequence
from itertools import pairwise

from triage.core.grounding_quantities import Quantity, read_quantities

_AVERAGE = re.compile(r"\b(?:averag\w*|mean|median|macro\w*|micro\w*)\b|平均|均值|中位", re.IGNORECASE)


def find_wrong_number(line: str, cited: str, elsewhere: str, title: str) -> str | None:
    """What is wrong with the first number of `line` that does not stand in `cited` so; None when all do."""
    wanted, given = read_quantities(line), read_quantities(cited)
    for index, quantity in enumerate(wanted):
        same = [other for other in given if other.value == quantity.value]
        if not same:
            if any(other.value == quantity.value and not quantity.unit for other in read_quantities(title)):
                continue
            known = any(other.value == quantity.value for other in read_quantities(elsewhere))
            return f"the number {quantity.shown} is not in the {'sentence it cites' if known else 'abstract'}"
        faults = [_difference(quantity, other, wanted[:index], wanted) for other in same]
        if all(other.is_average for other in same) and not _AVERAGE.search(line):
            return f"the number {quantity.shown} is an average there"
        if all(faults):
            return f"the number {quantity.shown} {faults[0]}"
    if wanted and given and bool(_AVERAGE.search(cited)) < bool(_AVERAGE.search(line)):
        return "the average is not in the sentence it cites"
    return _wrong_order(wanted, given)


def _wrong_order(wanted: Sequence[Quantity], given: Sequence[Quantity]) -> str | None:
    """From 3.05 to 2.51 may not become from 2.51 to 3.05."""
    places = {quantity.value: index for index, quantity in reversed(list(enumerate(given)))}
    roles = {(quantity.value, quantity.role) for quantity in given}
    for left, right in pairwise(wanted):
        if left.role == "from" and right.role == "to" and left.value in places and right.value in places:
            is_told = {(left.value, "from"), (right.value, "to")} & roles
            if not is_told and places[left.value] > places[right.value]:
                return f"{left.shown} and {right.shown} are exchanged"
    return None


def _difference(
    line: Quantity, cited: Quantity, before: Sequence[Quantity], line_all: Sequence[Quantity]
) -> str | None:
    is_elliptic = not line.unit and any(other.unit == cited.unit for other in before)
    if line.unit != cited.unit and not is_elliptic:
        return f"has another unit there: {cited.shown}"
    is_preposition = line.hedge == "over" and cited.is_counted and not line.unit  # "over three datasets"
    if line.hedge != cited.hedge and not is_preposition and not (line.hedge == "" and cited.hedge == "over"):
        return f"is “{cited.hedge or 'exactly'}” there, not “{line.hedge or 'exactly'}”"
    if line.role and cited.role and line.role != cited.role:
        return f"stands behind “{cited.role}” there, not “{line.role}”"
    if cited.partner and cited.partner not in {other.value for other in line_all if other.partner == cited.value}:
        return "is one end of a range there"
    if line.is_negative and not cited.is_negative:
        return "has another sign there"
    return None
