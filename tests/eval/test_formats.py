"""Formats of data sets: each recognizes its own, whatever else is registered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.eval.stepdiff.files import rank_row, write
from viddiff.core.errors import InputError
from viddiff.eval.formats import FORMATS, DataSource, benchmark_of, data_format
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.dataset import DataSet


def recognized(folder: Path, row: object) -> list[str]:
    (folder / "rows.json").write_text(json.dumps([row]))
    return [name for name, one in FORMATS.items() if one.recognizes(DataSource(str(folder / "rows.json")))]


def test_each_format_recognizes_its_own_rows_alone(tmp_path: Path) -> None:
    assert recognized(tmp_path, {"video_a": "a.mp4"}) == ["pairs"]
    assert recognized(tmp_path, {"sample_key": "1"}) == ["viddiffbench"]
    assert recognized(tmp_path, {"other": 1}) == recognized(tmp_path, "text") == []


def test_what_no_format_recognizes_is_told_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('[{"other": 1}]')
    with pytest.raises(InputError, match=r"rows\.json, row 1: the field 'sample_key'"):
        load_data(str(tmp_path / "rows.json"))


def test_a_folder_without_a_table_can_have_a_format_of_its_own(tmp_path: Path) -> None:
    empty = DataSet(name="mine", release="other", content_hash="0", samples=())
    (tmp_path / "mine.txt").touch()
    with FORMATS.temporary():
        data_format("mine", lambda source: (source.path / "mine.txt").exists(), "viddiffbench")(lambda source: empty)
        assert load_data(str(tmp_path)) is empty


def test_the_first_line_tells_the_benchmark(tmp_path: Path) -> None:
    assert benchmark_of(str(write(tmp_path / "steps.jsonl", rank_row())), "viddiffbench") == "stepdiff"
    assert benchmark_of(str(write(tmp_path / "pairs.jsonl", {"sample_key": "1"})), "viddiffbench") == "viddiffbench"
    # What no format recognizes is said by the loader of labelled pairs.
    for location in (str(tmp_path / "absent.jsonl"), "owner/name"):
        assert benchmark_of(location, "viddiffbench") == "viddiffbench"
