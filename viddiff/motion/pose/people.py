"""Several people: who is who from frame to frame, and which one is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Floats
from viddiff.motion.pose.choice import Person
from viddiff.motion.pose.detections import Detections
from viddiff.motion.pose.landmarks import COLUMN

#: Where a body is and how large: points that are seen from every side.
_TRUNK = [COLUMN[f"{side}_{part}"] for side in ("left", "right") for part in ("shoulder", "hip")]
#: A body moves and changes by at most this share of its size at once, and by this much more in each second ...
_REACH, _REACH_A_SECOND = 0.25, 1.5
#: ... and is looked for where it was last seen for this long, in seconds.
_PATIENCE_S = 1.0
#: Somebody seen in a smaller share of the frames than this is no further person but a mistake of one moment.
_SHARE_OF_A_PERSON = 0.15


@dataclass(frozen=True)
class TrackedPerson:
    """One person through a clip.

    Attributes:
        rows: (T,) which of each frame's people it is; -1: none.
        n_people: how many people are seen in the clip.
    """

    rows: NDArray[np.intp]
    n_people: int


def follow(detections: Detections, person: Person) -> TrackedPerson | None:
    """The person chosen among those seen; None where there is nobody."""
    tracks = _tracks(detections)
    n_frames = len(detections.times_s)
    people = [track for track in tracks if (track >= 0).mean() >= _SHARE_OF_A_PERSON]
    if not people:
        people = sorted(tracks, key=lambda track: int((track >= 0).sum()))[-1:]
    if not people or n_frames == 0:
        return None
    score = _SCORES[person]
    best = max(people, key=lambda track: score(detections, track))
    return TrackedPerson(best, len(people))


def select_rows(values: Floats, rows: NDArray[np.intp], absent: float) -> Floats:
    """(T, ...) the chosen rows of (T, P, ...); ``absent`` where there is none."""
    taken: Floats = np.full((len(values), *values.shape[2:]), absent)
    seen = rows >= 0
    taken[seen] = values[seen, rows[seen]]
    return taken


def _tracks(detections: Detections) -> list[NDArray[np.intp]]:
    """Each person's row in each frame, -1 where it is not seen: the nearest bodies are the same person."""
    from scipy.optimize import linear_sum_assignment

    centres, sizes = _bodies(detections.image)
    tracks: list[NDArray[np.intp]] = []
    last: list[int] = []
    for frame, time_s in enumerate(detections.times_s):
        present = np.flatnonzero(np.isfinite(centres[frame, :, 0]))
        awaited = [k for k, seen in enumerate(last) if time_s - detections.times_s[seen] <= _PATIENCE_S]
        costs = np.full((len(awaited), len(present)), np.inf)
        for i, k in enumerate(awaited):
            before = last[k], tracks[k][last[k]]
            size = max(float(sizes[before]), 1e-6)
            costs[i] = np.hypot(*(centres[frame, present] - centres[before]).T) / size
            costs[i] += np.abs(np.log(np.maximum(sizes[frame, present], 1e-6) / size))
        free = set(present.tolist())
        for i, j in zip(*linear_sum_assignment(np.minimum(costs, 1e6)), strict=True):
            waited_s = time_s - detections.times_s[last[awaited[i]]]
            if costs[i, j] <= _REACH + _REACH_A_SECOND * waited_s:
                tracks[awaited[i]][frame], last[awaited[i]] = present[j], frame
                free.discard(int(present[j]))
        for row in sorted(free):
            track = np.full(len(detections.times_s), -1)
            track[frame] = row
            tracks.append(track)
            last.append(frame)
    return tracks


class _Bodies(NamedTuple):
    """Centre (T, P, 2) of each trunk and size (T, P) of each body, in units of the picture's height."""

    centres: Floats
    sizes: Floats


def _bodies(image: Floats) -> _Bodies:
    visible = np.asarray(np.isfinite(image).all(axis=3, keepdims=True))
    low = np.where(visible, image, np.inf).min(axis=2)
    high = np.where(visible, image, -np.inf).max(axis=2)
    extent = np.where(visible.any(axis=2), high - np.where(visible.any(axis=2), low, 0.0), np.nan)
    size: Floats = np.hypot(extent[..., 0], extent[..., 1])
    trunk = image[:, :, _TRUNK]
    seen = np.asarray(np.isfinite(trunk).all(axis=3, keepdims=True))
    n = np.maximum(seen.sum(axis=2), 1)
    middle = np.where(seen, trunk, 0.0).sum(axis=2) / n
    # Where no point of the trunk is known, the middle of the body stands in.
    known = np.isfinite(size)[..., None]
    outline = np.where(known, np.where(known, low, 0.0) + np.where(known, high, 0.0), np.nan) / 2
    centre: Floats = np.where(seen.any(axis=2) & known, middle, outline)
    return _Bodies(centre, size)


def _largest(detections: Detections, track: NDArray[np.intp]) -> float:
    """Mean size over all frames; one that is seen shortly counts little."""
    sizes = select_rows(_bodies(detections.image).sizes, track, 0.0)
    return float(np.nan_to_num(sizes).mean())


def _active(detections: Detections, track: NDArray[np.intp]) -> float:
    """How far the points go in the picture: neither somebody large who stands by nor a passer-by far away counts much.

    What is hardly visible counts little: it trembles.
    """
    image = select_rows(detections.image, track, np.nan)[track >= 0]
    trust = select_rows(detections.visibility, track, 0.0)
    # An estimator may not know all landmarks.
    known = np.isfinite(image).all(axis=2).any(axis=0)
    went = np.diff(np.nanpercentile(image[:, known], [10, 90], axis=0), axis=0)[0]
    return float((np.hypot(*went.T) * trust.mean(axis=0)[known]).sum())


def _path_length(detections: Detections, track: NDArray[np.intp]) -> float:
    """How far the points go, in sizes of the body, so that a small person moves as much as a large one."""
    size = max(float(np.nanmedian(select_rows(_bodies(detections.image).sizes, track, np.nan))), 1e-6)
    return _active(detections, track) / size


def _centre(detections: Detections, track: NDArray[np.intp]) -> float:
    """Nearness to the middle of the picture, for as long as it is seen."""
    centres = select_rows(_bodies(detections.image).centres, track, np.nan)
    off = np.hypot(centres[:, 0] - detections.width / 2, centres[:, 1] - 0.5)
    return float(np.nansum(1.0 / (0.1 + off)))


_SCORES: dict[Person, Callable[[Detections, NDArray[np.intp]], float]] = {
    "active": _active,
    "largest": _largest,
    "moving": _path_length,
    "centre": _centre,
}
