"""Files of StepDiff: what is read, and every kind of bad row in one sentence."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tests.eval.stepdiff.files import CANDIDATE, OTHERS, REFERENCE, caption_row, choice_row, rank_row, write
from viddiff.core.errors import InputError
from viddiff.eval.stepdiff.check import check_items
from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem, RankItem, StepClip, key_of
from viddiff.eval.stepdiff.load import is_step_file, load_items, read_items, videos_root
from viddiff.eval.stepdiff.rows import clip_of, item_of


@pytest.mark.parametrize(
    ("row", "task", "kind"),
    [
        (caption_row(), "diffcap", CaptionItem),
        (choice_row(), "diffmcq", ChoiceItem),
        (rank_row(), "diffrank", RankItem),
    ],
)
def test_the_rows_tell_the_task(tmp_path: Path, row: dict[str, Any], task: str, kind: type) -> None:
    path = write(tmp_path / "rows.jsonl", row)
    data = load_items(path)
    assert is_step_file(path)
    assert data.task == task
    assert isinstance(data.items[0], kind)
    assert data.items[0].reference.id == REFERENCE


def test_video_ids_may_hold_an_underscore_and_begin_with_a_dash(tmp_path: Path) -> None:
    (item,) = load_items(write(tmp_path / "rows.jsonl", caption_row())).items
    assert isinstance(item, CaptionItem)
    assert (item.pair.reference.video, item.pair.reference.start_s, item.pair.reference.stop_s) == (
        "-knead_dough",
        4.0,
        12.5,
    )


BAD: list[tuple[object, str]] = [
    ("", "line is empty"),
    ("{'a': 1}", "not JSON"),
    ("[1, 2]", "not an object"),
    ('{"category": "a", "category": "b"}', "given twice"),
    ('{"scores": [NaN]}', "NaN is not a number"),
    ({"category": "Technique"}, "'text'|'targets'|missing"),
    (caption_row(), "row is of diffcap"),
    (rank_row(reference="nothing"), "'reference': 'nothing' is no clip id"),
    (rank_row(reference="video_1.0_x"), "in seconds"),
    (rank_row(reference="video_9.0_1.0"), "stops before it starts"),
    (rank_row(reference="../up_1.0_2.0"), "cannot name a file"),
    (rank_row(reference=7), "7 is no clip id"),
    (rank_row(targets=OTHERS[:3]), "'targets'.*at least 4"),
    (rank_row(targets=[REFERENCE, *OTHERS[:3]]), "holds the reference itself"),
    (rank_row(scores=[0, 1, 2]), "'scores'.*at least 4"),
    (rank_row(scores=[0, 1, 2, 6]), r"'scores\.3'.*less than or equal to 5.*got 6"),
    (rank_row(scores=[0, 1, 2, True]), r"'scores\.3'.*integer.*True"),
    (rank_row(scores=[0, 1, 2, 2.5]), r"'scores\.3'.*integer"),
    (rank_row(category=" "), "'category' says nothing"),
]


@pytest.mark.parametrize(("row", "reason"), BAD)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, row: object, reason: str) -> None:
    path = write(tmp_path / "rows.jsonl", rank_row(), row, rank_row())
    data, bad = read_items(path)
    assert len(data.items) == 2
    assert [one.line for one in bad] == [2]
    with pytest.raises(InputError, match=rf"line 2: .*({reason})"):
        load_items(path)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (caption_row(text=[]), "'text'.*at least 1"),
        (caption_row(text=["", "x"]), r"'text\.0'"),
        (caption_row(candidate=REFERENCE), "compared with itself"),
        (choice_row(answer=[CANDIDATE, REFERENCE]), "none of the 'options'"),
        (choice_row(options=[[REFERENCE, CANDIDATE]] * 3), "'options'.*at least 4"),
        (choice_row(options=[[REFERENCE]] * 4), r"'options\.0'.*not a pair"),
    ],
)
def test_bad_rows_of_the_other_tasks(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        load_items(write(tmp_path / "rows.jsonl", row))


def test_other_files_are_none_of_ours(tmp_path: Path) -> None:
    other = write(tmp_path / "rows.jsonl", {"sample_key": "p0", "action": "fitness_0"})
    assert not is_step_file(other)
    assert not is_step_file(tmp_path / "absent.jsonl")
    with pytest.raises(InputError, match="holds no row"):
        load_items(other)
    with pytest.raises(InputError, match="it is empty"):
        load_items(write(tmp_path / "empty.jsonl"))


def test_hash_and_keys_name_the_content(tmp_path: Path) -> None:
    one, same, other = (
        load_items(write(tmp_path / f"{name}.jsonl", row, rank_row(category="Actions")))
        for name, row in [("one", rank_row()), ("same", rank_row()), ("other", rank_row(scores=[0, 0, 3, 1]))]
    )
    assert one.content_hash == same.content_hash != other.content_hash
    assert key_of(one.items[0]) == key_of(same.items[0]) != key_of(other.items[0])
    assert len({key_of(item) for item in one.items}) == 2


def test_check_counts_clips_ties_and_videos(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", rank_row(), rank_row(category="Actions", scores=[1, 2, 3, 4]), "{}")
    (tmp_path / f"{REFERENCE}.mp4").touch()
    (tmp_path / "other_00001.webm").touch()
    report = check_items(path, tmp_path)
    assert (report.n, report.n_clips, report.n_references, report.n_videos) == (2, 5, 1, 5)
    assert report.n_missing_videos == 3
    assert report.tied_pairs == {0: 1, 1: 1}
    assert report.categories == {"Visuals": 1, "Actions": 1}
    assert [row.line for row in report.bad_rows] == [3]
    assert "CC BY-NC" in report.licence


def test_a_clip_of_ones_own_is_a_path_below_the_videos_with_times_or_without() -> None:
    whole, part = clip_of({"path": "a/b.mp4"}), clip_of({"path": "a/b.mp4", "start_s": 1, "stop_s": 2.5})
    assert (whole.path, whole.start_s, whole.stop_s) == ("a/b.mp4", 0.0, math.inf)
    assert (part.start_s, part.stop_s, part.id == whole.id) == (1.0, 2.5, False)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"path": "/etc/passwd"}, "leads out of the folder"),
        ({"path": "../b.mp4"}, "leads out of the folder"),
        ({"path": "a\\b.mp4"}, "leads out of the folder"),
        ({"path": "a\nb.mp4"}, "leads out of the folder"),
        ({"path": "b.mp4", "start_s": 3, "stop_s": 2}, "stops before it starts"),
        ({"path": "b.mp4", "start_s": float("nan")}, "start_s"),
        ({"path": 5}, "path"),
        ({"video": "b.mp4"}, "path"),
        ({"path": "b.mp4", "stop": 2}, "stop"),
    ],
)
def test_what_is_no_clip_of_ones_own_is_told(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        clip_of(given)
    assert "\n" not in str(raised.value)


def test_names_of_released_items_stay_as_they_are() -> None:
    """Runs and predictions of earlier versions carry them."""
    item = item_of({"reference": "a_0_1", "candidate": "b_0_1", "category": "Visuals", "text": ["x"]}, "diffcap")
    assert key_of(item) == "a82518f990ed0fd3"


@pytest.mark.parametrize("row", [caption_row(), choice_row(), rank_row()])
def test_a_row_may_name_its_step(tmp_path: Path, row: dict[str, Any]) -> None:
    rows = [row, {**row, "step": "knead the dough"}]
    without, named = load_items(write(tmp_path / "rows.jsonl", *rows)).items
    assert (without.step, named.step) == (None, "knead the dough")
    assert key_of(without) != key_of(named)
    with pytest.raises(InputError, match=r"line 1: .*'step'"):
        load_items(write(tmp_path / "bad.jsonl", {**row, "step": " "}))


@pytest.mark.parametrize(("path", "folder"), [(None, "videos"), ("squat.mp4", ".")])
def test_videos_lie_beside_rows(path: str | None, folder: str, tmp_path: Path) -> None:
    clips = [StepClip(id="v_0_1", video="v", start_s=0, stop_s=1, path=path)]
    (tmp_path / "rows.jsonl").touch()
    assert videos_root(tmp_path / "rows.jsonl", clips) == videos_root(tmp_path, clips) == tmp_path / folder
