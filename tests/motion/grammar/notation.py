"""A measurement in one line, so that a table of statements can be read."""

from __future__ import annotations

from viddiff.motion.measurement.spec import MeasurementSpec, Moment


def told(spec: MeasurementSpec) -> str:
    """E.g. "lower knee_angle either at min hip_height"; what is "both", "value" or "whole" goes without saying."""
    statistic = [] if spec.statistic == "value" else [spec.statistic]
    nth = [f"in repetition {spec.at.nth}"] if spec.at.nth else []
    return " ".join([spec.more, spec.quantity, *sided(spec.side), *statistic, *at(spec.at), *nth])


def sided(side: str) -> list[str]:
    return [] if side == "both" else [side]


def at(moment: Moment) -> list[str]:
    if moment.kind == "whole":
        return []
    if moment.kind == "stage":
        return ["at", f"stage {moment.stage!r}"]
    if moment.kind in ("start", "end"):
        return ["at", moment.kind]
    kind = {"extreme": [], "hold": ["hold"]}.get(moment.kind, [moment.kind])
    which = [moment.which] if moment.kind in ("extreme", "hold") else []
    return ["at", *kind, *which, str(moment.of), *sided(moment.side)]
