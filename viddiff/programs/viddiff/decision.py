"""From two numbers to a verdict.

Two numbers differ clearly when they are a margin apart: the coarser of both resolutions, and for all but counts at
least 15 % of the larger number. With r = difference / margin the answer is a or b from r = 1 on, with confidence
1 - 0.5 ** r (half at the margin, 0.94 at four margins); it is 'c' up to r = 0.5, with confidence 1 - r; between them
it is unsure. No confidence is above 0.95: a margin does not cover a figure that was followed wrongly.
"""

from __future__ import annotations

from viddiff.core.types import Answer, Verdict
from viddiff.motion.figure.features import COUNTS, DURATION, MOVING, UNITS, Quantity, Reading

RELATIVE_MARGIN = 0.15
SAME = 0.5
MAX_CONFIDENCE = 0.95


def judge(name: str, sign: int, a: Reading, b: Reading) -> Verdict:
    """For which video ``sign`` times the quantity is greater; not measurable, or unsure, where it cannot be told."""
    one, other = a[name], b[name]
    if one.value is None or other.value is None:
        return Verdict(status="unsure" if a.faults or b.faults else "not_measurable", reason=_missing(name, one, other))
    ratio = ratio_of(name, one, other)
    numbers = f"{name.capitalize()}: {_number(name, one.value)} in video A, {_number(name, other.value)} in video B"
    margin = f"a clear difference is {_number(name, margin_of(name, one, other), 2)} or more"
    if ratio <= SAME:
        return _answer("c", 1 - ratio, f"{numbers}; {margin}.")
    if ratio < 1:
        return Verdict(status="unsure", reason=f"{numbers}: too near to tell; {margin}.")
    if name == MOVING and not _agrees(a[DURATION], b[DURATION], one.value > other.value):
        return Verdict(status="unsure", reason=f"{numbers}, but with the pauses it is the other way round.")
    more_in_a = (one.value > other.value) == (sign > 0)
    return _answer("a" if more_in_a else "b", 1 - 0.5**ratio, f"{numbers}; {margin}.")


def ratio_of(name: str, a: Quantity, b: Quantity) -> float:
    """The difference of two numbers in margins."""
    if a.value is None or b.value is None:
        raise ValueError(f"{name!r} has no number for both videos")
    gap = abs(a.value - b.value)
    return gap / margin_of(name, a, b) if gap > 0 else 0.0


def margin_of(name: str, a: Quantity, b: Quantity) -> float:
    """What two numbers must be apart to differ clearly, in their unit."""
    resolution = max(a.resolution, b.resolution)
    return resolution if name in COUNTS else max(resolution, RELATIVE_MARGIN * max(a.value or 0.0, b.value or 0.0))


def _agrees(a: Quantity, b: Quantity, longer_in_a: bool) -> bool:
    return a.value is not None and b.value is not None and (a.value >= b.value if longer_in_a else a.value <= b.value)


def _answer(answer: Answer, confidence: float, reason: str) -> Verdict:
    return Verdict(
        status="answered", answer=answer, confidence=round(min(confidence, MAX_CONFIDENCE), 3), reason=reason
    )


def _missing(name: str, a: Quantity, b: Quantity) -> str:
    causes = " ".join(
        f"Video {side}: {quantity.why}." for side, quantity in (("A", a), ("B", b)) if quantity.value is None
    )
    return f"The {name} cannot be measured. {causes}"


def _number(name: str, value: float, digits: int = 3) -> str:
    shown = f"{value:.0f}" if name in COUNTS and value == int(value) else f"{value:.{digits}g}"
    return f"{shown} {UNITS[name]}".strip()
