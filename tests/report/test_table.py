from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.report.sample import sample
from viddiff.report import comparison_summary, comparison_table
from viddiff.report.formatting import reading_order, verdict_text

#: Of the differences that have numbers of both videos.
MEASURED = {"tempo": "A 2.9, B 2.3 s"}


def printed(shown: Table | Text, width: int) -> str:
    target = io.StringIO()
    Console(file=target, width=width, color_system=None).print(shown)
    return target.getvalue()


def columns(text: str) -> list[list[str]]:
    """The words of each column, row by row, found by where the header words stand."""
    lines = text.splitlines()
    header = next(line for line in lines if "difference" in line)
    starts = [header.index(name) for name in ("difference", "verdict", "confidence", "look in A", "look in B")]
    edges = list(zip(starts, [*starts[1:], len(header) + 40], strict=True))
    return [" ".join(line[start:stop].strip() for line in lines).split() for start, stop in edges]


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_cut_off(width: int) -> None:
    comparison = sample().comparison
    text = printed(comparison_table(comparison), width)
    assert max(map(len, text.splitlines())) <= width
    findings = reading_order(comparison.differences)
    statements, verdicts, confidences, in_a, in_b = columns(text)
    told = [(f.difference.statement, MEASURED.get(f.difference.name, "")) for f in findings]
    assert [w for w in statements if w[0] != "─"][1:] == " ".join(map(" ".join, told)).split()
    assert [w for w in verdicts if w[0] != "─"][1:] == " ".join(verdict_text(f.verdict) for f in findings).split()
    shares = ["95", "%", "88", "%", "62", "%", "70", "%", "35", "%", "–", "–", "–"]
    assert [w for w in confidences if w[0] != "─"][1:] == shares
    assert " ".join(in_a).endswith("0.00, 1.00 0.50–3.00 2.50–5.00 1.50 2.00 0.00–1.50 1.50, 2.00 –")
    assert " ".join(in_b).endswith("0.00 0.50–3.00 4.00 1.50 2.00 0.00–1.50 1.50, 2.00 –")


def test_a_narrow_terminal_folds_instead_of_cutting() -> None:
    text = printed(comparison_table(sample().comparison), 60)
    assert max(map(len, text.splitlines())) <= 60
    assert "…" not in text
    assert "A, s B, s" in " ".join(text.split())


def test_the_summary_tells_the_rest() -> None:
    text = " ".join(printed(comparison_summary(sample().comparison), 100).split())
    assert text.startswith("Of 8 proposed differences, 1 shows more in video A")
    for told in (
        "Notice: The videos differ in length by more than 10 %.",
        "Notice: Video B: 3 frames could not be decoded and were left out.",
        "Failed: the elbows are bent further: The model 'openai/gpt-4o' did not answer within 120 s, three times",
        "Refused: the face looks more strained: The model declined to judge a person's face.",
        "vision openai/gpt-4o: 14 calls, 2 cached, 3 failed, 132 images, 101,220 tokens in, 2,105 out",
        "Cost: $0.29",
    ):
        assert told in text


def test_without_models_no_cost_is_told() -> None:
    comparison = sample().comparison.model_copy(update={"usage": ()})
    assert "Cost" not in printed(comparison_summary(comparison), 100)
