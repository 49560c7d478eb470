from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from tests.report.browser import launched
from tests.report.run_sample import random_run
from viddiff.eval.journal import opened
from viddiff.settings import Settings
from viddiff.view.jobs import Worker, compare_with
from viddiff.view.serve import listening
from viddiff.view.server import make_app


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the application."""
    settings = Settings()
    worker = Worker(folder, compare_with(settings))
    with listening("127.0.0.1", 0) as listener:
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


@pytest.mark.skipif("sys.platform == 'win32'", reason="locks are not looked at there")
def test_the_page_of_a_run_follows_it_and_is_loaded_anew_only_when_its_state_changes(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(random_run(2).result.manifest.model_dump_json(), encoding="utf-8")
    journal = tmp_path / "journal.jsonl"
    journal.write_text('{"type":"samples","n":3}\n', encoding="utf-8")
    with served(tmp_path) as address, launched() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        loaded: list[str] = []
        page.on("load", lambda page: loaded.append(page.url))
        with opened(tmp_path):
            page.goto(address)
            page.get_by_role("link", name=tmp_path.name).click()
            page.get_by_text("In work: 0 of 3 pairs done").wait_for()
            with journal.open("a", encoding="utf-8") as file:
                file.write('{"type":"sample","sample":"x"}\n')
            page.get_by_text("In work: 1 of 3 pairs done").wait_for(timeout=5000)
            assert page.locator("#bar").get_attribute("value") == "1"
            assert len(loaded) == 2
        page.get_by_text("Not finished: 1 of 3 pairs done").wait_for(timeout=5000)
        page.get_by_text("--out FOLDER").wait_for(timeout=5000)
        page.wait_for_load_state()
        assert len(loaded) == 3
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert complaints == []
