"""Whose row is it: the one place that filters rows of readers by their owner. Every query for a reader asks here."""

from sqlalchemy import ColumnElement, false, or_

from triage.store.mail_models import DeliveryRow, MailingRow, MailKeyRow
from triage.store.models import TagRow, VoteRow
from triage.store.reader_models import CredentialRow, NoteRow, SubscriptionRow

Owned = (
    type[VoteRow]
    | type[TagRow]
    | type[NoteRow]
    | type[SubscriptionRow]
    | type[CredentialRow]
    | type[MailingRow]
    | type[MailKeyRow]
    | type[DeliveryRow]
)
OWNED: tuple[Owned, ...] = (
    VoteRow,
    TagRow,
    NoteRow,
    SubscriptionRow,
    CredentialRow,
    MailingRow,
    MailKeyRow,
    DeliveryRow,
)
"""The tables whose rows belong to one reader each."""


def of_reader(model: Owned, reader: str) -> ColumnElement[bool]:
    """The rows that are the reader's own."""
    return model.reader == reader


def visible_tags(reader: str) -> ColumnElement[bool]:
    """The tags that the reader may see: the own ones, and those that anyone shares; none for a stranger ("")."""
    if not reader:
        return false()
    return or_(of_reader(TagRow, reader), TagRow.is_shared)
