"""The week's account, as the mail tells it."""

from fakes.digest_case import LINKS, flatten, make_digest, make_topic, read_words

from triage.digest.records import LedgerLine
from triage.digest.render import render_digest


def test_the_ledger_is_told_plainly() -> None:
    """Missing papers and days to look at stand in both parts, beside the link."""
    rendered = render_digest(
        make_digest(make_topic(), ledger=LedgerLine(2039, 2001, 1990, 38, 2, is_checked=True)), LINKS
    )
    for text in (flatten(rendered.text), read_words(rendered.html)):
        assert "2,039 announced, 1,990 scored, 38 missing" in text
        assert "2 days need a look: papers of them may be missing." in text


def test_a_week_that_nobody_checked_claims_nothing() -> None:
    """Whoever imported it knows what came, and not what was announced."""
    rendered = render_digest(
        make_digest(make_topic(), ledger=LedgerLine(2039, 2039, 2039, 0, 0, is_checked=False)), LINKS
    )
    for text in (flatten(rendered.text), read_words(rendered.html)):
        assert "2,039 harvested, 2,039 scored; nobody compared them with what arXiv announced" in text
        assert "0 missing" not in text
