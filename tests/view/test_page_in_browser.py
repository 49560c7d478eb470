from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from tests.report.numbered import numbered
from tests.report.run_sample import random_run
from tests.view.test_index import put
from viddiff.core.settings import Settings
from viddiff.eval.journal import open_journal
from viddiff.report import write_report
from viddiff.report.media import Media
from viddiff.report.player_clips import ClipChoice
from viddiff.view import stored_pages
from viddiff.view.jobs import Worker, compare_with
from viddiff.view.serve import open_listener
from viddiff.view.server import make_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the application."""
    settings = Settings()
    worker = Worker(folder, compare_with(settings))
    with open_listener("127.0.0.1", 0) as listener:
        app = make_app(folder, settings, worker)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(5)
            worker.close()


class Outside:
    """A server that stands for the rest of the world; it answers nothing."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            # A connection alone tells who looks at what.
            self.heard.append(b"")
            connection.settimeout(1)
            with connection:
                try:
                    self.heard[-1] = connection.recv(1000)
                except OSError:
                    continue

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def outside() -> Iterator[Outside]:
    made = Outside()
    yield made
    made.close()


#: What leads out of a page, or tells the world of it, without a click.
AUTOMATIC = """
<meta http-equiv="refresh" content="0;url=OUT/refresh">
<base href="OUT/base/">
<link rel="preconnect" href="OUT"><link rel="dns-prefetch" href="OUT"><link rel="prefetch" href="OUT/prefetch">
<link rel="stylesheet" href="OUT/style"><link rel="icon" href="OUT/icon"><link rel="prerender" href="OUT/prerender">
<style>
@import "OUT/import"; @font-face { font-family: x; src: url(OUT/font) } p { font-family: x; background: url(OUT/b) }
</style>
<script>location = "OUT/script"; parent.location = "OUT/parent"; open("OUT/open"); fetch("OUT/fetch")</script>
<script src="OUT/source"></script>
<script type="speculationrules">{"prefetch": [{"source": "list", "urls": ["OUT/speculation"]}]}</script>
<iframe src="OUT/frame"></iframe><iframe srcdoc="<meta http-equiv=refresh content='0;url=OUT/inner'>"></iframe>
<object data="OUT/object"></object><embed src="OUT/embed">
<img src="OUT/image" onerror="location='OUT/handler'"><video src="OUT/video" poster="OUT/poster"></video>
<svg><image href="OUT/svg"/><use href="OUT/use#x"/></svg><input type="image" src="OUT/input">
<p>hostile</p>
"""
#: What leads out when it is clicked.
CLICKED = """
<p>clicks</p>
<a href="OUT/a" ping="OUT/ping">link</a> <a href="OUT/top" target="_top">link</a>
<a href="OUT/parent" target="_parent">link</a> <a href="OUT/blank" target="_blank">link</a>
<a href="OUT/download" download>link</a> <a href="javascript:location='OUT/script'">link</a>
<form action="OUT/form"><button>link</button></form>
<form action="OUT/post" method="post" target="_top"><button>link</button></form>
<svg width="40" height="20"><a href="OUT/in-svg"><text y="15">link</text></a></svg>
"""


def test_no_page_that_lies_in_the_folder_reaches_anything_outside(
    browser: Browser, tmp_path: Path, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, html in (("automatic", AUTOMATIC), ("clicked", CLICKED)):
        (put(tmp_path / name, action=name) / "report.html").write_text(html.replace("OUT", outside.address), "utf-8")
    with served(tmp_path) as address, browser.new_page() as page:

        def shown(name: str) -> str:
            page.goto(address)
            page.get_by_role("link", name=name, exact=True).click()
            page.locator("iframe").wait_for()
            page.wait_for_timeout(400)
            return page.url

        for name in ("automatic", "clicked"):
            shown(name)
            # Made again from the document.
            page.frame_locator("iframe").get_by_role("heading", name=name).wait_for()
        assert outside.heard == []
        # As if every page were taken for one of ours: the frame alone must hold it.
        monkeypatch.setattr(stored_pages, "_FOREIGN", re.compile(rb"(?!)"))
        framed = shown("automatic")
        assert page.url == framed
        framed = shown("clicked")
        links = page.frame_locator("iframe").get_by_text("link")
        for number in range(9):
            links.nth(number).click(timeout=2000, no_wait_after=True)
            page.wait_for_timeout(50)
            assert page.url == framed
            page.goto(framed)
        assert len(page.context.pages) == 1
        # A connection without a request: no policy forbids to preconnect, and so such a page is not served.
        assert [request for request in outside.heard if request] == []


def test_a_report_of_ours_plays_in_its_frame_and_leads_back(browser: Browser, tmp_path: Path) -> None:
    made, videos = numbered(tmp_path)
    folder = put(tmp_path / "one", action="a squat")
    write_report(made, folder / "report.html", Media(), ClipChoice(videos=videos))
    with served(tmp_path) as address, browser.new_page() as page:
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        page.get_by_role("link", name="a squat").click()
        frame = page.frame_locator("iframe")
        frame.get_by_role("button", name="Play").wait_for()
        frame.locator(".glance a").first.click()
        assert page.frames[1].url.endswith("#difference-1")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("link", name="All comparisons and runs").click()
        page.get_by_role("link", name="a squat").wait_for()
        assert complaints == []


@pytest.mark.skipif("sys.platform == 'win32'", reason="locks are not looked at there")
def test_the_page_of_a_run_follows_it_and_is_loaded_anew_only_when_its_state_changes(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "manifest.json").write_text(random_run(2).result.manifest.model_dump_json(), encoding="utf-8")
    journal = tmp_path / "journal.jsonl"
    journal.write_text('{"type":"samples","n":3}\n', encoding="utf-8")
    phone: Any = {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark"}
    with served(tmp_path) as address, browser.new_page(**phone) as page:
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        loaded: list[str] = []
        page.on("load", lambda page: loaded.append(page.url))
        with open_journal(tmp_path):
            page.goto(address)
            page.get_by_role("link", name=tmp_path.name).click()
            page.get_by_text("Running: 0 of 3 pairs done").wait_for()
            with journal.open("a", encoding="utf-8") as file:
                file.write('{"type":"sample","sample":"x"}\n')
            page.get_by_text("Running: 1 of 3 pairs done").wait_for(timeout=5000)
            assert page.locator("#bar").get_attribute("value") == "1"
            assert len(loaded) == 2
        page.get_by_text("Not finished: 1 of 3 pairs done").wait_for(timeout=5000)
        page.get_by_text("--out FOLDER").wait_for(timeout=5000)
        page.wait_for_load_state()
        assert len(loaded) == 3
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert complaints == []
