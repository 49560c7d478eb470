"""Text of a report: clean text, numbers with units, verdicts, the order in which they are read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timezone

from viddiff.core.formatting import FIXED_PERCENT, NO_VALUE, one_line, percent
from viddiff.core.types import Answer, Finding, FrameRef, Measurement, Verdict
from viddiff.core.usage import Usage

_ANSWERS: dict[Answer, str] = {"a": "more in video A", "b": "more in video B", "c": "no visible difference"}

#: Kind of verdict -> its place in the report; kinds are also the CSS classes of the report.
VERDICT_ORDER = {"a": 0, "b": 0, "c": 1, "unsure": 2, "failed": 3, "refused": 4, "not_measurable": 5}


def number(value: float | None, unit: str = "", digits: int = 3) -> str:
    """A measured number with its unit, "–" where there is none."""
    if value is None or not math.isfinite(value):
        return NO_VALUE
    rounded = f"{value:.{digits}g}"
    if "e+" in rounded:  # powers of ten are no plain language
        rounded = f"{value:,.0f}"
    return f"{rounded} {unit}".strip()


def format_measurement(value: float | None, error: float | None, unit: str) -> str:
    """A measured number with half of its 95 % interval, no finer than that is: "126 ± 17°"."""
    text = number(value)
    if text == NO_VALUE or value is None:
        return text
    if error is not None and math.isfinite(error) and error > 0:
        digits = max(0, 1 - math.floor(math.log10(error)))
        # 0 has no sign.
        text = f"{round(value, digits) + 0.0:.{digits}f} ± {error:.{digits}f}"
    return with_unit(text, unit)


def format_pair(measurement: Measurement) -> str:
    """Both numbers of a measurement in one line: "A 126 ± 17, B 70 ± 17°"."""
    a = format_measurement(measurement.a, measurement.error_a, "")
    b = format_measurement(measurement.b, measurement.error_b, measurement.unit)
    return one_line(f"A {a}, B {b}")


def quantity_text(measurement: Measurement) -> str:
    """What was measured, and when: "knee angle at the bottom"."""
    return one_line(f"{measurement.what} in {measurement.stage}" if measurement.stage else measurement.what)


def with_unit(text: str, unit: str) -> str:
    """A number and its unit; degrees as a sign."""
    return f"{text}{unit.replace('deg', '°')}" if unit.startswith("deg") else f"{text} {unit}".strip()


def times(times_s: Sequence[float]) -> str:
    """When something was read: up to three moments, else the first and the last; "" for none."""
    ordered = sorted(time_s for time_s in times_s if math.isfinite(time_s))
    if len(ordered) > 3:
        return span(ordered[0], ordered[-1])
    return ", ".join(f"{time_s:.2f}" for time_s in ordered) + " s" if ordered else ""


def measurement_counts(measurements: Sequence[Measurement]) -> str:
    """How many quantities were measured, and how many differ."""
    n, n_clear = len(measurements), sum(measurement.differs is True for measurement in measurements)
    count = "1 quantity was measured" if n == 1 else f"{n} quantities were measured"
    return f"{count}; {n_clear or 'none'} of them differ{'s' if n_clear == 1 else ''} clearly"


def difference_text(measurement: Measurement) -> str:
    """Whether two numbers differ: "clear", "not clear", "–" where one is missing."""
    return {True: "clear", False: "not clear", None: NO_VALUE}[measurement.differs]


def moment(time_s: float) -> str:
    """A time in a video, ``1.30 s``."""
    return f"{time_s:.2f} s"


def span(start_s: float, stop_s: float) -> str:
    """An interval of a video, ``0.40–3.90 s``."""
    return f"{start_s:.2f}–{stop_s:.2f} s"


def day(created: str) -> str:
    """An ISO 8601 time as ``2026-01-31 09:30 UTC``; as it is where it is not one."""
    when = _moment(created)
    if when is None:
        return created
    if when.tzinfo is None:
        return f"{when:%Y-%m-%d %H:%M}"
    return f"{when.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def seconds_of(created: str) -> float:
    """An ISO 8601 time in seconds since 1970; 0.0 where it is not one."""
    when = _moment(created)
    try:
        return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp() if when else 0.0
    except OverflowError:
        return 0.0


def _moment(created: str) -> datetime | None:
    try:
        # Python 3.10 does not read the Z.
        return datetime.fromisoformat(created.removesuffix("Z") + ("+00:00" if created.endswith("Z") else ""))
    except ValueError:
        return None


def kind_of(verdict: Verdict) -> str:
    """One of ``VERDICT_ORDER``; an answered verdict without an answer is unsure."""
    return (verdict.answer or "unsure") if verdict.status == "answered" else verdict.status


def verdict_text(verdict: Verdict) -> str:
    """The verdict in words, without the error: "more in video A", "no visible difference", "failed"."""
    kind = kind_of(verdict)
    if kind == "unsure" and verdict.answer in ("a", "b"):
        return f"unsure, leaning to video {verdict.answer.upper()}"
    return answer_text(verdict.answer) if kind in _ANSWERS and verdict.answer else kind.replace("_", " ")


def answer_text(answer: Answer) -> str:
    """An answer in words: "more in video A", "no visible difference"."""
    return _ANSWERS[answer]


def exact_percent(share: float | None) -> str:
    """A share as ``61.2 %``, kept on one line, "–" where there is none."""
    return percent(share, 1, sign=FIXED_PERCENT)


def confidence_text(confidence: float | None) -> str:
    """A confidence as ``86 % (high)``, "–" where none was given."""
    if confidence is None:
        return NO_VALUE
    level = "high" if confidence >= 0.8 else "moderate" if confidence >= 0.5 else "low"
    return f"{percent(confidence)} ({level})"


def reading_order(findings: Sequence[Finding]) -> list[Finding]:
    """Answers for one video first, then "no visible difference", unsure, failed, refused, not measurable.

    Within each group the most confident comes first; equals keep their order.
    """

    def place(finding: Finding) -> tuple[int, float]:
        return VERDICT_ORDER[kind_of(finding.verdict)], -(finding.verdict.confidence or 0.0)

    return sorted(findings, key=place)


def where_to_look(frames: Sequence[FrameRef], evidence: Sequence[int]) -> str:
    """Seconds of the cited frames, up to three; where none is cited, of the frames looked at; "–" for none."""
    cited = [frames[i].time_s for i in evidence if 0 <= i < len(frames)]
    if not cited and len(frames) > 2:
        return f"{frames[0].time_s:.2f}–{frames[-1].time_s:.2f}"
    times_s = cited or [frame.time_s for frame in frames]
    return ", ".join([f"{time_s:.2f}" for time_s in times_s[:3]] + ["…"] * (len(times_s) > 3)) or NO_VALUE


def money(cost_usd: float | None) -> str:
    """Dollars to a cent, to four digits where there is less; "no price known" for None."""
    if cost_usd is None:
        return "no price known"
    return f"${cost_usd:.2f}" if cost_usd == 0 or cost_usd >= 0.1 else f"${cost_usd:.4f}"


def usage_text(usage: Usage) -> str:
    """What one role asked, in one line."""
    calls = f"{usage.calls} call{'' if usage.calls == 1 else 's'}"
    cached = f", {usage.cached_calls} cached" if usage.cached_calls else ""
    failed = f", {usage.failed_calls} failed" if usage.failed_calls else ""
    tokens = f"{usage.images:,} images, {usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"
    return f"{usage.role} {usage.model}: {calls}{cached}{failed}, {tokens}"


def resolution_text(measurement: Measurement) -> str:
    """The smallest difference that the clips can resolve, ``0.08 s``, or nothing where it is not known."""
    return with_unit(number(measurement.resolution, digits=2), measurement.unit) if measurement.resolution > 0 else ""
