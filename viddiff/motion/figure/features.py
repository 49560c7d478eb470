"""What can be measured of one clip: times, counts and extents, each with what it resolves and where it shows.

A number is given only where it can be believed; else there is a reason. Times depend on how little motion is called
rest, so each is measured a second time at half that share, and what that changes is part of its resolution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.figure.movements import PAUSE_S, REST_SHARE, movements
from viddiff.motion.figure.repetitions import Repetitions, count_repetitions
from viddiff.motion.figure.tracking import FigureTrack
from viddiff.motion.measurement.reading import Cause

DURATION = "duration of the action"
MOVING = "time in motion"
PERIOD = "time per repetition"
REPETITIONS = "repetitions"
PAUSES = "pauses"
LONGEST_PAUSE = "longest pause"
LOWERING = "lowering of the figure's top"

HEIGHTS = "figure heights"
UNITS = {
    DURATION: "s",
    MOVING: "s",
    PERIOD: "s",
    REPETITIONS: "",
    PAUSES: "",
    LONGEST_PAUSE: "s",
    LOWERING: HEIGHTS,
}
#: Quantities that are whole numbers.
COUNTS = (REPETITIONS, PAUSES)

#: Share of the frames in which the figure must be seen, for its extents.
SEEN_SHARE = 0.8
#: The lower end of a standing figure moves less than this, in its heights; else limbs are followed, not a body.
PLANTED = 0.2
MIN_HEIGHT_PX = 24
#: An edge of the figure is uncertain by this ...
EDGE_PX = 1.5
#: ... and an extent by this share of the height: parts before a background like them are not seen.
EXTENT_SHARE = 0.05
#: The top of a body that is lowered goes with its pose: their correlation.
FOLLOWS = 0.7


@dataclass(frozen=True)
class FigureQuantity:
    """A number of one clip.

    Attributes:
        value: None where it cannot be believed; ``why`` then tells the reason, and ``cause`` its kind.
        resolution: smallest difference that the clip resolves, in the same unit.
        moments_s: where in the clip it shows, in order.
    """

    value: float | None
    resolution: float = 0.0
    moments_s: tuple[float, ...] = ()
    why: str = ""
    cause: Cause | None = None


@dataclass(frozen=True)
class Outline:
    """All quantities of one clip by name, in the order of ``UNITS``; ``turns``: see ``Repetitions``."""

    quantities: Mapping[str, FigureQuantity]
    turns: int
    problems: tuple[str, ...]

    def __getitem__(self, name: str) -> FigureQuantity:
        return self.quantities[name]


def read_figure(track: FigureTrack) -> Outline:
    """Measure one clip; a track with problems gives no numbers."""
    moving = movements(track.times_s, track.energy)
    if track.problems or not len(moving):
        nothing = (
            _refused("visibility", "; ".join(track.problems))
            if track.problems
            else _refused("no_such_moment", "nothing moves")
        )
        return Outline(dict.fromkeys(UNITS, nothing), 0, track.problems)
    active = (track.times_s >= moving[0, 0]) & (track.times_s <= moving[-1, 1])
    repeated = count_repetitions(track.times_s[active], track.pose[active])
    quantities = {
        **_times(track, moving),
        **_repetition_quantities(track, moving, repeated),
        LOWERING: _lowering(track),
    }
    return Outline({name: quantities[name] for name in UNITS}, repeated.turns, ())


def _refused(cause: Cause, why: str) -> FigureQuantity:
    return FigureQuantity(None, why=why, cause=cause)


def _cut_off(track: FigureTrack, moving: Floats) -> str:
    """Why the ends of the action are not seen, or ""; less rest than a pause may be a turn of the movement."""
    if moving[0, 0] - track.times_s[0] < PAUSE_S:
        return "the action is already under way when the clip starts"
    if track.times_s[-1] - moving[-1, 1] < PAUSE_S:
        return "the action still goes on when the clip ends"
    return ""


def _times(track: FigureTrack, moving: Floats) -> dict[str, FigureQuantity]:
    finer = movements(track.times_s, track.energy, REST_SHARE / 2)
    tick_s = 2 * track.interval_s
    cut = _cut_off(track, moving)
    ends_s = (float(moving[0, 0]), float(moving[-1, 1]))

    def duration(value: float, other: float) -> FigureQuantity:
        return _refused("cut_off", cut) if cut else FigureQuantity(value, max(tick_s, abs(value - other)), ends_s)

    rests_s = moving[1:, 0] - moving[:-1, 1]
    finer_rests_s = finer[1:, 0] - finer[:-1, 1]
    longest_s, finer_longest_s = float(rests_s.max(initial=0)), float(finer_rests_s.max(initial=0))
    at = int(rests_s.argmax()) if len(rests_s) else -1
    # No pause is one that is too short to be called so.
    coarse_s = tick_s if len(rests_s) else PAUSE_S
    pause_s = (float(moving[at, 1]), float(moving[at + 1, 0])) if at >= 0 else ends_s
    return {
        DURATION: duration(ends_s[1] - ends_s[0], float(finer[-1, 1] - finer[0, 0])),
        MOVING: duration(float(np.diff(moving).sum()), float(np.diff(finer).sum())),
        PAUSES: FigureQuantity(float(len(rests_s)), 0.5 + abs(len(rests_s) - len(finer_rests_s)), pause_s),
        LONGEST_PAUSE: FigureQuantity(longest_s, max(coarse_s, abs(longest_s - finer_longest_s)), pause_s),
    }


def _repetition_quantities(track: FigureTrack, moving: Floats, repeated: Repetitions) -> dict[str, FigureQuantity]:
    if repeated.count is None or repeated.period_s is None or repeated.first_s is None:
        nothing = _refused("no_such_moment", "the movement does not repeat itself evenly, or not often enough")
        return {REPETITIONS: nothing, PERIOD: nothing}
    tick_s = 2 * track.interval_s / max(1, repeated.turns // 2 - 1)
    # A repetition that is cut off at an end may be one that was begun, or ended, outside of the clip.
    unsure = 1.5 if _cut_off(track, moving) else 0.5
    return {
        REPETITIONS: FigureQuantity(float(repeated.count), unsure, (float(moving[0, 0]), float(moving[-1, 1]))),
        PERIOD: FigureQuantity(repeated.period_s, max(tick_s, 2 * repeated.spread_s), repeated.first_s),
    }


def _lowering(track: FigureTrack) -> FigureQuantity:
    """In heights of the figure; it needs a whole body that stands in one place of the picture's height."""
    why = _why_unseen(track)
    if why:
        return _refused("visibility", why)
    seen = track.is_seen
    times_s, top, bottom = track.times_s[seen], track.top[seen], track.bottom[seen]
    height = float(np.percentile(bottom - top, 95))
    if not (top.std() > 0 and abs(np.corrcoef(top, track.posture[seen])[0, 1]) >= FOLLOWS):
        return _refused("visibility", "the movement is not up and down, or its top is not seen clearly")
    resolution = max(2 * EDGE_PX / (height * track.height_px), EXTENT_SHARE)
    return FigureQuantity(_spread(top) / height, resolution, (_typical_s(times_s, top, 95),))


def _why_unseen(track: FigureTrack) -> str:
    """Why the body's extents cannot be told, or ""."""
    seen = track.is_seen
    if seen.mean() < SEEN_SHARE:
        return "the figure is not seen all the time"
    top, bottom = track.top[seen], track.bottom[seen]
    height = float(np.percentile(bottom - top, 95))
    if height * track.height_px < MIN_HEIGHT_PX:
        return "the moving figure is too small"
    if np.percentile(top, 5) * track.height_px < 1 or (1 - np.percentile(bottom, 95)) * track.height_px < 1:
        return "the figure is cut off by the edge of the picture"
    if np.percentile(bottom, 90) - np.percentile(bottom, 10) > PLANTED * height:
        return "only a part of the body moves, or it leaves its place"
    return ""


def _spread(values: Floats) -> float:
    """The range of ``values`` without the outermost."""
    return float(np.percentile(values, 95) - np.percentile(values, 5))


def _typical_s(times_s: Floats, values: Floats, percentile: float) -> float:
    """When ``values`` are first at that percentile."""
    return float(times_s[np.abs(values - np.percentile(values, percentile)).argmin()])
