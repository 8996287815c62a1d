"""Pictures of the main pages, for people to look at: `python benchmarks/page_pictures.py --home DIR --output DIR`.

The home is a TRIAGE_HOME with at least one shortlist; it is served to the sole reader and nothing in it is changed.
Each page is taken on a desktop and on a phone, light and dark: `shortlist-phone-dark.png` and so on. Needs Chromium.
"""

import argparse
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import ACCEPTED
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_DEVICES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_STARTED_WITHIN = 120  # seconds


def choose_pages(store: Path, topic: str | None, search: str) -> dict[str, str]:
    """Paths by name, of the newest list (of the topic); raises `SystemExit` where there is none."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        found = connection.execute(
            "SELECT l.topic, l.week, p.arxiv_id FROM shortlists l JOIN shortlist_entries e ON e.shortlist_id = l.id "
            "JOIN papers p ON p.id = e.paper_id WHERE e.rank = 1 AND l.topic = coalesce(?, l.topic) "
            "ORDER BY l.week DESC LIMIT 1",
            (topic,),
        ).fetchone()
    if found is None:
        raise SystemExit(f"{store} has no shortlist: run triage shortlist there first.")
    topic, week, arxiv_id = found
    return {
        "shortlist": f"/shortlists/{topic}/{week}",
        "paper": f"/papers/{arxiv_id}",
        "search": f"/search?q={quote(search)}",
        "ledger": f"/ledger?week={week}",
        "map": f"/map/{week}?topic={topic}",
        "tags": "/tags",
        "subscriptions": "/subscriptions",
    }


@contextmanager
def serve(home: Path) -> Iterator[str]:
    """The server, at a free port, until the context ends; hands out its address."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).with_name("triage")), "serve", "--port", str(port)]
    environment = os.environ | {"TRIAGE_HOME": str(home), "TRIAGE_PUBLIC_URL": url}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own server
        try:
            _wait_for(f"{url}/healthz")
            yield url
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _STARTED_WITHIN
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=_STARTED_WITHIN):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


def take(browser: Browser, url: str, pages: dict[str, str], output: Path) -> Iterator[Path]:
    """Yield each picture's file as it is there; whole pages, so that nothing below the fold hides."""
    for device, size in _DEVICES.items():
        for theme in _THEMES:
            with browser.new_context(
                viewport=size, color_scheme=theme, is_mobile=device == "phone", has_touch=device == "phone"
            ) as context:
                page = context.new_page()
                for name, path in pages.items():
                    _open(page, url + path)
                    file = output / f"{name}-{device}-{theme}.png"
                    page.screenshot(path=file, full_page=True)
                    yield file


def _open(page: Page, address: str) -> None:
    for _ in range(_STARTED_WITHIN):
        answer = page.goto(address, wait_until="networkidle", timeout=_STARTED_WITHIN * 1000)
        if answer is None or not answer.ok:
            raise SystemExit(f"{address} answers {answer and answer.status}")
        if answer.status != ACCEPTED:
            return
        page.wait_for_timeout(1000)  # a map is being drawn
    raise SystemExit(f"{address} is still being drawn")


def main(arguments: Sequence[str] | None = None) -> int:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="a TRIAGE_HOME with a shortlist")
    parser.add_argument("--output", type=Path, required=True, help="folder for the pictures; made if it is not there")
    parser.add_argument("--topic", help="whose list (default: any of the newest week)")
    parser.add_argument("--search", default="semantic IDs for generative recommendation", help="what to search for")
    options = parser.parse_args(arguments)
    chromium = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if chromium is None:
        raise SystemExit("Chromium was not found: install it with your system's packages.")
    options.output.mkdir(parents=True, exist_ok=True)
    pages = choose_pages(options.home / "triage.db", options.topic, options.search)
    with serve(options.home) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for file in take(browser, url, pages, options.output):
            print(file)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
