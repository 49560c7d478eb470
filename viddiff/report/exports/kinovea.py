"""Annotation files for Kinovea (https://www.kinovea.org): a key image for every moment that an answer cites.

Written after Kinovea's own reader: github.com/Kinovea/Kinovea, Kinovea.ScreenManager/Metadata, MetadataSerializer.cs
(commit 9a57462) and Keyframe.cs (commit e27d461); format version 2.0. What follows from it:

- Times come before the key images, which are converted while they are read.
- A position is a 32-bit integer on a clock of the file's own. Kinovea turns it into frames since ``TimeOrigin`` and,
  with ``UserFramerate``, back into the clock of the video: right to the time stamp. Earlier readers take whole frames,
  which is the same for videos of a constant frame rate.
- Of two key images at one position Kinovea drops the words of the second, so what shows in one frame is one key image.
- An empty ``Keyframes`` element breaks the reader, so that without any it is left out.
"""

from __future__ import annotations

import math
from xml.etree import ElementTree

from viddiff.core.formatting import one_line
from viddiff.core.types import Finding, Side, VideoInfo
from viddiff.core.version import __version__
from viddiff.report import formatting
from viddiff.report.clip_views import PairDocument
from viddiff.report.key_frames import answered_findings, key_frames
from viddiff.report.sides import video_of

#: The clock of the file: ticks in a frame.
TICKS_PER_FRAME = 1000
#: Positions are read as 32-bit integers.
_MAX_POSITION = 2**31 - 1
#: Frame times of some containers are rounded to milliseconds; what lies this near to a frame is that frame.
_NEAR_FRAMES = 0.05


def annotation_xml(comparison: PairDocument, side: Side) -> str:
    """The KVA document of one video: XML with a key image for each frame that an answered difference cites.

    The title is the statement; the comment tells verdict, confidence and reason. Text holds no character that XML
    forbids.
    """
    video = video_of(comparison, side)
    fps = video.fps if math.isfinite(video.fps) and video.fps > 0 else 25.0
    root = ElementTree.Element("KinoveaVideoAnalysis")
    facts = {
        "FormatVersion": "2.0",
        "Producer": f"VidDiff.{__version__}",
        "OriginalFilename": one_line(video_stem(video)),
        "GlobalTitle": one_line(f"{comparison.action}: video {side.upper()}"),
        "ImageSize": f"{video.width};{video.height}",
        "AverageTimeStampsPerFrame": str(TICKS_PER_FRAME),
        "CaptureFramerate": f"{fps:.9f}",
        "UserFramerate": f"{fps:.9f}",
        "FirstTimeStamp": "0",
        "TimeOrigin": "0",
    }
    for name, value in facts.items():
        ElementTree.SubElement(root, name).text = value
    findings = _by_position(comparison, side, fps)
    if findings:
        images = ElementTree.SubElement(root, "Keyframes")
        for at in sorted(findings):
            _key_image(images, at, findings[at])
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def video_stem(video: VideoInfo) -> str:
    """The name of a video without folder and ending, as Kinovea compares it."""
    name = video.name.replace("\\", "/").rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[0] if "." in name.strip(".") else name


def position(time_s: float, fps: float) -> int:
    """A time from the first frame on, in ticks of the file's clock."""
    frames = time_s * fps
    if abs(frames - round(frames)) <= _NEAR_FRAMES:
        return round(frames) * TICKS_PER_FRAME
    return round(frames * TICKS_PER_FRAME)


def _by_position(comparison: PairDocument, side: Side, fps: float) -> dict[int, list[Finding]]:
    findings: dict[int, list[Finding]] = {}
    for _, finding in answered_findings(comparison):
        for frame in key_frames(finding, side):
            if 0 <= frame.time_s * fps * TICKS_PER_FRAME <= _MAX_POSITION:
                findings.setdefault(position(frame.time_s, fps), []).append(finding)
    return findings


def _key_image(images: ElementTree.Element, at: int, findings: list[Finding]) -> None:
    image = ElementTree.SubElement(images, "Keyframe")
    ElementTree.SubElement(image, "Position").text = str(at)
    ElementTree.SubElement(image, "Title").text = " / ".join(
        one_line(finding.difference.statement) for finding in findings
    )
    ElementTree.SubElement(image, "Comment").text = "\n\n".join(map(_comment, findings))


def _comment(finding: Finding) -> str:
    verdict = finding.verdict
    confidence = "" if verdict.confidence is None else f", confidence {formatting.confidence_text(verdict.confidence)}"
    statement = one_line(finding.difference.statement).rstrip(".")
    text = f"{statement}: {formatting.verdict_text(verdict)}{confidence}."
    return one_line(f"{text} {verdict.reason}")
