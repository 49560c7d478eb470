"""From a table or a folder to the pairs of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.batch.made import make_clips, write_rows
from viddiff.batch.pairs import Pair, pairs_of_reference, pairs_of_table
from viddiff.core.errors import InputError, UsageError

ROWS: list[dict[str, Any]] = [
    {"video_a": "a.mp4", "video_b": "b, c.mp4", "action": "squat", "differences": ["the squat is deeper"]},
    {"video_a": "a.mp4", "video_b": "d.mp4", "action": "lunge", "differences": ["one", "two"]},
    {"video_a": "a.mp4", "video_b": "e.mp4", "action": "lunge", "differences": None},
]


def test_every_format_gives_the_same_pairs(tmp_path: Path) -> None:
    lines = write_rows(tmp_path / "pairs.jsonl", ROWS)
    text = tmp_path / "pairs.csv"
    text.write_text(
        "note,video_a,video_b,action,differences\r\n"
        'x,a.mp4,"b, c.mp4",squat,the squat is deeper\r\n'
        "x,a.mp4,d.mp4,lunge,one; two\r\n"
        "x,a.mp4,e.mp4,lunge,\r\n"
    )
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "pairs.parquet")
    wanted = pairs_of_table(lines)
    assert wanted[1].differences == ("one", "two")
    assert wanted[2].differences is None
    assert wanted[0].paths == (tmp_path / "a.mp4", tmp_path / "b, c.mp4")
    assert pairs_of_table(text) == pairs_of_table(tmp_path / "pairs.parquet") == wanted


def test_rows_take_what_they_lack_from_the_command_line_and_come_once(tmp_path: Path) -> None:
    table = write_rows(tmp_path / "p.jsonl", [{"video_a": "a.mp4", "video_b": "b.mp4"}] * 2)
    (pair,) = pairs_of_table(table, "squat", ["the squat is deeper"])
    assert (pair.action, pair.differences) == ("squat", ("the squat is deeper",))


def test_keys_are_names_of_folders_and_depend_on_all_of_a_row() -> None:
    pair = Pair(video_a="../x/../é!.mp4", video_b="b" * 300, action="squat")
    assert pair.key.replace("-", "").replace("_", "").isalnum()
    assert len(pair.key) < 80
    changed: list[dict[str, Any]] = [{"video_a": "y"}, {"video_b": "y"}, {"action": "y"}, {"differences": ("y",)}]
    assert len({pair.key, *(pair.model_copy(update=one).key for one in changed)}) == 5


def test_a_reference_is_compared_with_the_other_clips_of_the_folder(tmp_path: Path) -> None:
    names = make_clips(tmp_path, 3)
    (tmp_path / "notes.txt").write_text("x")
    pairs = pairs_of_reference(tmp_path / names[1], tmp_path, "squat")
    assert [Path(pair.video_b).name for pair in pairs] == [names[0], names[2]]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no video"):
        pairs_of_reference(tmp_path / names[1], tmp_path / "empty", "squat")
    with pytest.raises(InputError, match="nowhere' cannot be read"):
        pairs_of_reference(tmp_path / names[1], tmp_path / "nowhere", "squat")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.csv", "video_a,video_b\na.mp4,b.mp4\n", "p.csv, row 1: the field 'action' is missing"),
        ("p.csv", "video_a,video_b,action\n", "holds no rows"),
        ("p.jsonl", "[1]\n", "not an object"),
        ("p.txt", "x", "not a readable table"),
        ("p.jsonl", "{", "invalid JSON"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=said):
        pairs_of_table(tmp_path / name)
