from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from tests.report.run_sample import random_run
from tests.view.opens import opened_below
from tests.view.test_index import put
from viddiff.core.errors import InputError
from viddiff.view.documents import DocumentCache
from viddiff.view.index import Index
from viddiff.view.items import ComparisonItem, DamagedDocument, RunItem


def aged(folder: Path, seconds: float = 60) -> None:
    """Every file below ``folder`` as if it had been written a while ago."""
    then = time.time() - seconds
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A comparison, a finished run, one that is not, and a damaged document."""
    put(tmp_path / "comparison")
    run = random_run(3)
    for name in ("finished", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(run.result.manifest.model_dump_json(), encoding="utf-8")
    (tmp_path / "finished" / "result.json").write_text(run.result.model_dump_json(), encoding="utf-8")
    (tmp_path / "open" / "journal.jsonl").write_text('{"type":"samples","n":3}\n', encoding="utf-8")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "comparison.json").write_text("{", encoding="utf-8")
    aged(tmp_path)
    return tmp_path


DOCUMENTS = ["comparison.json", "comparison.json", "journal.jsonl", "manifest.json", "manifest.json", "result.json"]


def test_what_did_not_change_is_read_once(folder: Path) -> None:
    index = Index(folder)
    with opened_below(folder) as first:
        items = index.scan()
    assert sorted(first) == DOCUMENTS
    with opened_below(folder) as second:
        assert index.scan() == items
    assert second == []
    assert {type(item) for item in items} == {ComparisonItem, RunItem, DamagedDocument}


def test_what_changed_is_read_and_nothing_else(folder: Path) -> None:
    index = Index(folder)
    index.scan()
    put(folder / "comparison", action="another action")
    put(folder / "damaged", action="mended")
    with opened_below(folder) as names:
        items = index.scan()
    assert names == ["comparison.json", "comparison.json"]
    assert [item.action for item in items if isinstance(item, ComparisonItem)] == ["another action", "mended"]


def test_a_change_within_the_grain_of_the_clock_is_seen(tmp_path: Path) -> None:
    index = Index(tmp_path)
    now = time.time_ns()
    for action in ("one", "two", "six"):
        path = put(tmp_path, action=action) / "comparison.json"
        os.utime(path, ns=(now, now))
        (item,) = index.scan()
        assert isinstance(item, ComparisonItem)
        assert item.action == action


def test_what_vanished_is_neither_listed_nor_remembered(folder: Path) -> None:
    index = Index(folder)
    index.scan()
    assert len(index.documents) == 6
    for name in ("comparison", "finished", "open"):
        shutil.rmtree(folder / name)
    assert [type(item) for item in index.scan()] == [DamagedDocument]
    assert len(index.documents) == 1


def test_a_document_that_became_a_link_is_no_longer_shown(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    index = Index(folder)
    index.scan()
    path = folder / "comparison" / "comparison.json"
    outside = tmp_path_factory.mktemp("outside") / "comparison.json"
    path.rename(outside)
    path.symlink_to(outside)
    (item,) = (item for item in index.scan() if item.folder == path.parent)
    assert isinstance(item, DamagedDocument)
    assert "link" in item.reason


def test_what_could_not_be_opened_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path)
    aged(tmp_path)
    index = Index(tmp_path)

    def full(*_: object) -> int:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        (item,) = index.scan()
        assert isinstance(item, DamagedDocument)
        assert "Too many open files" in item.reason
    assert [type(item) for item in index.scan()] == [ComparisonItem]


def test_of_a_long_document_only_a_summary_is_kept(tmp_path: Path) -> None:
    put(tmp_path, action="long " * 100_000)
    (item,) = Index(tmp_path).scan()
    assert isinstance(item, ComparisonItem)
    assert len(item.action) == 300


def test_several_threads_read_what_one_writes(tmp_path: Path) -> None:
    """Every reader sees a whole document, and in the end the last."""
    path = tmp_path / "number"
    documents = DocumentCache()
    path.write_text("0", encoding="utf-8")
    problems: list[BaseException] = []

    def look() -> None:
        last = 0
        try:
            for _ in range(200):
                number = documents.read(path, int)
                assert number >= last
                last = number
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 100):
        new = tmp_path / "new"
        new.write_text(str(number), encoding="utf-8")
        # Old enough to be kept.
        os.utime(new, (number, number))
        new.replace(path)
    for thread in threads:
        thread.join()
    assert problems == []
    assert documents.read(path, int) == 99
    with pytest.raises(InputError):
        documents.read(tmp_path / "none", int)
