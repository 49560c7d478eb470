from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.report.sample import sample
from viddiff.errors import UsageError
from viddiff.view.bundle import write_bundle


def test_the_links_of_a_bundle_resolve_and_its_text_is_escaped(tmp_path: Path) -> None:
    comparison = sample().comparison.model_copy(update={"action": "<script>alert(1)</script>"})
    (tmp_path / "in" / "good").mkdir(parents=True)
    (tmp_path / "in" / "good" / "comparison.json").write_text(comparison.to_json(), encoding="utf-8")
    (tmp_path / "in" / "good" / "report.html").write_text("planted", encoding="utf-8")
    (tmp_path / "in" / "manifest.json").write_text("{", encoding="utf-8")
    index = write_bundle(tmp_path / "in", tmp_path / "out")
    page = index.read_text("utf-8")
    links = re.findall(r'href="([^"]+)"', page)
    assert len(links) == 1
    linked = (index.parent / links[0]).read_text("utf-8")
    assert "planted" not in linked
    assert comparison.video_a.name in linked
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "Damaged: " in page


def test_a_bundle_never_overwrites_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name a new one"):
        write_bundle(tmp_path, tmp_path)


def test_an_empty_folder_is_a_page_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert "no comparison and no run" in write_bundle(tmp_path / "in", tmp_path / "out").read_text("utf-8")
