"""Key images: the frames that show a difference, of A and B next to each other, with their captions."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from viddiff.core.errors import InputError
from viddiff.core.files import document
from viddiff.core.formatting import slug
from viddiff.core.types import SIDES, Finding, FrameRef, Side, VideoInfo
from viddiff.report import formatting
from viddiff.report.clip_views import PairDocument
from viddiff.report.curves import Curves
from viddiff.report.exports import lettering
from viddiff.report.exports.captions import caption_text
from viddiff.report.exports.clip_frames import ClipFrames
from viddiff.report.key_frames import answered_findings, key_frames
from viddiff.report.pictures import ReadFrame
from viddiff.video.source import Limits

if TYPE_CHECKING:
    from PIL import Image

#: Frames of one video in one image.
MAX_FRAMES = 3
#: Height of a frame, least width of an image, border around frames, text: pixels.
FRAME_PX, MIN_WIDTH_PX, GAP_PX, TEXT_PX = 480, 640, 8, 24
QUALITY = 90


class PictureText(NamedTuple):
    """A text below the frames, its colour, and how many lines it may take."""

    text: str
    colour: str
    max_lines: int


def write_pictures(
    comparison: PairDocument, folder: Path, read_frame: ReadFrame, curves: Curves | None = None
) -> list[Path]:
    """Write a JPEG for each answered difference that frames show; returns the files, in reading order.

    Args:
        comparison: what to show.
        folder: an existing folder.
        read_frame: gives the JPEG bytes of a frame, None where it is not to be had.
        curves: what is measured in a frame; None: nothing is written below it.

    Raises:
        InputError: a frame is not to be had.
        UsageError: a file cannot be written.
    """
    paths = []
    for number, finding in answered_findings(comparison):
        image = key_image(finding, read_frame, curves)
        if image is not None:
            paths.append(save(image, folder, number, finding.difference.name))
    return paths


def save(image: Image.Image, folder: Path, number: int, name: str) -> Path:
    """Write a picture as JPEG; returns the file.

    Raises:
        UsageError: it cannot be written.
    """
    path = folder / f"{number:02d}-{slug(name, 'difference')}.jpg"
    with document(path) as temporary:
        image.save(temporary, "JPEG", quality=QUALITY)
    return path


def key_image(finding: Finding, read_frame: ReadFrame, curves: Curves | None = None) -> Image.Image | None:
    """The cited frames of A and of B and the verdict below them; None for a finding that rests on no frame.

    Below a frame stands its time and, where that is known, what the difference is measured by.
    """

    def caption(side: Side, frame: FrameRef) -> str:
        value = curves.value_at(finding, side, frame.time_s) if curves else ""
        return " · ".join(filter(None, (formatting.moment(frame.time_s), value)))

    frames = (key_frames(finding, "a"), key_frames(finding, "b"))
    colour = lettering.COLOURS.get(finding.verdict.answer or "", lettering.INK)
    reason = PictureText(finding.verdict.reason, lettering.QUIET, 4)
    texts = (PictureText(caption_text(finding), colour, 3), reason)
    return picture_of(frames, texts, read_frame, caption)


def picture_of(
    frames: tuple[Sequence[FrameRef], Sequence[FrameRef]],
    texts: Sequence[PictureText],
    read_frame: ReadFrame,
    caption: Callable[[Side, FrameRef], str] = lambda side, frame: formatting.moment(frame.time_s),
) -> Image.Image | None:
    """Frames of A and of B next to each other and texts below them; None where there is no frame.

    Upright frames stand in one row, wide ones in a row for each moment.

    Args:
        frames: of A and of B; a few of them are shown.
        texts: below the frames, in order.
        caption: what stands below a frame.

    Raises:
        InputError: a frame is not to be had.
    """
    from PIL import Image

    tiles = [
        [_tile(side, frame, caption(side, frame), read_frame) for frame in spread_frames(shown)]
        for side, shown in zip(SIDES, frames, strict=True)
    ]
    if not any(tiles):
        return None
    layout = _lay_out(tiles)
    lines = [
        (line, one.colour)
        for one in texts
        for line in lettering.wrap(one.text, TEXT_PX, layout.width - 2 * GAP_PX, one.max_lines)
    ]
    step = lettering.line_height(TEXT_PX)
    image = Image.new("RGB", (layout.width, layout.height + step * len(lines) + 2 * GAP_PX), lettering.PAPER)
    for tile, place in layout.places:
        image.paste(tile, place)
    for i, (line, ink) in enumerate(lines):
        lettering.write(image, (GAP_PX, layout.height + i * step), line, TEXT_PX, ink)
    return image


class _Layout(NamedTuple):
    """Each tile with its left and upper edge, and the width and height that all take, in pixels."""

    places: list[tuple[Image.Image, tuple[int, int]]]
    width: int
    height: int


def _lay_out(tiles: Sequence[Sequence[Image.Image]]) -> _Layout:
    """Where the tiles of A and of B go."""
    placed = [tile for column in tiles for tile in column]
    places, lower = [], 0
    left, top = GAP_PX, GAP_PX
    upright = sum(tile.width for tile in placed) <= len(placed) * FRAME_PX
    for column in tiles:
        for tile in column:
            places.append((tile, (left, top)))
            lower = max(lower, top + tile.height + GAP_PX)
            left, top = (left + tile.width + GAP_PX, top) if upright else (left, top + tile.height + GAP_PX)
        if not upright:
            # The second column begins at the top, beside the widest tile of the first.
            left, top = left + max((tile.width + GAP_PX for tile in column), default=0), GAP_PX
    width = max(MIN_WIDTH_PX, *(place[0] + tile.width + GAP_PX for tile, place in places))
    return _Layout(places, width, lower)


def spread_frames(frames: Sequence[FrameRef]) -> list[FrameRef]:
    """At most ``MAX_FRAMES`` of them, evenly spread, first and last among them."""
    if len(frames) <= MAX_FRAMES:
        return list(frames)
    return [frames[round(i * (len(frames) - 1) / (MAX_FRAMES - 1))] for i in range(MAX_FRAMES)]


def frames_to_show(comparison: PairDocument, side: Side) -> list[FrameRef]:
    """The frames of one video that the key images show."""
    return [frame for _, finding in answered_findings(comparison) for frame in spread_frames(key_frames(finding, side))]


def frames_of_video(video: Path, info: VideoInfo, frames: Sequence[FrameRef], limits: Limits) -> dict[str, bytes]:
    """JPEG bytes of these frames by reference, decoded from the video again, ``FRAME_PX`` high.

    Raises:
        InputError: the video cannot be read.
    """
    import numpy as np
    from PIL import Image

    ordered = sorted({frame.time_s: frame.ref for frame in frames}.items())
    clip = ClipFrames(video, info, limits)
    try:
        times_s = np.array([time_s for time_s, _ in ordered])
        images = clip.pictures_at(times_s, max(16, round(FRAME_PX * clip.aspect)), FRAME_PX)
        jpegs = {}
        for (_, ref), pixels in zip(ordered, images, strict=True):
            target = io.BytesIO()
            Image.fromarray(pixels).save(target, "JPEG", quality=QUALITY)
            jpegs[ref] = target.getvalue()
        return jpegs
    finally:
        clip.close()


def _tile(side: Side, frame: FrameRef, caption: str, read_frame: ReadFrame) -> Image.Image:
    """One frame, ``FRAME_PX`` high, with letter and caption below it."""
    from PIL import Image

    jpeg = read_frame(frame.ref)
    if jpeg is None:
        raise InputError(
            f"The frame of video {side.upper()} at {formatting.moment(frame.time_s)} is not in the cache: "
            f"name the videos (--video-a, --video-b)."
        )
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            width = max(1, round(image.width * FRAME_PX / image.height))
            picture = image.convert("RGB").resize((width, FRAME_PX), Image.Resampling.LANCZOS)
    except (OSError, ValueError, Image.DecompressionBombError):
        raise InputError(
            f"The frame of video {side.upper()} at {formatting.moment(frame.time_s)} is damaged in the cache: "
            "run the comparison again."
        ) from None
    top = FRAME_PX + GAP_PX
    tile = Image.new("RGB", (width, top + lettering.line_height(TEXT_PX)), lettering.PAPER)
    tile.paste(picture, (0, 0))
    after = lettering.badge(tile, (0, top), side, TEXT_PX)
    lettering.write(tile, (after + GAP_PX, top), caption, TEXT_PX, lettering.QUIET)
    return tile
