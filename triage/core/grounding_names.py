"""Names and acronyms of a takeaway, and where in a paper they may come from."""

# ruff: noqa: RUF001 -- dashes, quotes and Chinese punctuation are what is matched here

import re
from typing import Final

from triage.core.grounding_quantities import read_quantities

_DASHES = re.compile(r"[‐‑–—−]")
_TOKEN = re.compile(r"(?<![^\W_])[^\W_\u2e80-\u9fff]+(?:[-_.+/@'’][^\W_\u2e80-\u9fff]+)*(?:\+\+)?")
_AFTER_STOP = re.compile(r"(?:^|[.!?:;]\s+|[“\"(]\s*)$")
_PART = re.compile(r"[-/'’]")
_INTRODUCED = re.compile(
    r"\b(?:[Ww]e|paper|work|study|article|[Hh]ere)\b[^.]{0,40}?\b(?:propos|introduc|present|develop|design|releas|"
    r"contribut|"
    r"buil[dt]|describ|formulat|call|term|dub)\w*\b(?P<rest>[^.]{0,120})"
)
_DESCRIPTION = re.compile(r"[,;]| (?:that|which|for|to|with|on|in|and|where) ")
_COMMON_SHORT_FORMS: Final = {
    "sota": "state-of-the-art", "llm": "large language model", "rl": "reinforcement learning", "ai": "artificial "
    "intelligence",
    "rag": "retrieval-augmented generation", "slm": "small language model", "ctr": "click-through rate",
}  # fmt: skip
_IN_PARENTHESES = re.compile(r"(?P<long>(?:[\w’'-]+[ ,/]+){1,9}[\w’'-]+)\s*\((?P<short>[A-Za-z][\w+@-]{1,14}?)s?[,;)]")
_OURS = re.compile(
    r"\b(?:our|ours|proposed|^its?|it (?=\w+s\b)|the (?:resulting |whole |full )?(?:method|approach|framework|model|"
    r"system|pipeline|"
    r"algorithm|architecture|design|tool|layer|estimator|network|retriever))\b",
    re.IGNORECASE,
)
_PERHAPS_OURS = re.compile(
    r"\b(?:we|us|its?|this|these|they|their|experiments?|experimental|evaluations?|evaluated|results?|ablations?|"
    r"analys[ei]s|"
    r"the (?:benchmark|dataset|agent|data set|corpus|test))\b",
    re.IGNORECASE,
)
_SHORTEST_PLURAL: Final = 3
_ROMAN_OR_UNIT: Final = frozenset(["i", "ii", "iii", "iv", "a", "ok", "vs"])


def find_names(text: str, *, is_chinese: bool = False) -> list[str]:
    """Words written as names are: with a capital that opens no sentence, or with letters and digits mixed.

    In Chinese every word in Latin letters is taken for one.
    """
    text = _plain(text)
    for quantity in reversed(read_quantities(text)):
        text = f"{text[: quantity.start]}{' ' * (quantity.end - quantity.start)}{text[quantity.end :]}"
    names = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        opens = not is_chinese and bool(_AFTER_STOP.search(text[: match.start()]))
        if (
            (is_chinese and any(map(str.isalpha, token)))
            or _looks_like_name(token)
            or (token[0].isupper() and not opens and len(token) > 1)
        ):
            names.append(token)
    return [name for name in names if name.lower() not in _ROMAN_OR_UNIT]


def has_name(text: str, name: str) -> bool:
    """Whether `text` holds the name, in any case, plural or not, its parts joined by hyphens, blanks or nothing."""
    parts = _name_parts(name)
    if not parts:
        return True
    joined = r"[-\s_/]?".join(re.escape(part) for part in parts)
    pattern = rf"(?<![^\W_]){joined}(?:s|'s|’s)?(?![^\W_])(?![.]\d)"
    return re.search(pattern, _plain(text), re.IGNORECASE) is not None


def find_foreign_name(line: str, cited: str, title: str, abstract: str, *, is_chinese: bool = False) -> str | None:
    """What is wrong with the first name of `line` that is unknown, or does not belong to the cited sentence."""
    paper = f"{title} {abstract}"
    own = own_names(title, abstract)
    may_add_own = _OURS.search(cited) or not find_names(cited)
    spelled_out = {**_COMMON_SHORT_FORMS, **long_forms(abstract)}
    for name in [*_opening_name(line, abstract), *find_names(line, is_chinese=is_chinese)]:
        if all(has_name(cited, part) for part in name.split("/") if len(part) > 1):
            continue
        if has_name(cited, name) or (is_chinese and name.islower() and has_name(paper, name)):
            continue
        long_form = spelled_out.get(name.casefold().removesuffix("s"))
        if long_form and has_name(cited, long_form):
            continue
        if not has_name(paper, name):
            return f"the name {name} is not in the title or abstract"
        is_own = any(has_name(other, name) for other in own)
        is_topic = has_name(title, name) and (may_add_own or not line.startswith(name))
        if not (may_add_own if is_own else is_topic):
            return f"the name {name} is not in the sentence it cites"
    return None


def own_names(title: str, abstract: str) -> list[str]:
    """What the paper calls its own work: the title's name before a colon, and the first two that it introduces."""
    head, colon, _ = title.partition(":")
    names = [head] if colon and len(head.split()) == 1 else find_names(head)[:1] if colon else []
    introduced = [find_names(_DESCRIPTION.split(match["rest"])[0]) for match in _INTRODUCED.finditer(abstract)]
    return names + [name for found in introduced for name in found]


def long_forms(abstract: str) -> dict[str, str]:
    """Abbreviations, case folded, and the words before their parentheses whose initials they are."""
    found = {}
    for match in _IN_PARENTHESES.finditer(abstract):
        words = match["long"].split()
        letters = [letter for letter in match["short"].lower().removesuffix("s") if letter.isalpha()]
        parts = [(index, part) for index, word in enumerate(words) for part in re.split(r"[-/]", word) if part]
        tail = parts[-len(letters) :]
        initials = [part[0].lower() for _, part in tail]
        if len(letters) > 1 and initials == letters:
            found[match["short"].casefold().removesuffix("s")] = " ".join(words[tail[0][0] :])
    return found


def _opening_name(line: str, abstract: str) -> list[str]:
    """The first word of the line, where the abstract writes it with a capital in mid-sentence and never without."""
    first = _TOKEN.match(line)
    if first is None or not first[0][0].isupper() or not first[0][1:].islower():
        return []
    is_name = re.search(rf"(?<=[a-z,] ){first[0]}\b", abstract) and not re.search(rf"\b{first[0].lower()}\b", abstract)
    return [first[0]] if is_name else []


def is_self_reference(sentence: str) -> bool:
    """Whether a sentence speaks of the paper's own work without having to name it."""
    return bool(_OURS.search(sentence) or _PERHAPS_OURS.search(sentence))


def _plain(text: str) -> str:
    return _DASHES.sub("-", text).replace("×", "x")


def _looks_like_name(token: str) -> bool:
    if not any(map(str.isalpha, token)):
        return False
    pieces = [piece for piece in re.split(r"[-/.'’]", token) if piece]
    return (
        any(
            any(map(str.isupper, piece[1:])) or (any(map(str.isdigit, piece)) and any(map(str.isalpha, piece)))
            for piece in pieces
        )
        or (any(map(str.isdigit, token)) and token[0].isupper())
        or "@" in token
    )


def _name_parts(name: str) -> list[str]:
    """Parts between hyphens; lower-case words at the ends ("RL-trained", "pre-LLM") are for the words' check."""
    parts = [part for part in _PART.split(_plain(name)) if part and part != "s"]
    if len(parts) > 1:
        while parts and parts[-1].islower() and parts[-1].isalpha():
            parts.pop()
        while parts and parts[0].islower() and parts[0].isalpha() and len(parts[0]) > 1:
            parts.pop(0)
    if parts and len(parts[-1]) >= _SHORTEST_PLURAL and parts[-1].endswith("s") and parts[-1][:-1].isupper():
        parts[-1] = parts[-1][:-1]
    return parts
