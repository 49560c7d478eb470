from __future__ import annotations

import pytest

from tests.report.sample import sample
from viddiff.core.types import FrameRef, Verdict
from viddiff.report import formatting
from viddiff.report.viddiff import comparison_text


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (2.9, "s", "2.9 s"),
        (0.0, "s", "0 s"),
        (None, "s", "–"),
        (float("nan"), "s", "–"),
        (float("inf"), "s", "–"),
        (12345.6, "", "12,346"),
        (1000.0, "ms", "1,000 ms"),
        (0.06666, "s", "0.0667 s"),
        (-3.14159, "%", "-3.14 %"),
    ],
)
def test_numbers(value: float | None, unit: str, shown: str) -> None:
    assert formatting.number(value, unit) == shown


@pytest.mark.parametrize(
    ("created", "shown"),
    [
        ("2026-01-31T09:30:00+00:00", "2026-01-31 09:30 UTC"),
        ("2026-01-31T09:30:00Z", "2026-01-31 09:30 UTC"),
        ("2026-01-31T09:30:00+02:00", "2026-01-31 07:30 UTC"),
        ("2026-01-31T09:30:00", "2026-01-31 09:30"),
        ("yesterday", "yesterday"),
        ("", ""),
    ],
)
def test_days(created: str, shown: str) -> None:
    assert formatting.day(created) == shown


@pytest.mark.parametrize(
    ("verdict", "kind", "shown"),
    [
        (Verdict(status="answered", answer="a"), "a", "more in video A"),
        (Verdict(status="answered", answer="b"), "b", "more in video B"),
        (Verdict(status="answered", answer="c"), "c", "no visible difference"),
        (Verdict(status="answered"), "unsure", "unsure"),
        (Verdict(status="unsure"), "unsure", "unsure"),
        (Verdict(status="unsure", answer="b"), "unsure", "unsure, leaning to video B"),
        (Verdict(status="unsure", answer="c"), "unsure", "unsure"),
        (Verdict(status="failed", error="x"), "failed", "failed"),
        (Verdict(status="refused"), "refused", "refused"),
        (Verdict(status="not_measurable"), "not_measurable", "not measurable"),
    ],
)
def test_verdicts(verdict: Verdict, kind: str, shown: str) -> None:
    assert (formatting.kind_of(verdict), formatting.verdict_text(verdict)) == (kind, shown)


def test_reading_order_keeps_equals_in_their_order_and_loses_nothing() -> None:
    findings = sample().comparison.differences
    twice = formatting.reading_order([*findings, *findings])
    assert len(twice) == 2 * len(findings)
    assert twice[::2] == twice[1::2] == formatting.reading_order(findings)


@pytest.mark.parametrize(
    ("n", "evidence", "shown"),
    [
        (0, (), "–"),
        (1, (), "0.00"),
        (2, (), "0.00, 0.50"),
        (6, (), "0.00–2.50"),
        (6, (1, 5), "0.50, 2.50"),
        (6, (0, 1, 2, 3), "0.00, 0.50, 1.00, …"),
        (2, (7, -1), "0.00, 0.50"),
    ],
)
def test_where_to_look(n: int, evidence: tuple[int, ...], shown: str) -> None:
    frames = [FrameRef(time_s=i / 2, ref=str(i)) for i in range(n)]
    assert formatting.where_to_look(frames, evidence) == shown


def test_the_sentence_counts_every_question_once() -> None:
    comparison = sample().comparison
    one = comparison.model_copy(update={"differences": comparison.differences[3:4], "mode": "closed"})
    assert comparison_text.summary_sentence(one) == "Of 1 given difference, 1 shows more in video A."
    numbers = [
        int(word) for word in comparison_text.summary_sentence(comparison).replace(",", "").split() if word.isdigit()
    ]
    assert numbers[0] == sum(numbers[1:]) == len(comparison.differences)


def test_notices_are_told_once_with_their_video() -> None:
    comparison = sample().comparison
    twice = comparison.model_copy(update={"notices": comparison.notices * 2})
    assert comparison_text.all_notices(twice) == comparison_text.all_notices(comparison)
    assert "Video B: 3 frames could not be decoded and were left out." in comparison_text.all_notices(comparison)
    # What is said of the whole comparison is not said again of each video.
    both = comparison.localization_a.model_copy(update={"notices": comparison.notices})
    assert comparison_text.all_notices(comparison.model_copy(update={"localization_a": both})) == [
        notice
        for notice in comparison_text.all_notices(comparison)
        if notice not in found_in(comparison.localization_a.notices)
    ]


def found_in(notices: tuple[str, ...]) -> list[str]:
    return [f"Video A: {notice}" for notice in notices]


@pytest.mark.parametrize(
    ("cost_usd", "shown"),
    [(None, "no price known"), (0.0, "$0.00"), (0.00041, "$0.0004"), (0.2878, "$0.29"), (12.0, "$12.00")],
)
def test_money(cost_usd: float | None, shown: str) -> None:
    assert formatting.money(cost_usd) == shown


@pytest.mark.parametrize(
    ("confidence", "shown"), [(None, "–"), (0.0, "0 % (low)"), (0.5, "50 % (moderate)"), (1.0, "100 % (high)")]
)
def test_confidence(confidence: float | None, shown: str) -> None:
    assert formatting.confidence_text(confidence) == shown


def test_the_meaning_of_confidence_depends_on_the_program() -> None:
    comparison = sample().comparison
    measured = comparison.model_copy(update={"program": "measured"})
    assert "the model" in comparison_text.confidence_meaning(comparison)
    assert "the model" not in comparison_text.confidence_meaning(measured)


@pytest.mark.parametrize(
    ("value", "error", "unit", "told"),
    [
        (125.886, 16.97, "deg", "126 ± 17°"),
        (0.98784, 0.1414, "torso lengths", "0.99 ± 0.14 torso lengths"),
        (-0.00998, 0.16, "m", "-0.01 ± 0.16 m"),
        (-0.0001, 0.16, "m", "0.00 ± 0.16 m"),
        (4.0, 0.29, "times", "4.00 ± 0.29 times"),
        (1234.0, 560.0, "deg/s", "1234 ± 560°/s"),
        (2.9, None, "s", "2.9 s"),
        (2.9, float("nan"), "s", "2.9 s"),
        (2.9, 0.0, "s", "2.9 s"),
        (None, 0.1, "s", "–"),
        (float("inf"), 0.1, "s", "–"),
    ],
)
def test_a_number_is_told_no_finer_than_its_interval(
    value: float | None, error: float | None, unit: str, told: str
) -> None:
    assert formatting.format_measurement(value, error, unit) == told
