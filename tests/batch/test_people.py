"""Who is seen in a clip and when: from the columns of a table, else from the names of files."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from tests.batch.made import make_table, write_rows
from tests.batch.test_run import BARE, settings_of
from viddiff.batch.pairs import pairs_of_reference, pairs_of_table
from viddiff.batch.people import person_and_day
from viddiff.batch.run import run
from viddiff.core.errors import InputError
from viddiff.eval.journal import FILE


@pytest.mark.parametrize(
    ("video", "person", "day"),
    [
        ("anna_2026-03-14.mp4", "anna", "2026-03-14"),
        ("in/Anna B. 20260314 (2).mp4", "Anna B", "2026-03-14"),
        ("2026-03-14_bob_02.mov", "bob", "2026-03-14"),
        ("carla/2026-03-14.mp4", "carla", "2026-03-14"),
        ("carla/2026-03-14_2.mp4", "carla", "2026-03-14"),
        ("2026-03-14.mp4", "", ""),
        ("anna_2026-13-40.mp4", "", ""),
        ("anna_1202603145.mp4", "", ""),
        ("squat.mp4", "", ""),
    ],
)
def test_names_of_files_tell_person_and_day(video: str, person: str, day: str) -> None:
    assert person_and_day(video) == (person, day)


def row(**fields: Any) -> dict[str, Any]:
    return {"video_a": "coach.mp4", "video_b": "anna_2026-01-02.mp4", "action": "squat", **fields}


def test_columns_go_before_names_and_keep_the_key(tmp_path: Path) -> None:
    given = row(person_a="the coach", date_a=datetime.date(2025, 1, 1).isoformat(), date_b="2026-01-03T10:00:00")
    told, plain = (pairs_of_table(write_rows(tmp_path / "p.jsonl", [one]))[0] for one in (given, row()))
    assert (told.person_a, told.date_a, told.person_b, told.date_b) == ("the coach", "2025-01-01", "anna", "2026-01-03")
    assert (plain.person_a, plain.date_a, plain.person_b, plain.date_b) == ("", "", "anna", "2026-01-02")
    assert told.key == plain.key


def test_a_day_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 1: the field 'date_b' cannot be read: not a date \(e\.g\. 2026-03-14\)"):
        pairs_of_table(write_rows(tmp_path / "p.jsonl", [row(date_b="14.03.2026")]))


def test_a_folder_of_dated_clips_needs_no_table(tmp_path: Path) -> None:
    for name in ("coach.mp4", "anna_2026-01-02.mp4"):
        (tmp_path / name).write_bytes(b"")
    (pair,) = pairs_of_reference(tmp_path / "coach.mp4", tmp_path, "squat")
    assert (pair.person_b, pair.date_b) == ("anna", "2026-01-02")


def test_who_is_seen_can_be_told_later_without_comparing_again(tmp_path: Path, own_place: Path) -> None:
    pairs = pairs_of_table(make_table(tmp_path, 2, 1))
    out, settings = tmp_path / "run", settings_of(cache_dir=tmp_path / "cache")
    (before,) = run(pairs, out, settings, BARE).rows
    named = pairs[0].model_copy(update={"person_a": "anna", "date_a": "2026-01-02"})
    document = out / before.key / "comparison.json"
    written = document.stat().st_mtime_ns
    (after,) = run([named], out, settings, BARE).rows
    assert (after.person_a, after.date_a, after.person_b) == ("anna", "2026-01-02", "")
    assert document.stat().st_mtime_ns == written
    run([named], out, settings, BARE)
    kept = [json.loads(line) for line in (out / FILE).read_text().splitlines()]
    assert [record["row"]["person_a"] for record in kept if record["type"] == "pair"] == ["", "anna"]
