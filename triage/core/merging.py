"""What is known of a paper after one more record of it was read."""

from datetime import datetime, time

from msgspec.structs import replace

from triage.core.paper import Paper, PaperVersion


def merge_papers(known: Paper, read: Paper) -> Paper:
    """The better record of one id, with the gaps that the other can fill; idempotent in `read`.

    A complete record is never replaced by a partial one, nor a version by a lower one (except a partial by a complete),
    a listing day never changes, and no record that merely knows less (week files have no DOI and no time of day) wipes
    out what another said.
    """
    better, other = (read, known) if _supersedes(read, known) else (known, read)
    is_same_version = None in (known.version, read.version) or known.version == read.version
    fallback = other if is_same_version else better
    return replace(
        better,
        abstract=better.abstract or other.abstract,
        authors=better.authors or other.authors,
        categories=better.categories or other.categories,
        primary_category=better.primary_category or other.primary_category,
        published=_choose_time(better.published, other.published),
        updated=_choose_time(better.updated, fallback.updated),
        announced=known.announced or read.announced,
        comment=better.comment or fallback.comment,
        doi=better.doi or other.doi,
        journal_ref=better.journal_ref or other.journal_ref,
        versions=_join_histories(known.versions, read.versions),
    )


def _supersedes(read: Paper, known: Paper) -> bool:
    """A record without a version is taken for older than one that has it."""
    if bool(read.partial) != bool(known.partial):
        return bool(known.partial)
    return (read.version or 0) >= (known.version or 0)


def _join_histories(known: tuple[PaperVersion, ...], read: tuple[PaperVersion, ...]) -> tuple[PaperVersion, ...]:
    joined = {version.version: version for version in (*known, *read)}
    return tuple(joined[number] for number in sorted(joined))


def _choose_time(better: datetime | None, other: datetime | None) -> datetime | None:
    """A bare day (midnight) gives way to a time on that day."""
    if better is None or other is None:
        return better or other
    is_bare_day = better.time() == time.min and better.date() == other.date()
    return other if is_bare_day else better
