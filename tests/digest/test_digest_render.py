"""What a digest says and shows, as text and as HTML."""

import re

import pytest
from fakes.digest_case import (
    ADDRESS,
    HOST,
    LINKS,
    PREVIEW,
    flatten,
    list_html_papers,
    list_text_papers,
    make_digest,
    make_many,
    make_other,
    make_paper,
    make_topic,
    read_html,
    read_words,
)
from rich.cells import cell_len

from triage.core.mailing import mint_mail_key
from triage.digest.records import PLACEHOLDER, DigestTopic, LedgerLine, Links, Overview, Sentence, Theme
from triage.digest.render import name_subject, render_digest
from triage.errors import InputError
from triage.pipeline.render import ARXIV_THANKS

TWO_TOPICS = make_digest(
    make_topic(*make_many(3), exploration=(make_paper(1, arxiv_id="2607.09999", title="A far one"),)),
    make_other(make_paper(1)),
)


@pytest.mark.parametrize("links", [LINKS, PREVIEW])
def test_both_parts_say_the_same_in_the_same_order(links: Links) -> None:
    """Headline, overview, title, takeaway, reasons, exploration, the next topic, ledger, thanks."""
    rendered = render_digest(TWO_TOPICS, links)
    for text in (flatten(rendered.text), read_words(rendered.html)):
        places = [
            text.index(part)
            for part in (
                "Week 31: 27–31 July 2026",  # noqa: RUF001 - a dash between days
                "Chosen from 1,957 papers first listed on arXiv this week.",
                "sparse attention: 9 papers (6 the week before), see 1",
                "Semantic IDs, Part 1: Generative Recommendation",
                "It raises recall by 4.2%",
                "says “semantic IDs”, “generative recommendation”",
                "Part 3",
                "Not on the list: papers the ranking may be missing.",
                "A far one",
                "2,039 announced, 2,039 scored, 0 missing",
                ARXIV_THANKS,
            )
        ]
        assert places == sorted(places)


def test_every_place_has_its_links() -> None:
    """arXiv, our page, tags and both votes, whole, in both parts."""
    rendered = render_digest(make_digest(make_topic(make_paper(7))), LINKS)
    vote = f"{HOST}/mail/{PLACEHOLDER}/vote?topic=generative-recommendation&paper=2607.00007&value="
    wanted = {
        "https://arxiv.org/abs/2607.00007",
        f"{HOST}/papers/2607.00007",
        f"{HOST}/papers/2607.00007#tags",
        f"{vote}1",
        f"{vote}-1",
        f"{HOST}/shortlists/generative-recommendation/2026-W31",
        f"{HOST}/ledger?week=2026-W31",
        f"{HOST}/subscriptions",
        f"{HOST}/mail/{PLACEHOLDER}/pause",
        f"{HOST}/mail/{PLACEHOLDER}/unsubscribe",
    }
    assert set(ADDRESS.findall(rendered.text)) == wanted
    assert {link.get("href") for link in read_html(rendered.html).iter("a")} == wanted


def test_a_preview_has_nobodys_links() -> None:
    """Without a key there is no vote, no pause and no way to leave, and it says why."""
    rendered = render_digest(TWO_TOPICS, PREVIEW)
    for part in (rendered.text, rendered.html):
        assert "/mail/" not in part
        assert "None" not in part
        assert "This is a preview." in part


def test_a_readers_key_takes_the_placeholders_place() -> None:
    """It is as long, so that the parts stay as long; nothing else of the mail is a reader's."""
    key = mint_mail_key()
    assert len(key) == len(PLACEHOLDER)
    mine = render_digest(TWO_TOPICS, Links(HOST, key))
    all_of_them = render_digest(TWO_TOPICS, LINKS)
    assert mine.html == all_of_them.html.replace(PLACEHOLDER, key)
    assert mine.text == all_of_them.text.replace(PLACEHOLDER, key)


@pytest.mark.parametrize("count", [0, 1, 20, 500])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_both_parts_list_the_same_papers(count: int, language: str) -> None:
    """In the same order, in less than 90 KB, whatever the number; what does not fit is counted and linked."""
    digest = make_digest(make_topic(*make_many(count)), make_other(*make_many(count)), language=language)
    rendered = render_digest(digest, LINKS)
    shown = list_html_papers(rendered)
    assert list_text_papers(rendered) == shown
    assert len(rendered.html.encode()) < 90_000
    if count <= 20:
        assert len(shown) == 2 * count
    else:
        assert len(rendered.html.encode()) > 85_000  # no more would have fitted
        assert shown[: len(shown) // 2] == [paper.arxiv_id for paper in digest.topics[0].papers[: len(shown) // 2]]


def test_the_longest_list_gives_way() -> None:
    """A short list stays whole beside a long one, which ends in a link to the rest."""
    rendered = render_digest(make_digest(make_topic(*make_many(200)), make_other(*make_many(4))), LINKS)
    shown = list_html_papers(rendered)
    assert shown[-4:] == [f"2606.{rank:05d}" for rank in range(1, 5)]
    left = f"And {200 - len(shown) + 4} more on the page"
    assert left in rendered.text
    assert left in read_words(rendered.html)


def test_what_is_not_judged_is_counted_among_what_is_shown() -> None:
    """Papers that did not fit are no longer in that number."""
    many = make_many(200, is_unjudged=True)
    rendered = render_digest(make_digest(make_topic(*many, is_judged=True, unjudged=200)), LINKS)
    assert f"{len(list_html_papers(rendered))} of these papers were not judged" in flatten(rendered.text)


def test_size_leaves_a_link_to_the_rest() -> None:
    """What the reader's own size left out is counted with what did not fit."""
    rendered = render_digest(make_digest(make_topic(make_paper(), left_out=1234)), LINKS)
    assert "And 1,234 more on the page" in rendered.text


def test_the_worst_content_still_fits() -> None:
    """Texts of 10 KB in every field, in letters of three bytes, in both languages."""
    long = "\N{CJK UNIFIED IDEOGRAPH-8BBA}" * 10_000
    paper = make_paper(title=long, takeaway=long, takeaway_by=long, reasons=(long,) * 8)
    overview = Overview((Theme(long, 1, 1, (1,)),) * 20, (Sentence(long, (1,)),) * 20, long)
    topic = make_topic(paper, paper, exploration=(paper,) * 60, overview=overview, title=long)
    for language in ("en", "zh"):
        rendered = render_digest(make_digest(topic, topic, language=language, notice=long), LINKS)
        assert len(rendered.html.encode()) < 90_000
        assert list_text_papers(rendered) == list_html_papers(rendered) != []


def test_more_topics_than_fit_are_refused() -> None:
    """Never a mail above the limit."""
    with pytest.raises(InputError, match="300 topics are too many"):
        render_digest(make_digest(*[make_topic()] * 300), LINKS)


def test_an_empty_list_says_so() -> None:
    """Nothing on the list, and nothing to choose from, are told apart."""
    text = render_digest(make_digest(make_topic()), LINKS).text
    assert "No paper of this week is on the list." in text
    nothing = make_digest(make_topic(considered=0), ledger=LedgerLine(0, 0, 0, 0, 5, is_checked=True))
    assert "the ledger below says why" in render_digest(nothing, LINKS).text


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        (make_topic(make_paper(is_withdrawn=True, newest=2)), "withdrawn"),
        (make_topic(make_paper(newest=3)), "revised: v3"),
        (make_topic(make_paper(is_unjudged=True), is_judged=True, unjudged=1), "1 of these papers was not judged"),
        (make_topic(make_paper(takeaway_by="some-model")), "takeaway by some-model"),
        (make_topic(make_paper(reasons=("flagged: asks to be first",))), "flagged: asks to be first"),
        (make_topic(make_paper(), is_draft=True), "Draft: this list may still change."),
        (
            make_topic(make_paper(), overview=Overview((), (Sentence("It moved.", (1, 9)),), "some-model")),
            "It moved. [1] Told by some-model; each sentence was checked against the papers it names.",
        ),
        (make_topic(make_paper(), overview=Overview((Theme("x", 1, 0, (1,)),))), "x: 1 paper (none the week before)"),
        (make_topic(make_paper(), overview=Overview((Theme("x", 2, None, (1,)),))), "x: 2 papers, see 1"),
        (
            make_topic(*make_many(9), overview=Overview((Theme("x", 12, 3, tuple(range(1, 10))),), counted=1000)),
            "see 1, 2, 3, 4, 5, 6, 7, 8, 9 Counted in titles and abstracts of the 1,000 papers of a week",
        ),
    ],
)
def test_what_a_reader_should_know_is_said_in_both_parts(topic: DigestTopic, said: str) -> None:
    """Withdrawn, revised, not judged, written by a model, flagged, still a draft, told by a model, new, counted in."""
    rendered = render_digest(make_digest(topic), LINKS)
    assert said in flatten(rendered.text)
    assert said in read_words(rendered.html)


def test_papers_that_are_not_shown_are_not_named() -> None:
    """An overview's theme or sentence goes with the papers it rests on."""
    overview = Overview((Theme("gone", 3, 1, (8, 9)),), (Sentence("Gone too.", (9,)),), "some-model")
    rendered = render_digest(make_digest(make_topic(make_paper(), overview=overview)), LINKS)
    for part in (rendered.text, rendered.html):
        assert "gone" not in part.lower()
        assert "What moved" not in part


def test_takeaways_in_another_language_are_announced_once_per_topic() -> None:
    """All of them, some of them, or nothing to say."""
    chinese = make_paper(2, takeaway="结果更好。", takeaway_language="zh")
    english = make_paper(1)
    all_of_them = render_digest(make_digest(make_topic(english), language="zh"), LINKS).text
    assert all_of_them.count("要点为作者的英文原句") == 1
    assert "部分要点" in render_digest(make_digest(make_topic(english, chinese), language="zh"), LINKS).text
    assert "英文原句" not in render_digest(make_digest(make_topic(chinese), language="zh"), LINKS).text


def test_only_what_authors_wrote_is_called_theirs() -> None:
    """A model's takeaway in a language that is not the reader's is no author's English."""
    chinese = make_paper(takeaway="结果更好。", takeaway_language="zh", takeaway_by="some-model")
    text = render_digest(make_digest(make_topic(chinese)), LINKS).text
    assert "Some takeaways are in another language." in text
    assert "English" not in text


def test_a_mail_says_that_its_links_are_the_readers_own() -> None:
    """Before it is forwarded; a preview has none."""
    warning = "The links to vote, to pause and to leave act for you"
    mail, preview = (render_digest(TWO_TOPICS, links) for links in (LINKS, PREVIEW))
    assert warning in flatten(mail.text)
    assert warning in read_words(mail.html)
    assert warning not in flatten(preview.text) + read_words(preview.html)


def test_the_subject_holds_nothing_of_papers() -> None:
    """Our own words, the week and its days."""
    assert name_subject(TWO_TOPICS) == "Triage: week 31, 27-31 July 2026" == render_digest(TWO_TOPICS, LINKS).subject


def test_a_notice_stands_above_all() -> None:
    """Before the first topic, in both parts."""
    rendered = render_digest(make_digest(make_topic(make_paper()), notice="Down on Saturday."), LINKS)
    for part in (rendered.text, rendered.html):
        assert part.index("Down on Saturday.") < part.index("Chosen from")


def test_the_page_is_made_for_mail_programs() -> None:
    """Language, a sheet with nothing but what depends on screen and scheme, a hidden first line, headings."""
    html = render_digest(make_digest(make_topic(make_paper()), language="zh"), LINKS).html
    page = read_html(html)
    sheets = ["".join(sheet.itertext()) for sheet in page.iter("style")]
    assert page.get("lang") == "zh-Hans"
    assert len(sheets) == 1
    assert html.startswith('<!DOCTYPE html><html lang="zh-Hans" dir="ltr"><head>\n<meta charset="utf-8">')
    assert re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", sheets[0]).strip() == ""
    assert "prefers-color-scheme:dark" in sheets[0].replace(" ", "")
    assert [element.tag for element in page.iter() if element.tag in {"h1", "h2", "h3"}] == ["h1", "h2", "h3", "h3"]
    assert all(table.get("role") == "presentation" for table in page.iter("table"))
    body = page.find("body")
    assert body is not None
    assert {"display:none", "mso-hide:all"} <= set(body[0].get("style", "").replace(" ", "").split(";"))
    assert "Semantic IDs, Part 1" in "".join(body[0].itertext())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_lines_of_text_have_at_most_76_columns(language: str) -> None:
    """A wide character counts twice; a link is longer where it must be, and ends its line."""
    wide = make_paper(2, takeaway="在四个公开数据集上、召回率比最强基线提高。并在线上测试中得到验证。" * 3)
    text = render_digest(make_digest(make_topic(make_paper(), wide, is_draft=True), language=language), LINKS).text
    for line in text.splitlines():
        found = ADDRESS.search(line)
        assert line.endswith(found[0]) if found else cell_len(line) <= 76, line
        assert not line.lstrip().startswith(("、", "。")), line
        assert line == line.rstrip()


def test_the_same_digest_gives_the_same_mail() -> None:
    """Rendering reads no clock."""
    assert render_digest(TWO_TOPICS, LINKS) == render_digest(TWO_TOPICS, LINKS)


def test_a_language_without_words_is_refused() -> None:
    """With those there are."""
    with pytest.raises(InputError, match="expected one of en, zh"):
        render_digest(make_digest(language="tlh"), LINKS)


def test_a_mail_asks_for_a_word_on_papers_below_the_line() -> None:
    """Where some were drawn, in both parts, with a link to where they are asked about; else not a word."""
    asked = render_digest(make_digest(make_topic(make_paper(1), asked=6)), PREVIEW)
    silent = render_digest(make_digest(make_topic(make_paper(1))), PREVIEW)
    line, link = "6 papers, drawn at random from below the line, wait for a word", "/2026-W31#below"
    assert (line in flatten(asked.text), line in read_words(asked.html)) == (True, True)
    assert (link in asked.text, link in asked.html) == (True, True)
    assert ("below the line" in silent.text, "#below" in silent.html) == (False, False)
