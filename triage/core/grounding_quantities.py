"""Numbers as English and Chinese abstracts write them, with unit, hedge and role.

A digit inside a name (GPT-4, nDCG@5, 3D) is no number. "One" is none either: it mostly means "a".
"""

# ruff: noqa: RUF001 -- dashes, quotes and signs are what is matched here

import re
from decimal import Decimal
from typing import Final

import msgspec

_WORDS: Final = {
    word: value
    for value, words in {
        2: "two twice twofold double doubles doubled doubling 两 二 翻倍 翻一番 翻番 加倍 一倍",
        3: "three thrice threefold triple triples tripled tripling 三",
        4: "four fourfold quadruple quadruples quadrupled 四", 5: "five fivefold 五", 6: "six 六", 7: "seven 七",
        8: "eight 八", 9: "nine 九", 10: "ten tenfold 十", 11: "eleven", 12: "twelve dozen", 13: "thirteen",
        14: "fourteen",
        15: "fifteen", 16: "sixteen", 17: "seventeen", 18: "eighteen", 19: "nineteen", 20: "twenty", 30: "thirty",
        40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety", 0: "zero",
    }.items()
    for word in words.split()
}  # fmt: skip
_MULTIPLES: Final = frozenset(
    [
        "twice",
        "twofold",
        "double",
        "doubles",
        "doubled",
        "doubling",
        "翻倍",
        "翻一番",
        "翻番",
        "加倍",
        "一倍",
        "thrice",
        "threefold",
        "triple",
        "triples",
        "tripled",
        "tripling",
        "fourfold",
        "quadruple",
        "quadruples",
        "quadrupled",
        "fivefold",
        "tenfold",
        "halve",
        "halves",
        "halved",
        "halving",
        "减半",
    ]
)
_FRACTIONS: Final = {
    "half": "1/2", "halve": "1/2", "halves": "1/2", "halved": "1/2", "halving": "1/2", "减半": "1/2", "一半": "1/2",
    "third": "1/3", "quarter": "1/4", "fifth": "1/5", "thirds": "2/3", "quarters": "3/4",
    "三分之一": "1/3", "三分之二": "2/3", "四分之一": "1/4", "四分之三": "3/4", "五分之一": "1/5",
}  # fmt: skip
_SCALES: Final = {
    "k": 3, "thousand": 3, "m": 6, "million": 6, "b": 9, "billion": 9, "t": 12, "trillion": 12,
    "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "十亿": 9, "百亿": 10, "千亿": 11, "万亿": 12,
}  # fmt: skip
_UNIT: Final = (
    r"(?:\s?-?(?P<percent>%|％|\bper\s?cent\b(?!age)|\bpercent\b|\bpercentage(?! points?\b))"
    r"|\s?-?(?P<points>个?百分点|(?:\bpercentage |[a-zA-Z]+[\d@]* |\babsolute )?points?\b|[Pp][Pp]\b|p\.p\.|ppts?\b|"
    r"pts?\b"
    r"|个?\s?[A-Za-z\d@]*\s?点)"
    r"|\s?-?(?P<times>[x×](?![a-wyz])|fold\b|\btimes\b|倍))"
)
_LITERAL = re.compile(
    r"(?<![A-Za-z0-9_@^.])(?P<percent_of>百分之\s?)?(?P<sign>[−-](?=\d))?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?:(?P<scale>\s(?:thousand|million|billion|trillion)\b|\s?(?:十万|百万|千万|十亿|百亿|千亿|万亿|[百千万亿])"
    r"|[KkMBbTm](?![A-Za-z0-9])))?"
    rf"{_UNIT}?(?![A-Za-z]*\d)(?!-?[A-Za-z]*(?<!\d)@)"
)
_NAME_BEFORE = re.compile(
    r"(?<![A-Za-z0-9_.@-])[A-Za-z][A-Za-z0-9_.@]*-(?:[A-Za-z0-9_.@]+-)*$"
)  # "Llama-3.3-" before 70B
_LETTERS_BEHIND = re.compile(
    r"(?!(?:h|s|ms|[kmgt]i?b|gb|mins?|hrs?|min|hz|[kmg]hz|w|kw|mw|nm|mm|cm|km|kg)\b)[A-Za-z]", re.IGNORECASE
)
_SPELLED = re.compile(
    r"(?<![\w-])(?:(?P<tens>twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-(?P<ones>one|two|three|four|five|"
    r"six|"
    r"seven|eight|nine)|(?P<fraction>half|halve[sd]?|halving|one[- ](?:third|quarter|fifth)|a (?:third|quarter|fifth)|"
    r"two[- ]thirds|three[- ]quarters)|(?P<word>"
    + "|".join(sorted((word for word in _WORDS if word.isascii()), key=len, reverse=True))
    + rf"))(?![\w])(?:{_UNIT})?"
    r"|(?P<hanzi_fraction>[三四五]分之[一二三]|减半|一半)|(?P<hanzi_multiple>翻倍|翻一番|翻番|加倍|一倍)"
    r"|(?<![一二三四五六七八九十百分之])(?P<hanzi>[两二三四五六七八九十])(?P<hanzi_times>倍)?"
    r"(?(hanzi_times)|(?=\s?(?:个|种|项|类|组|家|款|份|大|次|轮|层|阶段)))",
    re.IGNORECASE,
)
_FACTOR = re.compile(r"\bfactors? of (?:about |around |roughly )?$", re.IGNORECASE)
_JOINT = re.compile(
    r"\s*(?:,|，|、|/|,?\s*(?:and|or|to|vs\.?)\s|和|与|及|至|到|[-–—~～∼])\s*\+?\s*(?:by )?", re.IGNORECASE
)
_DASH = re.compile(r"\s*(?:[-–—~～∼]|至|到)\s*")
_BEHIND_HEDGE: Final = r"(?: (?:an?|by|the|of|in|as|factors?|peak|over)\b| ?[+$~∼≈]| ?\w{1,2} ?=)* ?$"
_HEDGES: Final = tuple(
    (name, re.compile(rf"(?:{before}){_BEHIND_HEDGE}", re.IGNORECASE))
    for name, before in (
        ("up to", (r"\b(?:up to|at most|as (?:much|many|high|low) as|(?:a )?maximum of|peak\w* (?:\w+ )?(?:at|of))|"
        r"最[高多大]\w{0,8}|高达|至多|多达")),
        ("under", r"\b(?:less than|fewer than|under|below|within|lower than)|[<≤]|不到|低于|少于|不足"),
        ("over", (r"\b(?:over|more than|above|at least|exceed\w*|beyond|greater than|no less than)|[>≥]|超过|"
        r"至少\w{0,4}|"
        r"高于|逾|不少于")),
        ("about", (r"\b(?:about|around|roughly|approximately|nearly|almost|close to|some)|[~∼≈]|约为?(?: "
        r"?[A-Za-z][\w.-]* ?的)?|近|大约|将近")),
    )
)  # fmt: skip
_HEDGES_BEHIND: Final = (
    ("over", re.compile(r"\s?(?:or (?:more|higher|above)\b|\+(?!\d)|以上|多)")),
    ("under", re.compile(r"\s?(?:or (?:less|fewer|below)\b|以下|以内)")),
    ("about", re.compile(r"\s?左右")),
)
_ROLE = re.compile(
    r"(?:\b(?P<from>from)|(?<!up )\b(?P<to>to)|\b(?P<by>by)|(?P<zh_from>从|由)|(?P<zh_to>[升高增降减少]?[到至]))"
    r"(?: (?:an?|about|around|roughly|nearly|over|up to|at least|more than|less than))* ?[+$]?$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\b(?:on|across|over|in|among|for)(?: the)? $", re.IGNORECASE)
_WINDOW = 40  # characters before a number in which its hedge and role are looked for
_ON_AVERAGE = re.compile(r"\bon average|\baverag(?:es|ed|ing)\b|\ban average\b", re.IGNORECASE)


class Quantity(msgspec.Struct, frozen=True):
    """A number at `text[start:end]`: `value` exact, unsigned; `unit` one of "", %, points, times.

    `partner` is the other end of a range; `role` one of "", from, to, by; `is_counted`: behind "on" or "across";
    `is_average`: beside "on average".
    """

    value: str
    unit: str
    start: int
    end: int
    shown: str
    is_negative: bool = False
    hedge: str = ""
    role: str = ""
    partner: str = ""
    is_counted: bool = False
    is_average: bool = False


def read_quantities(text: str) -> list[Quantity]:
    """All numbers in order; in a list ("up to 2, 3 and 4 points") the last unit and the first hedge hold for all."""
    found = sorted([*_literals(text), *_spelled(text)], key=lambda quantity: quantity.start)
    found = [
        msgspec.structs.replace(
            it,
            hedge=_hedge(text, it),
            role=_role(text, it),
            is_counted=bool(_COUNTED.search(text[: it.start])),
            is_average=_is_average(text, it),
        )
        for it in found
    ]
    for index in range(len(found) - 1, 0, -1):
        left, right = found[index - 1], found[index]
        between = text[left.end : right.start]
        if _JOINT.fullmatch(between):
            is_range = bool(_DASH.fullmatch(between)) and not right.is_negative
            partner, other = (right.value, left.value) if is_range else (left.partner, right.partner)
            found[index - 1] = msgspec.structs.replace(left, unit=left.unit or right.unit, partner=partner)
            found[index] = msgspec.structs.replace(right, hedge=right.hedge or left.hedge, partner=other)
    return found


def _literals(text: str) -> list[Quantity]:
    found = []
    for match in _LITERAL.finditer(text):
        is_name = _NAME_BEFORE.search(text[: match.start()]) or (
            match.lastgroup == "digits" and _LETTERS_BEHIND.match(text[match.end() :])
        )
        if is_name:
            continue
        scale = (match["scale"] or "").strip().lower()
        value = Decimal(match["digits"].replace(",", "")).scaleb(_SCALES.get(scale, 0))
        unit = "%" if match["percent_of"] else _unit(match, text)
        is_negative = match["sign"] is not None and not text[: match.start("sign")].rstrip().endswith(
            tuple("0123456789%")
        )
        quantity = _quantity(value, unit, match, is_negative=is_negative)
        start = quantity.start if is_negative else match.start("digits")
        found.append(msgspec.structs.replace(quantity, start=start, shown=text[start : match.end()].strip()))
    return found


def _spelled(text: str) -> list[Quantity]:
    found = []
    for match in _SPELLED.finditer(text):
        shown = match[0].lower()
        fraction = match["fraction"] or match["hanzi_fraction"]
        hanzi = match["hanzi"] or match["hanzi_multiple"]
        if fraction:
            above, below = _FRACTIONS[re.split(r"[ -]", fraction.lower())[-1]].split("/")
            value = Decimal(above) / Decimal(below)
        elif match["tens"]:
            value = Decimal(_WORDS[match["tens"].lower()] + {"one": 1, **_WORDS}[match["ones"].lower()])
        else:
            value = Decimal(_WORDS[hanzi or match["word"].lower()])
        if value == 0 and text[match.end() : match.end() + 1] == "-":
            continue
        is_multiple = match["hanzi_times"] or (hanzi or fraction or match["word"] or shown).lower() in _MULTIPLES
        found.append(_quantity(value, "times" if is_multiple else _unit(match, text), match))
    return found


def _quantity(value: Decimal, unit: str, match: re.Match[str], *, is_negative: bool = False) -> Quantity:
    digits = f"{value:f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return Quantity(digits[:24], unit, match.start(), match.end(), match[0].strip(), is_negative)


def _unit(match: re.Match[str], text: str) -> str:
    units = match.groupdict()
    if units.get("percent"):
        return "%"
    if units.get("points"):
        return "points"
    return "times" if units.get("times") or _FACTOR.search(text[: match.start()]) else ""


def _hedge(text: str, quantity: Quantity) -> str:
    before = text[max(0, quantity.start - _WINDOW) : quantity.start]
    before = _FACTOR.sub("", before) if quantity.unit == "times" else before
    behind = text[quantity.end : quantity.end + _WINDOW]
    told = next((name for name, pattern in _HEDGES_BEHIND if pattern.match(behind)), "")
    return told or next((name for name, pattern in _HEDGES if pattern.search(before)), "")


def _is_average(text: str, quantity: Quantity) -> bool:
    before, behind = (
        text[max(0, quantity.start - _WINDOW) : quantity.start],
        text[quantity.end : quantity.end + _WINDOW],
    )
    return bool(
        _ON_AVERAGE.search(re.split(r"[,;:.]", before)[-1])
        or _ON_AVERAGE.search(re.split(r"[,;:.]|(?<![A-Za-z])\d", behind)[0])
    )


def _role(text: str, quantity: Quantity) -> str:
    match = _ROLE.search(text[max(0, quantity.start - _WINDOW) : quantity.start])
    return match.lastgroup.removeprefix("zh_") if match and match.lastgroup else ""
