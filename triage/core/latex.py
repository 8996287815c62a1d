"""LaTeX as authors leave it in arXiv titles and abstracts, read as plain Unicode text.

pylatexenc supplies the table of symbols. Its parser is not used: it takes the `%` of a bare "5%" for a comment and
drops the rest of the line, and raises on a macro whose argument is missing; both are everyday text in abstracts.
"""

# ruff: noqa: RUF001 -- dashes, quotes and signs are what is matched and printed here

import re
import unicodedata
from functools import cache
from typing import Final

from pylatexenc.latex2text import get_default_latex_context_db

_SPECIAL = re.compile(r"[\\${}~^]|``|''|--|\*\*")
_BOLD = re.compile(r"(?<!\w)\*\*(?=\S)([^*]+?)(?<=\S)\*\*(?!\w)")  # Markdown, in some abstracts
# Pandoc's rule for `$`: no space inside the delimiters and no digit after the closing one, so "$5 and $10" is money.
# Space inside is allowed where the content can hardly be money: a command, a script, an equation, a single letter.
_MATH: Final = (
    re.compile(r"\$\$([^$]+)\$\$"),
    re.compile(r"(?<!\\)\$([^$\s]*\\[A-Za-z][^$\s]*)(?<!\\)\$"),
    re.compile(r"(?<!\\)\$([^$\s\w\\]{1,3})\$"),
    re.compile(r"(?<!\\)\$((?=\S)(?:\\.|[^$\\])*?(?<=\S))\$(?!\d)"),
    re.compile(r"(?<!\\)\$((?=[^$]*[\\^_=])(?:\\.|[^$\\])*|\s*[A-Za-z]\s*)\$(?!\d)"),
    re.compile(r"\\\((.*?)\\\)"),
    re.compile(r"\\\[(.*?)\\\]"),
)
_GROUP = r"\s*\{([^{}]*)\}"
_DROPPED = re.compile(
    r"~?\\(?:[cC]ite\w*|footnote(?:text|mark)?|label|thanks|[vh]space)\*?(?:\s*\[[^\[\]]*\])*\s*\{[^{}]*\}"
    r"|\\(?:begin|end)\{[^{}]*\}(?:\{[clr|]*\})?|\\color\s*\{[^{}]*\}"
)
_TWO_ARGUMENTS = re.compile(r"\\(frac|tfrac|dfrac|href|textcolor|SI|qty)" + _GROUP + _GROUP)
_ONE_ARGUMENT = re.compile(r"\\([A-Za-z]+)\*?" + _GROUP)
_ACCENT = re.compile(r"\\([`'^\"~=.])\s*(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z]))")
_LETTER_ACCENT = re.compile(r"\\([cukvHrbd])(?:\s*\{\s*([A-Za-z])\s*\}| ([A-Za-z])(?![A-Za-z]))")
_SPACE = re.compile(r"\\[,;: ]|\\\\|\\$")
_NOTHING = re.compile(r"\\[!/]|\\-(?=[A-Za-z])")
_ESCAPED = re.compile(r"\\([%&#_$@.*'\"`^~=|<>()\[\]+-])")
_COMMAND = re.compile(r"\\([A-Za-z]+)(\*?\s?)")
_SUPERSCRIPT = re.compile(r"\^\s*(?:\{([^{}]*)\}|([+−-]?\d+|n(?![A-Za-z])))")
_SUBSCRIPT = re.compile(r"_\{([^{}]*)\}")
# A tie, unless it is an author's "about" or "to": "(~10 ms", "27%~37%", "rho ~ 0.4".
_TIE = re.compile(r"(?!(?<![^\s(\[/+%-])~[\d.$]|(?<=\s)~\s)~")

_COMBINING: Final = dict(
    zip(
        "`'^~\"=.cukvHrbd",
        "\u0300\u0301\u0302\u0303\u0308\u0304\u0307\u0327\u0306\u0328\u030c\u030b\u030a\u0331\u0323",
        strict=True,
    )
)
_SUPERSCRIPTS: Final = str.maketrans("0123456789+-−n()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ⁽⁾")
_RAISED: Final = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ⁽⁾")
_OWN_SYMBOLS: Final = {
    "lesssim": "≲", "gtrsim": "≳", "leqslant": "≤", "geqslant": "≥", "percent": "%", "mid": "|", "star": "*",
    "lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "colon": ":", "eg": "e.g.", "ie": "i.e.", "etal": "et al.",
    "quad": " ", "qquad": " ", "newline": " ", "par": " ", "item": " • ", "top": "⊤", "textbackslash": "",
    "backslash": "", "textasciitilde": "∼", "ast": "*", "micro": "µ", "milli": "m", "kilo": "k", "mega": "M",
    "giga": "G", "gibi": "Gi", "meter": "m", "second": "s", "byte": "B",
}  # fmt: skip
# Declarations: they change the look of what follows and print nothing themselves.
_SILENT_NAMES: Final = (
    "left right middle big Big bigl bigr Bigl Bigr bigg Bigg em it bf rm sf tt sl sc small large Large tiny "
    "footnotesize itshape bfseries scshape ttfamily displaystyle textstyle limits nolimits noindent protect "
    "normalfont xspace"
)
_SILENT: Final = frozenset(_SILENT_NAMES.split())
# Operators are words: a space keeps them from running into their neighbours ("n\log n").
_OPERATOR_NAMES: Final = "log ln exp min max arg argmin argmax sup inf lim sin cos tan tanh det dim Pr deg"
_OPERATORS: Final = frozenset(_OPERATOR_NAMES.split())
_TYPOGRAPHY: Final = (("``", "“"), ("''", "”"), ("---", "—"), ("--", "–"))


def read_latex(text: str) -> str:
    r"""Plain text: symbols in Unicode, styling, citations and footnotes gone, white space collapsed; idempotent.

    Never raises: broken LaTeX is read as far as it goes and the rest stands as written. An unknown command such as
    `\ours` prints its name. `%` starts no comment, and `$` stays where it can only be money.
    """
    text = " ".join(text.split())
    while _SPECIAL.search(
        text
    ):  # each pass opens the innermost groups and has fewer backslashes, braces, dollars, ties
        read = " ".join(_read_once(text).split())
        if read == text:
            break
        text = read
    return text


def _read_once(text: str) -> str:
    for delimited in _MATH:
        text = delimited.sub(r"\1", text)
    text = _DROPPED.sub("", text)
    text = _ACCENT.sub(_accented, text)
    text = _LETTER_ACCENT.sub(_accented, text)
    text = _TWO_ARGUMENTS.sub(_two_arguments, text)
    text = _ONE_ARGUMENT.sub(_one_argument, text)
    text = _SUPERSCRIPT.sub(lambda match: _superscript(match[1] if match[1] is not None else match[2]), text)
    text = _SUBSCRIPT.sub(lambda match: f"_{_in_parentheses(match[1])}", text)
    text = _NOTHING.sub("", _SPACE.sub(" ", text))
    text = _COMMAND.sub(_command, text)
    text = text.replace("\\{", "(").replace("\\}", ")").replace("\\|", "‖")
    text = _ESCAPED.sub(r"\1", text)
    text = re.sub(r"\{([^{}]*)\}", r"\1", text)
    text = _BOLD.sub(r"\1", _TIE.sub(" ", text))
    for typed, printed in _TYPOGRAPHY:
        text = text.replace(typed, printed)
    return text


@cache
def _symbol(name: str) -> str | None:
    """What a command prints: "" for styling, None for an unknown one."""
    if name in _OWN_SYMBOLS:
        return _OWN_SYMBOLS[name]
    spec = get_default_latex_context_db().get_macro_spec(name)
    if name in _SILENT:
        return ""
    if spec is None or not spec.macroname:
        return None
    printed = spec.simplify_repl
    return printed if isinstance(printed, str) and "%" not in printed else ""


def _command(match: re.Match[str]) -> str:
    name, space = match[1], match[2]
    if name in _OPERATORS:
        return f" {name}{space}" if match.string[match.start() - 1 : match.start()].isalnum() else name + space
    if name == "sqrt":
        return "√"
    printed = _symbol(name)
    if printed is None:
        return name + space
    return printed + space if printed else ""


def _one_argument(match: re.Match[str]) -> str:
    name, argument = match[1], match[2].strip()
    if read := _ARGUMENT_READERS.get(name):
        return read(argument)
    if len(name) == 1 and argument.isalpha() and (letter := _symbol(name + argument)):
        return letter  # many abstracts hold "\\beta" as arXiv mangled it: the accent \\b over "eta"
    printed = f"{name} " if name in _OPERATORS else _symbol(name)
    return (argument or name) if printed is None else printed + argument


def _nothing(_: str) -> str:
    return ""


def _root(radicand: str) -> str:
    return f"√{_in_parentheses(radicand)}"


def _two_arguments(match: re.Match[str]) -> str:
    name, first, second = match[1], match[2].strip(), match[3].strip()
    if name.endswith("frac"):
        return f"{_in_parentheses(first)}/{_in_parentheses(second)}"
    if name in {"SI", "qty"}:
        return f"{first} {second}".replace(" \\percent", "%")
    return second


def _accented(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", (match[2] or match[3]) + _COMBINING[match[1]])


def _superscript(exponent: str) -> str:
    raised = exponent.strip().translate(_SUPERSCRIPTS)
    return raised if all(character in _RAISED for character in raised) else f"^{_in_parentheses(exponent)}"


def _in_parentheses(argument: str) -> str:
    return argument if len(argument) <= 1 or argument.isalnum() else f"({argument})"


def _code_point(argument: str) -> str:
    try:
        character = chr(int(argument.removeprefix("x"), 16))
    except (ValueError, OverflowError):
        return argument
    return character if character.isprintable() else " "


_ARGUMENT_READERS: Final = {
    "sqrt": _root,
    "textsuperscript": _superscript,
    "unicode": _code_point,
    **dict.fromkeys(("ref", "eqref", "autoref", "cref", "Cref"), _nothing),
}
