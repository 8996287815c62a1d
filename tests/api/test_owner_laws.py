"""A model of who owns what, beside the application: whatever readers do, each sees their own and what is shared."""

import contextlib
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from fakes.lab_case import READERS, open_client
from fakes.mail_link_case import queue_digest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from litestar import Litestar
from litestar.testing import TestClient

from triage.core.account import Role

TOPICS = ("agent-evaluation", "generative-recommendation")
NAMES = ("semantic-ids", "to read", "ünïcode")
PAPERS = 3

readers = st.sampled_from(sorted(READERS))
papers = st.integers(0, PAPERS - 1)
names = st.sampled_from(NAMES)
topics = st.sampled_from(TOPICS)


class OwnerLaws(RuleBasedStateMachine):
    """Three readers, two of them without a special role over marks, act in any order."""

    client: TestClient[Litestar]
    keys: dict[str, str]
    store: Path

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[tuple[str, int, str], bool] = {}
        self.votes: dict[tuple[str, int, str], int] = {}
        self.notes: dict[tuple[str, int], str] = {}
        self.subscriptions: set[tuple[str, str]] = set()
        self.mailings: dict[str, tuple[str, int]] = {}
        self.deliveries: set[tuple[str, str]] = set()
        self.looks = 0

    @initialize()
    def begin(self) -> None:
        """Nobody has done anything yet."""
        with contextlib.closing(sqlite3.connect(self.store)) as store:
            for table in ("tags", "votes", "notes", "subscriptions", "mailings", "mail_keys", "deliveries"):
                store.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
            query = "SELECT arxiv_id FROM papers ORDER BY arxiv_id LIMIT ?"
            self.ids = [arxiv_id for (arxiv_id,) in store.execute(query, (PAPERS,))]
            store.commit()

    def ask(self, reader: str, method: str, path: str, body: object = None) -> tuple[int, object]:
        """Status and content of what a reader asks."""
        headers = {"Authorization": f"Bearer {self.keys[reader]}"}
        answer = self.client.request(method, f"/api/v1{path}", headers=headers, json=body)
        return answer.status_code, answer.json() if answer.content else None

    @rule(reader=readers, paper=papers, name=names, is_shared=st.booleans())
    def tag(self, reader: str, paper: int, name: str, *, is_shared: bool) -> None:
        """Put a tag on."""
        status, _ = self.ask(reader, "PUT", f"/papers/{self.ids[paper]}/tags/{name}", {"is_shared": is_shared})
        assert status == 200
        self.tags[reader, paper, name] = is_shared

    @rule(reader=readers, paper=papers, name=names, times=st.integers(1, 2))
    def untag(self, reader: str, paper: int, name: str, times: int) -> None:
        """Take one's own tag off, and nobody else's, however often."""
        for _ in range(times):
            status, _ = self.ask(reader, "DELETE", f"/papers/{self.ids[paper]}/tags/{name}")
            assert status == 200
        self.tags.pop((reader, paper, name), None)

    @rule(reader=readers, owner=readers, paper=papers, name=names)
    def curate(self, reader: str, owner: str, paper: int, name: str) -> None:
        """Take another's tag off: editors may, where it is shared, and are not told where it is personal."""
        status, _ = self.ask(reader, "DELETE", f"/papers/{self.ids[paper]}/tags/{name}?owner={owner}")
        is_own, may = reader == owner, READERS[reader].includes(Role.EDITOR)
        assert status == (200 if is_own or may else 403)
        if is_own or (may and self.tags.get((owner, paper, name))):
            self.tags.pop((owner, paper, name), None)

    @rule(reader=readers, paper=papers, topic=topics, value=st.sampled_from((1, 0, -1)))
    def vote(self, reader: str, paper: int, topic: str, value: int) -> None:
        """Vote, or change one's mind."""
        status, _ = self.ask(reader, "PUT", f"/papers/{self.ids[paper]}/votes/{topic}", {"value": value})
        assert status == 200
        self.votes[reader, paper, topic] = value

    @rule(reader=readers, paper=papers, topic=topics)
    def withdraw(self, reader: str, paper: int, topic: str) -> None:
        """Take a vote back, if there was one."""
        status, _ = self.ask(reader, "DELETE", f"/papers/{self.ids[paper]}/votes/{topic}")
        assert status == 200
        self.votes.pop((reader, paper, topic), None)

    @rule(reader=readers, paper=papers, text=st.sampled_from(("mine", "<b>", "")))
    def write(self, reader: str, paper: int, text: str) -> None:
        """Write a note, or delete it."""
        status, _ = self.ask(reader, "PUT", f"/papers/{self.ids[paper]}/note", {"text": text})
        assert status == 200
        self.notes[reader, paper] = text

    @rule(reader=readers, topic=topics, is_wanted=st.booleans())
    def subscribe(self, reader: str, topic: str, *, is_wanted: bool) -> None:
        """Subscribe, or no longer."""
        status, _ = self.ask(reader, "PUT" if is_wanted else "DELETE", f"/subscriptions/{topic}")
        assert status in {200, 204}
        (self.subscriptions.add if is_wanted else self.subscriptions.discard)((reader, topic))

    @rule(reader=readers, hour=st.integers(0, 23))
    def choose_mail(self, reader: str, hour: int) -> None:
        """Choose when the digest comes, which takes a topic; also after leaving."""
        status, _ = self.ask(reader, "PUT", "/mailing", {"hour": hour})
        may = any(name == reader for name, _ in self.subscriptions)
        assert status == (200 if may else 400)
        if may:
            self.mailings[reader] = ("unconfirmed", hour)

    @rule(reader=readers)
    def leave_mail(self, reader: str) -> None:
        """Leave, if there is anything to leave."""
        status, _ = self.ask(reader, "DELETE", "/mailing")
        assert status == (200 if reader in self.mailings else 404)
        if reader in self.mailings:
            self.mailings[reader] = ("left", self.mailings[reader][1])

    @rule(reader=readers, week=st.sampled_from(("2026-W19", "2026-W20")))
    def queue(self, reader: str, week: str) -> None:
        """A digest is put into the outbox, once."""
        queue_digest(self.store.parent, reader, week)
        self.deliveries.add((reader, week))

    @rule(reader=readers, other=readers)
    def revoke_foreign(self, reader: str, other: str) -> None:
        """Nobody can revoke another's key, nor learn whether there is one."""
        if reader != other:
            public = self.keys[other].split("_")[1]
            answers = [self.ask(reader, "DELETE", f"/me/tokens/{each}") for each in (public, "0" * 12)]
            assert {status for status, _ in answers} <= {403, 404}
            assert answers[0][0] == answers[1][0]
            assert self.ask(other, "GET", "/me")[0] == 200

    @invariant()
    def each_sees_their_own(self) -> None:
        """Reading, listing and counting agree with the model, for all readers; looked at after every fourth step."""
        self.looks += 1
        if hasattr(self, "ids") and self.looks % 4 == 0:
            for reader in READERS:
                self._check_tags(reader)
                self._check_papers(reader)
                subscribed = {topic for name, topic in self.subscriptions if name == reader}
                assert set(self._read(reader, "/subscriptions")) == subscribed

    def teardown(self) -> None:
        """Everything once more when all is done, and what each has of mail."""
        if hasattr(self, "ids"):
            self.looks = 3
            self.each_sees_their_own()
            for reader in READERS:
                self._check_mail(reader)

    def _check_mail(self, reader: str) -> None:
        status, view = self.ask(reader, "GET", "/mailing")
        assert status == 200
        assert isinstance(view, dict)
        assert (view["state"], view["hour"]) == self.mailings.get(reader, ("none", 7))
        assert view["email"] == f"{reader}@example.org"
        _, sent = self.ask(reader, "GET", "/deliveries")
        assert isinstance(sent, list)
        assert {each["week"] for each in sent} == {week for name, week in self.deliveries if name == reader}

    def _read(self, reader: str, path: str) -> list[str]:
        status, content = self.ask(reader, "GET", path)
        assert status == 200
        assert isinstance(content, list)
        return content

    def _sees(self, reader: str) -> dict[tuple[str, int, str], bool]:
        return {key: shared for key, shared in self.tags.items() if shared or key[0] == reader}

    def _check_tags(self, reader: str) -> None:
        seen = self._sees(reader)
        status, content = self.ask(reader, "GET", "/tags")
        assert status == 200
        assert isinstance(content, list)
        counted = {each["name"]: each["papers"] for each in content}
        assert counted == {
            name: len({paper for _, paper, other in seen if other == name}) for name in {key[2] for key in seen}
        }
        status, page = self.ask(reader, "GET", f"/papers?tag={NAMES[0]}")
        assert status == 200
        assert isinstance(page, dict)
        found = {self.ids[paper] for _, paper, name in seen if name == NAMES[0]}
        assert (page["total"], {each["arxiv_id"] for each in page["items"]}) == (len(found), found)

    def _check_papers(self, reader: str) -> None:
        seen = self._sees(reader)
        for paper, arxiv_id in enumerate(self.ids):
            status, view = self.ask(reader, "GET", f"/papers/{arxiv_id}")
            assert status == 200, view
            assert isinstance(view, dict)
            assert {(tag["reader"], tag["name"], tag["is_shared"]) for tag in view["tags"]} == {
                (owner, name, shared) for (owner, where, name), shared in seen.items() if where == paper
            }
            assert view["votes"] == {
                topic: value for (owner, where, topic), value in self.votes.items() if (owner, where) == (reader, paper)
            }
            assert (view["note"] or "") == self.notes.get((reader, paper), "")


@pytest.mark.timeout(280)
def test_no_reader_reads_lists_counts_or_changes_what_is_anothers(lab_sample: tuple[Path, dict[str, str]]) -> None:
    """Whatever three readers of three roles do to tags, votes, notes, subscriptions, mail and keys."""
    path, keys = lab_sample
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "triage.db"
        shutil.copy(path, store)
        with open_client(store.parent, accounts=True) as client:
            laws = type("Laws", (OwnerLaws,), {"client": client, "keys": keys, "store": store})
            run_state_machine_as_test(
                laws,
                settings=settings(
                    max_examples=12,
                    stateful_step_count=20,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
