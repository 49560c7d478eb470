"""Speeds, travels, smoothness, symmetry and steps, over a part of the clip."""

from __future__ import annotations

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.measurement.body import VISIBLE, Body, Limb
from viddiff.motion.pose.landmarks import COLUMN
from viddiff.motion.quantities.heights import up
from viddiff.motion.quantities.registry import SPREAD, TORSOS, TORSOS_PER_S, quantity

#: Jitter adds up along a path: it is followed in steps of this length.
STEP_S = 0.2
#: The ankles come apart by this much in a step, in torso lengths.
STRIDE = 0.4
#: Smoothness looks at speeds up to this many turns a second; poses are filtered at 6.
CUTOFF_HZ = 5.0
#: ... and at what is above this share of the slowest, strongest one (Balasubramanian et al. 2015).
AUDIBLE = 0.05

#: What a polynomial of this order leaves of this time is shaking: a movement is smoother, whatever its tempo.
SHAKE_S, SHAKE_ORDER = 0.7, 4


@quantity(
    TORSOS,
    "Length of the way that the middle of the hips goes in the picture.",
    words=("travel", "way", "distance covered"),
    kind="path",
    least=0.5,
    lower="the body travels {by} less",
    higher="the body travels {by} further",
    group="legs",
)
def travel(body: Body, frames: slice) -> float:
    """In steps of 0.2 s, so that jitter does not add up."""
    times_s, place = body.pose.times_s[frames], _hips(body)[frames]
    steps = np.arange(times_s[0], times_s[-1] + STEP_S / 2, STEP_S)
    way = np.stack([np.interp(steps, times_s, place[:, axis]) for axis in (0, 1)], axis=1)
    return float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum())


@quantity(
    TORSOS_PER_S,
    "Speed of the wrist when it is fastest.",
    words=("hand speed", "arm speed", "fast hands"),
    kind="path",
    least=1.8,
    sided=True,
    lower="the hands move more slowly, by {by} at their fastest",
    higher="the hands move faster, by {by} at their fastest",
    group="tempo",
)
def hand_speed(body: Body, frames: slice, side: Limb) -> float:
    """The 95th percentile: one frame makes no speed."""
    return _fastest(body, f"{side}_wrist", frames)


@quantity(
    TORSOS_PER_S,
    "Speed of the ankle when it is fastest.",
    words=("foot speed", "leg speed", "fast feet"),
    kind="path",
    least=1.0,
    sided=True,
    lower="the feet move more slowly, by {by} at their fastest",
    higher="the feet move faster, by {by} at their fastest",
    group="tempo",
)
def foot_speed(body: Body, frames: slice, side: Limb) -> float:
    """The 95th percentile: one frame makes no speed."""
    return _fastest(body, f"{side}_ankle", frames)


@quantity(
    "",
    "Smoothness of the movement (spectral arc length of its speed); 0 is the smoothest, jerky movement is lower.",
    words=("smoothness", "fluid", "jerky", "controlled"),
    kind="path",
    least=1.0,
    lower="the movement is jerkier",
    higher="the movement is smoother",
)
def smoothness(body: Body, frames: slice) -> float:
    """Of the mean speed of wrists, ankles, hips and head."""
    names = ("nose", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_ankle", "right_ankle")
    speeds = np.stack([_speed(body, name)[frames] for name in names])
    complete = np.isfinite(speeds).mean(axis=1) > 0.9
    if not complete.any():
        return float("nan")
    speed = np.nan_to_num(speeds[complete]).mean(axis=0)
    return _spectral_arc_length(speed, float(np.median(np.diff(body.pose.times_s))))


@quantity(
    TORSOS,
    "How far the hips go to and fro across the picture, faster than the movement does (root mean square); 0 is steady.",
    words=("shaking", "wobble", "tremble", "steadiness"),
    kind="path",
    least=0.02,
    lower="the hips shake {by} less",
    higher="the hips shake {by} more",
    group="shaking",
)
def hip_shake(body: Body, frames: slice) -> float:
    """What is left of their way across by a polynomial around each frame (Savitzky and Golay 1964)."""
    from scipy.signal import savgol_filter

    across, times_s = _hips(body)[:, 0], body.pose.times_s
    finite = np.isfinite(across)
    width = round(SHAKE_S / float(np.median(np.diff(times_s)))) | 1
    if width <= SHAKE_ORDER + 1 or finite.sum() < width or finite[frames].sum() < 3:
        return float("nan")
    filled = np.interp(times_s, times_s[finite], across[finite])
    left = (filled - savgol_filter(filled, width, SHAKE_ORDER))[frames][finite[frames]]
    return float(np.sqrt(np.mean(left**2)))


@quantity(
    "",
    "How alike left and right move: 1 less the mean difference in height of wrists, elbows, knees and ankles.",
    words=("symmetry", "even", "symmetric"),
    planes=SPREAD,
    kind="path",
    least=0.12,
    lower="left and right move less alike",
    higher="left and right move more alike",
    group="uneven",
)
def symmetry(body: Body, frames: slice) -> float:
    """1 where left and right are always level."""
    parts = ("wrist", "elbow", "knee", "ankle")
    apart = np.stack(
        [np.abs(up(body.landmark(f"left_{part}")) - up(body.landmark(f"right_{part}")))[frames] for part in parts]
    )
    return 1 - float(np.mean(apart[np.isfinite(apart)])) if np.isfinite(apart).any() else float("nan")


@quantity(
    "times",
    "How many steps are made: how often the ankles come apart.",
    words=("steps", "step count"),
    kind="path",
    least=2.0,
    lower="the number of steps is {by} lower",
    higher="the number of steps is {by} higher",
    group="count",
)
def step_count(body: Body, frames: slice) -> float:
    """Peaks of the distance of the ankles in the picture."""
    from scipy.signal import find_peaks

    apart = _image(body, "left_ankle")[frames] - _image(body, "right_ankle")[frames]
    distance = np.linalg.norm(apart[np.isfinite(apart).all(axis=1)], axis=1)
    if not len(distance):
        return float("nan")
    # A stride that is cut off at an end of the clip is a peak too.
    ended = np.pad(distance, 1, constant_values=distance.min())
    return float(len(find_peaks(ended, prominence=STRIDE)[0]))


def _image(body: Body, name: str) -> Floats:
    """(T, 2) a landmark in the picture, in torso lengths; NaN where not seen."""
    visible = body.pose.visibility[:, COLUMN[name]] >= VISIBLE
    point: Floats = np.where(visible[:, None], body.pose.point(name), np.nan) / body.torso
    return point


def _hips(body: Body) -> Floats:
    middle: Floats = (_image(body, "left_hip") + _image(body, "right_hip")) / 2
    return middle


def _speed(body: Body, name: str) -> Floats:
    """(T,) torso lengths a second in the picture."""
    speed: Floats = np.linalg.norm(np.gradient(_image(body, name), body.pose.times_s, axis=0), axis=1)
    return speed


def _fastest(body: Body, name: str, frames: slice) -> float:
    speed = _speed(body, name)[frames]
    finite = speed[np.isfinite(speed)]
    return float(np.percentile(finite, 95)) if len(finite) else float("nan")


def _spectral_arc_length(speed: Floats, step_s: float) -> float:
    """Length of the spectrum's line, its height and width taken as 1, with a minus sign."""
    if not speed.any():
        return float("nan")
    spectrum = np.abs(np.fft.rfft(speed, n=16 * len(speed)))
    hz = np.fft.rfftfreq(16 * len(speed), step_s)
    height = spectrum / spectrum[0]
    strong = np.flatnonzero((height >= AUDIBLE) & (hz <= CUTOFF_HZ))
    line = height[: strong[-1] + 1]
    width = hz[1] / CUTOFF_HZ
    return -float(np.hypot(np.diff(line), width).sum())
