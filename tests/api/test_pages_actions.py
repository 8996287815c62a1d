"""What readers do on pages, with and without script."""

import html5lib
import pytest
from fakes.lab_case import Lab
from litestar import Litestar
from litestar.testing import TestClient

TOPIC = "generative-recommendation"
LIST = f"/shortlists/{TOPIC}/2026-W20"
PAPER = "/papers/2605.90076"
BY_SCRIPT = {"HX-Request": "true"}


def post(client: TestClient[Litestar], action: str, data: dict[str, str], **headers: str) -> tuple[int, str]:
    """Send a form; status and where it leads."""
    answer = client.post(f"{PAPER}/{action}", data=data, headers=headers, follow_redirects=False)
    return answer.status_code, answer.headers.get("location", "")


def list_pressed(text: str) -> list[str]:
    """The names of the buttons that are pressed."""
    document = html5lib.parse(text, namespaceHTMLElements=False)
    return ["".join(each.itertext()) for each in document.iter("button") if each.get("aria-pressed") == "true"]


def test_a_vote_without_script_comes_back_to_its_paper(client: TestClient[Litestar]) -> None:
    """303 to the list at the paper, where the button is pressed and a sentence says what the vote does."""
    voted = post(client, "vote", {"topic": TOPIC, "value": "1", "next": LIST})
    assert voted == (303, f"{LIST}?voted=2605.90076#p-2605-90076")
    page = client.get(voted[1]).text
    assert list_pressed(page) == ["Relevant"]
    assert "This draft is ranked anew with it now" in page


def test_a_pressed_vote_is_taken_back(client: TestClient[Litestar]) -> None:
    """The pressed button sends an empty value."""
    post(client, "vote", {"topic": TOPIC, "value": "-1", "next": LIST})
    assert list_pressed(client.get(LIST).text) == ["Not relevant"]
    post(client, "vote", {"topic": TOPIC, "value": "", "next": LIST})
    assert list_pressed(client.get(LIST).text) == []


def test_an_uncertain_vote_is_one(client: TestClient[Litestar]) -> None:
    """0 presses a button of its own, on the list and on the paper's page, and is said to count for neither side."""
    voted = post(client, "vote", {"topic": TOPIC, "value": "0", "next": LIST})
    page = client.get(voted[1]).text
    assert list_pressed(page) == ["Uncertain"]
    assert "Voted uncertain" in page
    assert list_pressed(client.get(PAPER).text) == ["Uncertain"]
    answer = client.post(f"{PAPER}/vote", data={"topic": TOPIC, "value": "", "next": LIST}, headers=BY_SCRIPT)
    assert list_pressed(answer.text) == []
    assert list_pressed(client.get(PAPER).text) == []


def test_a_vote_on_the_papers_page_comes_back_there(client: TestClient[Litestar]) -> None:
    """And is confirmed beside its topic."""
    voted = post(client, "vote", {"topic": TOPIC, "value": "1", "next": PAPER})
    assert voted == (303, f"{PAPER}?voted={TOPIC}#p-2605-90076")
    assert "Voted relevant." in client.get(voted[1]).text


def test_a_vote_by_script_gets_the_part_that_changed(client: TestClient[Litestar]) -> None:
    """The buttons, and the sentence once more for the live region; no page, no redirect."""
    form = {"topic": TOPIC, "value": "1", "next": LIST}
    answer = client.post(f"{PAPER}/vote", data=form, headers=BY_SCRIPT, follow_redirects=False)
    assert answer.status_code == 200
    assert list_pressed(answer.text) == ["Relevant"]
    assert answer.text.count("The draft of 2026-W20 is ranked anew now") == 2
    assert 'hx-swap-oob="innerHTML:#status"' in answer.text
    assert "<html" not in answer.text


def test_tags_are_put_and_removed(client: TestClient[Litestar]) -> None:
    """Through the form of the page; the new tag is proposed from then on."""
    assert post(client, "tags", {"name": "semantic ids", "next": LIST}) == (303, f"{LIST}#p-2605-90076")
    page = client.get(LIST).text
    assert 'href="/tags/semantic%20ids"' in page
    assert '<option value="semantic ids">' in page
    post(client, "tags", {"name": "semantic ids", "action": "remove", "next": LIST})
    assert "/tags/semantic%20ids" not in client.get(LIST).text


def test_tags_by_script_get_the_list(client: TestClient[Litestar]) -> None:
    """The tags as they are now, escaped, and a sentence."""
    answer = client.post(f"{PAPER}/tags", data={"name": "<b>", "next": LIST}, headers=BY_SCRIPT)
    assert answer.status_code == 200
    assert "<b>" not in answer.text
    assert "Tagged &lt;b&gt;." in answer.text


def test_a_note_is_kept_and_deleted(client: TestClient[Litestar]) -> None:
    """It comes back as text into its field; an empty one is no note."""
    kept = post(client, "note", {"text": "</textarea>Read §4.\r\nThen <cite>."})
    assert kept == (303, f"{PAPER}?noted=1#note")
    page = client.get(kept[1]).text
    assert "&lt;/textarea&gt;Read §4.\nThen &lt;cite&gt;.</textarea>" in page
    assert "Kept." in page
    post(client, "note", {"text": " "})
    assert "Nothing is kept." in client.get(kept[1]).text


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_forms_lead_to_this_site_only(client: TestClient[Litestar], elsewhere: str) -> None:
    """Whatever a form names, the answer leads to a page of ours."""
    status, location = post(client, "vote", {"topic": TOPIC, "value": "1", "next": elsewhere})
    assert (status, location) == (303, "/?voted=2605.90076#p-2605-90076")


def test_other_sites_cannot_vote(client: TestClient[Litestar]) -> None:
    """A form that another site sends ends in 403, and nothing is changed."""
    form = {"topic": TOPIC, "value": "1", "next": LIST}
    assert post(client, "vote", form, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert list_pressed(client.get(LIST).text) == []


@pytest.mark.parametrize(
    ("action", "form", "status"),
    [
        ("vote", {"topic": TOPIC, "value": "2"}, 400),
        ("vote", {"topic": TOPIC}, 400),
        ("vote", {"topic": "no-topic", "value": "1"}, 404),
        ("tags", {"name": " "}, 400),
        ("tags", {"name": "a/b"}, 400),
        ("tags", {"name": "a", "action": "burn"}, 400),
        ("note", {"text": "a" * 10_001}, 400),
    ],
)
def test_a_wrong_form_is_refused_with_a_page(
    client: TestClient[Litestar], action: str, form: dict[str, str], status: int
) -> None:
    """What was wrong is said in words."""
    answer = client.post(f"{PAPER}/{action}", data=form)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert '<p class="lede">' in answer.text


def test_nobody_writes_without_a_key(lab: Lab) -> None:
    """Forms of strangers lead to the sign-in page, which comes back to the first page; scripts are told 401."""
    form = {"topic": TOPIC, "value": "1"}
    answer = lab.client.post(f"{PAPER}/vote", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2F")
    assert lab.client.post(f"{PAPER}/vote", data=form, headers=BY_SCRIPT).status_code == 401


def test_shared_tags_are_seen_and_private_ones_are_not(lab: Lab) -> None:
    """Carol sees what bob shares, named as bob's and without a way to remove it; the rest is bob's alone."""
    for name, shared in (("ours", {"is_shared": "true"}), ("mine", {})):
        lab.client.post(
            f"{PAPER}/tags", data={"name": name, **shared}, headers=lab.headers["bob"], follow_redirects=False
        )
    lab.client.post(f"{PAPER}/note", data={"text": "secret"}, headers=lab.headers["bob"], follow_redirects=False)
    page = lab.client.get(PAPER, headers=lab.headers["carol"]).text
    assert "/tags/ours" in page
    assert "by bob" in page
    assert "/tags/mine" not in page
    assert "secret" not in page
    assert "Remove the tag ours" not in page


def test_a_draft_says_when_its_order_is_about_to_change(client: TestClient[Litestar]) -> None:
    """While it is ranked anew; and after that failed, that the votes are kept."""
    path = "/shortlists/agent-evaluation/2026-W20"
    assert "ranked anew with the latest votes" not in client.get(path).text
    client.app.state.refresher.rebuilder.request("agent-evaluation")
    assert "ranked anew with the latest votes" in client.get(path).text
