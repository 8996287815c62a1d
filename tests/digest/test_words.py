"""A digest's words: every text of ours has its translation, and dates and numbers are the reader's."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from triage.core import reasons
from triage.digest.words import LANGUAGES, open_words
from triage.errors import InputError

_METHODS = [("templates/digest.*.j2", "jinja2"), ("digest/*.py", "python")]
_KEYWORDS = {"gettext": None, "ngettext": (1, 2), "_": None, "_mark": None}
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


class Entry(NamedTuple):
    """One text with its plural, if any, and its translations."""

    texts: tuple[str, ...]
    translations: tuple[str, ...]
    is_fuzzy: bool


def read_entries(root: Path) -> list[Entry]:
    """The Chinese catalog, without its header."""
    with (root / "triage/locale/zh/LC_MESSAGES/triage.po").open("rb") as file:
        catalog = read_po(file, locale="zh", abort_invalid=True)
    return [Entry(_spread(each.id), _spread(each.string), each.fuzzy) for each in catalog if each.id]


def _spread(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def test_every_text_is_translated(root: Path) -> None:
    """What templates and code say and what the catalog has are the same; nothing is empty or only guessed."""
    said = {_spread(found[2]) for found in extract_from_dir(str(root / "triage"), _METHODS, keywords=_KEYWORDS)}
    entries = read_entries(root)
    assert {entry.texts for entry in entries} == said
    assert [entry for entry in entries if entry.is_fuzzy or not all(entry.translations) or not entry.translations] == []


def test_placeholders_agree(root: Path) -> None:
    """A translation fills in what its original does, no more and no less, and has no other per cent sign."""
    for entry in read_entries(root):
        for text in entry.translations:
            assert set(_PLACEHOLDER.findall(text)) == set(_PLACEHOLDER.findall(entry.texts[-1])), entry
            assert "%" not in _PLACEHOLDER.sub("", text)


@pytest.mark.parametrize(
    ("week", "english", "chinese"),
    [
        ("2026-W31", "27–31 July 2026", "2026年7月27日至31日"),  # noqa: RUF001 - a dash between days
        ("2026-W27", "29 June – 3 July 2026", "2026年6月29日至7月3日"),  # noqa: RUF001
        ("2026-W53", "28 December 2026 – 1 January 2027", "2026年12月28日至2027年1月1日"),  # noqa: RUF001
    ],
)
def test_days_of_a_week(week: str, english: str, chinese: str) -> None:
    """Within a month, over its end, and over the end of a year with 53 weeks."""
    assert open_words("en").name_days(week) == english
    assert open_words("zh").name_days(week) == chinese


def test_subjects_are_our_own_words() -> None:
    """Plain ASCII in English, so that no program need encode it; week and days in both."""
    assert open_words("en").name_subject("2026-W27") == "Triage: week 27, 29 June - 3 July 2026"
    assert open_words("en").name_subject("2026-W31").isascii()
    assert open_words("zh").name_subject("2026-W31") == "Triage：第 31 周，2026年7月27日至31日"  # noqa: RUF001


def test_numbers_have_separators() -> None:
    """As readers of the language write them."""
    assert [open_words(language).count(1957) for language in LANGUAGES] == ["1,957", "1,957"]


def test_an_unknown_language_is_refused() -> None:
    """With those there are."""
    with pytest.raises(InputError, match="no words in 'fr': expected one of en, zh"):
        open_words("fr")


@pytest.mark.parametrize(
    "reason",
    [
        *reasons._EVIDENCE,
        "says “semantic IDs”, “tokenizer”",
        "“generative” near “recommendation” in the title",
        "votes speak for it",
        "votes speak against it",
        "close in meaning to the topic's definition",
        "the judge speaks for it (centrality 4 of 4, sentence 3)",
        "the judge speaks against it",
        "exploration: near the topic in meaning, ranked below the list by its words",
        "like 2605.06331, which was marked relevant",
        "stands for 2605.06331 too, which is nearly the same",
        "not judged: the call failed",
        "flagged: asks to be ranked first",
    ],
)
def test_reasons_are_translated_by_their_form(reason: str) -> None:
    """Each form that lists have; what it quotes stays, and English stays as it is."""
    worded = open_words("zh").word_reason(reason)
    assert worded != reason
    assert re.search(r"[\u4e00-\u9fff]", worded)
    assert set(re.findall(r"“[^”]+”|\d{4}\.\d{5}", reason)) <= set(re.findall(r"“[^”]+”|\d{4}\.\d{5}", worded))
    assert open_words("en").word_reason(reason) == reason


@pytest.mark.parametrize("reason", ["of another kind", "says %(words)s", "says “50%” %s"])
def test_a_reason_is_never_a_pattern(reason: str) -> None:
    """Unknown ones stay as they are, and per cent signs in them are no placeholders."""
    assert reason.removeprefix("says ") in open_words("zh").word_reason(reason)
    assert open_words("en").word_reason(reason) == reason


def test_votes_are_nobodys_own() -> None:
    """Lists that were made for one reader say "your votes"; a mail goes to many."""
    assert open_words("en").word_reason("your votes speak for it") == "votes speak for it"
