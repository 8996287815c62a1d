"""LaTeX read as plain text."""

# ruff: noqa: RUF001 -- dashes, quotes and signs are what is expected here

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.latex import read_latex

FRAGMENTS = st.sampled_from(
    [
        "\\", "$", "{", "}", "~", "^", "_", "%", "--", "``", "''", " ", "a", "Recall", "5", "3.1",
        "\\textbf{", "\\emph{x}",
        "\\alpha", "\\cite{k}", "\\frac{1}{2}", "\\%", "\\$", "\\{", "\\'e", "\\b{eta}", "\\(", "\\)", "\\[", "\\]",
        "\\times",
        "\\unicode{x2013}", "\\unknown", "\\sqrt{n}", "\\begin{x}", "é", "α", "$x$", "10^{-3}",
    ]
)  # fmt: skip
MESSY = st.lists(FRAGMENTS, max_size=12).map("".join) | st.text(max_size=60)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"a \textbf{bold} and \emph{slanted} {\it old} word", "a bold and slanted old word"),
        (r"gains of $12.5\%$ and 3\%", "gains of 12.5% and 3%"),
        (r"$3\times$ faster, $\sim$10 ms, $\alpha \leq 0.5$", "3× faster, ∼10 ms, α ≤ 0.5"),
        (r"below $10^{-3}$ for $x^2$ and ES$^3$", "below 10⁻³ for x² and ES³"),
        (r"$\mathcal{O}(n\log n)$ and $\frac{a}{b}$ and $\sqrt{T}$", "O(n log n) and a/b and √T"),
        (r"$19.4$ $\pm$ $4.1$", "19.4 ± 4.1"),
        (r"$1{,}200$ tasks", "1,200 tasks"),
        (r"the ``first'' one -- or two---or so", "the “first” one – or two—or so"),
        (r"as shown~\cite{doe2020} by Doe\footnote{Equal work.}.", "as shown by Doe."),
        (r"see \href{https://a.b/c}{our page} or \url{https://a.b}", "see our page or https://a.b"),
        (r"Erd\H{o}s, Caf\'e, na\"{\i}ve", "Erdős, Café, naïve"),
        (r"Table~2 and (~10 ms) and rho ~ 0.4 and 20%~30%", "Table 2 and (~10 ms) and rho ~ 0.4 and 20%~30%"),
        (r"$\textsc{Name}$-v2 uses \SI{5}{\percent} of \SI{8}{GB}", "Name-v2 uses 5% of 8 GB"),
        (r"\ours{} beats \method by 2", "ours beats method by 2"),
        (r"agreement (\k{appa} = 0.6, \b{eta} = 2)", "agreement (κ = 0.6, β = 2)"),
        ("**Dare** wins, 2**n and 3**m do not", "Dare wins, 2**n and 3**m do not"),
        (r"training$\unicode{x2013}$a milestone", "training–a milestone"),
    ],
)
def test_reads_what_authors_write(written: str, read: str) -> None:
    """Each construct of real abstracts comes out as a person would type it."""
    assert read_latex(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("100% of 5$ per run", "100% of 5$ per run"),
        ("costs $5 and $10 per task, or US$3", "costs $5 and $10 per task, or US$3"),
        (r"the open {brace and \textbf{more", "the open {brace and {more"),
        (r"a lone \ and a trailing \frac", r"a lone and a trailing"),
        (r"100% sure \textbf{here} % no comment", "100% sure here % no comment"),
    ],
)
def test_survives_broken_latex(written: str, read: str) -> None:
    """Broken markup is read as far as it goes; a percent sign or a dollar eats nothing."""
    assert read_latex(written) == read


@given(MESSY)
@settings(max_examples=200, deadline=None)
def test_is_idempotent(text: str) -> None:
    """Reading what was read changes nothing."""
    once = read_latex(text)
    assert read_latex(once) == once


@given(st.lists(st.from_regex(r"[A-Za-z]{1,8}|[0-9]{1,4}%?|\$", fullmatch=True), max_size=12))
@settings(max_examples=100, deadline=None)
def test_loses_no_word_of_plain_text(words: list[str]) -> None:
    """Text without commands keeps all its words and numbers, also between stray dollars and percent signs."""
    text = " ".join(words)
    assert re.findall(r"\w+", read_latex(text)) == re.findall(r"\w+", text)
