"""One spelling for queries and for the texts they are looked for in: of LaTeX, and of the forms letters have."""

# ruff: noqa: RUF001 -- the letters are what is matched here

import re
import unicodedata
from typing import Final

_GREEK: Final = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho",
    "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
LETTERS: Final = {
    "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ħ": "h", "Ħ": "H", "ı": "i",
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th",
    **{letter: f" {name} " for letter, name in _GREEK.items()},
    **{letter.upper(): f" {name} " for letter, name in _GREEK.items()},
}  # fmt: skip
"""Letters that Unicode does not decompose, as they are typed; Greek by its names, as LaTeX writes it."""
NAME_END: Final = " ł "
"""Stands between names in the index, after folding: no folded query holds it, so that no phrase goes across."""
_STYLES: Final = "text[a-z]*|emph|math[a-z]+|underline|boldsymbol|bm|operatorname|mbox|widetilde|tilde|hat|bar"
_SIGNS: Final = "times|infty|nabla|star|angle|to|rightarrow|leftarrow|leq?|geq?|approx|sim|cdot|pm|in|sqrt"
REWRITES: Final = (
    (r"""\\["'`^~=.]\{?\\?(?=[A-Za-z])""", ""),  # G\"odel, Andr\'{e}
    (r"\\[cvuHkr]\{(?=[A-Za-z]\})", ""),  # Fran\c{c}ois
    (r"\\(ss|ae|oe|AE|OE|[oOlLij])(?![A-Za-z])(?:\{\}| )?", r"\1"),  # {\L}ukasz
    (rf"\\(?:{_STYLES})(?=\s*\{{)", ""),
    (rf"\\(?:{_SIGNS})(?![A-Za-z])", " "),
    (r"\\ell(?![A-Za-z])", "l"),
    (r"\\(?:var)?([A-Za-z]+)", r" \1 "),  # $\tau$-bench
    (r"\}\{", " "),
    (r"[{}$]", ""),  # $k$NN
    ("([²³¹⁰-ₜ]+|[™℠])", r" \1"),  # Pass³ as Pass$^3$
)
"""LaTeX and raised signs: regular expressions, as Python and PostgreSQL both read them, and what takes their place."""
_REWRITES: Final = tuple((re.compile(pattern), new) for pattern, new in REWRITES)
_LETTERS: Final = str.maketrans(LETTERS)


def fold_search_text(text: str) -> str:
    """The text with its letters in one plain spelling; upper case and diacritics stay, for the tokenizer to fold.

    The index holds what this said when a paper was written: a change takes a migration that builds it anew.
    """
    if text.isascii() and not any(sign in text for sign in "\\${}"):  # the common case has nothing to fold
        return text
    for pattern, new in _REWRITES:
        text = pattern.sub(new, text)
    return unicodedata.normalize("NFKC", text).translate(_LETTERS)
