"""Shortlists, a tag's papers and single papers as files for reference managers, spreadsheets, blogs and programs."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from triage.errors import InputError, UnknownPaperError
from triage.pipeline.render import name_file, render_markdown
from triage.reading.aside import run_aside
from triage.reading.exports.bibtex import write_bibtex
from triage.reading.exports.csl import write_csl
from triage.reading.exports.reference import Reference, refer_to_papers, refer_to_places
from triage.reading.exports.ris import write_ris
from triage.reading.exports.table import write_csv
from triage.reading.library import Library
from triage.reading.shortlists import encode_shortlist
from triage.store.outlets import load_takeaways
from triage.store.papers import select_papers
from triage.store.shortlists import Shortlist

ReferenceFormat = Literal["bib", "ris", "csl", "csv"]
"""What any set of papers can be written as."""
FileFormat = Literal["json", "md", "bib", "ris", "csl", "csv"]
"""What a shortlist can be written as."""

MOST_PAPERS: Final = 1000
"""In one file: writing that many takes a core for one to three seconds."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)
_LONGEST_NAME = 100


class Format(msgspec.Struct, frozen=True):
    """The media type of a file (UTF-8; servers add that to `text/…` themselves), and how its name ends."""

    media_type: str
    suffix: str


FORMATS: Final[Mapping[FileFormat, Format]] = {
    "json": Format("application/json", ".json"),
    "md": Format("text/markdown", ".md"),
    "bib": Format("application/x-bibtex; charset=utf-8", ".bib"),
    "ris": Format("application/x-research-info-systems; charset=utf-8", ".ris"),
    "csl": Format("application/vnd.citationstyles.csl+json", ".csl.json"),
    "csv": Format("text/csv; header=present", ".csv"),
}
_WRITERS: Final[Mapping[ReferenceFormat, Callable[[Iterable[Reference]], str]]] = {
    "bib": write_bibtex,
    "ris": write_ris,
    "csl": write_csl,
    "csv": write_csv,
}


class Export(msgspec.Struct, frozen=True):
    """A file to hand out; `name` is safe in any file system and header: ASCII letters, digits, `._-`."""

    name: str
    media_type: str
    body: bytes


async def export_shortlist(library: Library, shortlist: Shortlist, file_format: FileFormat) -> Export:
    """The list as a file: ranked papers in their order, then those shown to explore."""
    name = name_file(shortlist.topic, shortlist.week)
    if file_format == "json":
        return _pack(name, file_format, encode_shortlist(shortlist))
    if file_format == "md":
        return _pack(name, file_format, render_markdown(shortlist, _find_title(library, shortlist.topic)).encode())
    async with library.database.read() as session:
        found = await select_papers(session, [entry.arxiv_id for entry in shortlist.entries])
    references = refer_to_places(shortlist, {arxiv_id: stored.paper for arxiv_id, stored in found.items()})
    return _pack(name, file_format, await run_aside(_write, references, file_format))


async def export_papers(
    library: Library, arxiv_ids: Sequence[str], file_format: ReferenceFormat, *, name: str = "papers"
) -> Export:
    """Papers in the order of their ids, with their newest takeaways; ids that the store has no paper of are left out.

    Raises `UnknownPaperError` where it has none of them, `InputError` for more than `MOST_PAPERS`.
    """
    if len(arxiv_ids) > MOST_PAPERS:
        raise InputError(
            f"A file holds at most {MOST_PAPERS:,} papers, and these are {len(arxiv_ids):,}: take fewer at a time."
        )
    async with library.database.read() as session:
        found = await select_papers(session, arxiv_ids)
        takeaways = await load_takeaways(session, found)
    if arxiv_ids and not found:
        raise UnknownPaperError(f"No paper {arxiv_ids[0]} is in the store: give the id of a paper that was harvested.")
    papers = [found[arxiv_id].paper for arxiv_id in dict.fromkeys(arxiv_ids) if arxiv_id in found]
    return _pack(name, file_format, await run_aside(_write, refer_to_papers(papers, takeaways), file_format))


def _write(references: Iterable[Reference], file_format: ReferenceFormat) -> bytes:
    return _WRITERS[file_format](references).encode()


def _find_title(library: Library, name: str) -> str:
    """As the rubric in force has it; a topic that left the rubric goes by its name."""
    return next((topic.title for topic in library.rubric.topics if topic.name == name), name)


def _pack(name: str, file_format: FileFormat, body: bytes) -> Export:
    safe = _UNSAFE.sub("-", name)[:_LONGEST_NAME].strip(".-") or "papers"
    chosen = FORMATS[file_format]
    return Export(safe + chosen.suffix, chosen.media_type, body)
