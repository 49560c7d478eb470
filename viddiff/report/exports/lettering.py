"""Words on pictures: wrapped, cut to the room there is, in Pillow's own scalable font."""

from __future__ import annotations

import functools
import math
from bisect import bisect_right
from typing import TYPE_CHECKING

from viddiff.core.formatting import one_line

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFont import FreeTypeFont

    from viddiff.core.types import Side

#: The colours of the report's dark page.
PAPER, INK, QUIET = "#131619", "#e7eaed", "#a5afb9"
COLOURS = {"a": "#8fc1ff", "b": "#f3b873"}
#: More is never shown; measuring less costs less.
_MAX_CHARACTERS = 600


@functools.cache
def font(size_px: int) -> FreeTypeFont:
    """Pillow's own font at a size in pixels.

    Raises:
        BackendError: Pillow was built without FreeType.
    """
    from PIL import ImageFont

    from viddiff.core.errors import BackendError

    try:
        typeface = ImageFont.load_default(size_px)
    except ImportError:
        typeface = None
    if not isinstance(typeface, ImageFont.FreeTypeFont):
        raise BackendError("This Pillow was built without FreeType and cannot write text: pip install pillow.")
    return typeface


@functools.lru_cache(maxsize=256)  # a video shows the same text in many frames
def wrap(text: str, size_px: int, width_px: int, max_lines: int) -> tuple[str, ...]:
    """The text in lines that fit, at most so many; an ellipsis stands for what is left out.

    The text becomes one line first, without controls and marks that reorder it; a word longer than a line is broken.
    """
    wide = font(size_px).getlength
    lines: list[str] = []
    line = ""
    for word in one_line(text)[:_MAX_CHARACTERS].split():
        if line and wide(f"{line} {word}") > width_px:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        while wide(line) > width_px and len(line) > 1:
            fits = max(1, bisect_right(range(1, len(line)), width_px, key=lambda n: math.ceil(wide(line[:n]))))
            lines.append(line[:fits])
            line = line[fits:]
    lines += [line] if line else []
    if len(lines) <= max_lines:
        return tuple(lines)
    return *lines[: max_lines - 1], _cut(lines[max_lines - 1], size_px, width_px)


def write(image: Image.Image, at: tuple[int, int], text: str, size_px: int, colour: str = INK) -> float:
    """Write one line with its upper left corner at ``at``; returns its width in pixels."""
    from PIL import ImageDraw

    face = font(size_px)
    ImageDraw.Draw(image).text(at, text, fill=colour, font=face)
    return face.getlength(text)


def badge(image: Image.Image, at: tuple[int, int], side: Side, size_px: int) -> int:
    """The letter of a video on its colour, as high as a line; returns its width in pixels."""
    from PIL import ImageDraw

    height = line_height(size_px)
    box = (at[0], at[1], at[0] + height, at[1] + height)
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle(box, radius=height // 5, fill=COLOURS[side])
    centre = (at[0] + height / 2, at[1] + height / 2)
    pen.text(centre, side.upper(), fill=PAPER, font=font(size_px), anchor="mm", stroke_width=1, stroke_fill=PAPER)
    return height


def line_height(size_px: int) -> int:
    """From one line to the next, in pixels."""
    return round(1.35 * size_px)


def _cut(line: str, size_px: int, width_px: int) -> str:
    while line and font(size_px).getlength(f"{line}…") > width_px:
        line = line[:-1]
    return f"{line.rstrip()}…"
