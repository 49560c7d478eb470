"""How many examples a compilation asks, from which each component tells its calls."""

from __future__ import annotations

from dataclasses import dataclass

from viddiff.core.settings import Settings
from viddiff.lms import LMs
from viddiff.lms.roles import Role
from viddiff.optimize.request import Request
from viddiff.programs.estimate import RoleEstimate, estimate_role, image_tokens


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
