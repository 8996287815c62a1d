r"""BibTeX for biblatex and UTF-8: @misc entries as arXiv itself writes them.

bibtexparser writes values as they are and its own encoder, pylatexenc's, would keep whatever stands between two dollars
and pass braces on. So text is encoded here: mathematics stays LaTeX where it is balanced and uses no command but those
that print signs, everything else becomes text that neither BibTeX nor TeX can read as markup.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from bibtexparser.entrypoint import write_string
from bibtexparser.library import Library
from bibtexparser.middlewares import AddEnclosingMiddleware
from bibtexparser.model import Entry, Field
from pylatexenc.latex2text import get_default_latex_context_db

from triage.core.latex import read_latex
from triage.core.paper import clean_text
from triage.reading.exports.people import Person, read_person
from triage.reading.exports.reference import Reference

# Braces are spelt out: BibTeX counts them, escaped or not, to find where a value ends.
_ESCAPES: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\lbrace{}",
        "}": r"\rbrace{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "&%#_$"},
    }
)
_LIGATURE = re.compile(r"-(?=-)|`(?=`)|'(?=')|,(?=,)|<(?=<)|>(?=>)|!(?=`)|\?(?=`)")  # signs that TeX draws as one
_MATH = re.compile(r"(?<!\\)\$((?=\S)(?:\\.|[^$\\])+?(?<=\S))\$(?!\d)")
_COMMAND = re.compile(r"\\([A-Za-z]+|.)")
_ACTIVE = re.compile(r"[%#&~]|\^\^")  # comments, parameters, tabs, ties and TeX's way of writing any character
_STRUCTURE_NAMES: Final = (
    "mathbb mathbf mathcal mathfrak mathit mathrm mathscr mathsf mathtt boldsymbol text textbf textit textrm textsc "
    "textsf texttt operatorname frac tfrac dfrac binom sqrt hat bar tilde vec dot ddot widehat widetilde overline "
    "underline left right big Big bigl bigr Bigl Bigr log ln exp min max arg sup inf lim sin cos tan tanh det dim Pr "
    "deg gcd prime lvert rvert lVert rVert mid vert ket bra quad qquad"
)
_STRUCTURE: Final = frozenset(_STRUCTURE_NAMES.split())
_SIGNS: Final = frozenset("{}|,;:! _&%#$")
_PLACES: Final = range(0xE0000, 0xE0080)  # tag characters: clean_text leaves none in the text
_DOI = re.compile(r"10\.\d{4,9}/[A-Za-z0-9._;()/:-]+", re.ASCII)
_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?", re.ASCII)


def write_bibtex(references: Iterable[Reference]) -> str:
    """One @misc entry per paper, in the order given; the takeaway is its note."""
    library = Library([_to_entry(reference) for reference in references])
    enclose = AddEnclosingMiddleware(reuse_previous_enclosing=False, enclose_integers=True, default_enclosing="{")
    return write_string(library, unparse_stack=[enclose])


def encode_title(text: str) -> str:
    """LaTeX for a text of arXiv: safe mathematics as it is, other commands read, everything else escaped."""
    kept: dict[int, str] = {}
    free = iter(_PLACES)

    def keep(match: re.Match[str]) -> str:
        place = next(free, None) if _is_safe(match[1]) else None
        if place is None:
            return match[0]
        kept[place] = match[0]
        return chr(place)

    read = read_latex(_MATH.sub(keep, clean_text(text)))
    return escape_text(read).translate(kept)


def escape_text(text: str) -> str:
    """Plain text such that TeX prints every character of it."""
    return _LIGATURE.sub(r"\g<0>{}", text.translate(_ESCAPES))


def _is_safe(formula: str) -> bool:
    bare = _COMMAND.sub("", formula)
    if _ACTIVE.search(bare) or not (_is_balanced(bare) and _is_balanced(formula)):
        return False
    return all(name in _SIGNS or name in _STRUCTURE or _prints_sign(name) for name in _COMMAND.findall(formula))


def _is_balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


@cache
def _prints_sign(name: str) -> bool:
    spec = get_default_latex_context_db().get_macro_spec(name)
    printed = spec.simplify_repl if spec is not None else None
    return isinstance(printed, str) and len(printed) == 1 and not printed.isascii()


def _to_entry(reference: Reference) -> Entry:
    paper = reference.paper
    values = {
        "author": " and ".join(_write_person(read_person(name)) for name in paper.authors),
        "title": encode_title(paper.title),
        "year": str(reference.issued.year) if reference.issued else "",
        "eprint": paper.arxiv_id,
        "archivePrefix": "arXiv",
        "primaryClass": paper.primary_category if _CATEGORY.fullmatch(paper.primary_category or "") else "",
        "doi": paper.doi if _DOI.fullmatch(paper.doi or "") else "",
        "url": reference.url,
        "abstract": encode_title(paper.abstract),
        "note": escape_text(reference.note or ""),
    }
    return Entry("misc", reference.key, [Field(name, value) for name, value in values.items() if value])


def _write_person(person: Person) -> str:
    if person.literal:
        return f"{{{escape_text(person.literal)}}}"
    family = escape_text(f"{person.particle} {person.family}".strip())
    return ", ".join(part for part in (family, escape_text(person.suffix), escape_text(person.given)) if part)
