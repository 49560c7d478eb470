"""The captions of the side by side video: the differences whose key moments are near on its clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from viddiff.core.formatting import one_line, percent
from viddiff.core.types import Answer, Finding, Side
from viddiff.report import formatting
from viddiff.report.clip_views import PairDocument
from viddiff.report.key_frames import answered_findings, key_frames
from viddiff.report.time_alignment import Knot, clock_of

#: How long before and after a key moment its difference is shown, in seconds of the side by side video.
NEAR_S = 1.0
#: More at once cannot be read.
MAX_AT_ONCE = 3


@dataclass(frozen=True)
class CaptionLine:
    """A line, and the moments of both files at which it is shown, in seconds; ``answer`` gives its colour."""

    line: str
    a_s: tuple[float, ...]
    b_s: tuple[float, ...]
    answer: Answer | None = None


@dataclass(frozen=True)
class CaptionCue:
    """The lines during ``[start_s, stop_s)`` of the video, in the order of the page; ``n_more`` had no room."""

    start_s: float
    stop_s: float
    differences: tuple[CaptionLine, ...]
    n_more: int = 0

    @property
    def lines(self) -> list[str]:
        """A line for each, plain text."""
        more = [f"and {self.n_more} more"] if self.n_more else []
        return [difference.line for difference in self.differences] + more


def captions(lines: Sequence[CaptionLine], knots: Sequence[Knot], slow: float = 1.0) -> tuple[CaptionCue, ...]:
    """All captions of a video that runs ``slow`` times as fast as the clock: in order, without overlap."""
    stop_s = knots[-1].clock_s / slow
    spans = [(_spans(one, knots, slow, stop_s), one) for one in lines]
    borders = sorted({time_s for found, _ in spans for span in found for time_s in span})
    merged: list[CaptionCue] = []
    for start_s, end_s in pairwise(borders):
        middle_s = (start_s + end_s) / 2
        told_now = [one for found, one in spans if any(a <= middle_s < b for a, b in found)]
        shown, n_more = tuple(told_now[:MAX_AT_ONCE]), len(told_now[MAX_AT_ONCE:])
        if merged and merged[-1].stop_s == start_s and (merged[-1].differences, merged[-1].n_more) == (shown, n_more):
            merged[-1] = CaptionCue(merged[-1].start_s, end_s, shown, n_more)
        elif shown:
            merged.append(CaptionCue(start_s, end_s, shown, n_more))
    return tuple(merged)


def lines_of(comparison: PairDocument) -> tuple[CaptionLine, ...]:
    """The answered differences of a comparison, each at its key moments."""
    return tuple(
        CaptionLine(caption_text(finding), _times(finding, "a"), _times(finding, "b"), finding.verdict.answer)
        for _, finding in answered_findings(comparison)
    )


def caption_text(finding: Finding) -> str:
    """A difference and its verdict in one line: "the stance is wider: more in video A (95 %)"."""
    verdict = finding.verdict
    confidence = "" if verdict.confidence is None else f" ({percent(verdict.confidence)})"
    statement = one_line(finding.difference.statement).rstrip(".")
    return one_line(f"{statement}: {formatting.verdict_text(verdict)}{confidence}")


def as_vtt(captions: Sequence[CaptionCue]) -> str:
    """The captions as WebVTT (https://www.w3.org/TR/webvtt1/)."""
    cues = [f"{_stamp(c.start_s, '.')} --> {_stamp(c.stop_s, '.')}\n{_in_vtt(c)}\n" for c in captions]
    return "\n".join(["WEBVTT\n", *cues])


def as_srt(captions: Sequence[CaptionCue]) -> str:
    """The captions as SubRip."""
    cues = [
        f"{i}\n{_stamp(c.start_s, ',')} --> {_stamp(c.stop_s, ',')}\n{_in_srt(c)}\n" for i, c in enumerate(captions, 1)
    ]
    return "\n".join(cues)


def _times(finding: Finding, side: Side) -> tuple[float, ...]:
    return tuple(frame.time_s for frame in key_frames(finding, side))


def _spans(line: CaptionLine, knots: Sequence[Knot], slow: float, stop_s: float) -> list[tuple[float, float]]:
    """Around the moments in either video, cut to the video."""
    moments_s = [clock_of(knots, "a", time_s) / slow for time_s in line.a_s]
    moments_s += [clock_of(knots, "b", time_s) / slow for time_s in line.b_s]
    return [(max(0.0, moment_s - NEAR_S), min(stop_s, moment_s + NEAR_S)) for moment_s in moments_s]


def _in_vtt(caption: CaptionCue) -> str:
    # All markup begins with one of the first two, and "-->" ends with the third.
    return "\n".join(caption.lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _in_srt(caption: CaptionCue) -> str:
    # SubRip has no way to write the signs that players take for markup.
    return "\n".join(caption.lines).replace("<", "‹").replace(">", "›").replace("{", "(").replace("}", ")")


def _stamp(time_s: float, point: str) -> str:
    total_ms = round(1000 * time_s)
    hours, rest = divmod(total_ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, milliseconds = divmod(rest, 1000)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{milliseconds:03d}"
