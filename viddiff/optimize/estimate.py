"""What a compilation would ask, roughly, before anything is sent."""

from __future__ import annotations

from viddiff.optimize.components import COMPILABLE
from viddiff.optimize.example_calls import ExampleCalls
from viddiff.optimize.protocol import Compilation
from viddiff.optimize.registry import Workload
from viddiff.programs.compiled.registry import new_program
from viddiff.programs.estimate import CostEstimate

#: Rough sizes of a reflection in tokens.
REFLECTION_TOKENS, REFLECTION_ANSWER = 2500, 500


def estimate_compilation(compilation: Compilation) -> CostEstimate:
    """Calls, images, tokens and price of the model that is compiled for, of the judge and of the reflection model."""
    request, settings, counts = compilation.request, compilation.settings, compilation.source.counts
    arguments = compilation.optimizer.arguments(request.budget, request.options)
    n_predictors = len(new_program(request.component).predictors())
    work = Workload(counts["train"], counts["val"], n_predictors, arguments)
    n_compiling = compilation.optimizer.calls(work)
    n_scoring = 2 * (counts["val"] + counts["test"])
    calls = ExampleCalls(request, settings, compilation.lms, n_compiling, n_scoring)
    roles = [*COMPILABLE[request.component].estimate(calls)]
    if compilation.optimizer.reflects:
        n_reflections = compilation.optimizer.reflections(work, n_compiling)
        roles.append(calls.role("reflection", n_reflections, REFLECTION_TOKENS, REFLECTION_ANSWER))
    return CostEstimate.within_limits("compile", roles, settings)
