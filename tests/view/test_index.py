from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.report.run_sample import random_run
from tests.report.sample import sample
from viddiff.core.errors import InputError, UsageError
from viddiff.view.documents import read_inside
from viddiff.view.index import scan
from viddiff.view.items import ComparisonItem, DamagedDocument, RunItem
from viddiff.view.selection import select


def put(folder: Path, **changes: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    comparison = sample().comparison.model_copy(update=changes)
    (folder / "comparison.json").write_text(comparison.to_json(), encoding="utf-8")
    return folder


def test_comparisons_are_found_in_order_and_hidden_folders_are_not(tmp_path: Path) -> None:
    for name in ("b", "a/deep", ".hidden"):
        put(tmp_path / name)
    items = scan(tmp_path)
    assert [item.folder for item in items] == [tmp_path / "a" / "deep", tmp_path / "b"]
    comparison = sample().comparison
    for item in items:
        assert isinstance(item, ComparisonItem)
        assert item.action == comparison.action
        assert item.videos == (comparison.video_a.name, comparison.video_b.name)
        assert sum(n for n, _ in item.verdicts) == item.n_differences == len(comparison.differences)


@pytest.mark.parametrize("name", ["comparison.json", "manifest.json"])
@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 1}', "[" * 5000])
def test_a_damaged_document_is_listed_with_the_reason(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (item,) = scan(tmp_path)
    assert isinstance(item, DamagedDocument)
    assert item.name == name
    assert item.reason.endswith(".")
    assert "at ''" not in item.reason


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, inside = put(tmp_path / "outside"), tmp_path / "inside"
    inside.mkdir()
    (inside / "folder").symlink_to(outside)
    (inside / "comparison.json").symlink_to(outside / "comparison.json")
    (item,) = scan(inside)
    assert isinstance(item, DamagedDocument)
    assert "link" in item.reason


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "comparison.json")
    with pytest.raises(InputError, match="not a regular file"):
        read_inside(tmp_path / "comparison.json")


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "comparison.json"
    path.write_bytes(b"12345")
    assert read_inside(path, 5) == b"12345"
    with pytest.raises(InputError, match="larger than 4 bytes"):
        read_inside(path, 4)


def test_a_run_with_a_damaged_journal_is_listed_with_the_reason_among_the_others(tmp_path: Path) -> None:
    put(tmp_path / "good")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text(random_run(2).result.manifest.model_dump_json(), encoding="utf-8")
    (tmp_path / "run" / "journal.jsonl").write_text('{"type":"samples","n":3}\n' + "[" * 100_000 + "\n", "utf-8")
    good, damaged = scan(tmp_path)
    assert isinstance(good, ComparisonItem)
    assert isinstance(damaged, DamagedDocument)
    assert "journal.jsonl is damaged" in damaged.reason
    assert len(damaged.reason) < 200


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"):
        scan(tmp_path / "none")


def test_a_run_is_unfinished_until_its_result_lies_there(tmp_path: Path) -> None:
    run = random_run(4)
    (tmp_path / "manifest.json").write_text(run.result.manifest.model_dump_json(), encoding="utf-8")
    (item,) = scan(tmp_path)
    assert isinstance(item, RunItem)
    assert (item.finished, item.score) == (False, None)
    (tmp_path / "result.json").write_text(run.result.model_dump_json(), encoding="utf-8")
    (item,) = scan(tmp_path)
    assert isinstance(item, RunItem)
    assert item.finished
    assert item.score == run.result.scores.macro.score
    assert (item.progress.n_done, item.progress.n_samples) == (4, 4)


def test_items_are_searched_by_every_word_and_sorted(tmp_path: Path) -> None:
    put(tmp_path / "1", action="Zebra deep", created="2026-01-01T00:00:00Z")
    put(tmp_path / "2", action="lunge", created="2026-01-03T00:00:00Z")
    put(tmp_path / "3", action="zebra", created="2026-01-02T00:00:00Z")
    items = scan(tmp_path)
    assert [item.folder.name for item in select(items)] == ["2", "3", "1"]
    assert [item.folder.name for item in select(items, order="name")] == ["2", "3", "1"]
    assert [item.folder.name for item in select(items, "ZEBRA")] == ["3", "1"]
    assert [item.folder.name for item in select(items, "deep zebra")] == ["1"]
    assert select(items, "nothing") == []
    assert len({item.key(tmp_path) for item in items}) == 3
