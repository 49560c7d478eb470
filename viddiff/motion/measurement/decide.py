"""For which of two clips a statement is more true, by one number of each; or that the numbers do not tell.

A difference is clear where it is at least the smallest that counts and 1.96 standard errors of the difference. Up to
a share of that there is none; in between nothing is said. How often such answers are right is measured on rendered
clips, whose truth is known: ``python -m benchmarks.measure_accuracy`` prints the log odds of "a" and "b" that the
constants below are set by; those of "c" are set by ``python -m benchmarks.measured_confidence``, as viewers see smaller
differences than count here.
"""

from __future__ import annotations

import math

from viddiff.core.types import Answer, Verdict
from viddiff.motion.measurement.reading import CONFIDENT, Reading
from viddiff.motion.measurement.spec import MeasurementSpec
from viddiff.motion.quantities import QUANTITIES

#: There is no difference up to this share of a clear one.
SAME_SHARE = 0.3
#: Nothing is called the same where only a difference of this many times the smallest that counts would be clear.
COARSEST = 1.5
#: Log odds that an answer is right: of "a" or "b" at a difference that is just clear, and how they grow with it; of "c"
#: at no difference, and how they fall towards a clear one.
APART_ODDS, APART_SLOPE = 2.1, 0.3
SAME_ODDS, SAME_SLOPE = 3.8, 7.0
SUREST = 0.99


def decide(spec: MeasurementSpec, a: Reading, b: Reading) -> Verdict:
    """Whether the statement behind ``spec`` is more true of ``a``, of ``b``, of neither, or cannot be told.

    Returns:
        "answered" with "a", "b" or "c" and the probability that it is right; "unsure" between clear and none;
        "not_measurable" where a number is missing or the clips are filmed from views that cannot be compared.
    """
    why = incomparable(a, b)
    if why:
        return Verdict(status="not_measurable", reason=f"{why}.")
    share = effect(a, b) * (1 if spec.more == "higher" else -1)
    numbers = f"{format_reading(a)} against {format_reading(b)}"
    if abs(share) >= 1:
        answer: Answer = "a" if share > 0 else "b"
        return Verdict(status="answered", answer=answer, confidence=probability(share), reason=f"{numbers}.")
    if abs(share) > SAME_SHARE:
        return Verdict(status="unsure", reason=f"{numbers}: {clear_difference(a, b):.2g} would be a clear difference.")
    if clear_difference(a, b) > COARSEST * max(a.least, b.least):
        return Verdict(status="unsure", reason=f"{numbers}: too uncertain to be called the same.")
    return Verdict(status="answered", answer="c", confidence=probability(share), reason=f"{numbers}.")


def incomparable(a: Reading, b: Reading) -> str:
    """Why two readings cannot be compared, as a sentence without its stop, or ""."""
    for name, reading in (("A", a), ("B", b)):
        if reading.refusal:
            return f"In video {name}, {reading.refusal.why}"
    if a.plane == "time" or QUANTITIES[a.quantity].is_view_independent or _direction(a) == _direction(b):
        return ""
    if "space" in (a.plane, b.plane):
        # In space a length or an angle is the same from everywhere; how much less sure it is, its error tells.
        return ""
    return f"The {QUANTITIES[a.quantity].words[0]} depends on the view, and one is filmed {a.view}, the other {b.view}"


def _direction(reading: Reading) -> str:
    """The view, where front and back show the same."""
    return "front" if reading.view == "back" else reading.view


def clear_difference(a: Reading, b: Reading) -> float:
    """The smallest difference of two readings that is clear, in their unit."""
    return max(a.least, b.least, CONFIDENT * math.hypot(a.error or 0.0, b.error or 0.0))


def effect(a: Reading, b: Reading) -> float:
    """How much more of it ``a`` shows, in clear differences; 0 where a value is missing."""
    if a.value is None or b.value is None:
        return 0.0
    return (a.value - b.value) / clear_difference(a, b)


def probability(share: float) -> float:
    """How likely an answer at that effect is right; no measurement is surer than ``SUREST``."""
    size = abs(share)
    odds = APART_ODDS + APART_SLOPE * (size - 1) if size >= 1 else SAME_ODDS - SAME_SLOPE * size
    return min(SUREST, 1 / (1 + math.exp(-odds)))


def format_reading(reading: Reading) -> str:
    """A reading with its unit and the half width of its 95 % interval."""
    value, error = reading.value or 0.0, reading.error or 0.0
    return f"{value:.3g} ± {CONFIDENT * error:.2g} {reading.unit}".strip()
