"""Compiled programs: which of them a method runs, and which method runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from viddiff.core.errors import UsageError
from viddiff.core.settings import MethodName, Settings

if TYPE_CHECKING:
    from viddiff.programs.compiled.artifact import ProgramLike
    from viddiff.programs.compiled.components import Program

    Compiled = tuple[Program, ...]

#: Method -> the compiled components that it runs; a planner is run by every method that measures.
RUNS: Mapping[str, frozenset[str]] = {
    "viddiff": frozenset({"proposer", "differencer"}),
    "two_looks": frozenset({"finder", "judge"}),
}

#: The compiled components that choose the published method where nothing else does.
OF_STAGES = RUNS["viddiff"]

#: The compiled components that programs on steps run.
OF_STEPS = frozenset({"captioner", "comparer", "ranker", "verifier"})


def compiled_programs(settings: Settings, has_lm: bool, program: ProgramLike | Sequence[ProgramLike] = ()) -> Compiled:
    """The given programs, or where there are none those of the settings, read and checked before anything is asked.

    Raises:
        UsageError: two for one component, or no model to run them with. InputError: a file that cannot be used.
    """
    if program == () and not settings.program:
        return ()
    if not has_lm:
        raise UsageError(
            '--program needs a model to run it with: give --lm, e.g. --lm openai/gpt-4o (in Python lm="openai/gpt-4o").'
        )
    from viddiff.programs.compiled.named import as_tuple, programs_of

    return programs_of(as_tuple(program) or settings.program, settings.attempts, settings.cache_dir)


def labels_of(compiled: Compiled) -> dict[str, str]:
    """Component -> which compiled program; empty without any."""
    if not compiled:
        return {}
    from viddiff.programs.compiled.named import artifacts_of

    return {artifact.component: artifact.label for artifact in artifacts_of(*compiled)}


def method_name(settings: Settings, compiled: Compiled) -> MethodName:
    """The method of the settings; where they leave it open, the one that runs the compiled programs.

    Raises:
        UsageError: see ``programs_of_method``.
    """
    name = settings.chosen_method
    if compiled and settings.method is None:
        from viddiff.programs.compiled.components import component_of

        alone = {component_of(one) for one in compiled if not one.optional}
        every = {component_of(one) for one in compiled}
        stages = alone & OF_STAGES or (not every & RUNS[name] and every & OF_STAGES)
        name = "viddiff" if stages else name
    programs_of_method(name, settings, compiled)
    return name


def programs_of_method(method: str, settings: Settings, compiled: Compiled) -> Compiled:
    """The compiled programs that a method runs; of a file with several the others lie idle.

    Raises:
        UsageError: it does not run one that was given alone; or that is a planner, and there are no model plans.
    """
    if not compiled:
        return ()
    from viddiff.programs.compiled.components import component_of

    faults = {one: fault_of_program(component_of(one), method, settings) for one in compiled}
    fault = next((fault for one, fault in faults.items() if fault and not one.optional), None)
    if fault:
        raise UsageError(fault)
    return tuple(one for one, fault in faults.items() if not fault)


def fault_of_program(component: str, method: str, settings: Settings) -> str | None:
    """Why a method does not run a compiled component, in a sentence; None: it does."""
    if component == "planner":
        if settings.plans == "model":
            return None
        return "A compiled planner is asked with --plans model: add it, or leave --program out."
    if component in OF_STEPS:
        return (
            f"A compiled {component} is run by viddiff steps, and by viddiff eval on files of StepDiff: leave "
            "--program out."
        )
    if component in RUNS.get(method, ()):
        return None
    runs = " or ".join(name for name in RUNS if component in RUNS[name])
    return f"The method {method} runs no compiled {component}: leave --program out, or give --method {runs}."
