"""What is said while the clips run: the differences whose key moments are near, on the clock of the film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from viddiff.core.types import Comparison, Finding, Side
from viddiff.report import formatting as words
from viddiff.report.key_frames import answered, key_frames
from viddiff.report.time_alignment import Knot, clock_of

#: How long before and after a key moment its difference is told, in seconds of the film.
NEAR_S = 1.0
#: More at once cannot be read.
MAX_AT_ONCE = 3
_SIDES: tuple[Side, Side] = ("a", "b")


@dataclass(frozen=True)
class Caption:
    """The differences told during ``[start_s, stop_s)`` of the film, in reading order; ``n_more`` had no room."""

    start_s: float
    stop_s: float
    findings: tuple[Finding, ...]
    n_more: int = 0

    @property
    def lines(self) -> list[str]:
        """A line for each difference, plain text."""
        more = [f"and {self.n_more} more"] if self.n_more else []
        return [told(finding) for finding in self.findings] + more


def captions(comparison: Comparison, knots: Sequence[Knot], slow: float = 1.0) -> tuple[Caption, ...]:
    """All captions of a film that runs ``slow`` times as fast as the clock: in order, without overlap."""
    stop_s = knots[-1].clock_s / slow
    spans = [(_spans(finding, knots, slow, stop_s), finding) for _, finding in answered(comparison)]
    borders = sorted({time_s for found, _ in spans for span in found for time_s in span})
    made: list[Caption] = []
    for start_s, end_s in pairwise(borders):
        middle_s = (start_s + end_s) / 2
        told_now = [finding for found, finding in spans if any(a <= middle_s < b for a, b in found)]
        shown, n_more = tuple(told_now[:MAX_AT_ONCE]), len(told_now[MAX_AT_ONCE:])
        if made and made[-1].stop_s == start_s and (made[-1].findings, made[-1].n_more) == (shown, n_more):
            made[-1] = Caption(made[-1].start_s, end_s, shown, n_more)
        elif shown:
            made.append(Caption(start_s, end_s, shown, n_more))
    return tuple(made)


def told(finding: Finding) -> str:
    """A difference and its verdict in one line: "the stance is wider: more in video A (95 %)"."""
    verdict = finding.verdict
    confidence = "" if verdict.confidence is None else f" ({words.percent(verdict.confidence)})"
    statement = words.one_line(finding.difference.statement).rstrip(".")
    return words.one_line(f"{statement}: {words.verdict_words(verdict)}{confidence}")


def as_vtt(shown: Sequence[Caption]) -> str:
    """The captions as WebVTT (https://www.w3.org/TR/webvtt1/)."""
    cues = [f"{_stamp(c.start_s, '.')} --> {_stamp(c.stop_s, '.')}\n{_in_vtt(c)}\n" for c in shown]
    return "\n".join(["WEBVTT\n", *cues])


def as_srt(shown: Sequence[Caption]) -> str:
    """The captions as SubRip."""
    cues = [
        f"{i}\n{_stamp(c.start_s, ',')} --> {_stamp(c.stop_s, ',')}\n{_in_srt(c)}\n" for i, c in enumerate(shown, 1)
    ]
    return "\n".join(cues)


def _spans(finding: Finding, knots: Sequence[Knot], slow: float, stop_s: float) -> list[tuple[float, float]]:
    """Around the key moments in either video, cut to the film."""
    moments_s = [clock_of(knots, side, frame.time_s) / slow for side in _SIDES for frame in key_frames(finding, side)]
    return [(max(0.0, moment_s - NEAR_S), min(stop_s, moment_s + NEAR_S)) for moment_s in moments_s]


def _in_vtt(caption: Caption) -> str:
    # All markup begins with one of the first two, and "-->" ends with the third.
    return "\n".join(caption.lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _in_srt(caption: Caption) -> str:
    # SubRip has no way to write the signs that players take for markup.
    return "\n".join(caption.lines).replace("<", "‹").replace(">", "›").replace("{", "(").replace("}", ")")


def _stamp(time_s: float, point: str) -> str:
    total_ms = round(1000 * time_s)
    hours, rest = divmod(total_ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, milliseconds = divmod(rest, 1000)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{milliseconds:03d}"
