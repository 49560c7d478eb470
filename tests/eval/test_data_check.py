"""The state of a data set: what is missing, what cannot be read, how long the clips are; and the commands around it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from tests.eval.data_rows import SHARED, Row, official_rows, pair, write_json
from tests.video.clips import drawn, write_clip
from viddiff.cli.data import data
from viddiff.core.errors import VidDiffError
from viddiff.eval.viddiffbench.data import DatasetReport, Splits, check_data, load_data
from viddiff.eval.viddiffbench.data.facts import RELEASE_COUNTS, SPLIT_COUNTS
from viddiff.video import Limits


def run(*arguments: str) -> Result:
    """A command; its own errors are raised, as ``viddiff.cli.main`` has them."""
    result = CliRunner().invoke(data, list(arguments), standalone_mode=False)
    if result.exception:
        raise result.exception
    return result


def checked(source: Path, root: Path | None = None) -> DatasetReport:
    return check_data(load_data(str(source)), root or source.parent, Limits())


def write_images(folder: Path, n_images: int) -> Path:
    folder.mkdir(parents=True)
    for index in range(n_images):
        Image.fromarray(drawn(index)).save(folder / f"{index:04d}.png")
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Three pairs: a whole one, one with a missing video, one with a broken video."""
    write_clip(tmp_path / "one_a.mp4", 60, fps=30)
    write_images(tmp_path / "one_b", 20)
    write_clip(tmp_path / "two_a.mp4", 30, fps=30)
    (tmp_path / "three_a.mp4").write_bytes(b"no video")
    folder = {"path": "one_b", "fps_original": 10, "frames_trim": [5, 100]}
    clip = {"path": "one_a.mp4", "fps_original": 30, "frames_trim": [30, 60]}
    pairs = [pair("one", video_a=clip, video_b=folder), pair("two"), pair("three", video_b="two_a.mp4")]
    return write_json(tmp_path / "pairs.json", pairs)


def test_missing_and_unreadable_videos_are_listed(own: Path) -> None:
    report = checked(own)
    assert (report.n_samples, report.n_videos, report.n_labels, report.n_key_points) == (3, 5, 6, 6)
    assert report.missing == ("two_b.mp4",)
    (broken,) = report.unreadable
    assert broken.path == "three_a.mp4"
    assert str(own.parent) not in broken.reason
    assert not report.complete
    (split,) = report.splits
    assert (split.split, split.n_samples, split.n_ready) == ("all", 3, 1)
    assert split.labels == {"a": 3, "b": 0, "c": 3}
    # Clips of 1 s, 1.5 s (a folder cut at its end), 1 s and 1 s again.
    assert split.mean_s == pytest.approx(4.5 / 4)
    assert split.published is None


def test_a_clip_behind_the_end_and_another_rate_are_told(tmp_path: Path) -> None:
    write_clip(tmp_path / "p_a.mp4", 30, fps=30)
    write_clip(tmp_path / "p_b.mp4", 30, fps=30)
    late = {"path": "p_a.mp4", "fps_original": 30, "frames_trim": [300, 400]}
    other = {"path": "p_b.mp4", "fps_original": 25}
    report = checked(write_json(tmp_path / "pairs.json", [pair(video_a=late, video_b=other)]))
    assert [video.path for video in report.unreadable] == ["p_a.mp4"]
    assert "starts at 10.00 s" in report.unreadable[0].reason
    assert any("another frame rate" in notice and "'p_b.mp4'" in notice for notice in report.notices)


def test_key_moments_beyond_the_clip_and_samples_without_labels_are_counted(tmp_path: Path) -> None:
    write_clip(tmp_path / "p_a.mp4", 30, fps=30)
    write_clip(tmp_path / "p_b.mp4", 30, fps=30)
    one = pair(differences={"0": {"description": "x", "label": "b", "frames_a": [7.5]}})
    two = pair("q", video_a="p_a.mp4", video_b="p_b.mp4", differences={"0": {"description": "x", "label": None}})
    report = checked(write_json(tmp_path / "pairs.json", [one, two]))
    assert report.notices == (
        "1 samples have key moments beyond the end of their clip.",
        "1 samples have no label: they are never scored.",
    )
    assert report.complete


def test_a_path_out_of_the_root_is_unreadable_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    write_clip(tmp_path / "p_a.mp4", 10)
    (root / "p_a.mp4").symlink_to(tmp_path / "p_a.mp4")
    report = checked(write_json(tmp_path / "pairs.json", [pair()]), root)
    assert [video.path for video in report.unreadable] == ["p_a.mp4"]
    assert "is a link" in report.unreadable[0].reason
    assert report.missing == ("p_b.mp4",)


@pytest.mark.parametrize("release", ["549", "557"])
def test_counts_stand_beside_the_published_ones(release: str, tmp_path: Path) -> None:
    rows = official_rows(release, per_action=2)
    report = checked(write_json(tmp_path / "rows.json", rows))
    assert report.release == release
    assert report.published_totals == RELEASE_COUNTS[release]
    assert [split.split for split in report.splits] == ["easy", "medium", "hard"]
    assert [split.published for split in report.splits] == list(SPLIT_COUNTS.values())
    plain: Counter[str] = Counter()
    for row in rows:
        plain.update(label for label in json.loads(row["differences_gt"]).values() if label)
    assert sum((Counter(split.labels) for split in report.splits), Counter()) == plain
    assert sum((Counter(action.labels) for action in report.actions), Counter()) == plain
    assert len(report.missing) == report.n_videos == 4 * len(report.actions)
    assert report.splits[0].mean_s is None


def test_the_published_counts_add_up() -> None:
    assert sum(counts.n_samples for counts in SPLIT_COUNTS.values()) == RELEASE_COUNTS["557"][0]
    assert sum(sum(counts.labels.values()) for counts in SPLIT_COUNTS.values()) == RELEASE_COUNTS["557"][1]


def test_check_prints_a_table_or_json(own: Path) -> None:
    shown = run("check", str(own))
    assert shown.return_value == 1
    for text in ("3 pairs (1 ready), 5 videos", "3/0/3", "1 videos are missing", "two_b.mp4", "✗ three_a.mp4"):
        assert text in shown.output
    document = run("check", str(own), "--json")
    assert document.return_value == 1
    assert DatasetReport.model_validate_json(document.output) == checked(own)


def test_check_on_the_shared_pairs() -> None:
    path = SHARED / "videos" / "pairs.json"
    if not path.is_file():
        pytest.skip("the real videos are not at hand (shared/videos)")
    shown = run("check", str(path))
    assert shown.return_value == 0
    assert "6 pairs (6 ready), 12 videos, 45 labelled differences" in shown.output
    assert "✓ Every video is there" in shown.output


def test_texts_of_the_data_do_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    given = pair(action="squat\t[bold red]x[/]\u202e")
    shown = run("check", str(write_json(tmp_path / "pairs.json", [given])))
    assert "\u202e" not in shown.output
    assert "\t" not in shown.output
    assert "[bold" in shown.output


def official(tmp_path: Path, **changes: Any) -> tuple[Path, list[Row]]:
    rows = [{**row, **changes} for row in official_rows(per_action=2)]
    return write_json(tmp_path / "rows.json", rows), rows


def test_split_shows_counts_and_writes_json(tmp_path: Path) -> None:
    source, rows = official(tmp_path)
    shown = run("split", str(source), "--by", "action", "--seed", "3", "--out", str(tmp_path / "out" / "splits.json"))
    assert shown.return_value == 0
    assert "by-action-3 of rows.json" in shown.output
    written = Splits.model_validate_json((tmp_path / "out" / "splits.json").read_text())
    assert sorted((*written.train, *written.val, *written.test)) == sorted(row["sample_key"] for row in rows)
    assert (
        Splits.model_validate_json(run("split", str(source), "--by", "action", "--seed", "3", "--json").output)
        == written
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["splits.json"]


def test_get_tells_where_the_other_videos_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for row in official_rows(per_action=1) if row["domain"] in ("ballsports", "diving")]
    source = write_json(tmp_path / "rows.json", rows)
    monkeypatch.setenv("COLUMNS", "300")
    shown = run("get", str(source), "--videos", str(tmp_path / "videos"))
    assert shown.return_value == 1
    for text in ("Ego-Exo4D", "downscaled_takes/448", "FineDiving", "https://github.com/xujinglin/FineDiving"):
        assert text in shown.output
    document = json.loads(run("get", str(source), "--videos", str(tmp_path / "videos"), "--json").output)
    assert [domain["domain"] for domain in document["domains"]] == ["ballsports", "diving"]


def test_get_without_the_hub_still_tells_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, _ = official(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    shown = run("get", str(source), "--videos", str(tmp_path / "videos"))
    assert shown.return_value == 4
    assert "'data/videos_fitness.zip' of 'jmhb/VidDiffBench' is not available" in shown.output
    assert "FineDiving" in shown.output


def test_errors_of_the_commands_are_ours(tmp_path: Path) -> None:
    for arguments in (
        ["check", "none.json"],
        ["split", "none.json", "--by", "pair"],
        ["get", "x.json", "--videos", "v"],
    ):
        with pytest.raises(VidDiffError, match="There is no data set"):
            run(*arguments)


def test_a_video_is_refused_by_the_limits_of_the_settings(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``viddiff eval`` refuses it."""
    monkeypatch.setenv("VIDDIFF_MAX_VIDEO_S", "1.5")
    report = json.loads(run("check", str(own), "--videos", str(own.parent), "--json").output)
    assert [video["path"] for video in report["unreadable"]] == ["one_a.mp4", "one_b", "three_a.mp4"]
