"""Whether a takeaway in a judge's words may be shown: nothing in it that the paper's own sentence does not say.

There is no model here. A line passes when its numbers, names and words stand in the sentence it cites and none of the
known ways of saying something else with them is found; when in doubt it is stopped, and the extract is shown instead.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from triage.core.clauses import MAX_LENGTH, cut_clauses
from triage.core.grounding_chinese import find_unsupported_chinese
from triage.core.grounding_claims import find_unsupported_claim, gather_evidence, is_formula_told
from triage.core.grounding_names import find_foreign_name, long_forms
from triage.core.grounding_numbers import find_wrong_number
from triage.core.latex import read_latex
from triage.core.rubric import LANGUAGES
from triage.core.sentences import split_sentences
from triage.core.takeaway import extract_takeaway
from triage.core.verdict import WrittenTakeaway

_LINK = re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|org|net|io|ai|edu|gov|cn|dev|co)\b(?!-)|\]\(|<a\b", re.IGNORECASE)
_MARKUP = re.compile(r"[`{}\\#]|\*\*|</?[a-z]+[^<>]*>|\$[^\d\s]|^\s*(?:[-*•>]|\d+\.)\s")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z][\w.+-]*")
_FEWEST_WORDS: Final = 3
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def check_takeaway(written: WrittenTakeaway, title: str, abstract: str) -> str | None:
    """None when the takeaway may be shown, else the reason in words. Title and abstract as stored, LaTeX and all."""
    extract = extract_takeaway(title, abstract)
    if extract and written == WrittenTakeaway(extract.text, "en", extract.sentence):
        return None  # it would be shown anyway
    sentences = [read_latex(sentence) for sentence in split_sentences(abstract)]
    if not 1 <= written.sentence <= len(sentences):
        return f"it cites sentence {written.sentence}; the abstract has {len(sentences)}"
    return _find_bad_form(written) or _find_unsupported(written, read_latex(title), sentences)


def _find_bad_form(written: WrittenTakeaway) -> str | None:
    text = written.text
    if written.language not in LANGUAGES:
        return f"takeaways in {written.language!r} cannot be checked"
    if len(text) > MAX_LENGTH:
        return f"it has {len(text)} characters; {MAX_LENGTH} are allowed"
    if text != text.strip() or any(
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for character in text
    ):
        return "it is not one line of plain text"
    if _LINK.search(text):
        return "it holds a link"
    if _MARKUP.search(text):
        return "it holds markup"
    return _find_wrong_language(text, written.language)


def _find_wrong_language(text: str, language: str) -> str | None:
    chinese, latin = len(_CHINESE.findall(text)), len(_LATIN_WORD.findall(text))
    if language == "zh":
        return None if chinese >= 2 * latin and chinese > _FEWEST_WORDS else "it is not in Chinese"
    if chinese or any(
        character.isalpha() and unicodedata.name(character, "").startswith(("CYRILLIC", "ARABIC")) for character in text
    ):
        return "it is not in English"
    return None if latin >= _FEWEST_WORDS else "it is too short to say anything"


def _find_unsupported(written: WrittenTakeaway, title: str, sentences: Sequence[str]) -> str | None:
    cited = sentences[written.sentence - 1]
    if written.text in {clause.text for clause in cut_clauses(cited)}:
        return None  # word for word
    abstract = " ".join(sentences)
    line = written.text.translate(_FULL_WIDTH)
    head, colon, _ = title.partition(":")
    line = line.removeprefix(f"{head}: ") if colon else line  # "KiteRec: it reaches 41 %" names whose line this is
    is_chinese = written.language == "zh"
    reason = (
        find_wrong_number(line, cited, abstract, title)
        or find_foreign_name(line, cited, title, abstract, is_chinese=is_chinese)
        or is_formula_told(line, cited)
    )
    if reason:
        return reason
    if is_chinese:
        return find_unsupported_chinese(line, cited, f"{title} {abstract}")
    spelled_out = " ".join(
        f"{short} {long}"
        for short, long in long_forms(abstract).items()
        if short in cited.casefold() or long.casefold() in cited.casefold()
    )
    return find_unsupported_claim(gather_evidence(line, cited, title, abstract, spelled_out))
