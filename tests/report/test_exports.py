"""Tables, key images and the command that writes them all."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.report.posed import DEPTH_A, measured, poses
from tests.report.sample import sample
from tests.report.test_side_by_side import info_of, localized
from tests.video.clips import number, write_clip
from viddiff.cli import main
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.errors import InputError
from viddiff.core.formatting import slug
from viddiff.core.types import FrameRef
from viddiff.report.curves import Curves
from viddiff.report.exports import lettering
from viddiff.report.exports.pictures import (
    frames_of_video,
    frames_to_show,
    key_image,
    spread_frames,
    write_pictures,
)
from viddiff.report.exports.tables import FINDING_HEAD, findings_csv, measurements_csv, safe_cell
from viddiff.report.key_frames import key_frames
from viddiff.video.source import Limits


def rows(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n", " =", "＝", "\u202e=", "\x00@"])
def test_no_text_can_be_a_formula(start: str) -> None:
    cell = safe_cell(f"{start}HYPERLINK(1)")
    assert isinstance(cell, str)
    assert cell.startswith("'")
    assert "\u202e" not in cell


def test_numbers_and_plain_text_stay_as_they_are() -> None:
    assert [safe_cell(cell) for cell in (-1.5, 3, None, "a = b", "1-2")] == [-1.5, 3, None, "a = b", "1-2"]


def test_every_difference_is_a_row_in_reading_order() -> None:
    comparison = sample().comparison
    table = rows(findings_csv(comparison))
    assert tuple(table[0]) == FINDING_HEAD
    assert [row["number"] for row in table] == [str(i) for i in range(1, 9)]
    assert table[0]["statement"] == "the feet stance is wider"
    assert (table[0]["verdict"], table[0]["answer"], table[0]["status"]) == ("more in video A", "a", "answered")
    assert (table[0]["confidence"], table[0]["stages"]) == ("0.95", "standing; bottom")
    cited = key_frames(comparison.differences[3], "a")
    assert table[0]["times in A (s)"] == "; ".join(f"{frame.time_s:.3f}" for frame in cited)
    failed = next(row for row in table if row["status"] == "failed")
    assert failed["answer"] == ""
    assert "did not answer within 120 s" in failed["error"]
    tempo = next(row for row in table if row["name"] == "tempo")
    assert tempo["measurements"] == "duration of one repetition: video A 2.9 s, video B 2.3 s"


def test_every_measurement_is_a_row_that_names_what_it_decided() -> None:
    table = rows(measurements_csv(sample().comparison))
    assert [(row["name"], row["A"], row["B"], row["decided differences"]) for row in table] == [
        ("duration of one repetition", "2.9", "2.3", "2"),
        ("pause", "0.42", "", "8"),
    ]
    assert [row["resolution"] for row in table] == ["0.08", ""]


def test_hostile_text_stays_in_its_cell() -> None:
    comparison = sample().comparison
    one = comparison.differences[3]
    said = one.difference.model_copy(update={"name": "=cmd|' /C calc'!A0", "statement": 'a";"=1+1\r\n"x,\ty'})
    table = rows(
        findings_csv(comparison.model_copy(update={"differences": (one.model_copy(update={"difference": said}),)}))
    )
    assert len(table) == 1
    assert table[0]["name"] == "'=cmd|' /C calc'!A0"
    assert table[0]["statement"] == 'a";"=1+1\n"x,\ty'


def test_each_answered_difference_becomes_one_image(tmp_path: Path) -> None:
    written = write_pictures(sample().comparison, tmp_path, sample().frames.get)
    assert [path.name for path in written] == [
        "01-stance-width.jpg", "02-tempo.jpg", "03-hands.jpg", "04-squat-depth.jpg"
    ]  # fmt: skip
    with Image.open(written[0]) as image:
        assert image.format == "JPEG"
        # Two frames of A and one of B, 328 pixels wide each, in one row.
        assert (image.width, image.height > 480) == (3 * 328 + 4 * 8, True)
        assert image.crop((8, 8, 336, 488)).convert("L").getextrema()[1] > 60


def test_a_frame_says_what_is_measured_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def write(image: Image.Image, place: tuple[float, float], text: str, *rest: object) -> float:
        written.append(text)
        return 0.0

    monkeypatch.setattr(lettering, "write", write)
    a, b = poses().values()
    finding = measured().differences[2]
    shown = [frame for side in ("a", "b") for frame in spread_frames(key_frames(finding, side))]
    assert key_image(finding, sample().frames.get, Curves(measured(), {"a": a, "b": b})) is not None
    told = [text for text in written if text.endswith(tuple("0123456789")) and " s · " in text]
    assert [text.partition(" · ")[0] for text in told] == [f"{frame.time_s:.2f} s" for frame in shown]
    # 0.5 s into a way down of 0.8 s, which goes with the least jerk: 72.5 % of the depth.
    assert told[0] == f"1.50 s · {1.7 - 0.725 * DEPTH_A:.2f}"
    written.clear()
    key_image(finding, sample().frames.get)
    assert not [text for text in written if " s · " in text]


def test_wide_frames_stand_in_a_column_for_each_video(tmp_path: Path) -> None:
    target = io.BytesIO()
    Image.new("RGB", (160, 90), "#ffffff").save(target, "JPEG")
    one = sample().comparison.differences[3]
    image = key_image(one, lambda ref: target.getvalue())
    assert image is not None
    wide = round(160 * 480 / 90)
    assert image.width == 2 * wide + 3 * 8
    second_row = 8 + 480 + 8 + 32 + 8
    # Two of A below each other, one of B beside the first.
    assert image.getpixel((100, second_row + 200)) == (255, 255, 255)
    assert image.getpixel((wide + 100, 200)) == (255, 255, 255)
    assert image.getpixel((wide + 100, second_row + 200)) != (255, 255, 255)


def test_a_frame_that_is_gone_or_damaged_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"frame of video A at 0\.00 s is not in the cache: name the videos"):
        write_pictures(sample().comparison, tmp_path, lambda ref: None)
    with pytest.raises(InputError, match="is damaged in the cache"):
        write_pictures(sample().comparison, tmp_path, lambda ref: b"no picture")
    assert list(tmp_path.iterdir()) == []


def test_a_finding_without_frames_has_no_image(tmp_path: Path) -> None:
    comparison = sample().comparison
    one = comparison.differences[3].model_copy(update={"frames_a": (), "frames_b": ()})
    assert write_pictures(comparison.model_copy(update={"differences": (one,)}), tmp_path, lambda ref: None) == []


def test_few_frames_are_spread_and_keep_both_ends() -> None:
    frames = [FrameRef(time_s=float(i), ref="0" * 64) for i in range(7)]
    assert [frame.time_s for frame in spread_frames(frames)] == [0.0, 3.0, 6.0]
    assert spread_frames(frames[:2]) == frames[:2]


def test_key_frames_are_the_cited_ones_or_the_middle_one() -> None:
    finding = sample().comparison.differences[3]

    def times(evidence: tuple[int, ...]) -> list[float]:
        verdict = finding.verdict.model_copy(update={"evidence_a": evidence})
        return [frame.time_s for frame in key_frames(finding.model_copy(update={"verdict": verdict}), "a")]

    looked_at = [frame.time_s for frame in finding.frames_a]
    assert times((2, 0, 0)) == [looked_at[0], looked_at[2]]
    assert times((99, -1)) == times(()) == [looked_at[3]]


@pytest.mark.parametrize(
    ("name", "expected"), [("Knie-Winkel ä/b", "knie-winkel-a-b"), ("../..", "difference"), ("x" * 99, "x" * 40)]
)
def test_names_are_safe_parts_of_file_names(name: str, expected: str) -> None:
    assert slug(name, "difference") == expected


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two small videos and the document of their comparison, whose frames are in no store."""
    folder = tmp_path_factory.mktemp("compared")
    infos = [info_of(write_clip(folder / f"{side}.mp4", 15, scale=scale)) for side, scale in (("a", 1), ("b", 2))]
    comparison = sample().comparison.model_copy(
        update={
            "video_a": infos[0],
            "video_b": infos[1],
            "localization_a": localized("a", (0.0, 0.2, 0.5)),
            "localization_b": localized("b", (0.0, 0.3, 0.5)),
        }
    )
    frames = tuple(FrameRef(time_s=i / 10, ref=f"{i}" * 64) for i in range(5))
    findings = [
        finding.model_copy(update={"frames_a": frames, "frames_b": frames}) for finding in comparison.differences[2:4]
    ]
    comparison = comparison.model_copy(update={"differences": tuple(findings)})
    (folder / "comparison.json").write_text(comparison.to_json())
    return folder


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["export", *arguments])
    return int(left.value.code or 0)


def test_all_is_written_where_nothing_is_named(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(place / "comparison.json"), "--out", "out") == 0
    written = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*"))
    assert written == [
        "a.kva", "b.kva", "comparison.json", "findings.csv", "images/01-stance-width.jpg", "images/02-squat-depth.jpg",
        "measurements.csv", "side_by_side.mp4", "side_by_side.srt", "side_by_side.vtt",
    ]  # fmt: skip
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("Wrote ") == len(written)
    document = ComparisonRecord.from_json((place / "comparison.json").read_bytes())
    assert ComparisonRecord.from_json((tmp_path / "out" / "comparison.json").read_bytes()) == document


def test_frames_that_no_store_holds_come_from_the_video(place: Path) -> None:
    document = ComparisonRecord.from_json((place / "comparison.json").read_bytes())
    wanted = frames_to_show(document, "b")
    jpegs = frames_of_video(place / "b.mp4", document.video_b, wanted, Limits())
    assert set(jpegs) == {frame.ref for frame in wanted}
    for frame in wanted:
        with Image.open(io.BytesIO(jpegs[frame.ref])) as image:
            assert number(np.asarray(image)) == round(frame.time_s * 30)


def test_a_missing_video_keeps_nothing_else_from_being_written(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "alone.json").write_bytes((place / "comparison.json").read_bytes())
    assert run("alone.json", "--out", "out", "--csv", "--kva", "--mp4") == 3
    assert "The side by side video needs 'a.mp4'" in capsys.readouterr().err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"a.kva", "b.kva", "comparison.json", "findings.csv", "measurements.csv"}
    assert run("alone.json", "--out", "out", "--csv") == 0


def test_bad_input_ends_with_one_sentence_and_its_code(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = str(place / "comparison.json")

    def said(*arguments: str) -> tuple[int, str]:
        return run(*arguments), capsys.readouterr().err.splitlines()[-1]

    assert said(document, "--out", "o", "--mp4", "--video-a", str(place / "b.mp4"))[0] == 3
    code, message = said(document, "--out", "o", "--mp4", "--video-b", "nothing.mp4")
    assert (code, message) == (
        3, "viddiff: There is no video 'nothing.mp4': name the file that was compared as 'b.mp4'."
    )  # fmt: skip
    assert said("nothing.json", "--out", "o")[0] == 3
    (tmp_path / "bad.json").write_text('{"schema_version": 1, "action": 3}')
    code, message = said("bad.json", "--out", "o")
    assert code == 3
    assert "damaged at" in message
    (tmp_path / "taken").write_text("a file")
    assert said(document, "--out", "taken", "--csv")[0] == 2
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "images").write_text("a file")
    assert said(document, "--out", "full", "--images")[0] == 2
    assert run(document, "--out", "o", "--slow", "0") == 2
