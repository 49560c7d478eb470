"""Reading a measurement from a clip: the number, how sure it is, and the frames it was read from.

A cyclic action is read in each repetition at the same phase; the value is the median. Its standard error comes from the
clip (see ``viddiff.motion.measurement.uncertainty``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.core.types import Segment
from viddiff.motion.cycles import Cycles
from viddiff.motion.measurement import uncertainty
from viddiff.motion.measurement.body import Limb, Plane
from viddiff.motion.measurement.moments import Window, nth_of, windows_of
from viddiff.motion.measurement.reading import Reading, Unreadable
from viddiff.motion.measurement.series import MeasuredClip, check_seen, find, mean_of
from viddiff.motion.measurement.spec import MeasurementSpec, Moment
from viddiff.motion.measurement.statistics import LEVELS, statistic_of, unit_of
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.quantities import Quantity
from viddiff.motion.quantities.timing import longest_rest

#: Times that each repetition has.
OF_EACH = ("repetition_time", "hold_time")


def evaluate(spec: MeasurementSpec, pose: Pose, cycles: Cycles, stages: Sequence[Segment] = ()) -> Reading:
    """Read one number from a clip.

    Args:
        stages: where the stages of the action lie in this clip; only those that were found, never a guess.

    Returns:
        The number, or a reading with a refusal: nothing is raised.
    """
    return read(spec, MeasuredClip(pose, cycles), stages)


def read(spec: MeasurementSpec, clip: MeasuredClip, stages: Sequence[Segment] = ()) -> Reading:
    """The same of a clip that says where it is to be read; a clip remembers what was read from it."""
    key = spec, tuple(stages)
    if key not in clip.readings:
        clip.readings[key] = _read(spec, clip, stages)
    return clip.readings[key]


def _read(spec: MeasurementSpec, clip: MeasuredClip, stages: Sequence[Segment]) -> Reading:
    try:
        quantity = find(spec.quantity)
        check_seen(clip.pose)
        if quantity.kind == "clip":
            return _from_phases(quantity, clip, spec.at.nth)
        if quantity.kind == "events":
            return _between_events(spec, quantity, clip, stages)
        if spec.statistic == "duration":
            return _duration(spec, quantity, clip, stages)
        return _from_frames(spec, quantity, clip, stages)
    except Unreadable as unreadable:
        return Reading(quantity=spec.quantity, view=clip.pose.view, refusal=unreadable.refusal)


def _from_frames(spec: MeasurementSpec, quantity: Quantity, clip: MeasuredClip, stages: Sequence[Segment]) -> Reading:
    """A series or a path: a value for each side and repetition, then for each repetition, then one."""
    plane = clip.plane_for(quantity)
    if quantity.kind == "path":
        windows, values, jitter = _of_path(spec, quantity, clip, stages)
    else:
        windows, values, jitter = _of_series(spec, quantity, clip, stages)
    series = _of_sides(values, spec, quantity)
    finite = np.isfinite(series)
    if not finite.any():
        raise Unreadable("visibility", f"the {quantity.words[0]} is not seen at that moment")
    visible_windows = [window for window, is_seen in zip(windows, finite, strict=True) if is_seen]
    least = uncertainty.least_difference(quantity, clip.pose.view, spec.statistic)
    error = uncertainty.of_values(series[finite], jitter, least)
    frames_s = np.unique(np.concatenate([clip.times_s[window.frames] for window in visible_windows]))
    times_s = [window.middle_s for window in visible_windows] if visible_windows[0].instant else frames_s.tolist()
    evidence = ReadValues(series[finite], error, least, tuple(times_s))
    return _reading(quantity, clip, evidence, plane, unit_of(quantity, spec.statistic))


class _ValuesBySide(NamedTuple):
    """Values (sides, repetitions), the windows of one side, and the jitter of a held pose."""

    windows: tuple[Window, ...]
    values: Floats
    jitter: float


def _of_series(
    spec: MeasurementSpec, quantity: Quantity, clip: MeasuredClip, stages: Sequence[Segment]
) -> _ValuesBySide:
    """A quantity that has a value in every frame."""
    by_limb = clip.by_limb(quantity, spec.side)
    of_each = {
        limb: windows_of(_own_moment(spec.at, quantity), clip, stages, own=series) for limb, series in by_limb.items()
    }
    values = [
        [statistic_of(spec.statistic, series, clip, window) for window in of_each[limb]]
        for limb, series in by_limb.items()
    ]
    jitters = [uncertainty.jitter(series, clip.step_s) for series in by_limb.values()]
    jitter = float(np.median(jitters)) if spec.statistic in LEVELS else 0.0
    return _ValuesBySide(of_each[next(iter(of_each))], np.array(values), jitter)


def _of_path(spec: MeasurementSpec, quantity: Quantity, clip: MeasuredClip, stages: Sequence[Segment]) -> _ValuesBySide:
    """A quantity that is itself taken over a part of the clip."""
    body = clip.body(clip.plane_for(quantity))
    windows = windows_of(spec.at, clip, stages)
    limbs: tuple[tuple[Limb, ...], ...] = tuple((limb,) for limb in clip.limbs(spec.side)) if quantity.sided else ((),)
    values = [[quantity.measure(body, window.frames, *limb) for window in windows] for limb in limbs]
    return _ValuesBySide(windows, np.array(values), 0.0)


def _own_moment(moment: Moment, quantity: Quantity) -> Moment:
    """The moment, where it is marked by the very quantity that is read, so that each side has its own."""
    return moment.model_copy(update={"of": None}) if moment.of == quantity.name else moment


def _of_sides(values: Floats, spec: MeasurementSpec, quantity: Quantity) -> Floats:
    """(repetitions,) of (sides, repetitions): the mean, or of each repetition the side that shows more (or less)."""
    if spec.side not in ("either", "trailing"):
        return mean_of(values)
    more_is_less = quantity.natural == "min" and spec.statistic in LEVELS
    highest = (spec.side == "either") != more_is_less
    extreme: Floats = (values.max if highest else values.min)(axis=0)
    return extreme


def _from_phases(quantity: Quantity, clip: MeasuredClip, nth: int | None = None) -> Reading:
    """A time or a count; ``nth``: of one repetition."""
    if nth is not None and quantity.name not in OF_EACH:
        raise Unreadable("no_such_moment", f"the {quantity.words[0]} is not one of a single repetition")
    values = np.array(nth_of(quantity.measure(clip.cycles), nth))
    active = clip.cycles.active
    if active is None:
        raise Unreadable("no_such_moment", "nothing moves in the clip")
    if not len(values) or (clip.cycles.cut_off and quantity.name == "action_time"):
        cause: Literal["cut_off", "no_such_moment"] = "cut_off" if clip.cycles.cut_off else "no_such_moment"
        raise Unreadable(cause, "the movement does not begin and end within the clip")
    if quantity.unit == "s":
        least = uncertainty.least_of_times(quantity.least, values)
        error = uncertainty.of_times(values, clip.cycles.resolution_s, least)
    else:
        least, error = quantity.least, uncertainty.of_count(clip.cycles.cut_off)
    # A pause is seen in its own frames; all else from the first movement to the last.
    span = (longest_rest(clip.cycles) if quantity.group == "pause" else None) or active
    evidence = ReadValues(values, error, least, (span.start_s, span.stop_s))
    return _reading(quantity, clip, evidence, "time", quantity.unit)


def _duration(spec: MeasurementSpec, quantity: Quantity, clip: MeasuredClip, stages: Sequence[Segment]) -> Reading:
    """How long the phase of the moment lasts, in each repetition."""
    if spec.at.kind in ("extreme", "start", "end"):
        raise Unreadable("statistic", f"the moment {spec.at.kind!r} has no duration; ask for a phase or a hold")
    if spec.at.kind == "whole":
        return _from_phases(find("action_time"), clip)
    windows = windows_of(
        spec.at, clip, stages, own=clip.combine_sides(quantity, spec.side) if _is_marked_by_quantity(spec.at) else None
    )
    values = np.array([window.span.duration_s for window in windows])
    least_s = uncertainty.least_of_times(find("hold_time").least, values)
    error = uncertainty.of_times(values, clip.cycles.resolution_s, least_s)
    borders_s = tuple(border_s for window in windows for border_s in (window.span.start_s, window.span.stop_s))
    return _reading(quantity, clip, ReadValues(values, error, least_s, borders_s), "time", "s")


def _is_marked_by_quantity(moment: Moment) -> bool:
    """Whether the moment is marked by the quantity that is read."""
    return moment.of is None and moment.kind in ("rise", "fall")


def _between_events(
    spec: MeasurementSpec, quantity: Quantity, clip: MeasuredClip, stages: Sequence[Segment]
) -> Reading:
    """The time from one event to another, in each repetition that has both."""
    if spec.to is None:
        raise Unreadable("no_such_moment", "a delay runs between two moments; the second one is not given")
    first, second = (
        [window.middle_s if window.instant else window.span.start_s for window in windows_of(moment, clip, stages)]
        for moment in (spec.at, spec.to)
    )
    if len(first) != len(second):
        raise Unreadable("no_such_moment", "the two events are not both seen in each repetition")
    values = np.array([quantity.measure(*events) for events in zip(first, second, strict=True)])
    # The extreme of a slow turn is flat: it is known to a frame or two.
    error = uncertainty.of_times(values, max(clip.cycles.resolution_s, clip.step_s), quantity.least)
    evidence = ReadValues(values, error, quantity.least, tuple(sorted({*first, *second})))
    return _reading(quantity, clip, evidence, "time", quantity.unit)


@dataclass(frozen=True)
class ReadValues:
    """What a reading is made of: values of each repetition, their error and least difference, and where they show."""

    values: Floats
    error: float
    least: float
    times_s: tuple[float, ...]


def _reading(
    quantity: Quantity, clip: MeasuredClip, evidence: ReadValues, plane: Plane | Literal["time"], unit: str
) -> Reading:
    values = evidence.values
    return Reading(
        quantity=quantity.name,
        unit=unit,
        value=float(np.median(values)),
        error=evidence.error,
        least=evidence.least,
        times_s=evidence.times_s,
        per_repetition=tuple(values.tolist()),
        spread=float(values.std(ddof=1)) if len(values) > 1 else None,
        view=clip.pose.view,
        plane=plane,
    )
