"""From verdicts to findings, and how often the two orders of a question disagreed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from viddiff.core.types import Finding, Proposal, Verdict
from viddiff.programs.questions import Question


class JudgedFindings(NamedTuple):
    """A finding for each question; the share of questions whose two orders disagreed, None: one order was asked."""

    findings: tuple[Finding, ...]
    order_disagreement: float | None


def judged_findings(proposal: Proposal, questions: Sequence[Question], verdicts: Sequence[Verdict]) -> JudgedFindings:
    """A finding for each difference of a proposal, with its question and its verdict, all in one order."""
    findings = tuple(
        Finding(
            difference=difference,
            stages=proposal.links[difference.key],
            frames_a=question.frames_a,
            frames_b=question.frames_b,
            measurements=question.measurements,
            verdict=verdict,
        )
        for difference, question, verdict in zip(proposal.differences, questions, verdicts, strict=True)
    )
    return JudgedFindings(findings, disagreement(verdicts))


def disagreement(verdicts: Sequence[Verdict]) -> float | None:
    """Share of the questions answered in both orders whose answers differ."""
    in_both_orders = [verdict for verdict in verdicts if verdict.swapped_answer is not None]
    return (
        sum(verdict.status == "unsure" for verdict in in_both_orders) / len(in_both_orders) if in_both_orders else None
    )
