"""Which frames to decode, by their times alone, before any is decoded."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import InputError

#: A long video gets its grey track at a lower rate, so that the track never has more frames.
MAX_TRACK_FRAMES = 6000
# Time stamps are multiples of a clock and wanted times of 1/fps: they meet only up to rounding.
_EPSILON_S = 1e-6


@dataclass(frozen=True)
class FramePlan:
    """What one decoding pass is to give.

    Attributes:
        indices: (K,) positions in the timeline to decode, strictly increasing.
        sampled, tracked: (K,) which of them are sampled, and which are in the grey track.
        streamed: (K,) which of them go to the stream.
    """

    indices: NDArray[np.intp]
    sampled: NDArray[np.bool_]
    tracked: NDArray[np.bool_]
    streamed: NDArray[np.bool_]

    @property
    def is_stored(self) -> NDArray[np.bool_]:
        """(K,) which of them are stored: all but those for the stream alone."""
        return self.sampled | self.tracked


def plan_frames(
    times_s: NDArray[np.float64],
    start_s: float,
    stop_s: float,
    fps: float,
    track_fps: float,
    stream_fps: float | None = None,
) -> FramePlan:
    """Find the frames on screen at ``start_s + k / fps`` and at the track's and the stream's times, before ``stop_s``.

    Args:
        times_s: (N,) times of all frames, strictly increasing.
        start_s, stop_s: the part ``[start_s, stop_s)``.
        fps, track_fps: rates; the track's is lowered where it would have more than ``MAX_TRACK_FRAMES``.
        stream_fps: rate of the stream; None: there is none.
    """
    track_fps = min(track_fps, MAX_TRACK_FRAMES / (stop_s - start_s))
    sampled, tracked = (on_screen(times_s, start_s, stop_s, rate) for rate in (fps, track_fps))
    streamed = np.array([], np.intp) if stream_fps is None else on_screen(times_s, start_s, stop_s, stream_fps)
    indices = np.union1d(np.union1d(sampled, tracked), streamed)
    return FramePlan(indices, *(np.isin(indices, kind) for kind in (sampled, tracked, streamed)))


def on_screen(times_s: NDArray[np.float64], start_s: float, stop_s: float, fps: float) -> NDArray[np.intp]:
    """Positions of the frames on screen at ``start_s + k / fps`` before ``stop_s``, each once; arguments as above.

    Found frame by frame, so that memory is bounded by the frames there are, however high the rate.
    """
    # The first k from which on a frame is the one on screen; it is taken where the next one begins with a later k.
    first = np.maximum(np.ceil((times_s - _EPSILON_S - start_s) * fps), 0)
    n_wanted = count_steps(start_s, stop_s, fps)
    return np.flatnonzero(np.minimum(first, n_wanted) < np.minimum(np.append(first[1:], n_wanted), n_wanted))


def count_steps(start_s: float, stop_s: float, fps: float) -> int:
    """How many times ``start_s + k / fps`` there are before ``stop_s``."""
    return max(1, math.ceil((stop_s - start_s - _EPSILON_S) * fps))


def clip_interval(start_s: float | None, stop_s: float | None, duration_s: float, name: str) -> tuple[float, float]:
    """The part to read, ``[start_s, stop_s)``, cut to the video's end.

    Raises:
        InputError: it is empty, or begins beyond the end.
    """
    start, stop = start_s or 0.0, math.inf if stop_s is None else stop_s
    if not 0 <= start < stop:
        raise InputError(
            f"The part of {name!r} starts at {start:g} s and stops at {stop:g} s: give a start before the stop."
        )
    if start >= duration_s:
        raise InputError(
            f"The part of {name!r} starts at {start:g} s, but the video ends at {duration_s:.2f} s: start earlier."
        )
    return start, min(stop, duration_s)
