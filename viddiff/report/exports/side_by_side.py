"""Both clips in one video: next to each other, on one clock, with the differences as captions where they show.

Each source is decoded once, in order, and one picture of each is held at a time, so that memory does not grow with
length.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import UsageError
from viddiff.core.files import document
from viddiff.core.types import SIDES, Localization, Progress, silent
from viddiff.report.clip_views import ComparedPair
from viddiff.report.exports import lettering
from viddiff.report.exports.captions import CaptionCue, CaptionLine, captions
from viddiff.report.exports.clip_frames import ClipFrames
from viddiff.report.exports.layout import Layout, caption_lines, lay_out
from viddiff.report.time_alignment import Knot, times_at
from viddiff.video.encode import Encoding, encode
from viddiff.video.source import Limits

if TYPE_CHECKING:
    from PIL import Image

HEIGHT_PX, FPS = 720, 30


@dataclass(frozen=True)
class Instant:
    """One frame of the video: times in both files, whether each clip is held, stages, the caption."""

    times_s: tuple[float, float]
    held: tuple[bool, bool]
    stages: tuple[str, str]
    caption: CaptionCue | None


def write_side_by_side(
    compared: ComparedPair,
    lines: Sequence[CaptionLine],
    knots: Sequence[Knot],
    videos: tuple[Path, Path],
    path: Path,
    *,
    slow: float = 1.0,
    height: int = HEIGHT_PX,
    limits: Limits | None = None,
    progress: Progress = silent,
) -> Path:
    """Write both clips next to each other as an MP4, whole or not at all, and return ``path``.

    Args:
        compared: the parts compared, and the stages.
        lines: the captions.
        knots: the clock, see ``report.time_alignment``.
        videos: the files that were compared.
        path: the file to write.
        slow: how fast the video runs against the clock: 0.5 is half as fast.
        height: of the pictures, in pixels.
        limits: what to refuse of the videos.
        progress: called with how many frames are done.

    Raises:
        InputError: a video cannot be read, or is not the one of the document.
        UsageError: the file cannot be written, or ``slow`` is not above 0.
        BackendError: this PyAV has no H.264 encoder, or Pillow no FreeType.
    """
    if not 0 < slow < math.inf:
        raise UsageError(f"slow is {slow!r}: give a number above 0, such as 0.5 for half the speed.")
    with contextlib.ExitStack() as open_clips:
        infos = (compared.video_a, compared.video_b)
        opened = [ClipFrames(video, info, limits) for video, info in zip(videos, infos, strict=True)]
        for clip in opened:
            open_clips.callback(clip.close)
        times_s = frame_times(knots, slow)
        caption_list = captions(lines, knots, slow)
        layout = lay_out((opened[0].aspect, opened[1].aspect), height, caption_list)
        frames = _frames(compared, opened, times_s, caption_list, layout)
        with document(path) as temporary:
            encoding = Encoding(*layout.size, Fraction(FPS), crf=21, threads=0)
            for n_written in encode(temporary, frames, encoding):
                progress("writing the video", n_written, len(times_s[0]))
    return path


def frame_times(knots: Sequence[Knot], slow: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N,) and (N,): the times in the files of A and B for each frame of the video."""
    n_frames = max(1, math.ceil(knots[-1].clock_s / slow * FPS - 1e-6))
    times_s = np.array([times_at(knots, i / FPS * slow) for i in range(n_frames)])
    return times_s[:, 0], times_s[:, 1]


def _frames(
    compared: ComparedPair,
    opened: Sequence[ClipFrames],
    times_s: tuple[NDArray[np.float64], NDArray[np.float64]],
    captions: Sequence[CaptionCue],
    layout: Layout,
) -> Iterator[NDArray[np.uint8]]:
    """The video, frame by frame, (height, width, 3) RGB; one buffer, filled again for each."""
    frame = np.empty((layout.size[1], layout.size[0], 3), dtype=np.uint8)
    frame[:] = _rgb(lettering.PAPER)
    pictures = [
        clip.pictures_at(times, width, layout.height)
        for clip, times, width in zip(opened, times_s, layout.widths, strict=True)
    ]
    bar, last = None, None
    for instant, *both in zip(instants(compared, times_s, captions), *pictures, strict=True):
        for picture, left in zip(both, layout.lefts, strict=True):
            frame[: layout.height, left : left + picture.shape[1]] = picture
        if bar is None or instant != last:
            bar, last = np.asarray(_bar(instant, layout)), instant
            frame[layout.height :] = bar
        yield frame


def instants(
    compared: ComparedPair,
    times_s: tuple[NDArray[np.float64], NDArray[np.float64]],
    captions: Sequence[CaptionCue],
) -> Iterator[Instant]:
    """The frames of the video, in order."""
    where = (compared.localization_a, compared.localization_b)
    coming = list(reversed(captions))
    for i, (a_s, b_s) in enumerate(zip(*(times.tolist() for times in times_s), strict=True)):
        while coming and coming[-1].stop_s <= i / FPS:
            coming.pop()
        now = coming[-1] if coming and coming[-1].start_s <= i / FPS else None
        held = tuple(i > 0 and bool(times[i] == times[i - 1]) for times in times_s)
        stages = (stage_at(where[0], a_s), stage_at(where[1], b_s))
        yield Instant((a_s, b_s), (held[0], held[1]), stages, now)


def stage_at(localization: Localization, time_s: float) -> str:
    """The stage that a time of the file lies in; after the last one the last one, without any nothing."""
    begun = [segment for segment in localization.segments if segment.start_s <= time_s < segment.stop_s]
    begun = begun or [segment for segment in localization.segments[-1:] if segment.stop_s <= time_s]
    return begun[0].stage if begun else ""


def _bar(instant: Instant, layout: Layout) -> Image.Image:
    """The bar below the pictures: letter, time and stage of each, then the caption."""
    from PIL import Image

    width, height = layout.size[0], layout.size[1] - layout.height
    image = Image.new("RGB", (width, height), lettering.PAPER)
    margin, step = layout.text // 2, lettering.line_height(layout.text)
    for side, left, room, time_s, held, stage in zip(
        SIDES, layout.lefts, layout.widths, instant.times_s, instant.held, instant.stages, strict=True
    ):
        x = left + margin + lettering.badge(image, (left + margin, margin), side, layout.text) + margin
        # Two decimals would flicker; a tenth of a second is what an eye can follow.
        clock = f"{time_s:.1f} s" + (" held" if held else "")
        x += round(lettering.write(image, (x, margin), clock, layout.text, lettering.QUIET)) + margin
        for line in lettering.wrap(stage, layout.text, left + room - margin - x, 1):
            lettering.write(image, (x, margin), line, layout.text)
    if instant.caption:
        for i, (line, colour) in enumerate(caption_lines(instant.caption, layout.text, width)):
            lettering.write(image, (margin, 2 * margin + step * (1 + i)), line, layout.text, colour)
    return image


def _rgb(colour: str) -> tuple[int, int, int]:
    from PIL import ImageColor

    red, green, blue, *_ = ImageColor.getrgb(colour)
    return red, green, blue
