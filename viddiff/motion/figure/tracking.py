"""Follow the moving figure in a small grey track: where it is, how much it moves, and whether that can be believed.

A still camera is assumed and checked (``viddiff.motion.figure.track_quality``). The figure is what differs from the
still background (``viddiff.motion.figure.background``). Parts of a body that never move are background: this is the
outline of what moves, and it knows no limbs.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Bools, Floats
from viddiff.motion.figure.background import (
    brightness_shift,
    camera_noise,
    change_limit,
    still_background,
    without_specks,
)
from viddiff.motion.figure.track_quality import ring_share, track_problems
from viddiff.video.loaded import GreyTrack

#: Frames worked on at once: small enough to stay in the processor's cache, and memory does not grow with the clip.
BLOCK_FRAMES = 16
#: A figure smaller than this share of the picture is not followed.
MIN_AREA = 0.002
#: From one frame to the next no figure changes more than this share of the picture, ...
CUT_SHARE = 0.5
#: ... and no drifting light its usual grey by more than this.
CUT_GREY = 30
#: Cells along the long side of the picture in which posture is described.
POSTURE_CELLS = 16
#: Principal components that describe a pose.
POSE_COMPONENTS = 4


#: The library behind uses all cores by itself; several such calls at once would wait for each other, spinning.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class FigureTrack:
    """The moving figure in each frame of a grey track.

    Positions are shares of the picture: 0 is its top or left edge, 1 its bottom or right; NaN where no figure is seen.

    Attributes:
        times_s: (N,) float64, seconds from the start of the file.
        top, bottom, left, right: (N,) float64, the half-open box around the figure.
        centre, middle: (N,) float64, its centre of mass, vertical and horizontal.
        area: (N,) float64, share of the picture that it covers.
        energy: (N,) float64, motion since the frame before: share of the picture's grey range that changes in a
            second, without camera noise; 0 for the first frame.
        pose: (N, K) float64, first principal components of the coarse foreground, the strongest first.
        height_px, width_px: size of the picture.
        noise: standard deviation of the camera noise in grey levels.
        problems: why positions and times cannot be believed (the camera moves, the scene is cut ...); empty: they can.
    """

    times_s: Floats
    top: Floats
    bottom: Floats
    left: Floats
    right: Floats
    centre: Floats
    middle: Floats
    area: Floats
    energy: Floats
    pose: Floats
    height_px: int
    width_px: int
    noise: float
    problems: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.times_s)

    def __repr__(self) -> str:
        return f"FigureTrack({len(self)} frames, {self.width_px}x{self.height_px}, problems={self.problems!r})"

    @property
    def posture(self) -> Floats:
        """(N,) float64: one number for the pose, its strongest component."""
        return self.pose[:, 0]

    @property
    def interval_s(self) -> float:
        """The usual time between two frames, in seconds; 0 for a single frame."""
        return float(np.median(np.diff(self.times_s))) if len(self) > 1 else 0.0

    @property
    def is_seen(self) -> Bools:
        """(N,) bool: whether a figure is seen."""
        return ~np.isnan(self.top)


def track_figure(track: GreyTrack) -> FigureTrack:
    """Follow the figure through ``track``; linear in frames.

    Args:
        track: (N, h, w) uint8 frames and their times, N >= 1.

    Raises:
        ValueError: the track holds no picture.
    """
    frames, times_s = track.frames, track.times_s
    if frames.ndim != 3 or 0 in frames.shape or len(frames) != len(times_s):
        raise ValueError(f"a grey track is (N, h, w) with N times, got {frames.shape} and {times_s.shape}")
    n, h, w = frames.shape
    noise = camera_noise(frames)
    limit = change_limit(noise)
    background = still_background(frames, limit)
    gathered = _Gathered(n, h, w)
    before: NDArray[np.int16] | None = None
    for first in range(0, n, BLOCK_FRAMES):
        block = frames[first : first + BLOCK_FRAMES]
        deviation = block.astype(np.int16) - background
        shift = brightness_shift(deviation)
        gathered.brightness[first : first + len(block)] = shift.ravel()
        deviation -= shift
        gathered.take(first, deviation, before, limit)
        before = deviation[-1:]
    dt_s = np.diff(times_s, prepend=times_s[0] - 1.0)
    cut = (gathered.changed > CUT_SHARE) | (
        np.abs(np.diff(gathered.brightness, prepend=gathered.brightness[:1])) > CUT_GREY
    )
    return FigureTrack(
        times_s=times_s,
        **gathered.box(),
        energy=np.where(np.arange(n) > 0, gathered.change / dt_s, 0.0),
        pose=components(gathered.cells),
        height_px=h,
        width_px=w,
        noise=noise,
        problems=track_problems(times_s, noise, cut, gathered.ring),
    )


class _Gathered:
    """What is gathered from block after block."""

    def __init__(self, n: int, h: int, w: int) -> None:
        self.rows, self.columns = np.zeros((n, h)), np.zeros((n, w))
        self.area, self.change, self.changed, self.ring, self.brightness = (np.zeros(n) for _ in range(5))
        self.cell_px = max(1, max(h, w) // POSTURE_CELLS)
        self.cells = np.zeros((n, len(range(0, h, self.cell_px)) * len(range(0, w, self.cell_px))), np.float32)

    def take(self, first: int, deviation: NDArray[np.int16], before: NDArray[np.int16] | None, limit: float) -> None:
        """Add a block of signed deviations from the background, (n, h, w); ``before`` is the frame ahead of it."""
        n, h, w = deviation.shape
        block = slice(first, first + n)
        differs = np.abs(deviation) > limit
        self.ring[block] = ring_share(differs)
        figure = without_specks(differs)
        self.columns[block] = figure.sum(axis=1, dtype=np.uint16)
        inside = main_run(self.columns[block], max(2, h // 36), w // 16)
        figure &= inside_runs(inside, w)[:, None, :]
        self.columns[block] *= inside_runs(inside, w)
        self.rows[block] = np.einsum("nhw->nh", figure.view(np.uint8), dtype=np.uint16, casting="unsafe")
        self.area[block] = self.rows[block].sum(axis=1) / (h * w)
        deviation_of_figure = np.add.reduceat(deviation * figure, range(0, h, self.cell_px), axis=1, dtype=np.int32)
        cells = np.add.reduceat(deviation_of_figure, range(0, w, self.cell_px), axis=2)
        self.cells[block] = cells.reshape(n, -1)
        moved = np.abs(np.diff(deviation, axis=0, prepend=deviation[:1] if before is None else before))
        changed = moved > limit
        # An edge that moves by one pixel changes a line of them.
        changed &= without_specks(changed, 3)
        self.changed[block] = changed.sum(axis=(1, 2), dtype=np.uint32) / (h * w)
        self.change[block] = (moved * changed).sum(axis=(1, 2), dtype=np.uint32) / (255.0 * h * w)

    def box(self) -> dict[str, Floats]:
        """Box, centre and area for each frame, as shares of the picture."""
        h, w = self.rows.shape[1], self.columns.shape[1]
        # A trunk that hardly moves is background: head and legs are one figure across the gap.
        vertical, horizontal = main_run(self.rows, 2, h // 4), main_run(self.columns, 2, w // 16)
        usable = (self.area >= MIN_AREA) & (vertical[:, 1] > vertical[:, 0])
        rows, columns = self.rows * inside_runs(vertical, h), self.columns * inside_runs(horizontal, w)
        places = {
            "top": vertical[:, 0] / h,
            "bottom": vertical[:, 1] / h,
            "left": horizontal[:, 0] / w,
            "right": horizontal[:, 1] / w,
            "centre": rows @ (np.arange(h) + 0.5) / np.maximum(rows.sum(axis=1), 1) / h,
            "middle": columns @ (np.arange(w) + 0.5) / np.maximum(columns.sum(axis=1), 1) / w,
        }
        return {**{name: np.where(usable, place, np.nan) for name, place in places.items()}, "area": self.area}


def main_run(profile: Floats, least: float, gap: int) -> NDArray[np.int64]:
    """(N, 2) half-open: in each row of (N, L) the run of values >= ``least`` with the greatest sum, else (0, 0).

    Runs that are no more than ``gap`` apart are one. Of equal runs the first.
    """
    n, length = profile.shape
    place = np.arange(length)
    on = profile >= least
    last = np.maximum.accumulate(np.where(on, place, -length - gap), axis=1)
    following = np.minimum.accumulate(np.where(on, place, 2 * length + gap)[:, ::-1], axis=1)[:, ::-1]
    on |= following - last <= gap + 1
    starts = on & ~np.pad(on, ((0, 0), (1, 0)))[:, :-1]
    label = np.cumsum(starts, axis=1)
    slot = np.where(on, label, 0) + np.arange(n)[:, None] * (length + 1)
    mass = np.bincount(slot.ravel(), (profile * on).ravel(), n * (length + 1)).reshape(n, -1)
    mass[:, 0] = 0
    main = on & (label == mass.argmax(axis=1)[:, None])
    first = main.argmax(axis=1)
    stop = np.where(main.any(axis=1), length - main[:, ::-1].argmax(axis=1), 0)
    return np.stack([first, stop], axis=1).astype(np.int64)


def inside_runs(run: NDArray[np.int64], length: int) -> Bools:
    """(N, length) bool: inside the half-open run (N, 2) of each row."""
    place = np.arange(length)
    inside: Bools = (place >= run[:, :1]) & (place < run[:, 1:])
    return inside


def components(rows: NDArray[np.float32]) -> Floats:
    """(N, K) scores of (N, D) rows on their first principal components; signs are arbitrary but fixed."""
    centred = (rows - rows.mean(axis=0)).astype(np.float64)
    with _one_at_a_time:
        _, vectors = np.linalg.eigh(centred.T @ centred)
        axes = vectors[:, : -1 - POSE_COMPONENTS : -1]
        axes = axes * np.where(np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0) > 0, 1, -1)
        scores: Floats = centred @ axes
    return scores
