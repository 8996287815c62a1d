"""A digest in the words of its reader: clean, cut to a bearable length, counted, translated; for every template."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from triage.core.paper import clean_text
from triage.digest.records import (
    PLACEHOLDER,
    Digest,
    DigestPaper,
    DigestTopic,
    LedgerLine,
    Links,
    Overview,
    Sentence,
    Theme,
)
from triage.digest.words import Words, open_words
from triage.pipeline.render import ARXIV_THANKS

_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"
_TITLE: Final = 250  # characters; of arXiv's titles of 2026 the longest has 240
_LINE: Final = 400  # of a takeaway, which has at most 200, a sentence, a notice
_SHORT: Final = 100  # of a reason, a label, a name
_MOST_REASONS: Final = 3  # the paper's page has all
_ALWAYS: Final = ("the judge speaks ", "not judged: ", "flagged: ")  # reasons that are told whatever else is
_MOST_LINES: Final = 8  # of an overview


class PlaceView(msgspec.Struct, frozen=True, kw_only=True):
    """A paper as it is shown; `notes` are reasons and what else a reader should know, none of them empty.

    Then where links lead; `yes` and `no` vote, and are None in a preview.
    """

    rank: int
    arxiv_id: str
    title: str
    takeaway: str
    takeaway_language: str
    notes: tuple[str, ...]
    is_withdrawn: bool
    newest: int | None
    arxiv: str
    page: str
    tag: str
    yes: str | None
    no: str | None


class ThemeView(msgspec.Struct, frozen=True):
    """A theme; `ranks` are those of the papers that are shown."""

    label: str
    count: str
    ranks: tuple[int, ...]


class TopicView(msgspec.Struct, frozen=True, kw_only=True):
    """A topic; lines that there is no cause for are empty. `whole` leads to the list, `questions` to what is asked."""

    name: str
    title: str
    summary: str
    chosen_from: str
    themes: tuple[ThemeView, ...]
    counted: str
    sentences: tuple[Sentence, ...]
    told_by: str
    remarks: tuple[str, ...]
    papers: tuple[PlaceView, ...]
    exploration: tuple[PlaceView, ...]
    left_out: str
    asked: str
    questions: str
    whole: str


def view_digest(digest: Digest, links: Links) -> dict[str, Any]:
    """What the templates name; raises `InputError` for a language without words."""
    words = open_words(digest.language)
    topics = [_view_topic(topic, digest.week, words, links) for topic in digest.topics]
    account = _account(digest.ledger, words)
    tops = [f"{topic.title}{words.gettext(': ')}{topic.papers[0].title}" for topic in topics if topic.papers]
    return {
        "words": words,
        "links": links,
        "week": digest.week,
        "subject": words.name_subject(digest.week),
        "headline": words.name_week(digest.week),
        "days": words.name_days(digest.week),
        "preheader": _clip(" · ".join(tops) or account, _LINE),
        "notice": _clip(digest.notice, _LINE),
        "topics": topics,
        "account": account,
        "alarms": _alarm(digest.ledger, words),
        "standing": _say_why(links, words),
        "pause": f"{links.public_url}/mail/{links.key}/pause",
        "thanks": ARXIV_THANKS,
    }


def _view_topic(topic: DigestTopic, week: str, words: Words, links: Links) -> TopicView:
    overview, shown = topic.overview, {paper.rank for paper in topic.papers}
    themes = [(theme, _keep(theme.ranks, shown)) for theme in overview.themes[:_MOST_LINES]]
    sentences = [(sentence, _keep(sentence.ranks, shown)) for sentence in overview.sentences[:_MOST_LINES]]
    title = _clip(topic.title, _SHORT)
    return TopicView(
        name=topic.name,
        title=title,
        summary=f"{title}{words.gettext(': ')}{_count_papers(len(topic.papers), words)}",
        chosen_from=_say_chosen(topic, words),
        themes=tuple(_view_theme(theme, ranks, words) for theme, ranks in themes if ranks),
        counted=_say_counted(overview, words),
        sentences=tuple(Sentence(_clip(sentence.text, _LINE), ranks) for sentence, ranks in sentences if ranks),
        told_by=words.gettext("Told by %(model)s; each sentence was checked against the papers it names.")
        % {"model": _clip(overview.by or "", _SHORT)},
        remarks=tuple(_remark(topic, words)),
        papers=tuple(_view_place(paper, topic, words, links) for paper in topic.papers),
        exploration=tuple(_view_place(paper, topic, words, links) for paper in topic.exploration),
        left_out=_say_left_out(topic.left_out, words),
        asked=_say_asked(topic.asked, words),
        questions=f"{links.shortlist(topic.name, week)}#below",
        whole=links.shortlist(topic.name, week),
    )


def _keep(ranks: Sequence[int], shown: Collection[int]) -> tuple[int, ...]:
    """Those that are shown; what rests on none of them could not be checked, and is left out."""
    return tuple(rank for rank in ranks if rank in shown)


def _say_counted(overview: Overview, words: Words) -> str:
    if not overview.counted:
        return ""
    text = words.gettext("Counted in titles and abstracts of the %(count)s papers of a week that score highest.")
    return _fill(text, words, count=overview.counted)


def _say_left_out(count: int, words: Words) -> str:
    return _fill(words.gettext("And %(count)s more on the page"), words, count=count) if count else ""


def _view_theme(theme: Theme, ranks: tuple[int, ...], words: Words) -> ThemeView:
    if theme.before is None:
        text = words.ngettext("%(count)s paper", "%(count)s papers", theme.papers)
    elif theme.before:
        text = words.ngettext(
            "%(count)s paper (%(before)s the week before)",
            "%(count)s papers (%(before)s the week before)",
            theme.papers,
        )
    else:
        text = words.ngettext(
            "%(count)s paper (none the week before)", "%(count)s papers (none the week before)", theme.papers
        )
    return ThemeView(
        _clip(theme.label, _SHORT), _fill(text, words, count=theme.papers, before=theme.before or 0), ranks
    )


def _view_place(paper: DigestPaper, topic: DigestTopic, words: Words, links: Links) -> PlaceView:
    return PlaceView(
        rank=paper.rank,
        arxiv_id=paper.arxiv_id,
        title=_clip(paper.title, _TITLE),
        takeaway=_clip(paper.takeaway or "", _LINE),
        takeaway_language=paper.takeaway_language,
        notes=tuple(_note(paper, words)),
        is_withdrawn=paper.is_withdrawn,
        newest=paper.newest,
        arxiv=links.arxiv(paper.arxiv_id),
        page=links.paper(paper.arxiv_id),
        tag=links.tag(paper.arxiv_id),
        yes=links.vote(topic.name, paper.arxiv_id, 1),
        no=links.vote(topic.name, paper.arxiv_id, -1),
    )


def _note(paper: DigestPaper, words: Words) -> Iterator[str]:
    told = [reason for reason in paper.reasons if reason.startswith(_ALWAYS)]
    others = [reason for reason in paper.reasons if reason and not reason.startswith(_ALWAYS)]
    for reason in (*others[:_MOST_REASONS], *told[:_MOST_REASONS]):
        yield _clip(words.word_reason(reason), _SHORT)
    if paper.is_unjudged and not any(reason.startswith("not judged") for reason in told):
        yield words.gettext("not judged")
    if paper.takeaway and paper.takeaway_by:
        yield words.gettext("takeaway by %(model)s") % {"model": _clip(paper.takeaway_by, _SHORT)}


def _remark(topic: DigestTopic, words: Words) -> list[str]:
    lines = [words.gettext("Draft: this list may still change.")] if topic.is_draft else []
    if not topic.papers and not topic.left_out:
        lines.append(words.gettext("No paper of this week is on the list."))
    if topic.is_judged and topic.unjudged:
        text = words.ngettext(
            "%(count)s of these papers was not judged: it has its place by the cheap score alone.",
            "%(count)s of these papers were not judged: they have their places by the cheap score alone.",
            topic.unjudged,
        )
        lines.append(_fill(text, words, count=topic.unjudged))
    lines.extend(_remark_languages([paper for paper in (*topic.papers, *topic.exploration) if paper.takeaway], words))
    return lines


def _remark_languages(told: Sequence[DigestPaper], words: Words) -> Iterator[str]:
    """Of papers with a takeaway; authors write English, a model what the rubric asks for."""
    foreign = [paper for paper in told if paper.takeaway_language != words.language]
    if any(paper.takeaway_by for paper in foreign):
        yield words.gettext("Some takeaways are in another language.")
    elif foreign and len(foreign) == len(told):
        yield words.gettext("Takeaways in the authors' English.")
    elif foreign:
        yield words.gettext("Some takeaways are in the authors' English.")


def _say_chosen(topic: DigestTopic, words: Words) -> str:
    if not topic.considered:
        return words.gettext("No paper of this week is known here: the ledger below says why.")
    text = words.ngettext(
        "Chosen from %(count)s paper first listed on arXiv this week.",
        "Chosen from %(count)s papers first listed on arXiv this week.",
        topic.considered,
    )
    return _fill(text, words, count=topic.considered)


def _say_asked(asked: int, words: Words) -> str:
    if not asked:
        return ""
    text = words.ngettext(
        "%(count)s paper, drawn at random from below the line, waits for a word: is it relevant?",
        "%(count)s papers, drawn at random from below the line, wait for a word: are they relevant?",
        asked,
    )
    return _fill(text, words, count=asked)


def _account(ledger: LedgerLine, words: Words) -> str:
    if not (ledger.is_checked or ledger.missing):
        text = words.gettext(
            "%(harvested)s harvested, %(scored)s scored; nobody compared them with what arXiv announced"
        )
        return _fill(text, words, harvested=ledger.harvested, scored=ledger.scored)
    parts = (
        _fill(words.gettext("%(count)s announced"), words, count=ledger.announced),
        _fill(words.gettext("%(count)s scored"), words, count=ledger.scored),
        _fill(words.gettext("%(count)s missing"), words, count=ledger.missing),
    )
    return words.join(parts)


def _alarm(ledger: LedgerLine, words: Words) -> Sequence[str]:
    if not ledger.alarms:
        return ()
    text = words.ngettext(
        "%(count)s day needs a look: papers of it may be missing.",
        "%(count)s days need a look: papers of them may be missing.",
        ledger.alarms,
    )
    return (_fill(text, words, count=ledger.alarms),)


def _say_why(links: Links, words: Words) -> str:
    if links.key is None:
        return words.gettext("This is a preview. The mail itself has links to vote, to pause and to leave.")
    host = urlsplit(links.public_url).netloc
    text = words.gettext(
        "You get this because you subscribed to it at %(host)s. The links to vote, to pause and to leave act for you: "
        "think of that before you forward it."
    )
    return text % {"host": host}


def _count_papers(count: int, words: Words) -> str:
    return _fill(words.ngettext("%(count)s paper", "%(count)s papers", count), words, count=count)


def _fill(text: str, words: Words, **counts: int) -> str:
    return text % {name: words.count(count) for name, count in counts.items()}


def _clip(text: str, most: int) -> str:
    """One clean line; a longer one ends in an ellipsis.

    A paper that writes the placeholder, say within an address of its own, would be handed each reader's key.
    """
    text = clean_text(text).replace(PLACEHOLDER, _ELLIPSIS)
    return text if len(text) <= most else text[: most - 1].rstrip() + _ELLIPSIS
