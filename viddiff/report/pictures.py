"""Frames for the report: each JPEG is embedded once, under an id, however many clip strips show it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from viddiff.core.types import Finding, FrameRef

#: Gives the JPEG bytes of a frame reference, None where it is not to be had.
ReadFrame = Callable[[str], "bytes | None"]

#: A report should open on a phone and pass as an attachment; base64 adds a third to this.
MAX_JPEG_BYTES = 4_000_000
#: The same beside two clips, which need room too.
MAX_JPEG_BYTES_BESIDE_CLIPS = 1_600_000
#: What the frames of a larger report are made, long side and quality, until they fit: the first is still larger than
#: a clip strip shows them.
REDUCED = ((384, 80), (288, 70), (192, 60))


@dataclass(frozen=True)
class ReportImage:
    """One embedded JPEG: its id in the document, its size in pixels, its bytes in base64."""

    id: str
    width: int
    height: int
    base64: str


@dataclass(frozen=True)
class ReportImages:
    """The pictures of a report by frame reference; ``reduced``: they are smaller than what was looked at."""

    pictures: dict[str, ReportImage]
    reduced: bool


def report_images(frames: Iterable[FrameRef], read_frame: ReadFrame, max_bytes: int = MAX_JPEG_BYTES) -> ReportImages:
    """The pictures of these frames; those that are not available are left out.

    Embedded byte for byte, unless all of them together are more than ``max_bytes``: then each is made smaller, and
    smaller again, as long as that helps.
    """
    jpegs = {ref: jpeg for ref in dict.fromkeys(frame.ref for frame in frames) if (jpeg := read_frame(ref))}
    for reduction in (None, *REDUCED):
        images = {ref: _picture(f"frame-{i}", jpeg, reduction) for i, (ref, jpeg) in enumerate(jpegs.items())}
        pictures = {ref: picture for ref, picture in images.items() if picture}
        if sum(3 * len(picture.base64) // 4 for picture in pictures.values()) <= max_bytes:
            break
    return ReportImages(pictures, reduction is not None)


def frames_of(findings: Iterable[Finding]) -> Iterable[FrameRef]:
    """All frames that were looked at for these findings."""
    for finding in findings:
        yield from finding.frames_a
        yield from finding.frames_b


def _picture(name: str, jpeg: bytes, reduction: tuple[int, int] | None) -> ReportImage | None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            if reduction:
                side, quality = reduction
                image.thumbnail((side, side))
                smaller = io.BytesIO()
                image.save(smaller, "JPEG", quality=quality)
                jpeg = smaller.getvalue()
            return ReportImage(name, image.width, image.height, base64.b64encode(jpeg).decode("ascii"))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
