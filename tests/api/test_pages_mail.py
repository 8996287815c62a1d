"""Where the links in mails lead (faults E7): opening changes nothing, the button works for who has the key."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.judging_case import GR, NOW, WEEK
from fakes.lab_case import ADDRESS, Lab
from fakes.mail_link_case import begin_mailing, dump_tables, find_mailing, mail_key, queue_digest
from litestar import Litestar
from litestar.testing import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.head import answer_head
from triage.config import Settings
from triage.core.mailing import mint_mail_key
from triage.mailing.confirm import CONFIRM_LIFE
from triage.mailing.mail_links import VOTE_LIFE

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
LISTED = "2605.90015"


def vote_path(key: str, paper: str, value: str = "1") -> str:
    """The link as a digest has it."""
    return f"/mail/{key}/vote?topic={GR}&paper={paper}&value={value}"


def find_listed(client: TestClient[Any], headers: Mapping[str, str] | None = None) -> tuple[str, str]:
    """A paper of the sample week's list, and one that is not on it."""
    view = client.get(f"/api/v1/shortlists/{GR}/{WEEK}", headers=headers).json()
    page = client.get(f"/api/v1/papers?week={WEEK}&limit=100", headers=headers).json()
    listed = {each["arxiv_id"] for each in view["papers"] + view["exploration"]}
    return min(listed), min({each["arxiv_id"] for each in page["items"]} - listed)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://mail.example.net"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Cookie": "triage_session=none"},
    ],
    ids=["no headers", "foreign origin", "hidden origin", "a cookie"],
)
@pytest.mark.parametrize("sent", ["form", "multipart", "nothing", "json"])
def test_one_post_leaves(lab: Lab, tmp_path: Path, headers: dict[str, str], sent: str) -> None:
    """As mailbox providers send it (RFC 8058, form or multipart), and whatever else comes: nobody is signed in."""
    begin_mailing(tmp_path, "bob")
    url = f"/mail/{mail_key(tmp_path, 'bob')}/unsubscribe"
    request = {
        "form": lambda: lab.client.post(url, data=ONE_CLICK, headers=headers, follow_redirects=False),
        "multipart": lambda: lab.client.post(
            url, files={name: (None, value) for name, value in ONE_CLICK.items()}, headers=headers
        ),
        "nothing": lambda: lab.client.post(url, headers=headers, follow_redirects=False),
        "json": lambda: lab.client.post(url, json={"a": 1}, headers=headers, follow_redirects=False),
    }
    answer = request[sent]()
    assert answer.status_code == 200
    assert not {"set-cookie", "location"} & set(answer.headers)
    assert find_mailing(tmp_path, "bob").left_at == NOW


def test_leaving_twice_is_leaving_once(client: TestClient[Litestar], tmp_path: Path) -> None:
    """And the sole reader of a machine leaves like everybody else."""
    begin_mailing(tmp_path, "me")
    url = f"/mail/{mail_key(tmp_path, 'me')}/unsubscribe"
    first = client.post(url, data=ONE_CLICK)
    kept = dump_tables(tmp_path)
    second = client.post(url, data=ONE_CLICK)
    assert (first.status_code, first.text) == (second.status_code, second.text)
    assert dump_tables(tmp_path) == kept


def test_nobody_learns_from_leaving_whose_key_it_was(lab: Lab, tmp_path: Path) -> None:
    """Known, unknown, used, expired, of another kind, or no key at all: the same status, headers and body."""
    for name in ("ada", "bob", "carol"):
        begin_mailing(tmp_path, name)
    known = mail_key(tmp_path, "ada")
    expired = mail_key(tmp_path, "bob", made=NOW - timedelta(days=9), life=timedelta(days=1))
    confirming = mail_key(tmp_path, "carol", "confirm", life=CONFIRM_LIFE)
    keys = (known, known, expired, confirming, mint_mail_key(), "x", "%00", "%ED%A0%80", "k" * 4000)
    answers = [lab.client.post(f"/mail/{key}/unsubscribe", data=ONE_CLICK) for key in keys]
    assert len({(each.status_code, tuple(each.headers.items()), each.text) for each in answers}) == 1
    assert answers[0].status_code == 200
    assert find_mailing(tmp_path, "ada").left_at == NOW
    assert find_mailing(tmp_path, "carol").left_at is None


def test_old_mails_still_unsubscribe_but_vote_no_more(client: TestClient[Litestar], tmp_path: Path) -> None:
    """A link that unsubscribes works for as long as the mail is kept."""
    begin_mailing(tmp_path, "me")
    key = mail_key(tmp_path, "me", made=NOW - VOTE_LIFE)
    listed, _ = find_listed(client)
    vote = client.post(f"/mail/{key}/vote", data={"topic": GR, "paper": listed, "value": "1"})
    assert vote.status_code == 404
    assert client.post(f"/mail/{key}/unsubscribe").status_code == 200
    assert find_mailing(tmp_path, "me").left_at == NOW


def test_scanners_change_nothing(lab_sample: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """They open every link of a mail, often, by GET and by HEAD, and from everywhere."""
    (tmp_path / "triage.db").write_bytes(lab_sample[0].read_bytes())
    begin_mailing(tmp_path, "bob")
    begin_mailing(tmp_path, "carol", is_confirmed=False)
    queue_digest(tmp_path, "bob")
    key, confirm = mail_key(tmp_path, "bob"), mail_key(tmp_path, "carol", "confirm", life=CONFIRM_LIFE)
    kept = dump_tables(tmp_path)
    settings = Settings(home=tmp_path, embedder="hashing", now=NOW, accounts=True, public_url=ADDRESS, rate_limit=0)
    urls = [f"/mail/{key}/unsubscribe", f"/mail/{key}/pause", f"/mail/{confirm}/confirm"]
    with TestClient(answer_head(create_app(settings)), base_url=ADDRESS) as scanner:
        listed, _ = find_listed(scanner, {"Authorization": f"Bearer {lab_sample[1]['ada']}"})
        urls.append(vote_path(key, listed))
        for number in range(200):
            answer = scanner.request("HEAD" if number % 5 == 4 else "GET", urls[number % 4])
            assert answer.status_code == 200, answer.text
            assert not {"set-cookie", "location"} & set(answer.headers)
        for method in ("OPTIONS", "PUT", "DELETE", "PATCH"):
            assert scanner.request(method, urls[0]).status_code in {204, 405}
    assert dump_tables(tmp_path) == kept


def test_each_page_has_a_button_that_works(lab: Lab, tmp_path: Path) -> None:
    """What its form sends is what the address takes; without signing in."""
    begin_mailing(tmp_path, "bob")
    begin_mailing(tmp_path, "carol", is_confirmed=False)
    key, confirm = mail_key(tmp_path, "bob"), mail_key(tmp_path, "carol", "confirm", life=CONFIRM_LIFE)
    listed, _ = find_listed(lab.client, lab.headers["ada"])
    done = {
        vote_path(key, listed, "-1"): "Voted not relevant",
        f"/mail/{key}/pause": "Paused",
        f"/mail/{confirm}/confirm": "Your address is confirmed",
        f"/mail/{key}/unsubscribe": "You are unsubscribed",
    }
    for url, words in done.items():
        page = lab.client.get(url)
        assert f"<h1>{words}" not in page.text
        assert f"<h1>{words}" in press_button(lab.client, page).text
    assert find_mailing(tmp_path, "bob").paused_at == NOW
    assert find_mailing(tmp_path, "carol").confirmed_at == NOW
    votes = lab.client.get(f"/api/v1/papers/{listed}", headers=lab.headers["bob"]).json()["votes"]
    assert votes == {GR: -1}


def press_button(client: TestClient[Litestar], page: httpx.Response) -> httpx.Response:
    """Send the form in the main part of a page, as a browser would: all inputs, and the button."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    form = re.search(r'<form method="post"(?: action="([^"]+)")?>(.*?)</form>', main, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form[2]))
    return client.post(str(page.url.join(form[1] or "")), data=fields, headers={"Origin": "null"})


def test_a_vote_is_counted_and_thanked_for(client: TestClient[Litestar], tmp_path: Path) -> None:
    """The page names the paper, says what the vote changes, and leads back to the list; drafts are ranked anew."""
    begin_mailing(tmp_path, "me")
    key = mail_key(tmp_path, "me")
    listed, _ = find_listed(client)
    title = client.get(f"/api/v1/papers/{listed}").json()["title"]
    asked = client.get(vote_path(key, listed))
    assert title in asked.text
    thanked = press_button(client, asked)
    assert "ranked anew now" in thanked.text
    assert f'href="/shortlists/{GR}/{WEEK}#p-' in thanked.text
    assert client.get(f"/api/v1/papers/{listed}/votes/{GR}").json()["value"] == 1
    again = press_button(client, client.get(vote_path(key, listed)))
    assert "nothing changes" in again.text


@pytest.mark.parametrize("wrong", ["key", "kind", "paper", "topic", "value"])
def test_a_link_votes_for_what_its_mail_listed(client: TestClient[Litestar], tmp_path: Path, wrong: str) -> None:
    """And for nothing else; an unknown key does not even show a title."""
    begin_mailing(tmp_path, "me")
    key = mail_key(tmp_path, "me", "confirm" if wrong == "kind" else "digest")
    listed, unlisted = find_listed(client)
    form = {"topic": GR, "paper": listed, "value": "1"}
    form |= {"paper": {"paper": unlisted}, "topic": {"topic": "nonsense\x00"}, "value": {"value": "7"}}.get(wrong, {})
    url = f"/mail/{mint_mail_key() if wrong == 'key' else key}/vote"
    kept = dump_tables(tmp_path)
    answer = client.post(url, data=form)
    assert answer.status_code == (400 if wrong == "value" else 404)
    if wrong in {"key", "kind"}:
        title = client.get(f"/api/v1/papers/{listed}").json()["title"]
        assert title not in answer.text + client.get(url, params=form).text
    assert dump_tables(tmp_path) == kept


@pytest.mark.parametrize("wrong", ["paper", "late"])
def test_no_button_is_shown_that_would_not_vote(client: TestClient[Litestar], tmp_path: Path, wrong: str) -> None:
    """What the button would refuse is told when the link is opened."""
    begin_mailing(tmp_path, "me")
    listed, unlisted = find_listed(client)
    key = mail_key(tmp_path, "me", made=NOW - VOTE_LIFE if wrong == "late" else NOW)
    page = client.get(vote_path(key, unlisted if wrong == "paper" else listed))
    assert page.status_code == 404
    assert "<h1>This link does nothing" in page.text
    assert 'name="value"' not in page.text


def test_a_letter_confirms_for_two_days(client: TestClient[Litestar], tmp_path: Path) -> None:
    """Twice is once; the page says when the first digest comes; later, or by a digest's key, it does nothing."""
    begin_mailing(tmp_path, "me", is_confirmed=False)
    late = mail_key(tmp_path, "me", "confirm", made=NOW - CONFIRM_LIFE, life=CONFIRM_LIFE)
    for key in (late, mail_key(tmp_path, "me"), mint_mail_key()):
        answer = client.post(f"/mail/{key}/confirm")
        assert (answer.status_code, "48 hours" in answer.text) == (404, True)
    assert find_mailing(tmp_path, "me").confirmed_at is None
    key = mail_key(tmp_path, "me", "confirm", life=CONFIRM_LIFE)
    pages = [client.post(f"/mail/{key}/confirm").text for _ in range(2)]
    assert pages[0] == pages[1]
    assert "Monday, 25 May 2026, 07:00 (Europe/Berlin)" in pages[0]


@pytest.mark.parametrize("path", ["unsubscribe", "pause", "confirm", f"vote?topic={GR}&paper={LISTED}&value=1", "vote"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_of_it_is_kept_passed_on_or_found(client: TestClient[Litestar], method: str, path: str) -> None:
    """The key stands in the address: no cache, no Referer, no search engine, also where it is an error."""
    headers = client.request(method, f"/mail/{mint_mail_key()}/{path}").headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex"


def test_a_key_stands_in_no_log_and_no_measure(lab: Lab, tmp_path: Path) -> None:
    """Both know the route alone; and no page leads anywhere with the key."""
    begin_mailing(tmp_path, "bob")
    key = mail_key(tmp_path, "bob")
    with capture_logs() as lines:
        for path in ("unsubscribe", "pause", "confirm", "vote"):
            for method in ("GET", "POST"):
                assert key not in lab.client.request(method, f"/mail/{key}/{path}").text
    assert any(line.get("route") == "/mail/{key}/unsubscribe" for line in lines)
    assert key not in str(lines)
    assert key not in lab.client.get("/metrics", headers=lab.headers["ada"]).text
