"""Pictures of mails, for people to look at: `python benchmarks/mail_pictures.py FILE.eml... --output DIR`.

The HTML part of each is taken at 360 and at 800 pixels, light and dark, as `NAME-360-dark.png` and so on, without a
network: a mail that asks for anything from outside ends this with its address. Needs Chromium.
"""

import argparse
import shutil
from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_WIDTHS = (360, 800)
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def read_html(path: Path) -> str:
    """The HTML part; raises `SystemExit` for a mail without one."""
    body = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("html",))
    if body is None:
        raise SystemExit(f"{path} has no HTML part: expected a mail such as triage digest --format eml writes.")
    return str(body.get_content())


def take(browser: Browser, files: Sequence[Path], output: Path) -> Iterator[Path]:
    """Yield each picture's file as it is there; whole mails, so that nothing below the fold hides."""
    for width in _WIDTHS:
        for theme in _THEMES:
            with browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=theme, java_script_enabled=False, offline=True
            ) as context:
                page = context.new_page()
                asked = _note_requests(page)
                for file in files:
                    page.set_content(read_html(file))
                    picture = output / f"{file.stem}-{width}-{theme}.png"
                    page.screenshot(path=picture, full_page=True)
                    if asked:
                        raise SystemExit(f"{file} asks for {', '.join(asked)}")
                    yield picture


def _note_requests(page: Page) -> list[str]:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def main(arguments: Sequence[str] | None = None) -> int:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="mails, such as those in the outbox")
    parser.add_argument("--output", type=Path, required=True, help="folder for the pictures; made if it is not there")
    options = parser.parse_args(arguments)
    chromium = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if chromium is None:
        raise SystemExit("Chromium was not found: install it with your system's packages.")
    options.output.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for picture in take(browser, options.files, options.output):
            print(picture)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
