"""What a coach thinks of the answers, in the form that ``viddiff eval --data`` reads: one pair of a ``pairs.json``.

The page's script fills in labels and comments; everything else is made here, where the loader's rules are known.
"""

from __future__ import annotations

import math
from pathlib import Path

from viddiff.core.comparison import ComparisonRecord
from viddiff.core.formatting import one_line
from viddiff.core.record import Record
from viddiff.core.types import Answer, Finding, NumFrames, Side, VideoInfo
from viddiff.report.formatting import reading_order
from viddiff.report.sides import shown_frames, video_of
from viddiff.report.time_alignment import part

#: The longest name that ``pairs.json`` takes.
_NAME = 200


class CoachVideo(Record):
    """A video of the pair."""

    path: str
    """The file, relative to the folder of the videos."""
    fps_original: float
    """Frames per second of the source."""
    frames_trim: tuple[int, int, None] | None
    """First frame and end of the part that was compared, in frames of the source; None: the whole of it."""


class CoachLabel(Record):
    """A difference of the pair."""

    name: str
    """Name of the difference."""
    description: str
    """The statement."""
    label: Answer | None = None
    """What the coach says: a, b, or c for no visible difference; None: not labelled yet."""
    num_frames: NumFrames
    """Whether one frame shows it or it takes several."""
    query_string: str
    """What is asked about it."""
    frames_a: tuple[float, ...]
    """Times in video A that show it, in seconds from the start of the part."""
    frames_b: tuple[float, ...]
    """Times in video B that show it, in seconds from the start of the part."""
    comment: str = ""
    """No field of the format: its loader leaves it alone."""


class CoachPair(Record):
    """A pair of a ``pairs.json`` (docs/data.md), not labelled yet; differences in reading order, keys as text."""

    key: str
    """Name of the pair, unique in its file."""
    action: str
    """Name of the action."""
    action_description: str
    """The action as models were told."""
    video_a: CoachVideo
    """Video A."""
    video_b: CoachVideo
    """Video B."""
    differences: dict[str, CoachLabel]
    """The differences by key."""


def coach_pair(comparison: ComparisonRecord, document_hash: str) -> CoachPair:
    """The skeleton that the page's script fills in: every difference of the document, without a label."""
    action = one_line(comparison.action)
    return CoachPair(
        key=f"{action[: _NAME - 20]} {document_hash[:12]}",
        action=action[:_NAME],
        action_description=action,
        video_a=_video(comparison, "a"),
        video_b=_video(comparison, "b"),
        differences={
            str(number): _label(comparison, finding)
            for number, finding in enumerate(reading_order(comparison.differences), 1)
        },
    )


def _video(comparison: ComparisonRecord, side: Side) -> CoachVideo:
    info = video_of(comparison, side)
    first, stop = trim(info)
    fps = rate_of(info)
    is_whole = first == 0 and not info.stop_s < info.duration_s - 1 / fps
    names = _file_name(comparison.video_a), _file_name(comparison.video_b)
    # Two files of one name cannot lie in one folder, and one would be taken for the other.
    path = f"{side}/{names[0]}" if names[0] == names[1] else _file_name(info)
    return CoachVideo(path=path, fps_original=fps, frames_trim=None if is_whole else (first, stop, None))


def _file_name(info: VideoInfo) -> str:
    # The last part only: a name that a document gives must not lead out of the folder.
    name = Path(one_line(info.name)).name
    return name if name not in ("", "..") else "video"


def rate_of(info: VideoInfo) -> float:
    """Frames in a second; a document may hold anything, and the format takes rates above 0 up to 1000 only."""
    return info.fps if math.isfinite(info.fps) and 0 < info.fps <= 1000 else 25.0


def trim(info: VideoInfo) -> tuple[int, int]:
    """The part compared in frames of the source, ``[first, stop)``, never empty."""
    start_s, stop_s = part(info)
    first = max(0, round(start_s * rate_of(info)))
    return first, max(first + 1, round(stop_s * rate_of(info)))


def _label(comparison: ComparisonRecord, finding: Finding) -> CoachLabel:
    difference = finding.difference
    statement = one_line(difference.statement)
    return CoachLabel(
        name=one_line(difference.name)[:_NAME] or statement[:60],
        description=statement,
        num_frames=difference.num_frames,
        query_string=one_line(difference.query_string),
        frames_a=_moments(comparison.video_a, finding, "a"),
        frames_b=_moments(comparison.video_b, finding, "b"),
    )


def _moments(info: VideoInfo, finding: Finding, side: Side) -> tuple[float, ...]:
    frames, evidence = shown_frames(finding, side)
    begins_s = trim(info)[0] / rate_of(info)
    cited = [frames[i].time_s - begins_s for i in sorted(set(evidence)) if 0 <= i < len(frames)]
    return tuple(round(max(0.0, time_s), 4) for time_s in cited if math.isfinite(time_s))
