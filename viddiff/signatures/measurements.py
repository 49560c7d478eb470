"""How measurements are told to a model."""

from __future__ import annotations

from viddiff.core.types import Measurement, Verdict


def measurement_text(measurement: Measurement) -> str:
    """What was measured, and its value in both videos.

    >>> measurement_text(Measurement(name="knee angle", unit="deg", a=92.0, b=None, error_a=1.5))
    'knee angle: video A 92 ± 1.5 deg, video B not measurable'
    """

    def value_text(value: float | None, error: float | None) -> str:
        if value is None:
            return "not measurable"
        number = f"{value:.3g}" if error is None else f"{value:.3g} ± {error:.2g}"
        return f"{number} {measurement.unit}".strip()

    in_a, in_b = value_text(measurement.a, measurement.error_a), value_text(measurement.b, measurement.error_b)
    return f"{measurement.label}: video A {in_a}, video B {in_b}"


def decided_measurement_text(measurement: Measurement, verdict: Verdict) -> str:
    """A measurement, whether it tells the videos apart, and how sure that is.

    Models take any two numbers for a difference, and a measurement for the truth.
    """
    difference = "no clear difference" if verdict.answer == "c" else "a clear difference"
    sure = "" if verdict.confidence is None else f", {verdict.confidence:.0%} sure"
    return f"{measurement_text(measurement)} ({difference}{sure})"


def quantity_text(name: str, unit: str, definition: str) -> str:
    """A quantity that can be measured; ``unit`` is empty for shares and counts."""
    return f"{name} ({unit}): {definition}" if unit else f"{name}: {definition}"
