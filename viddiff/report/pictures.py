"""Frames for the report: each JPEG is embedded once, under an id, however many film strips show it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from viddiff.errors import InputError
from viddiff.types import Finding

#: Gives the JPEG bytes of a frame reference, None where it is not to be had.
ReadFrame = Callable[[str], "bytes | None"]

#: A report should open on a phone and pass as an attachment; base64 adds a third to this.
MAX_JPEG_BYTES = 4_000_000
#: What the frames of a larger report are made: still larger than a film strip shows them.
REDUCED_SIDE, REDUCED_QUALITY = 384, 80


@dataclass(frozen=True)
class Picture:
    """One embedded JPEG: its id in the document, its size in pixels, its bytes in base64."""

    id: str
    width: int
    height: int
    base64: str


@dataclass(frozen=True)
class Album:
    """The pictures of a report by frame reference; ``reduced``: they are smaller than what was looked at."""

    pictures: dict[str, Picture]
    reduced: bool


def album(findings: Iterable[Finding], read_frame: ReadFrame) -> Album:
    """The pictures of all frames that were looked at for these findings; those that cannot be had are left out.

    Embedded byte for byte, unless all of them together are more than ``MAX_JPEG_BYTES``: then each is made smaller.
    """
    jpegs = {ref: jpeg for ref in dict.fromkeys(_refs(findings)) if (jpeg := read_frame(ref))}
    reduced = sum(map(len, jpegs.values())) > MAX_JPEG_BYTES
    made = {ref: _picture(f"frame-{i}", jpeg, reduced) for i, (ref, jpeg) in enumerate(jpegs.items())}
    return Album({ref: picture for ref, picture in made.items() if picture}, reduced)


def read_from_stores(ref: str) -> bytes | None:
    """The JPEG bytes of a frame in any open store of this process, None where there is none."""
    from viddiff.video.store import find

    try:
        return find(ref)
    except InputError:
        return None


def _refs(findings: Iterable[Finding]) -> Iterable[str]:
    for finding in findings:
        for frame in (*finding.frames_a, *finding.frames_b):
            yield frame.ref


def _picture(name: str, jpeg: bytes, reduced: bool) -> Picture | None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            if reduced:
                image.thumbnail((REDUCED_SIDE, REDUCED_SIDE))
                smaller = io.BytesIO()
                image.save(smaller, "JPEG", quality=REDUCED_QUALITY)
                jpeg = smaller.getvalue()
            return Picture(name, image.width, image.height, base64.b64encode(jpeg).decode("ascii"))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
