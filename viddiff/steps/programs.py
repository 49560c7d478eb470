"""The programs of one document: those that write prompts, or the same of a trained projector."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from viddiff import build
from viddiff.core.errors import UsageError
from viddiff.steps.session import StepSession

if TYPE_CHECKING:
    import dspy

    Program = Callable[..., dspy.Prediction]


def captioner(asking: StepSession, checks: bool) -> Program:
    """What tells differences by category."""
    if asking.paired is None:
        return build.step_captioner(asking.settings, asking.lms, checks, asking.progress)
    from viddiff.programs.stepdiff.projector.programs import ProjectedCaptioner

    _check_no_program(asking)
    return ProjectedCaptioner(asking.paired, checks, asking.progress)


def answerer(asking: StepSession) -> Program:
    """What answers a question about both clips."""
    if asking.paired is None:
        return build.step_answerer(asking.settings, asking.lms)
    from viddiff.programs.stepdiff.projector.programs import ProjectedAnswerer

    return ProjectedAnswerer(asking.paired)


def ranker(asking: StepSession, compares: bool) -> Program:
    """What ranks candidates."""
    if asking.paired is None:
        return build.step_ranker(asking.settings, asking.lms, compares, asking.progress)
    from viddiff.programs.stepdiff.projector.programs import ProjectedRanker

    _check_no_program(asking)
    return ProjectedRanker(asking.paired, asking.progress)


def _check_no_program(asking: StepSession) -> None:
    if asking.settings.program:
        raise UsageError("A projector has no instructions, so it cannot run compiled programs: leave --program out.")
