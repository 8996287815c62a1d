"""The takeaway of a place: a judge's line where every word of it stands the check, else a sentence of the abstract."""

from collections.abc import Sequence

import msgspec

from triage.core.paper import Paper
from triage.core.sentences import split_sentences
from triage.core.takeaway import extract_takeaway
from triage.core.verdict import Verdict, WrittenTakeaway


class PlacedTakeaway(msgspec.Struct, frozen=True):
    """The line, and the sentence it rests on; `by` is the judge that wrote it, None for an extract.

    `others` are the lines that passed the check in the rubric's further languages.
    """

    text: str | None
    source: str | None
    by: str | None = None
    others: dict[str, str] = {}


def choose_takeaway(paper: Paper, verdict: Verdict | None, judge: str, languages: Sequence[str]) -> PlacedTakeaway:
    """The judge's line in the first language if it passes, else the extract, in the author's words."""
    passed = _check_lines(paper, verdict, languages) if verdict is not None else {}
    others = {language: each.text for language, each in passed.items() if language != languages[0]}
    if languages[0] in passed:
        best = passed[languages[0]]
        return PlacedTakeaway(best.text, split_sentences(paper.abstract)[best.sentence - 1], judge, others)
    extract = extract_takeaway(paper.title, paper.abstract)
    return PlacedTakeaway(extract.text if extract else None, extract.source if extract else None, None, others)


def _check_lines(paper: Paper, verdict: Verdict, languages: Sequence[str]) -> dict[str, WrittenTakeaway]:
    from triage.core.grounding import check_takeaway  # its patterns take a fifth of a second to compile

    written = {each.language: each for each in verdict.takeaways}
    return {
        language: written[language]
        for language in languages
        if language in written and check_takeaway(written[language], paper.title, paper.abstract) is None
    }
