"""From everyone who was found to the pose of one person: chosen, followed, mended, smoothed; and what to tell of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Floats, runs
from viddiff.motion.pose.choice import NoPose, Person
from viddiff.motion.pose.detections import Detections
from viddiff.motion.pose.filter import GAP_S, smooth
from viddiff.motion.pose.landmarks import COLUMN, Pose
from viddiff.motion.pose.people import follow, select_rows
from viddiff.motion.pose.sides import find_flips, undo_flips
from viddiff.motion.pose.view import view_of

#: Points further outside the picture than this, in its heights, are guesses.
MARGIN = 0.02
#: Points less visible than this are guesses too.
MIN_VISIBILITY = 0.1
#: A person is seen in at least this share of the frames, and its trunk at least so well; else it is something else.
MIN_SHARE, MIN_TRUNK_VISIBILITY = 0.2, 0.5
#: With fewer frames a second fast movements fall between them.
SLOW_FPS = 8.0

_TRUNK = [COLUMN[f"{side}_{part}"] for side in ("left", "right") for part in ("shoulder", "hip")]
_LEGS = [COLUMN[f"{side}_{part}"] for side in ("left", "right") for part in ("knee", "ankle")]


def pose_from(detections: Detections, person: Person, estimator: str, name: str) -> Pose | NoPose:
    """The pose of the chosen person, or why there is none.

    Args:
        detections: everyone found in the clip.
        person: whom to choose where there are several.
        estimator: who found them.
        name: of the video, for sentences.
    """
    followed = follow(detections, person)
    if followed is None:
        return NoPose(why=f"Nobody is seen in {name!r}: nothing is measured from pose.")
    rows = followed.rows
    visibility = select_rows(detections.visibility, rows, 0.0)
    seen = rows >= 0
    if seen.mean() < MIN_SHARE or visibility[seen][:, _trunk_of(visibility[seen])].mean() < MIN_TRUNK_VISIBILITY:
        return NoPose(
            why=f"No person is seen clearly in {name!r} (in {seen.mean():.0%} of the frames): nothing is measured from "
            "pose. A person who fills more of the picture is found more easily."
        )
    image, world = select_rows(detections.image, rows, np.nan), select_rows(detections.world, rows, np.nan)
    guessed = _is_guessed(image, visibility, detections.width)
    flipped = find_flips(detections.times_s, image)
    image, world, visibility = (undo_flips(values, flipped) for values in (image, world, visibility))
    guessed = undo_flips(guessed, flipped)
    image[guessed], world[guessed] = np.nan, np.nan
    image, world = smooth(detections.times_s, image), smooth(detections.times_s, world)
    view, facing = view_of(image)
    if _is_upside_down(image):
        # Heights would have the wrong sign: only times are left.
        view, facing = "unknown", 0
    return Pose(
        times_s=detections.times_s,
        image=image,
        world=world,
        visibility=visibility,
        view=view,
        facing=facing,
        estimator=estimator,
        notices=tuple(_notices(detections, followed.n_people, person, image, flipped, name)),
    )


def _trunk_of(visibility: Floats) -> list[int]:
    """Of each pair of the trunk's points the side that is seen better: somebody filmed from the side has one."""
    better = visibility.mean(axis=0)
    return [max(pair, key=lambda column: float(better[column])) for pair in (_TRUNK[::2], _TRUNK[1::2])]


def _is_guessed(image: Floats, visibility: Floats, width: float) -> NDArray[np.bool_]:
    """(T, 33) points that the estimator only guesses: beyond the picture, or hidden."""
    with np.errstate(invalid="ignore"):
        beyond = (image < -MARGIN).any(axis=2) | (image > np.array([width, 1.0]) + MARGIN).any(axis=2)
    return np.asarray(beyond | (visibility < MIN_VISIBILITY))


def _notices(
    detections: Detections, n_people: int, person: Person, image: Floats, flipped: NDArray[np.bool_], name: str
) -> list[str]:
    times_s = detections.times_s
    notices = []
    if n_people > 1:
        which = {
            "active": "the one that goes furthest in the picture",
            "largest": "the largest",
            "moving": "the one that moves most for its size",
            "centre": "the one in the middle",
        }
        others = " or ".join(f"--person {other}" for other in which if other != person)
        notices.append(
            f"{n_people} people are seen in {name!r}; {which[person]} is measured. {others} chooses differently."
        )
    away_s = _away_s(times_s, np.asarray(np.isfinite(image[:, _TRUNK]).any(axis=(1, 2))))
    if away_s > GAP_S:
        notices.append(f"The person in {name!r} is not seen for {away_s:.1f} s in all; nothing is measured there.")
    if flipped.any():
        notices.append(
            f"Left and right were swapped for a moment in {flipped.any(axis=0).sum()} frames of {name!r}; corrected."
        )
    if np.isfinite(image[:, _LEGS]).all(axis=2).mean() <= 0.5:
        notices.append(f"The legs or feet are hardly seen in {name!r}: what is not seen is not measured.")
    if _is_upside_down(image):
        notices.append(f"The person in {name!r} is upside down: only times are measured. If the video is, turn it.")
    fps = (len(times_s) - 1) / (times_s[-1] - times_s[0]) if len(times_s) > 1 else 0.0
    if fps < SLOW_FPS:
        notices.append(f"{name!r} has {fps:.0f} frames a second for pose: fast movements fall between them.")
    return notices


def _is_upside_down(image: Floats) -> bool:
    """Whether the shoulders are under the hips for most of the clip."""
    trunk = image[:, _TRUNK]
    down = trunk[:, [0, 2], 1] - trunk[:, [1, 3], 1]
    return bool(np.nanmedian(down) > 0.5 * np.nanmedian(np.abs(trunk[:, [0, 2]] - trunk[:, [1, 3]]).sum(axis=2)))


def _away_s(times_s: Floats, seen: NDArray[np.bool_]) -> float:
    """Seconds for which nobody is seen."""
    tick_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    return float(sum((stop - start) * tick_s for start, stop in runs(~seen)))
