"""What a compilation would ask, roughly, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from viddiff.core.settings import Settings
from viddiff.lms import LMs
from viddiff.lms.roles import Role
from viddiff.optimize.components import COMPILABLE
from viddiff.optimize.registry import Workload
from viddiff.optimize.request import Request
from viddiff.programs.compiled.registry import new_program
from viddiff.programs.estimate import CostEstimate, RoleEstimate, estimate_role, image_tokens

if TYPE_CHECKING:
    from viddiff.optimize.protocol import Compilation

#: Rough sizes of a reflection in tokens.
REFLECTION_TOKENS, REFLECTION_ANSWER = 2500, 500


@dataclass(frozen=True)
class ExampleCalls:
    """How many examples a compilation asks.

    Attributes:
        compiling: while the optimizer works.
        scoring: before and after.
    """

    request: Request
    settings: Settings
    lms: LMs
    compiling: int
    scoring: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.compiling + self.scoring

    def role(
        self,
        name: Role,
        n_calls: int,
        asked: int,
        answered: int,
        n_images: int = 0,
        tokens_per_image: int | None = None,
    ) -> RoleEstimate:
        """The model of a role; ``asked`` and ``answered`` are the tokens of one call, without its images.

        Args:
            n_images: in all calls.
            tokens_per_image: None: of a frame as the settings sample it.
        """
        per_image = image_tokens(self.settings) if tokens_per_image is None else tokens_per_image
        tokens = (n_calls * asked + n_images * per_image, n_calls * answered)
        return estimate_role(name, self.lms.lms[name].model, n_calls, n_images, tokens, self.settings)


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
    limits: dict[str, Any] = {"max_cost_usd": settings.max_cost, "max_calls": settings.max_calls}
    return CostEstimate(program="compile", roles=tuple(roles), **limits)
