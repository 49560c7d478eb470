"""The program that explains the costliest parts of a performance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Progress, silent

if TYPE_CHECKING:
    from viddiff.build.compiled import Compiled
    from viddiff.lms import LMs
    from viddiff.programs.skilldiff.explainer import SkillExplainer


def skill_explainer(
    settings: Settings, lms: LMs | None, compiled: Compiled = (), progress: Progress = silent
) -> SkillExplainer:
    """The program that explains the costliest parts of a performance; it runs a compiled differencer.

    Raises:
        UsageError: a compiled program that it does not run.
    """
    from viddiff.programs.compiled.registry import component_of, components_run_by, program_of_kind
    from viddiff.programs.differencer import Differencer
    from viddiff.programs.skilldiff.explainer import SkillExplainer

    for one in compiled:
        if component_of(one) not in components_run_by("skill") and not one.optional:
            raise UsageError(
                f"viddiff skill explain cannot run a compiled {component_of(one)}: give a differencer, or leave "
                "--program out."
            )
    return SkillExplainer(
        lms,
        differencer=program_of_kind(Differencer, compiled),
        attempts=settings.attempts,
        threads=settings.threads,
        progress=progress,
    )
