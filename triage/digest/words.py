"""A digest's words in the reader's language: gettext catalogs in `triage/locale`, numbers and dates by Babel."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final

import msgspec
from babel.dates import format_date, format_interval
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from triage.core.week import parse_week
from triage.errors import InputError

LANGUAGES: Final = ("en", "zh")
"""Those there are words for; the first is that of the templates."""
_LOCALES: Final = {"en": "en_GB", "zh": "zh_Hans_CN"}
_TAGS: Final = {"en": "en", "zh": "zh-Hans"}  # BCP 47, for programs that read aloud


def _mark(text: str) -> str:
    """Text that is looked up later, for the extraction of what there is to translate."""
    return text


# Reasons are kept in English, as `triage.core.reasons` words them; those of a fixed form are known here.
_FIXED: Final = (
    _mark("A/B test in the abstract"),
    _mark("deployed in production"),
    _mark("code or data released"),
    _mark("ablation in the abstract"),
    _mark("votes speak for it"),
    _mark("votes speak against it"),
    _mark("close in meaning to the topic's definition"),
    _mark("exploration: near the topic in meaning, ranked below the list by its words"),
)
# Of lists from when there was one reader; now the votes of all rank together.
_FORMER: Final = {f"your {each}": each for each in _FIXED if each.startswith("votes ")}
_FORMS: Final = (
    (re.compile("says (?P<words>“.+”)"), _mark("says %(words)s")),
    (re.compile("(?P<one>“.+”) near (?P<other>“.+”) in the title"), _mark("%(one)s near %(other)s in the title")),
    (re.compile("like (?P<paper>.+), which was marked relevant"), _mark("like %(paper)s, which was marked relevant")),
    (
        re.compile("stands for (?P<paper>.+) too, which is nearly the same"),
        _mark("stands for %(paper)s too, which is nearly the same"),
    ),
    (re.compile("the judge speaks for it(?P<grades>.*)"), _mark("the judge speaks for it%(grades)s")),
    (re.compile("the judge speaks against it(?P<grades>.*)"), _mark("the judge speaks against it%(grades)s")),
    (re.compile("not judged: (?P<cause>.*)"), _mark("not judged: %(cause)s")),
    (re.compile("flagged: (?P<flag>.*)"), _mark("flagged: %(flag)s")),
)


class Words(msgspec.Struct, frozen=True):
    """One language. `tag` is its name in HTML and in mail headers."""

    language: str
    tag: str
    locale: str
    catalog: NullTranslations

    @property
    def gettext(self) -> Callable[[str], str]:
        """The translation of an English text of ours, that text itself where there is none."""
        return self.catalog.gettext

    @property
    def ngettext(self) -> Callable[[str, str, int], str]:
        """The same for texts that depend on a number."""
        return self.catalog.ngettext

    def count(self, number: int) -> str:
        """With separators, such as 1,957."""
        return format_decimal(number, locale=self.locale)

    def name_days(self, week: str) -> str:
        """The listing days, such as "27-31 July 2026" with a dash."""
        days = parse_week(week).listing_days
        first, last = days[0], days[-1]
        if self.language != "en":
            return format_interval(first, last, "yMMMd", locale=self.locale)
        # Babel has no English interval with the month in full.
        if first.month == last.month:
            return f"{first.day}\N{EN DASH}{format_date(last, 'd MMMM y', locale=self.locale)}"
        start = "d MMMM" if first.year == last.year else "d MMMM y"
        ends = (format_date(first, start, locale=self.locale), format_date(last, "d MMMM y", locale=self.locale))
        return " \N{EN DASH} ".join(ends)

    def name_week(self, week: str) -> str:
        """Such as "Week 31:", with the days to follow."""
        return self.gettext("Week %(number)s:") % {"number": parse_week(week).number}

    def name_subject(self, week: str) -> str:
        """Of our own words and the date alone, and plain ASCII in English."""
        days = self.name_days(week).replace("\N{EN DASH}", "-")
        return self.gettext("Triage: week %(number)s, %(days)s") % {"number": parse_week(week).number, "days": days}

    def word_reason(self, reason: str) -> str:
        """A reason for a paper's place, translated where its form is known."""
        reason = _FORMER.get(reason, reason)
        if reason in _FIXED:
            return self.gettext(reason)
        found = ((pattern.fullmatch(reason), form) for pattern, form in _FORMS)
        match, form = next(((match, form) for match, form in found if match), (None, ""))
        return reason if match is None else self.gettext(form) % match.groupdict()

    def join(self, parts: Sequence[str]) -> str:
        """Parts of a list of a kind."""
        return self.gettext(", ").join(parts)


@cache
def open_words(language: str) -> Words:
    """The words of a language; raises `InputError` for one without any."""
    if language not in LANGUAGES:
        raise InputError(f"There are no words in {language!r}: expected one of {', '.join(LANGUAGES)}.")
    return Words(language, _TAGS[language], _LOCALES[language], _read_catalog(language))


def _read_catalog(language: str) -> NullTranslations:
    if language == LANGUAGES[0]:
        return NullTranslations()
    source = files("triage") / "locale" / language / "LC_MESSAGES" / "triage.po"
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)
