"""An LM of which it is stated what it takes, where dspy does not know or a request would be refused."""

from __future__ import annotations

from typing import Any

import dspy

from viddiff.core.settings import ModelLimits


class ConstrainedLM(dspy.LM):  # type: ignore[misc]  # dspy ships no types
    """A ``dspy.LM`` that keeps to the limits of its model.

    dspy takes for granted that a server it does not know takes no response schema. Optimizers and ``Retry`` set
    temperatures, which reasoning models refuse.
    """

    def __init__(self, model: str, *, limits: ModelLimits, **options: Any) -> None:
        self.limits = limits
        super().__init__(model, **options)

    @property
    def supports_response_schema(self) -> bool:
        """As stated, else as dspy knows it."""
        stated = self.limits.structured
        return bool(super().supports_response_schema) if stated is None else stated

    @property
    def supported_params(self) -> set[str]:
        """As dspy knows them, with or without ``response_format`` as stated."""
        known: set[str] = super().supported_params
        if self.limits.structured is None:
            return known
        return known | {"response_format"} if self.limits.structured else known - {"response_format"}

    def __call__(self, prompt: Any = None, *, messages: Any = None, **kwargs: Any) -> Any:
        """Ask, without a temperature where none may be set."""
        return super().__call__(prompt, messages=messages, **self._allowed_options(kwargs))

    async def acall(self, prompt: Any = None, *, messages: Any = None, **kwargs: Any) -> Any:
        """As ``__call__``."""
        return await super().acall(prompt, messages=messages, **self._allowed_options(kwargs))

    def _allowed_options(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        set_here = {**self.kwargs, **kwargs}.get("temperature") is not None
        return {**kwargs, "temperature": None} if set_here and self.limits.temperature is False else kwargs


def must_constrain(limits: ModelLimits) -> bool:
    """Whether a plain ``dspy.LM`` would not keep to these limits."""
    return limits.structured is not None or limits.temperature is False
