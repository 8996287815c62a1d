"""Feeds over HTTP: who may have them, as what they are sent, and sent once."""

import base64

import feedparser
import pytest
from fakes.lab_case import Lab
from litestar import Litestar
from litestar.testing import TestClient

FEED = "/feeds/agent-evaluation"


def basic(key: str) -> dict[str, str]:
    password = key.removeprefix("Bearer ")
    return {"Authorization": f"Basic {base64.b64encode(f'anyone:{password}'.encode()).decode()}"}


@pytest.mark.parametrize(("ending", "kind"), [("atom", "application/atom+xml"), ("json", "application/feed+json")])
def test_feed_is_sent_once(client: TestClient[Litestar], ending: str, kind: str) -> None:
    """Whoever has the feed already gets 304; the type is the format's own."""
    answer = client.get(f"{FEED}.{ending}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    again = client.get(f"{FEED}.{ending}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_feed_names_itself_and_our_pages(client: TestClient[Litestar]) -> None:
    """Addresses in the feed begin with the public one."""
    parsed = feedparser.parse(client.get(f"{FEED}.atom").content)
    assert not parsed.bozo
    assert parsed.feed.links[0].href == "http://127.0.0.1:8000/feeds/agent-evaluation.atom"
    assert parsed.entries[0].link.startswith("http://127.0.0.1:8000/papers/")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/feeds/no-such-topic.atom", 404),
        ("/feeds/agent-evaluation.rss", 400),
        ("/feeds/agent-evaluation", 400),
        ("/feeds/.atom", 400),
        ("/feeds/tags/nothing.atom", 404),
        ("/feeds/tags/nothing", 400),
        ("/feeds/tags/%00.atom", 400),
        ("/feeds/tags/%0d%0aSet-Cookie:x.atom", 400),
        ("/feeds/tags/..%2f..%2fetc.atom", 404),
    ],
)
def test_addresses_that_are_none(client: TestClient[Litestar], path: str, status: int) -> None:
    """An unknown topic, tag or format is a problem of the request."""
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_tag_feed_follows_the_tag(client: TestClient[Litestar]) -> None:
    """A tag with a dot and a blank has its feed; taking it off empties the address."""
    arxiv_id = client.get("/api/v1/papers").json()["items"][0]["arxiv_id"]
    path = f"/api/v1/papers/{arxiv_id}/tags/to%20read%202.0"
    client.put(path, json={}).raise_for_status()
    [entry] = feedparser.parse(client.get("/feeds/tags/to%20read%202.0.atom").content).entries
    assert entry.link == f"http://127.0.0.1:8000/papers/{arxiv_id}"
    client.delete(path).raise_for_status()
    assert client.get("/feeds/tags/to%20read%202.0.atom").status_code == 404


def test_feed_readers_sign_in_with_a_key_as_password(lab: Lab) -> None:
    """Feed readers know HTTP Basic only; without a key or with a wrong one they get 401."""
    assert lab.client.get(f"{FEED}.atom").status_code == 401
    assert lab.client.get(f"{FEED}.atom", headers=basic("Bearer triage_wrong")).status_code == 401
    assert lab.client.get(f"{FEED}.atom", headers=basic(lab.headers["bob"]["Authorization"])).status_code == 200


def test_tag_feeds_are_the_reader_s_own(lab: Lab) -> None:
    """Another's tag is no feed of mine unless it is shared."""
    papers = lab.client.get("/api/v1/papers", headers=lab.headers["bob"]).json()["items"]
    for paper, is_shared in zip(papers[:2], (False, True), strict=True):
        path = f"/api/v1/papers/{paper['arxiv_id']}/tags/mine"
        lab.client.put(path, json={"is_shared": is_shared}, headers=lab.headers["bob"]).raise_for_status()
    counts = {
        name: len(
            lab.client.get("/feeds/tags/mine.json", headers=basic(lab.headers[name]["Authorization"])).json()["items"]
        )
        for name in ("bob", "carol")
    }
    assert counts == {"bob": 2, "carol": 1}
