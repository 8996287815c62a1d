"""The digest as data: everything a reader gets in a week's mail, before it is text or a page."""

from typing import Literal
from urllib.parse import quote, urlencode

import msgspec

from triage.core.mailing import MAIL_KEY_LENGTH

Format = Literal["text", "html", "md", "eml"]


class DigestPaper(msgspec.Struct, frozen=True, kw_only=True):
    """One place. `title` and `takeaway` are plain Unicode on one line; `rank` counts from 1 within its kind.

    `takeaway_by` is the model that wrote the takeaway, None for a sentence of the author; `takeaway_language` is the
    language it is in, which is not always the reader's. `newest` is the newer version that came since, None without.
    """

    rank: int
    arxiv_id: str
    title: str
    takeaway: str | None
    takeaway_by: str | None
    takeaway_language: str
    reasons: tuple[str, ...]
    score: float
    is_unjudged: bool
    is_withdrawn: bool
    newest: int | None


class Theme(msgspec.Struct, frozen=True):
    """Words that papers share. `papers` counts the topic's candidates of the week, `before` those of the week before.

    `before` is None where the week before is not in the store; `ranks` are the listed papers behind it, never empty.
    """

    label: str
    papers: int
    before: int | None
    ranks: tuple[int, ...]


class Sentence(msgspec.Struct, frozen=True):
    """A sentence of a language model that passed the grounding check against the listed papers `ranks`."""

    text: str
    ranks: tuple[int, ...]


class Overview(msgspec.Struct, frozen=True):
    """What moved in a topic's week. `sentences` are the model `by`'s, empty without one; themes come from the data.

    `counted` is the number of candidates in which themes were counted, of this week as of the week before.
    """

    themes: tuple[Theme, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    by: str | None = None
    counted: int = 0


class DigestTopic(msgspec.Struct, frozen=True, kw_only=True):
    """A topic's shortlist as the reader gets it. `considered` is how many papers it was chosen from.

    `left_out` counts listed papers that are not shown, for size; `unjudged` those shown that a judge did not see,
    0 where there was no judge at all (`is_judged` False). `asked` counts papers that were drawn at random from below
    the line for the miss audit.
    """

    name: str
    title: str
    considered: int
    papers: tuple[DigestPaper, ...]
    exploration: tuple[DigestPaper, ...]
    overview: Overview
    is_judged: bool
    unjudged: int
    left_out: int
    is_draft: bool
    asked: int = 0


class LedgerLine(msgspec.Struct, frozen=True):
    """The week's account: papers announced, as far as known, harvested, scored, missing; `alarms`: days to look at.

    `is_checked`: witnesses were heard on all of its days; without them nobody can say what was announced.
    """

    announced: int
    harvested: int
    scored: int
    missing: int
    alarms: int
    is_checked: bool


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """A week's mail for all who want these topics in this language and size; `notice` stands above all, if any."""

    week: str
    language: str
    topics: tuple[DigestTopic, ...]
    ledger: LedgerLine
    notice: str = ""


class Links(msgspec.Struct, frozen=True):
    """Where a mail leads. `key` is the reader's for this digest; None in a preview, which has no personal links."""

    public_url: str
    key: str | None = None

    def paper(self, arxiv_id: str) -> str:
        """Our page of a paper."""
        return f"{self.public_url}/papers/{quote(arxiv_id)}"

    def arxiv(self, arxiv_id: str) -> str:
        """The abstract at arXiv."""
        return f"https://arxiv.org/abs/{quote(arxiv_id)}"

    def tag(self, arxiv_id: str) -> str:
        """Where the reader's tags on a paper are."""
        return f"{self.paper(arxiv_id)}#tags"

    def shortlist(self, topic: str, week: str) -> str:
        """The whole list."""
        return f"{self.public_url}/shortlists/{quote(topic)}/{week}"

    def ledger(self, week: str) -> str:
        """The week's account."""
        return f"{self.public_url}/ledger?{urlencode({'week': week})}"

    def vote(self, topic: str, arxiv_id: str, value: Literal[1, -1]) -> str | None:
        """A page with a button that votes; None in a preview."""
        wish = urlencode({"topic": topic, "paper": arxiv_id, "value": value})
        return None if self.key is None else f"{self.public_url}/mail/{self.key}/vote?{wish}"

    def unsubscribe(self) -> str | None:
        """RFC 8058: a POST leaves at once, a GET shows a button; None in a preview."""
        return None if self.key is None else f"{self.public_url}/mail/{self.key}/unsubscribe"

    def settings(self) -> str:
        """Where the reader changes topics, day, hour, language and size, or pauses."""
        return f"{self.public_url}/subscriptions"


PLACEHOLDER = "k" * MAIL_KEY_LENGTH
"""Stands for the reader's key while a digest is rendered once for many; as long as any key."""


class RenderedDigest(msgspec.Struct, frozen=True):
    """The parts of a mail, with `PLACEHOLDER` in links where a reader's key goes; `html` is below 90 KB."""

    subject: str
    text: str
    html: str
