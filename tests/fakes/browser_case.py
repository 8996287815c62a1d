"""A lab's server as a process of its own, and Chromium before it, which notes whatever goes wrong in its pages."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from fakes.accounts_case import PASSWORD, parse_mail
from fakes.judging_case import NOW, WEEK
from fakes.lab_case import READERS, prepare_lists, prepare_readers
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from triage.accounts.readers import set_password
from triage.store.engine import Database
from triage.store.votes import record_votes

TOPIC = "generative-recommendation"
SHORTLIST = f"/shortlists/{TOPIC}/{WEEK}"
PAPER = "2605.90076"
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
SIGN_IN_LINK = re.compile(r"http://\S+/sign-in/link\?key=\w+")
CONFIRM_LINK = re.compile(r"http://\S+/mail/[\w-]+/confirm")
_PROGRAM = str(Path(sys.executable).with_name("triage"))
_PATIENCE = 30_000  # milliseconds: tests share their machine
_GRAVE = ("serious", "critical")
_IS_FOCUS_SEEN = """() => {
  const style = getComputedStyle(document.activeElement);
  return document.activeElement === document.body
    || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
}"""


class LabServer(msgspec.Struct, frozen=True):
    """Where it answers, and its data folder."""

    url: str
    home: Path

    def get(self, path: str, key: str) -> Any:
        """What the API answers a program with this key."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return msgspec.json.decode(answer.read())

    def wait_for_link(self, kind: re.Pattern[str], name: str) -> str:
        """The address in the one mail of that kind that was written to a reader, as a mail program reads it."""
        for _ in range(_PATIENCE // 100):
            for file in self.home.glob("outbox/[!.]*.eml"):
                mail = parse_mail(file.read_bytes())
                if mail["To"] == f"{name}@example.org" and (found := kind.search(mail.get_content())):
                    return found[0]
            time.sleep(0.1)
        raise AssertionError("no such mail was written")


class Visit:
    """A page in a browser of its own. `faults` grows by console errors, policy violations, foreign requests."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.faults: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda said: self._note(said.type in {"error", "warning"}, said.text))
        self.page.on("pageerror", lambda error: self._note(True, str(error)))  # noqa: FBT003 - always
        self.page.on("request", lambda sent: self._note(not sent.url.startswith((url + "/", "data:")), sent.url))

    def go(self, path: str) -> Page:
        """Open a page of the server's; one that is still being drawn is waited for."""
        for _ in range(60):
            answer = self.page.goto(self.url + path)
            if answer is None or answer.status != 202:
                break
            self.page.wait_for_timeout(500)
        return self.page

    def sign_in(self, reader: str, goal: str = "/") -> None:
        """By password, on the way to a page."""
        page = self.go(f"/sign-in?next={quote(goal, safe='')}")
        page.fill("#email", f"{reader}@example.org")
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.wait_for_url(f"{self.url}{'/shortlists/*/*' if goal == '/' else goal}")

    def forgive(self, words: str) -> None:
        """Take one expected fault, the one with these words, off the list."""
        self.faults.remove(next(fault for fault in self.faults if words in fault))

    def _note(self, is_fault: bool, text: str) -> None:
        if is_fault:
            self.faults.append(f"{self.page.url}: {text}")


def find_chromium() -> str:
    """The system's; the test is skipped without one."""
    found = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if found is None:
        pytest.skip(f"needs a browser: one of {', '.join(_CHROMIUMS)} on the PATH")
    return found


def prepare_lab(path: Path) -> None:
    """The sample week with both lists, and readers who have passwords; bob finds `PAPER` not relevant."""
    prepare_lists(path)
    prepare_readers(path)
    asyncio.run(_set_passwords(path))


async def _set_passwords(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with database.write() as session:
        await record_votes(session, TOPIC, {PAPER: -1}, "reading", NOW, reader="bob")
    for name in READERS:
        await set_password(database, name, PASSWORD, NOW)
    await database.close()


@contextmanager
def serve_lab(home: Path) -> Iterator[LabServer]:
    """`triage serve` with accounts, on a data folder made for it, until the context ends."""
    prepare_lab(home / "triage.db")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {"HOME": home, "EMBEDDER": "hashing", "NOW": NOW.isoformat(), "ACCOUNTS": "true"}
    settings |= {"PUBLIC_URL": url, "RATE_LIMIT": "0"}
    environment = os.environ | {f"TRIAGE_{name}": str(value) for name, value in settings.items()}
    command = [_PROGRAM, "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own
        try:
            _wait_for(f"{url}/healthz")
            yield LabServer(url, home)
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium without a window; while it is open, no other event loop runs in this thread."""
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser, server: LabServer, **options: Any) -> Iterator[Visit]:
    """A visitor without cookies, who waits 30 seconds for anything; fails in the end if a page was at fault."""
    with browser.new_context(reduced_motion="reduce", **options) as context:
        context.set_default_timeout(_PATIENCE)
        visitor = Visit(context, server.url)
        yield visitor
        assert visitor.faults == []


def list_barriers(page: Page, *, rules: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """What axe holds against the page, by rule and how grave: the elements; all of its rules, or only these."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = Axe().run(page, options=options).response["violations"]
    return {
        f"{each['impact']}: {each['id']}": [str(node["target"]) + " " + node["html"][:160] for node in each["nodes"]]
        for each in found
    }


def is_grave(barrier: str) -> bool:
    """Whether it keeps somebody out."""
    return barrier.startswith(_GRAVE)


def list_grave_barriers(page: Page) -> dict[str, object]:
    """What keeps somebody out, on a desktop and on a small phone, light and dark (which differs in contrast only).

    Leaves the page as it is on a phone.
    """
    found: dict[str, object] = {}
    for device, width in (("desktop", 1280), ("phone", 360)):
        page.set_viewport_size({"width": width, "height": 800})
        for theme, rules in (("light", ()), ("dark", ("color-contrast", "link-in-text-block"))):
            page.emulate_media(color_scheme="light" if theme == "light" else "dark")
            barriers = list_barriers(page, rules=rules)
            found |= {f"{device}, {theme}: {what}": where for what, where in barriers.items() if is_grave(what)}
    return found


def go_through_by_keyboard(page: Page) -> None:
    """The first Tab shows the way to the content, and it is always seen where one is."""
    skip = page.get_by_role("link", name="Skip to the content")
    page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    for _ in range(20):
        page.keyboard.press("Tab")
        assert page.evaluate(_IS_FOCUS_SEEN), page.evaluate("document.activeElement.outerHTML")
    skip.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
