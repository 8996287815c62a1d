"""What the links in a mail do. Whoever has the key is taken for the reader it was sent to, for its kind of act only."""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from triage.core.mailing import Mailing
from triage.errors import NotFoundError
from triage.mailing.mailings import pause_mailing
from triage.reading.library import Library
from triage.reading.marks import VoteEffect, set_vote
from triage.store.engine import Database
from triage.store.mail_keys import MailKey, find_mail_key
from triage.store.mailings import set_left
from triage.store.shortlists import load_shortlist

VOTE_LIFE: Final = timedelta(days=90)
"""How long the links of a digest vote; they pause and leave for ever."""
_NOBODY = ""


class Ballot(msgspec.Struct, frozen=True):
    """Who votes by a key, and the week of the digest that it stands in."""

    reader: str
    week: str


async def open_key(database: Database, key: str, now: datetime) -> MailKey | None:
    """What the key is for, changing nothing; None for one that is unknown, expired or of a disabled reader."""
    async with database.read() as session:
        found = await find_mail_key(session, key)
    if found is None or (found.expires_at is not None and found.expires_at <= now):
        return None
    return found


async def leave_by_key(database: Database, key: str, now: datetime) -> None:
    """Let the reader of a digest leave (RFC 8058); idempotent. Nobody learns whether the key was one.

    An unknown key costs the same statements; only the disk may tell the first use of a real one.
    """
    async with database.write() as session:
        found = await find_mail_key(session, key, of_disabled=True)
        is_digest = found is not None and found.kind == "digest"
        await set_left(session, now, reader=found.reader if found is not None and is_digest else _NOBODY)


async def pause_by_key(database: Database, key: str, now: datetime) -> Mailing | None:
    """Pause the mail of a digest's reader; idempotent; None for a key that does not."""
    found = await open_key(database, key, now)
    if found is None or found.kind != "digest":
        return None
    return await pause_mailing(database, found.reader, now)


async def vote_by_key(library: Library, key: str, topic: str, paper: str, value: Literal[1, -1]) -> VoteEffect:
    """Vote as the reader of a digest on a paper of its week's list; idempotent. Whoever calls ranks the drafts anew.

    Raises what `find_ballot` does.
    """
    ballot = await find_ballot(library, key, topic, paper)
    return await set_vote(library, ballot.reader, paper, topic, value)


async def find_ballot(library: Library, key: str, topic: str, paper: str) -> Ballot:
    """Whose vote it would be, changing nothing.

    Raises `NotFoundError` for a key that does not vote (any more) and for a paper that the week's list lacks.
    """
    now = library.clock()
    found = await open_key(library.database, key, now)
    if found is None or found.kind != "digest" or found.week is None or now - found.created_at >= VOTE_LIFE:
        raise NotFoundError(
            f"This link does not vote (any more): it does for {VOTE_LIFE.days} days. Vote on the shortlist's page."
        )
    if paper not in await _list_papers(library.database, topic, found.week):
        raise NotFoundError(f"The digest of {found.week} lists no such paper for this topic.")
    return Ballot(found.reader, found.week)


async def _list_papers(database: Database, topic: str, week: str) -> set[str]:
    if not topic.isprintable():  # it is no topic's name, and PostgreSQL refuses to be asked for some
        return set()
    async with database.read() as session:
        shortlist = await load_shortlist(session, topic, week)
    return set() if shortlist is None else {entry.arxiv_id for entry in shortlist.entries}
