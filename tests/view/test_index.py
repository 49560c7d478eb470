from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.run_sample import random_run
from tests.report.sample import sample
from viddiff.errors import InputError, UsageError
from viddiff.view.index import ComparisonItem, Damaged, RunItem, n_records, read_inside, scan


def test_comparisons_are_found_in_order_and_hidden_folders_are_not(tmp_path: Path) -> None:
    comparison = sample().comparison
    for name in ("b", "a/deep", ".hidden"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "comparison.json").write_text(comparison.to_json(), encoding="utf-8")
    assert scan(tmp_path) == [ComparisonItem(tmp_path / name, comparison) for name in ("a/deep", "b")]


@pytest.mark.parametrize("name", ["comparison.json", "manifest.json"])
@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 1}', "[" * 5000])
def test_a_damaged_document_is_listed_with_the_reason(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (item,) = scan(tmp_path)
    assert isinstance(item, Damaged)
    assert item.name == name
    assert item.reason.endswith(".")


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "comparison.json").write_text(sample().comparison.to_json(), encoding="utf-8")
    (inside / "folder").symlink_to(outside)
    (inside / "comparison.json").symlink_to(outside / "comparison.json")
    (item,) = scan(inside)
    assert isinstance(item, Damaged)
    assert "link" in item.reason


def test_a_journal_being_written_is_counted_and_left_as_it_is(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    assert n_records(journal) == 0
    text = b'{"a": 1}\n{"b": 2}\n{"cut'
    journal.write_bytes(text)
    assert n_records(journal) == 2
    assert journal.read_bytes() == text


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "comparison.json"
    path.write_bytes(b"12345")
    assert read_inside(path, 5) == b"12345"
    with pytest.raises(InputError, match="larger than 4 bytes"):
        read_inside(path, 4)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"):
        scan(tmp_path / "none")


def test_a_run_is_unfinished_until_its_result_lies_there(tmp_path: Path) -> None:
    run = random_run(4)
    (tmp_path / "manifest.json").write_text(run.result.manifest.model_dump_json(), encoding="utf-8")
    (tmp_path / "journal.jsonl").write_bytes(b'{"a": 1}\n{"cut')
    assert scan(tmp_path) == [RunItem(tmp_path, run.result.manifest, None, 1)]
    (tmp_path / "result.json").write_text(run.result.model_dump_json(), encoding="utf-8")
    assert scan(tmp_path) == [RunItem(tmp_path, run.result.manifest, run.result, 1)]
