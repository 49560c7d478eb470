"""Compiled programs: which of them a method runs, and which method runs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from viddiff.build.methods import METHODS
from viddiff.core.errors import UsageError
from viddiff.core.settings import DEFAULT_METHOD, Settings

if TYPE_CHECKING:
    from viddiff.programs.compiled.artifact import ProgramLike
    from viddiff.programs.predict import AsyncModule

    Compiled = tuple[AsyncModule, ...]


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
    from viddiff.programs.compiled.program_loading import as_tuple, programs_of

    return programs_of(as_tuple(program) or settings.program, settings.attempts, settings.cache_dir)


def labels_of(compiled: Compiled) -> dict[str, str]:
    """Component -> which compiled program; empty without any."""
    if not compiled:
        return {}
    from viddiff.programs.compiled.program_loading import artifacts_of

    return {artifact.component: artifact.label for artifact in artifacts_of(*compiled)}


def method_name(settings: Settings, compiled: Compiled) -> str:
    """The method of the settings; where they leave it open, the one that runs the compiled programs.

    Raises:
        UsageError: there is no such method, or see ``programs_of_method``.
    """
    name = settings.chosen_method
    if compiled and settings.method is None and name == DEFAULT_METHOD:
        from viddiff.programs.compiled.registry import component_of

        alone = {component_of(one) for one in compiled if not one.optional}
        every = {component_of(one) for one in compiled}
        run = METHODS[name].components
        for other, method in METHODS.items():
            runs = method.components - run
            if alone & runs or (every & runs and not every & run):
                name = other
                break
    programs_of_method(name, settings, compiled)
    return name


def programs_of_method(method: str, settings: Settings, compiled: Compiled) -> Compiled:
    """The compiled programs that a method runs; of a file with several the others lie idle.

    Raises:
        UsageError: it does not run one that was given alone; or that is a planner, and there are no model plans.
    """
    if not compiled:
        return ()
    from viddiff.programs.compiled.registry import component_of

    faults = {one: fault_of_program(component_of(one), method, settings) for one in compiled}
    fault = next((fault for one, fault in faults.items() if fault and not one.optional), None)
    if fault:
        raise UsageError(fault)
    return tuple(one for one, fault in faults.items() if not fault)


def fault_of_program(component: str, method: str, settings: Settings) -> str | None:
    """Why a method does not run a compiled component, in a sentence; None: it does."""
    from viddiff.programs.compiled.registry import COMPONENTS

    registered = COMPONENTS[component]
    if settings.plans == "model" and "plans" in registered.run_by:
        return None
    # Methods of evaluation that are no method of comparison run none.
    if method in METHODS and component in METHODS[method].components:
        return None
    methods = " or ".join(name for name in METHODS if component in METHODS[name].components)
    advice = f"leave --program out, or give --method {methods}."
    return registered.advice or f"The method {method} cannot run a compiled {component}: {advice}"
