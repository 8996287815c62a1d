"""What can go wrong with a feed: another day's, an empty one, items missing or unreadable."""

import re
from collections.abc import Callable

from triage.adapters.fake_arxiv.answer import Alteration, Answer, change, edit, put, replay, swap

_ITEM = re.compile(rb"    <item>.*?</item>\n", re.DOTALL)
_DATE = re.compile(rb"<pubDate>[^<]*</pubDate>")


def _keep(choose: Callable[[list[bytes]], list[bytes]]) -> Alteration:
    def alter(body: bytes) -> bytes:
        items = _ITEM.findall(body)
        first = body.find(items[0]) if items else 0
        return body[:first] + b"".join(choose(items)) + _ITEM.sub(b"", body)[first:]

    return edit(alter)


def _serve_old_as_new(answer: Answer) -> None:
    """The former batch under today's date."""
    today = _DATE.search(answer.body)
    answer.body = _DATE.sub(today[0] if today else b"", answer.render(-1))


FEED_ITEM: dict[str, Alteration] = {
    "item_bad_guid": swap("(<guid[^>]*>)[^<]*", r"\1oai:arXiv.org:2604"),
    "item_without_guid": swap("<guid.*?</guid>", ""),
    "item_without_version": swap("(<guid[^>]*>[^<]*)v[0-9]+", r"\1"),
    "item_without_announce_type": swap("<arxiv:announce_type>[^<]*</arxiv:announce_type>", ""),
    "item_of_unknown_type": swap("(<arxiv:announce_type>)[^<]*", r"\1reprint"),
}
FEED: dict[str, Alteration] = {
    "feed_stale": replay(-1),
    "feed_stale_under_todays_date": _serve_old_as_new,
    "feed_empty": _keep(lambda _items: []),
    "feed_items_missing": _keep(lambda items: items[::2]),
    "feed_item_twice": _keep(lambda items: [*items, *items[:1]]),
    "feed_not_modified": change(status=304, body=b""),
    "feed_of_wrong_type": lambda answer: answer.headers.update({"Content-Type": "text/html"}),
    "feed_of_another_category": swap("<title>[^<]* updates", "<title>math.GT updates"),
    "feed_without_date": edit(lambda body: _DATE.sub(b"", body, count=1)),
    "feed_bad_date": swap("<pubDate>[^<]*", "<pubDate>today"),
    "feed_foreign_root": swap("<rss (.*)</rss>", r"<feed \1</feed>"),
    "feed_cut": edit(lambda body: body[: len(body) // 2]),
    "feed_without_channel": swap("<channel>.*</channel>", ""),
    "feed_of_nothing": put(b"<rss version='2.0'><channel/></rss>"),
    **FEED_ITEM,
}
