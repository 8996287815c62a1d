"""A week's digest from what is stored: the frozen lists, what moved, and the account; reads only."""

from collections.abc import Sequence

from msgspec.structs import replace

from triage.core.latex import read_latex
from triage.core.ledger import State
from triage.core.paper import clean_text
from triage.digest.overview import find_overview
from triage.digest.records import Digest, DigestPaper, DigestTopic, LedgerLine, Overview
from triage.pipeline.ledger import Ledger, Reckoning, reckon
from triage.reading.library import Library
from triage.reading.naming import read_week
from triage.reading.shortlists import find_shortlist
from triage.store.audits import load_audit
from triage.store.shortlists import Entry, Shortlist

_AUTHORS_LANGUAGE = "en"  # arXiv takes abstracts in English only: https://info.arxiv.org/help/prep.html
_SOME_JUDGE = "a language model"


async def compose_digest(
    library: Library, week: str, topics: Sequence[str], language: str, size: int | None, *, notice: str = ""
) -> Digest:
    """The digest of these topics, in this order; `size` cuts each ranked list, None shows all of it.

    Drafts are shown as such. Raises `NotFoundError` where a topic has no list of the week, and `InputError` for what is
    no week. An overview that is not kept is made for this once: see `overview.make_overview`.
    """
    lists = [await find_shortlist(library, topic, week) for topic in dict.fromkeys(topics)]
    return Digest(
        week=str(read_week(week)),
        language=language,
        topics=tuple([await _write_topic(library, shortlist, language, size) for shortlist in lists]),
        ledger=await _reckon(library, week, [shortlist.fingerprint for shortlist in lists]),
        notice=notice,
    )


async def _write_topic(library: Library, shortlist: Shortlist, language: str, size: int | None) -> DigestTopic:
    ranked, explored = shortlist.ranked[:size], shortlist.explored
    papers = tuple(_write_paper(library, shortlist, entry, language) for entry in ranked)
    exploration = tuple(_write_paper(library, shortlist, entry, language) for entry in explored)
    titles = {topic.name: topic.title for topic in library.rubric.topics}
    overview = await find_overview(library, shortlist, language)
    return DigestTopic(
        name=shortlist.topic,
        title=titles.get(shortlist.topic, shortlist.topic),  # a list outlives its topic in the rubric
        considered=shortlist.considered,
        papers=papers,
        exploration=exploration,
        overview=_cut_overview(overview, {entry.rank for entry in ranked}),
        is_judged=shortlist.is_judged,
        unjudged=sum(paper.is_unjudged for paper in (*papers, *exploration)),
        left_out=len(shortlist.ranked) - len(papers),
        is_draft=shortlist.published_at is None,
        asked=await _count_asked(library, shortlist),
    )


async def _count_asked(library: Library, shortlist: Shortlist) -> int:
    async with library.database.read() as session:
        audit = await load_audit(session, shortlist.topic, shortlist.week)
    return len(audit.asked) if audit else 0


def _write_paper(library: Library, shortlist: Shortlist, entry: Entry, language: str) -> DigestPaper:
    takeaway, by, spoken = _choose_takeaway(library, shortlist, entry, language)
    return DigestPaper(
        rank=entry.rank,
        arxiv_id=entry.arxiv_id,
        title=clean_text(read_latex(entry.title)),
        takeaway=clean_text(takeaway) if takeaway else None,
        takeaway_by=by,
        takeaway_language=spoken,
        reasons=tuple(map(clean_text, entry.reasons)),
        score=entry.score,
        is_unjudged=shortlist.is_judged and entry.judgement != "judged",
        is_withdrawn=entry.is_withdrawn,
        newest=entry.newest if entry.is_revised else None,
    )


def _choose_takeaway(
    library: Library, shortlist: Shortlist, entry: Entry, language: str
) -> tuple[str | None, str | None, str]:
    """The line, the model that wrote it, and its language: the reader's where a judge wrote in it."""
    if language in entry.takeaways:
        models = (each.takeaway_model for each in (entry, *shortlist.entries))
        return entry.takeaways[language], next(filter(None, models), _SOME_JUDGE), language
    if entry.takeaway_by is None:
        return entry.takeaway, None, _AUTHORS_LANGUAGE
    return entry.takeaway, entry.takeaway_model, library.rubric.judge.languages[0]


def _cut_overview(overview: Overview, shown: set[int]) -> Overview:
    """What rests on papers that are shown; a sentence holds of each paper it cites, so one of them will do."""
    return replace(
        overview,
        themes=tuple(replace(each, ranks=left) for each in overview.themes if (left := _keep(each.ranks, shown))),
        sentences=tuple(replace(each, ranks=left) for each in overview.sentences if (left := _keep(each.ranks, shown))),
    )


def _keep(ranks: Sequence[int], shown: set[int]) -> tuple[int, ...]:
    return tuple(rank for rank in ranks if rank in shown)


async def _reckon(library: Library, week: str, fingerprints: Sequence[str]) -> LedgerLine:
    """The account as it is now; scored means for every topic of this digest, by the rubric that its list rests on."""
    rubric, now = library.rubric, library.clock()
    reckoning = Reckoning(library.database, rubric.categories, library.embedder_name, tuple(fingerprints), now)
    return _sum_up(await reckon(reckoning, read_week(week)))


def _sum_up(ledger: Ledger) -> LedgerLine:
    """What witnesses named is in the store or missing, so that both together are what is known to be announced.

    A day that nobody has read is an alarm here: its papers stand in none of the numbers.
    """
    harvested, missing = ledger.totals.harvested, len(ledger.missing)
    heard = {line.day for line in ledger.lines if line.expected is not None}
    return LedgerLine(
        announced=harvested + missing,
        harvested=harvested,
        scored=ledger.totals.scored,
        missing=missing,
        alarms=sum(day.state.is_alarm or day.state is State.LATE for day in ledger.days),
        is_checked=all(day.day in heard for day in ledger.days if day.state is not State.HOLIDAY),
    )
