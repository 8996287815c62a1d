"""The weekly mail by API: what a reader chooses, confirms, pauses and leaves, and what became of it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.accounts_case import KeepingMailer
from fakes.judging_case import GR, NOW
from fakes.lab_case import Lab
from fakes.mail_link_case import begin_mailing, find_mailing, queue_digest, work
from litestar import Litestar
from litestar.testing import TestClient
from structlog.testing import capture_logs

from triage.core.mailing import DeliveryState
from triage.errors import MailError
from triage.mailing.confirm import LETTERS_PER_DAY
from triage.ports import MailOutcome, MailReceipt
from triage.store.engine import Session
from triage.store.outbox_work import begin_sending, claim_deliveries, settle
from triage.store.suppressions import suppress

URL = "/api/v1/mailing"
WISH = {
    "email": "me@example.org",
    "weekday": "friday",
    "hour": 8,
    "zone": "Asia/Shanghai",
    "language": "zh",
    "size": 5,
    "topics": [GR],
}


def list_letters(home: Path) -> list[Path]:
    """What was mailed."""
    return sorted((home / "outbox").glob("[!.]*.eml"))


def test_nothing_is_chosen_at_first(client: TestClient[Litestar]) -> None:
    """The answer shows the defaults."""
    answer = client.get(URL)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    defaults: dict[str, object] = {
        "state": "none",
        "email": None,
        "weekday": "monday",
        "hour": 7,
        "zone": "UTC",
        "topics": [],
    }
    assert {name: answer.json()[name] for name in defaults} == defaults
    assert client.get("/api/v1/deliveries").json() == []


def test_a_wish_is_kept_and_a_letter_asks_to_confirm(client: TestClient[Litestar], tmp_path: Path) -> None:
    """Idempotent: the same wish mails no second letter, nor does another hour; another address does."""
    answer = client.put(URL, json=WISH)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in WISH} == WISH
    assert answer.json()["state"] == "unconfirmed"
    assert client.put(URL, json=WISH).json() == answer.json()
    assert client.put(URL, json=WISH | {"hour": 9}).json()["hour"] == 9
    assert len(list_letters(tmp_path)) == 1
    assert client.put(URL, json=WISH | {"email": "other@example.org"}).status_code == 200
    assert "To: other@example.org" in list_letters(tmp_path)[-1].read_text()
    assert client.get("/api/v1/subscriptions").json() == [GR]


def test_topics_agree_with_subscriptions(client: TestClient[Litestar]) -> None:
    """Either address changes both; a wish without topics leaves them as they are."""
    client.put(URL, json=WISH)
    client.put("/api/v1/subscriptions/agent-evaluation")
    without = {name: value for name, value in WISH.items() if name != "topics"}
    assert client.put(URL, json=without).json()["topics"] == ["agent-evaluation", GR]
    client.delete(f"/api/v1/subscriptions/{GR}")
    assert client.get(URL).json()["topics"] == ["agent-evaluation"]


def test_a_lab_mails_to_accounts_alone(lab: Lab, tmp_path: Path) -> None:
    """Nobody can have mail sent to another's address."""
    bob = lab.headers["bob"]
    assert lab.client.get(URL, headers=bob).json()["email"] == "bob@example.org"
    refused = lab.client.put(URL, json=WISH, headers=bob)
    assert (refused.status_code, refused.json()["detail"].partition(":")[0]) == (400, "email")
    assert lab.client.put(URL, json=WISH | {"email": None}, headers=bob).json()["email"] == "bob@example.org"
    assert lab.client.put(URL, json=WISH | {"email": "bob@example.org"}, headers=bob).status_code == 200
    (letter,) = list_letters(tmp_path)
    assert "To: bob@example.org" in letter.read_text()
    assert lab.client.get(URL, headers=lab.headers["carol"]).json()["state"] == "none"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", "a@example.org\r\nBcc: b@example.org"),
        ("weekday", "someday"),
        ("hour", 24),
        ("hour", "7"),
        ("zone", "Mars/Olympus"),
        ("zone", "../../etc/passwd"),
        ("language", "fr"),
        ("size", 0),
        ("size", 101),
        ("topics", []),
        ("topics", ["nonsense"]),
        ("colour", "green"),
    ],
)
def test_what_is_wrong_is_named(client: TestClient[Litestar], tmp_path: Path, field: str, value: Any) -> None:
    """And nothing is kept or mailed."""
    answer = client.put(URL, json=WISH | {field: value})
    assert answer.status_code == 400
    assert field in answer.json()["detail"]
    assert client.get(URL).json()["state"] == "none"
    assert list_letters(tmp_path) == []


def test_a_letter_is_sent_again_a_few_times(client: TestClient[Litestar], tmp_path: Path) -> None:
    """404 before there is anything to confirm, 429 after the last of the day, 409 once it is confirmed."""
    again = f"{URL}/confirmation"
    assert client.post(again).status_code == 404
    client.put(URL, json=WISH)
    statuses = [client.post(again).status_code for _ in range(LETTERS_PER_DAY)]
    assert statuses == [200] * (LETTERS_PER_DAY - 1) + [429]
    assert len(list_letters(tmp_path)) == LETTERS_PER_DAY
    begin_mailing(tmp_path, "me")
    assert client.post(again).status_code == 409


def test_changes_beyond_the_limit_are_kept_without_a_letter(client: TestClient[Litestar], tmp_path: Path) -> None:
    """Changing the address back and forth fills nobody's inbox."""
    for number in range(LETTERS_PER_DAY + 2):
        assert client.put(URL, json=WISH | {"email": f"a{number}@example.org"}).status_code == 200
    assert len(list_letters(tmp_path)) == LETTERS_PER_DAY


@pytest.mark.parametrize(("outcome", "status"), [(MailOutcome.REFUSED, 409), (MailOutcome.DEFERRED, 503)])
def test_a_letter_that_is_not_taken_is_told(client: TestClient[Litestar], outcome: MailOutcome, status: int) -> None:
    """For good or for now; the wish itself is kept either way."""
    client.app.state.services.mailer = KeepingMailer(outcome)
    assert client.put(URL, json=WISH).json()["state"] == "unconfirmed"
    answer = client.post(f"{URL}/confirmation")
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status == 503)


class DownMailer(KeepingMailer):
    """A mail system that cannot be reached, and says more than strangers should know."""

    async def send(self, message: bytes, recipient: str) -> MailReceipt:  # noqa: ARG002 - the protocol's
        """Fail."""
        raise MailError("The mail server mx.inside.example does not let postbox-7 in: look at TRIAGE_SMTP_USER.")


def test_a_mail_system_that_is_down_has_a_name_of_its_own(client: TestClient[Litestar]) -> None:
    """503, and not that the database failed; who runs this machine is told what to look at."""
    client.app.state.services.mailer = DownMailer()
    client.put(URL, json=WISH)
    answer = client.post(f"{URL}/confirmation")
    assert (answer.status_code, answer.json()["code"]) == (503, "the-mail-system-failed")
    page = client.post("/subscriptions/mail", data={"action": "again"})
    assert "TRIAGE_SMTP_USER" in answer.json()["detail"]
    assert "TRIAGE_SMTP_USER" in page.text


def test_readers_are_not_told_of_our_mail_servers(lab: Lab) -> None:
    """Their names, users and replies are for whoever runs the server, in its log."""
    bob = lab.headers["bob"]
    lab.client.app.state.services.mailer = DownMailer()
    with capture_logs() as lines:
        lab.client.put(URL, json=WISH | {"email": None}, headers=bob)
        answer = lab.client.post(f"{URL}/confirmation", headers=bob)
        page = lab.client.post("/subscriptions/mail", data={"action": "again"}, headers=bob)
    assert (answer.status_code, answer.json()["code"]) == (503, "the-mail-system-failed")
    for told in (answer.json()["detail"], page.text):
        assert "No letter could be sent" in told
        assert "inside" not in told
    assert "postbox-7" in str(lines)


def test_a_reader_pauses_resumes_leaves_and_comes_back(lab: Lab, tmp_path: Path) -> None:
    """Each step twice is once, and nobody else's mail is touched; coming back asks to confirm anew."""
    for name in ("bob", "carol"):
        begin_mailing(tmp_path, name)
    bob = lab.headers["bob"]
    steps = {("PUT", "/pause"): "paused", ("DELETE", "/pause"): "active", ("DELETE", ""): "left"}
    for (method, path), state in steps.items():
        views = [lab.client.request(method, URL + path, headers=bob).json() for _ in range(2)]
        assert views[0] == views[1]
        assert views[0]["state"] == state
        assert (views[0]["next_due"] is None) == (state != "active")
    assert lab.client.put(URL, json=WISH | {"email": None}, headers=bob).json()["state"] == "unconfirmed"
    assert find_mailing(tmp_path, "carol").is_active


@pytest.mark.parametrize(("method", "path"), [("PUT", "/pause"), ("DELETE", "/pause"), ("DELETE", "")])
def test_what_was_never_begun_is_not_there(client: TestClient[Litestar], method: str, path: str) -> None:
    """404, and it says what to do."""
    answer = client.request(method, URL + path)
    assert answer.status_code == 404
    assert "choose topics" in answer.json()["detail"]


def test_an_address_that_bounces_is_told(client: TestClient[Litestar], tmp_path: Path) -> None:
    """No next digest is promised."""
    begin_mailing(tmp_path, "me")

    async def do(session: Session) -> None:
        await suppress(session, "me@example.org", "bounced", "550 no such user", NOW)

    assert client.get(URL).json()["next_due"] == "2026-05-25T05:00:00Z"
    work(tmp_path, do)
    assert (client.get(URL).json()["state"], client.get(URL).json()["next_due"]) == ("suppressed", None)


def test_what_became_of_each_digest_is_told_to_its_reader(lab: Lab, tmp_path: Path) -> None:
    """In words, the newest week first; and to nobody else."""
    begin_mailing(tmp_path, "bob")
    told = {
        "2026-W17": (DeliveryState.ACCEPTED, "sent"),
        "2026-W18": (DeliveryState.REFUSED, "refused: 550 no such user"),
        "2026-W19": (DeliveryState.UNKNOWN, "not known: the mail server went silent after taking it"),
    }
    for week, (state, words) in told.items():
        queue_digest(tmp_path, "bob", week)
        finish_digest(tmp_path, state, words.partition(": ")[2])
    queue_digest(tmp_path, "bob", "2026-W20")
    found = lab.client.get("/api/v1/deliveries", headers=lab.headers["bob"]).json()
    assert [each["week"] for each in found] == ["2026-W20", *sorted(told, reverse=True)]
    assert (found[0]["state"], found[0]["detail"], found[0]["finished_at"]) == ("pending", "on its way", None)
    for each in found[1:]:
        state, words = told[each["week"]]
        assert (each["state"], each["detail"].startswith(words)) == (state, True)
    assert lab.client.get("/api/v1/deliveries", headers=lab.headers["carol"]).json() == []


def finish_digest(home: Path, state: DeliveryState, detail: str) -> None:
    """Send the one digest that waits, as far as the database can tell."""

    async def do(session: Session) -> None:
        until = NOW + timedelta(hours=1)
        (delivery,) = await claim_deliveries(session, "w", 1, until, NOW)
        assert await begin_sending(session, delivery.key, "w", until, NOW)
        assert await settle(session, delivery.key, "w", state, detail, NOW)

    work(home, do)
