"""When something moves, and where stages may lie by motion alone (no text, no model)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Floats, runs
from viddiff.core.types import Segment
from viddiff.motion.figure.tracking import FigureTrack
from viddiff.motion.phases import phase_named

#: Less motion than this share of the clip's strongest is rest.
REST_SHARE = 0.1
#: Motion weaker than this is none, however still the rest of the clip: share of the picture's grey range in a second.
MIN_ENERGY = 1e-4
#: A rest of at least this many seconds is a pause; a shorter one is a turn of the movement.
PAUSE_S = 0.5
#: A movement shorter than this many seconds is a flicker.
FLICKER_S = 0.2


def movements(times_s: Floats, energy: Floats, rest_share: float = REST_SHARE) -> Floats:
    """(K, 2) half-open ``[start_s, stop_s)`` of the movements, in order, ``PAUSE_S`` or more apart.

    Args:
        times_s: (N,) times of frames.
        energy: (N,) motion since the frame before; see ``FigureTrack.energy``. NaN counts as none.
    """
    if len(times_s) < 2:
        return np.zeros((0, 2))
    strength = middle_of_three(np.nan_to_num(energy))
    spans = runs(strength > max(rest_share * strength.max(), MIN_ENERGY))
    # Motion seen in a frame happened since the frame before.
    spans_s: Floats = np.stack(
        [times_s[np.maximum(spans[:, 0] - 1, 0)], times_s[np.maximum(spans[:, 1] - 1, 0)]], axis=1
    )
    apart = spans_s[1:, 0] - spans_s[:-1, 1] >= PAUSE_S
    first, last = np.r_[True, apart][: len(spans)], np.r_[apart, True][: len(spans)]
    joined: Floats = np.stack([spans_s[first, 0], spans_s[last, 1]], axis=1)
    lasting: Floats = joined[joined[:, 1] - joined[:, 0] >= FLICKER_S]
    return lasting


def segment_by_motion(
    energy_times_s: Floats, energy: Floats, frame_times_s: Floats, n_stages: int
) -> NDArray[np.int64]:
    """(T,) int64: the stage of each frame, never decreasing; cost linear in N + T.

    Between the first and the last motion, progress is the mean of the share of time and the share of motion that has
    passed: motion alone would give a held pose no stage, time alone would not follow the movement. The stages are
    equal steps of that progress; rest before belongs to the first stage, rest after to the last. A still clip gives
    stages of equal length. With T >= S every stage has a frame, the first stage the first and the last stage the last;
    with T < S the frames are spread over the stages.

    Args:
        energy_times_s, energy: (N,) as in ``FigureTrack``.
        frame_times_s: (T,) times of the frames to label.
        n_stages: S >= 1.
    """
    n_frames = len(frame_times_s)
    if n_frames < n_stages:
        return np.asarray(np.linspace(0, n_stages - 1, n_frames).round(), dtype=np.int64)
    moving = movements(energy_times_s, energy)
    ends_s = (moving[0, 0], moving[-1, 1]) if len(moving) else (frame_times_s[0], frame_times_s[-1])
    start_s, stop_s = float(ends_s[0]), float(ends_s[1])
    passed_s = np.clip(frame_times_s, start_s, stop_s)
    total = np.cumsum(np.nan_to_num(energy) * np.diff(energy_times_s, prepend=energy_times_s[:1]))
    at_s: Floats = np.concatenate([[start_s], passed_s, [stop_s]])
    motion_at = np.interp(at_s, energy_times_s, total)
    time_share = (passed_s - start_s) / max(stop_s - start_s, 1e-9)
    motion = motion_at[-1] - motion_at[0]
    motion_share = (motion_at[1:-1] - motion_at[0]) / motion if motion > 0 else time_share
    stage = np.floor((time_share + motion_share) / 2 * n_stages)
    first = np.searchsorted(stage, np.arange(n_stages))
    # Every stage begins at least a frame after the one before it, and leaves a frame for each that follows.
    order = np.arange(n_stages)
    first[0] = 0
    first = np.maximum.accumulate(first - order) + order
    first = np.minimum(first, n_frames - n_stages + order)
    stages: NDArray[np.int64] = np.searchsorted(first, np.arange(n_frames), side="right").astype(np.int64) - 1
    return stages


def natural_stages(track: FigureTrack, stop_s: float | None = None) -> tuple[Segment, ...]:
    """What the motion shows: "start", "movement 1", "pause", "movement 2", "end": at most five, without gaps.

    With more than two movements the shortest pauses are taken for part of a movement. ``stop_s`` is where the clip
    ends; default: its last frame.
    """
    first_s, last_s = float(track.times_s[0]), float(track.times_s[-1]) if stop_s is None else stop_s
    moving = movements(track.times_s, track.energy)
    if not len(moving):
        return (Segment(stage="no movement", start_s=first_s, stop_s=last_s),)
    if len(moving) > 2:
        second = int(np.argmax(moving[1:, 0] - moving[:-1, 1])) + 1
        moving = np.stack([moving[[0, second], 0], moving[[second - 1, -1], 1]], axis=1)
    names = ["movement"] if len(moving) == 1 else ["movement 1", "pause", "movement 2"]
    edges_s = [first_s, *moving.ravel().tolist(), last_s]
    segments = [
        Segment(stage=name, start_s=start_s, stop_s=stop_s, phase=phase_named(name))
        for name, start_s, stop_s in zip(["start", *names, "end"], edges_s[:-1], edges_s[1:], strict=True)
    ]
    return tuple(segment for segment in segments if segment.stop_s > segment.start_s)


def middle_of_three(values: Floats) -> Floats:
    """(N,): the median of each value and its neighbours; single spikes vanish."""
    padded = np.pad(values, 1, mode="edge")
    middle: Floats = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
    return middle
