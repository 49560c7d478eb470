from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from tests.report.page import Page
from tests.report.sample import Given, Sample, sample
from viddiff.api import Comparison
from viddiff.core.errors import UsageError
from viddiff.report import render, write_report
from viddiff.report.media import Media
from viddiff.video.store import FrameStore


@pytest.fixture(scope="module")
def made() -> Sample:
    return sample()


def test_the_report_shows_the_frames_that_are_kept(made: Sample, tmp_path: Path) -> None:
    store = FrameStore(None)
    kept = {store.put(jpeg): jpeg for jpeg in list(made.frames.values())[::2]}
    path = tmp_path / "report.html"
    assert write_report(made.comparison, path, Media(frames=store)) == path
    assert path.read_bytes().decode("utf-8") == render(made.comparison, Given(read=kept.get)) + "\n"
    assert "frame not in the store" in Page(path.read_text("utf-8")).words
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_an_older_report_is_replaced(made: Sample, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("older")
    write_report(made.comparison, path, Media())
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_full_disk_leaves_the_older_report_and_no_crumbs(
    made: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("older")
    write_bytes = Path.write_bytes

    def half(self: Path, text: str, **options: Any) -> int:
        write_bytes(self, text[: len(text) // 2].encode())
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(UsageError, match=r"report\.html' \(No space left on device\): name a file"):
        write_report(made.comparison, path, Media())
    assert path.read_bytes() == b"older"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("name", "why"),
    [("missing/report.html", "No such file or directory"), ("file/report.html", "Not a directory"), ("folder", "Is a")],
)
def test_a_path_that_cannot_be_written_is_told_in_one_sentence(
    made: Sample, tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=why) as caught:
        write_report(made.comparison, tmp_path / name, Media())
    assert repr(str(tmp_path / name)) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_document_read_back_finds_its_frames_in_the_cache_folder(made: Sample, tmp_path: Path) -> None:
    store = FrameStore(tmp_path / "cache")
    for jpeg in made.frames.values():
        store.put(jpeg)
    del store
    read_back = Comparison.from_json(made.comparison.to_json())
    page = read_back.report(tmp_path / "report.html").read_text()
    assert "not in the store" not in page
