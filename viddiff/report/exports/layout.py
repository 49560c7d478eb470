"""Where the pictures and the text of a side by side video go."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from viddiff.report.exports import lettering
from viddiff.report.exports.captions import CaptionCue

#: Wider, and few machines play it; narrower, and few words fit.
MAX_WIDTH_PX, MIN_WIDTH_PX = 2560, 640
_GAP_PX = 8


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels, all even: both pictures, the video as a whole and the text on the bar below the pictures."""

    widths: tuple[int, int]
    height: int
    size: tuple[int, int]
    text: int

    @property
    def lefts(self) -> tuple[int, int]:
        """Where each picture begins; both stand in the middle of the video."""
        left = (self.size[0] - self.widths[0] - self.widths[1] - _GAP_PX) // 2
        return left, left + self.widths[0] + _GAP_PX


def lay_out(aspects: tuple[float, float], height: int, captions: Sequence[CaptionCue]) -> Layout:
    """Both pictures at one height, as high as asked unless that makes the video too wide."""
    height = even_size(min(height, (MAX_WIDTH_PX - _GAP_PX) / sum(aspects)))
    widths = (even_size(height * aspects[0]), even_size(height * aspects[1]))
    video_width = max(sum(widths) + _GAP_PX, MIN_WIDTH_PX)
    text = min(34, max(16, video_width // 40))
    lines = max((len(caption_lines(caption, text, video_width)) for caption in captions), default=0)
    bar = even_size(lettering.line_height(text) * (1 + lines) + 2 * text)
    return Layout(widths, height, (even_size(video_width), height + bar), text)


def even_size(size: float) -> int:
    """The largest even size within it, at least 16 pixels: yuv420p halves both sides."""
    return max(16, 2 * math.floor(size / 2 + 1e-6))


def caption_lines(caption: CaptionCue, text: int, width: int) -> list[tuple[str, str]]:
    """Lines with their colours: those of the video that shows more."""
    lines = [(one.line, lettering.COLOURS.get(one.answer or "", lettering.INK)) for one in caption.differences]
    lines += [(line, lettering.QUIET) for line in caption.lines[len(lines) :]]
    return [(line, colour) for one, colour in lines for line in lettering.wrap(one, text, width - text, 2)]
