"""Kinovea's annotation files, held to a reading of them as Kinovea's own reader does it."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

import pytest

from tests.report.sample import sample
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.types import FrameRef, Side
from viddiff.report.exports.kinovea import annotation_xml, position, video_stem
from viddiff.report.exports.write import kva_names
from viddiff.report.key_frames import answered_findings, key_frames


@dataclass(frozen=True)
class KeyImage:
    """What Kinovea shows: a time stamp of the video's clock, a title, a comment."""

    stamp: int
    title: str
    comment: str


def read(text: str, ticks_per_s: int, first_stamp: int = 0, whole_frames_at: float | None = None) -> list[KeyImage]:
    """Read as MetadataSerializer does, into a video with this clock; twice the same position drops the second.

    With ``whole_frames_at`` (frames in a second) as earlier readers do, which know no ``UserFramerate``.
    """
    root = ElementTree.fromstring(text)
    assert root.tag == "KinoveaVideoAnalysis"
    assert root[0].tag == "FormatVersion"
    assert root[0].text == "2.0"
    # Read in the order of the file: what comes too late is not known.
    ticks_per_frame, origin, fps, shown = 0, 0, 0.0, []
    stamps: set[int] = set()
    for element in root:
        value = element.text or ""
        if element.tag == "AverageTimeStampsPerFrame":
            ticks_per_frame = int(value)
        elif element.tag == "TimeOrigin":
            origin = int(value)
        elif element.tag == "UserFramerate":
            fps = float(value)
        elif element.tag == "Keyframes":
            assert len(element) > 0, "an empty element breaks the reader"
            for image in element:
                at = int(image.findtext("Position") or "")
                assert at < 2**31
                if whole_frames_at is None:
                    stamp = round((at - origin) / ticks_per_frame * (ticks_per_s / fps)) + first_stamp
                else:
                    stamp = at // ticks_per_frame * round(ticks_per_s / whole_frames_at) + first_stamp
                if stamp not in stamps:
                    shown.append(KeyImage(stamp, image.findtext("Title") or "", image.findtext("Comment") or ""))
                stamps.add(stamp)
    return shown


def with_times(fps: float, times_s: list[float]) -> ComparisonRecord:
    """Two answers that cite frames of A at these times, both of them each."""
    base = sample().comparison
    frames = tuple(FrameRef(time_s=time_s, ref="0" * 64) for time_s in times_s)
    findings = []
    for _, finding in answered_findings(base)[:2]:
        verdict = finding.verdict.model_copy(update={"evidence_a": tuple(range(len(frames)))})
        findings.append(finding.model_copy(update={"frames_a": frames, "verdict": verdict}))
    video = base.video_a.model_copy(update={"fps": fps})
    return base.model_copy(update={"video_a": video, "differences": tuple(findings)})


@pytest.mark.parametrize("side", ["a", "b"])
def test_every_cited_moment_is_a_key_image_with_its_verdict(side: Side) -> None:
    comparison = sample().comparison
    shown = read(annotation_xml(comparison, side), ticks_per_s=12800)
    cited = {frame.time_s for _, finding in answered_findings(comparison) for frame in key_frames(finding, side)}
    assert [image.stamp / 12800 for image in shown] == pytest.approx(sorted(cited), abs=1e-4)
    by_title = {title: image for image in shown for title in image.title.split(" / ")}
    assert "more in video A, confidence 95 % (high)" in by_title["the feet stance is wider"].comment
    assert "twice as wide apart" in by_title["the feet stance is wider"].comment


@pytest.mark.parametrize("fps", [30.0, 30000 / 1001, 59.94005994, 240.0, 10.0])
def test_both_readers_land_on_the_very_frame_at_a_constant_rate(fps: float) -> None:
    numbers = [0, 1, 2, 7, 100, 1001]
    text = annotation_xml(with_times(fps, [number / fps for number in numbers]), "a")
    ticks_per_s = round(fps * 1001)
    now = read(text, ticks_per_s, first_stamp=512)
    assert [image.stamp for image in now] == [512 + round(number / fps * ticks_per_s) for number in numbers]
    before = read(text, ticks_per_s, whole_frames_at=fps)
    assert [image.stamp // round(ticks_per_s / fps) for image in before] == numbers


def test_a_variable_rate_keeps_its_times() -> None:
    times_s = [0.0, 0.0503, 0.31, 1.777]
    shown = read(annotation_xml(with_times(23.7, times_s), "a"), ticks_per_s=90000)
    assert [image.stamp / 90000 for image in shown] == pytest.approx(times_s, abs=0.05 / 23.7 + 1e-3 / 23.7)


def test_what_shows_in_one_frame_is_one_key_image_that_tells_both() -> None:
    shown = read(annotation_xml(with_times(30.0, [1.0]), "a"), ticks_per_s=15360)
    assert len(shown) == 1
    assert shown[0].title == "the feet stance is wider / the repetitions are faster"
    assert "more in video A" in shown[0].comment
    assert "more in video B" in shown[0].comment


def test_nothing_cited_leaves_no_empty_element_behind() -> None:
    assert "Keyframes" not in annotation_xml(with_times(30.0, []), "a")
    assert "Keyframes" not in annotation_xml(with_times(30.0, [float("nan"), -1.0, 1e12]), "a")


def test_text_is_escaped_and_what_xml_forbids_is_gone() -> None:
    comparison = with_times(30.0, [1.0])
    finding = comparison.differences[0]
    said = finding.difference.model_copy(update={"statement": "</Title><x a='1'>&\x00\x0b\x1b[2J\ud800\ufffe\u202e]]>"})
    hostile = comparison.model_copy(
        update={"action": "a\x01<b>", "differences": (finding.model_copy(update={"difference": said}),)}
    )
    text = annotation_xml(hostile, "a")
    text.encode("utf-8")
    assert ElementTree.fromstring(text).findtext("GlobalTitle") == "a<b>: video A"
    assert read(text, 1000)[0].title == "</Title><x a='1'>& [2J]]>"


def test_a_rate_that_is_none_is_replaced() -> None:
    assert (
        ElementTree.fromstring(annotation_xml(with_times(0.0, [1.0]), "a")).findtext("UserFramerate") == "25.000000000"
    )


def test_files_are_named_as_the_videos_are_and_never_the_same() -> None:
    def names(a: str, b: str) -> tuple[str, str]:
        base = sample().comparison
        infos = (base.video_a.model_copy(update={"name": a}), base.video_b.model_copy(update={"name": b}))
        return kva_names(base.model_copy(update={"video_a": infos[0], "video_b": infos[1]}))

    assert names("jump.one.mp4", "jump.two.MOV") == ("jump.one.kva", "jump.two.kva")
    assert names("jump.mp4", "JUMP.mov") == ("jump_a.kva", "JUMP_b.kva")
    assert names("../../etc/passwd.mp4", "..\\x:y.mp4") == ("passwd.kva", "x_y.kva")
    assert names("..", "b.mp4") == ("video_a.kva", "b_b.kva")
    assert video_stem(sample().comparison.video_a) == "squat_stance_a"


def test_a_frame_time_rounded_to_milliseconds_is_its_frame() -> None:
    assert [position(round(number / 30, 3), 30.0) for number in range(5)] == [0, 1000, 2000, 3000, 4000]
