"""The names in arXiv's author line, which is one text: `A. Author (MIT), B. Author and C. Author ((1) CERN)`."""

import re

from triage.core.paper import clean_text

_PARENTHESES = re.compile(r"\([^()]*\)")
_NESTING = 3  # `((1) MIT, (2) CERN)` has two levels
_BETWEEN_AUTHORS = re.compile(r"\s*(?:,\s*and\s+|,|\band\b)\s*")


def split_authors(text: str) -> tuple[str, ...]:
    """The names in order, without affiliations; LaTeX is kept."""
    for _ in range(_NESTING):
        text = _PARENTHESES.sub(" ", text)
    return tuple(name for part in _BETWEEN_AUTHORS.split(text) if (name := clean_text(part)))
