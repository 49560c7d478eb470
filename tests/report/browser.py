"""A real browser for the tests of pages; where there is none they are skipped, with the reason."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Request


@dataclass
class Watched:
    """An open page, and everything it did that a report must not do."""

    page: Page
    #: Requests but for the page itself, console errors, script errors, dialogs.
    complaints: list[str] = field(default_factory=list)
    #: All messages on the console.
    said: list[str] = field(default_factory=list)

    def number(self, side: str) -> int:
        """The number that is drawn into the frame on screen (tests.video.clips), read back from a canvas."""
        return int(self.page.evaluate(_READ_NUMBER, side))

    def settled(self) -> None:
        """Wait until both clips show what they were told to."""
        self.until("players.clips.every((clip) => clip.video.readyState >= 2 && !clip.video.seeking)")

    def until(self, condition: str) -> None:
        """Wait, up to ten seconds, until a JavaScript expression holds; the policy allows no other way to wait."""
        self.page.evaluate(
            f"""() => new Promise((done, fail) => {{
                const end = performance.now() + 10000;
                const look = () => {{
                    if ({condition}) done();
                    else if (performance.now() > end) fail(new Error("waited in vain"));
                    else setTimeout(look, 10);
                }};
                look();
            }})"""
        )


_READ_NUMBER = """(side) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [192, 64];
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(document.getElementById(`clip-${side}`), 0, 0, 192, 64);
    let number = 0;
    for (let bit = 0; bit < 12; bit++) {
        const [x, y] = [32 * (bit % 6) + 16, 32 * Math.floor(bit / 6) + 16];
        if (pen.getImageData(x, y, 1, 1).data[0] > 130) number += 2 ** bit;
    }
    return number;
}"""


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium of this machine, headless, with one tab."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser: Browser = driver.chromium.launch(
            executable_path=found,
            headless=True,
            args=["--no-sandbox", "--disable-gpu", "--disable-software-rasterizer", "--disable-extensions"],
        )
        browser.new_page()
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser, path: Path, width: int = 1280, height: int = 900, reduced_motion: bool = True, script: bool = True
) -> Iterator[Watched]:
    """The page, in the tab that all tests share (a new one costs half a second); without scripts in one of its own."""
    page = browser.contexts[0].pages[0] if script else browser.new_page(java_script_enabled=False)
    watched = Watched(page)
    tell = watched.complaints.append

    def asked(request: Request) -> None:
        if request.url != path.as_uri() and not request.url.startswith(("data:", "blob:")):
            tell(f"request {request.url[:300]}")

    def said(message: ConsoleMessage) -> None:
        watched.said.append(message.text)
        if message.type == "error":
            tell(f"console {message.text}")

    def failed(error: Error) -> None:
        tell(f"error {error}")

    def refused(dialog: Dialog) -> None:
        tell(f"dialog {dialog.message}")
        dialog.dismiss()

    listeners: list[tuple[Any, Any]] = [
        ("request", asked),
        ("console", said),
        ("pageerror", failed),
        ("dialog", refused),
    ]
    for event, listener in listeners:
        page.on(event, listener)
    try:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(reduced_motion="reduce" if reduced_motion else "no-preference")
        page.goto(path.as_uri())
        yield watched
    finally:
        for event, listener in listeners:
            page.remove_listener(event, listener)
        if script:
            # The next test loads its own page: an empty one in between costs a third of its work.
            page.evaluate("localStorage.clear(); document.querySelectorAll('video').forEach((video) => video.pause())")
        else:
            page.close()
