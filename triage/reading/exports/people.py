"""Author names in the parts that reference managers sort by."""

from typing import Final

import msgspec
from bibtexparser.middlewares.names import parse_single_name_into_parts

from triage.reading.exports.reference import read_plain

_SUFFIXES: Final = frozenset({"Jr", "Jr.", "Sr", "Sr.", "II", "III", "IV"})
# Words that no person is called by: such a name, and one with these characters, is not taken apart.
_GROUP_NAMES: Final = (
    "and others team collaboration consortium group initiative lab labs institute university society project"
)
_GROUPS: Final = frozenset(_GROUP_NAMES.split())
_UNUSUAL: Final = frozenset("{}\\,~@/:;&()[]0123456789")


class Person(msgspec.Struct, frozen=True):
    """A name in BibTeX's parts; a group, or a name that cannot be taken apart, has its whole name in `literal`."""

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: str = ""


def read_person(name: str) -> Person:
    """Take apart `Ludwig van Beethoven`, family name last as arXiv writes names; LaTeX is read."""
    name = read_plain(name)
    words = name.split()
    if len(words) < 2 or not _UNUSUAL.isdisjoint(name) or not _GROUPS.isdisjoint(name.lower().split()):  # noqa: PLR2004 - a given and a family name
        return Person(literal=name)
    suffix = words.pop() if words[-1] in _SUFFIXES and len(words) > 2 else ""  # noqa: PLR2004 - the same
    parts = parse_single_name_into_parts(" ".join(words), strict=False)
    if not (parts.first and parts.last):
        return Person(literal=name)
    return Person(" ".join(parts.last), " ".join(parts.first), " ".join(parts.von), suffix)
