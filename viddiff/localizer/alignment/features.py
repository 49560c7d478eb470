"""Frames as vectors, to align two clips by: what a pose, a silhouette or CLIP makes of each frame."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Floats, array_bytes, read_array
from viddiff.core.errors import InputError
from viddiff.core.files import write_cache_file
from viddiff.motion.figure.background import (
    brightness_shift,
    camera_noise,
    change_limit,
    still_background,
    without_specks,
)
from viddiff.motion.pose.landmarks import COLUMN, Pose
from viddiff.motion.pose.sides import trunk_length
from viddiff.motion.posture import MOVING_POINTS, fill_gaps
from viddiff.video.loaded import FrameSequence, GreyTrack, LoadedVideo

FeaturesName = Literal["pose", "figure", "clip"]

#: The picture in which a figure is described.
_ROWS, _COLUMNS = 24, 32
#: To be raised whenever the same grey track would give other features than before.
_FIGURE_VERSION = 1
#: Changes of a pose are taken over this long before and after a frame, in seconds, and count so much more than places:
#: the least error on rendered pairs of another seed than that of ``benchmarks.alignment``.
_CHANGE_S, _CHANGE_WEIGHT = 0.15, 2.0
_SIDES = {"left": "right", "right": "left"}
#: The point on the other side of the body for each point.
_OTHER_SIDE = [
    MOVING_POINTS.index("_".join(_SIDES.get(word, word) for word in name.split("_"))) for name in MOVING_POINTS
]


@dataclass(frozen=True)
class FrameFeatures:
    """The frames of one clip as vectors.

    Attributes:
        times_s: (T,) seconds from the start of the file, ascending.
        vectors: (T, d); a column that is NaN is not known in this clip.
        mirrored: (T, d) each: the same as the clip mirrored in some way would have.
    """

    times_s: Floats
    vectors: Floats
    mirrored: tuple[Floats, ...] = ()


def figure_features(video: LoadedVideo) -> FrameFeatures:
    """Where the picture differs from its still background, in 24 x 32 cells, as unit vectors at the track's rate.

    Both clips should show the figure at about the same place and size.
    """
    path = video.cache_path and video.cache_path.with_suffix(f".cells-{_FIGURE_VERSION}.npy")
    try:
        cells = read_array(path.read_bytes()) if path else None
    except (OSError, ValueError):
        cells = None
    if cells is None or cells.ndim != 3:
        cells = figure_cells(video.track)
        if path:
            # A folder that can no longer be written only costs time.
            with contextlib.suppress(InputError):
                write_cache_file(path, array_bytes(cells))
    return _of_cells(video.track.times_s, cells)


def features_of_track(track: GreyTrack) -> FrameFeatures:
    """``figure_features`` of a grey track."""
    return _of_cells(track.times_s, figure_cells(track))


def _of_cells(times_s: Floats, cells: NDArray[np.float32]) -> FrameFeatures:
    return FrameFeatures(times_s, _unit(cells), (_unit(cells[:, :, ::-1]),))


def figure_cells(track: GreyTrack) -> NDArray[np.float32]:
    """(N, 24, 32) mean deviation from the background in each cell of the picture, in grey levels, without noise."""
    limit = change_limit(camera_noise(track.frames))
    background = still_background(track.frames, limit)
    _, height, width = track.frames.shape
    across, down = _averages(width, _COLUMNS), _averages(height, _ROWS)
    cells = np.empty((len(track), _ROWS, _COLUMNS), np.float32)
    for i, frame in enumerate(track.frames):
        deviation = (frame.astype(np.int16) - background)[None]
        deviation = np.abs(deviation - brightness_shift(deviation))
        changed = (deviation * without_specks(deviation > limit))[0]
        cells[i] = down @ changed.astype(np.float32) @ across.T
    return cells


def pose_features(pose: Pose) -> FrameFeatures:
    """Where the joints are, across from the hips and up from anywhere, and how they move, in trunk lengths.

    Each is relative to its mean over the clip, so that build and camera count less than movement. Mirrored are the
    picture (a person seen from the other side) and the person (who moves the other arm). Frames that show too little
    are left out.

    Raises:
        InputError: that is so in all frames but one.
    """
    points = pose.image[:, [COLUMN[name] for name in MOVING_POINTS]]
    frames = np.isfinite(points).all(axis=2).sum(axis=1) >= len(MOVING_POINTS) // 3
    if frames.sum() < 2:
        raise InputError("Too little of the person is visible to align by pose.")
    times_s, points = pose.times_s[frames], fill_gaps(pose.times_s[frames], points[frames] / trunk_length(pose.image))
    left, right = (points[:, MOVING_POINTS.index(f"{side}_hip"), 0] for side in ("left", "right"))
    # One hip that is seen stands for both.
    hips = (np.where(np.isfinite(left), left, right) + np.where(np.isfinite(right), right, left)) / 2
    points[:, :, 0] -= hips[:, None]
    points -= points.mean(axis=0)
    picture = points * (-1, 1)
    vectors, *mirrored = (_with_change(times_s, each) for each in (points, picture, picture[:, _OTHER_SIDE]))
    return FrameFeatures(times_s, vectors, tuple(mirrored))


def clip_features(embed: Callable[[FrameSequence], NDArray[np.float32]], video: LoadedVideo) -> FrameFeatures:
    """CLIP's unit vectors of the sampled frames.

    Args:
        embed: from T frames to (T, D), e.g. ``Localizer.embeddings``.

    Raises:
        BackendError: the weights are not available.
    """
    return FrameFeatures(video.sequence.times_s, embed(video.sequence).astype(np.float64))


def _averages(n_pixels: int, n_cells: int) -> NDArray[np.float32]:
    """(n_cells, n_pixels) weights that average pixels to cells, also where a cell ends within a pixel."""
    edges = np.linspace(0, n_pixels, n_cells + 1)
    pixels = np.arange(n_pixels)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights: NDArray[np.float32] = (np.maximum(overlap, 0) * n_cells / n_pixels).astype(np.float32)
    return weights


def _unit(cells: NDArray[np.float32]) -> Floats:
    vectors = cells.reshape(len(cells), -1).astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = vectors / np.where(lengths > 0, lengths, 1.0)
    return unit


def _with_change(times_s: Floats, points: Floats) -> Floats:
    """(T, P, 2) points as (T, 4 P): where they are, and how they change."""
    flat = points.reshape(len(points), -1)
    later, earlier = (
        np.stack([np.interp(times_s + shift_s, times_s, column) for column in flat.T], axis=1)
        for shift_s in (_CHANGE_S, -_CHANGE_S)
    )
    return np.hstack([flat, _CHANGE_WEIGHT * (later - earlier)])
