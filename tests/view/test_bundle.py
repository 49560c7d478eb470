from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.report.run_sample import random_run
from tests.report.sample import sample
from tests.view.test_index import put
from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.view.bundle import write_bundle
from viddiff.view.items import base


def test_the_links_of_a_bundle_resolve_and_its_text_is_escaped(tmp_path: Path) -> None:
    put(tmp_path / "in" / "good", action="<script>alert(1)</script>")
    (tmp_path / "in" / "good" / "report.html").write_text("planted", encoding="utf-8")
    (tmp_path / "in" / "manifest.json").write_text("{", encoding="utf-8")
    run = tmp_path / "in" / "run"
    run.mkdir()
    (run / "manifest.json").write_text(random_run(2).result.manifest.model_dump_json(), encoding="utf-8")
    journal = run / "journal.jsonl"
    journal.write_text('{"type":"samples","n":3}\n{"type":"sample","sample":"x"}\n', encoding="utf-8")
    os.utime(journal, (1767323040, 1767323040))
    index = write_bundle(tmp_path / "in", tmp_path / "out", Settings())
    page = index.read_text("utf-8")
    links = re.findall(r'href="([^"]+)"', page)
    assert len(links) == 2
    report, run_page = ((index.parent / link).read_text("utf-8") for link in links)
    assert "planted" not in report
    assert sample().comparison.video_a.name in report
    (back,) = re.findall(r'href="([^"]+)"', run_page)
    assert (index.parent / links[1]).parent.joinpath(back).resolve() == index
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "Damaged" in page
    for text in (page, run_page):
        # It is read later: nothing in it may be true only now.
        assert "Not finished when this page was made: 1 of 3 pairs done, last entry 2026-01-02 03:04 UTC" in text
        assert " ago" not in text
        assert "Stopped" not in text


def test_a_bundle_never_overwrites_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name a new one"):
        write_bundle(tmp_path, tmp_path, Settings())


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "in")

    def fails(*_: object, **__: object) -> None:
        raise UsageError("Full.")

    monkeypatch.setattr(base, "write_page", fails)
    with pytest.raises(UsageError, match="Full"):
        write_bundle(tmp_path / "in", tmp_path / "site" / "out", Settings())
    assert list((tmp_path / "site").iterdir()) == []


def test_an_empty_folder_is_a_page_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert "no comparison and no run" in write_bundle(tmp_path / "in", tmp_path / "out", Settings()).read_text("utf-8")
