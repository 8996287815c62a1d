"""The page where readers choose what comes by itself."""

import re
from pathlib import Path
from typing import Any

import html5lib
import pytest
from fakes.judging_case import GR, NOW
from fakes.lab_case import Lab
from fakes.mail_link_case import begin_mailing, find_mailing, queue_digest, work
from litestar import Litestar
from litestar.testing import TestClient

from triage.store.engine import Session
from triage.store.subscriptions import add_subscription

PAGE = "/subscriptions"
FORM: dict[str, Any] = {
    "topics": [GR, "agent-evaluation"],
    "weekday": "0",
    "hour": "7",
    "zone": "Europe/Berlin",
    "language": "en",
    "size": "0",
    "email": "me@example.org",
}


def read_text(page: str) -> str:
    """The words of the main part."""
    main = next(html5lib.parse(page, namespaceHTMLElements=False).iter("main"))
    return " ".join("".join(main.itertext()).split())


def read_choices(page: str) -> dict[str, list[str]]:
    """What a browser would send of the settings, were the form sent as it came."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    form = next(each for each in tree.iter("form") if each.get("id") == "mail")
    chosen = {
        select.get("name"): [
            option.get("value") or "".join(option.itertext())
            for option in select.iter("option")
            if option.get("selected") is not None
        ]
        or ["0"]
        for select in form.iter("select")
    }
    boxes = [each for each in form.iter("input") if each.get("type") == "checkbox" and each.get("checked") is not None]
    emails = [each.get("value") for each in form.iter("input") if each.get("type") == "email"]
    return chosen | {"topics": [box.get("value") for box in boxes], "email": emails}


def test_a_new_reader_subscribes_and_is_asked_to_confirm(client: TestClient[Litestar], tmp_path: Path) -> None:
    """The page then shows what was chosen and what is to be done; without mail server, where the letter lies."""
    page = client.get(PAGE).text
    assert "No digest comes yet" in read_text(page)
    assert f'href="/feeds/{GR}.atom"' in page
    assert read_choices(page)["topics"] == []
    saved = client.post(PAGE, data=FORM)
    assert str(saved.url).endswith("/subscriptions?did=saved")
    assert "Saved. Not confirmed yet: open the link in the letter to me@example.org" in read_text(saved.text)
    assert str(tmp_path / "outbox") in saved.text
    assert read_choices(saved.text) == {
        name: value if isinstance(value, list) else [value] for name, value in FORM.items()
    }
    (letter,) = (tmp_path / "outbox").glob("*.eml")
    key = re.search(r"/mail/([\w-]+)/confirm", letter.read_text())
    assert key is not None
    assert client.post(f"/mail/{key[1]}/confirm").status_code == 200
    assert "Confirmed. The next digest comes Monday, 25 May 2026, 07:00 (Europe/Berlin)." in read_text(
        client.get(PAGE).text
    )


def test_one_topic_and_a_size_are_kept(client: TestClient[Litestar]) -> None:
    """Browsers send one box as text and several as a list; a size that the list lacks is shown nevertheless."""
    client.post(PAGE, data=FORM | {"topics": GR, "size": "7", "zone": "US/Eastern"})
    choices = read_choices(client.get(PAGE).text)
    assert (choices["topics"], choices["size"], choices["zone"]) == ([GR], ["7"], ["US/Eastern"])


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("email", "nobody", "Address: "),
        ("email", "", "Address: "),
        ("zone", "Mars", "Time zone: "),
        ("topics", [], "Topics: "),
        ("topics", "nonsense", "Topics: "),
        ("language", "fr", "Language: "),
    ],
)
def test_what_will_not_do_comes_back_as_it_was(client: TestClient[Litestar], field: str, value: Any, told: str) -> None:
    """With the reason beside the field, and the rest still filled in; nothing is kept."""
    answer = client.post(PAGE, data=FORM | {"hour": "9", field: value})
    assert answer.status_code == 400
    tree = html5lib.parse(answer.text, namespaceHTMLElements=False)
    (alert,) = (each for each in tree.iter() if each.get("id") == "error")
    assert "".join(alert.itertext()).startswith(told)
    assert any(each.get("aria-describedby") == "error" for each in tree.iter())
    assert read_choices(answer.text)["hour"] == ["9"]
    assert "No digest comes yet" in read_text(client.get(PAGE).text)


@pytest.mark.parametrize("form", [{"weekday": "7"}, {"hour": "x"}, {"size": "-1"}, {"topics": ["a" * 65]}])
def test_what_no_browser_sends_is_refused(client: TestClient[Litestar], form: dict[str, Any]) -> None:
    """By a page of its own."""
    assert client.post(PAGE, data=FORM | form).status_code == 400


def test_buttons_pause_resume_and_leave(lab: Lab, tmp_path: Path) -> None:
    """Each says what it did, and shows what can be done next; the address is the account's."""
    begin_mailing(tmp_path, "bob")

    def press(action: str) -> str:
        return read_text(lab.client.post(f"{PAGE}/mail", data={"action": action}, headers=lab.headers["bob"]).text)

    shown = read_text(lab.client.get(PAGE, headers=lab.headers["bob"]).text)
    assert "Pause Leave" in shown
    assert "bob@example.org, that of your account" in shown
    assert "Paused since 18 May 2026" in press("pause")
    assert "Digests come again. Confirmed. The next digest comes Monday, 25 May 2026" in press("resume")
    assert "so no digest comes" in press("leave")
    assert find_mailing(tmp_path, "bob").left_at == NOW
    assert "choose topics" in read_text(
        lab.client.post(f"{PAGE}/mail", data={"action": "pause"}, headers=lab.headers["carol"]).text
    )


def test_a_letter_is_sent_again_so_often(client: TestClient[Litestar], tmp_path: Path) -> None:
    """Then the page says to look among spam."""
    client.post(PAGE, data=FORM)
    said = [read_text(client.post(f"{PAGE}/mail", data={"action": "again"}).text) for _ in range(3)]
    assert ["A letter is on its way" in each for each in said] == [True, True, False]
    assert "also among spam" in said[2]
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 3


def test_the_last_digests_stand_in_a_table(lab: Lab, tmp_path: Path) -> None:
    """Those of the reader who looks."""
    begin_mailing(tmp_path, "bob")
    queue_digest(tmp_path, "bob", "2026-W19")
    assert "2026-W19 18 May 2026 on its way" in read_text(
        lab.client.get(PAGE, headers=lab.headers["bob"]).text.replace("</t", " </t")
    )
    assert "2026-W19" not in lab.client.get(PAGE, headers=lab.headers["carol"]).text


def test_a_topic_that_went_is_said_and_taken_off(client: TestClient[Litestar], tmp_path: Path) -> None:
    """By saving; it does not keep the rest from being saved."""
    begin_mailing(tmp_path, "me")

    async def do(session: Session) -> None:
        await add_subscription(session, "former", NOW, reader="me")

    work(tmp_path, do)
    assert "former no longer in the rubric" in read_text(client.get(PAGE).text)
    assert "former" not in client.post(PAGE, data=FORM).text
    assert find_mailing(tmp_path, "me").topics == ("agent-evaluation", GR)
