"""What is to be compiled, and how."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError

from viddiff.core.errors import UsageError
from viddiff.core.record import Record, first_invalid_field
from viddiff.eval.viddiffbench.judges import JudgeName
from viddiff.optimize.examples import Labels
from viddiff.optimize.registry import Budget
from viddiff.programs.compiled.card import ComponentName


class Request(Record):
    """What is to be compiled, and how."""

    component: ComponentName
    optimizer: str = "gepa"
    by: Literal["pair", "action"] = "action"
    budget: Budget = "light"
    options: dict[str, Any] = Field(default_factory=dict)
    frames: Literal["oracle", "localized"] = "oracle"
    """Of the differencer: the key points of the data, or the frames that the localizer finds."""
    labels: Labels = "ab"
    swap_feedback: bool = True
    """Whether the differencer is asked in both orders, to teach against following the order."""
    reflect_with_images: bool = False
    judge: JudgeName = "lm"
    """Who matches a proposer's statements to labels."""
    train_limit: int | None = None
    keep_anyway: bool = False
    """Whether a program is kept that is no better on val than the default one."""
    seed: int = 0


def request_of(**fields: Any) -> Request:
    """A request.

    Raises:
        UsageError: a field that there is not, or a value that cannot be.
    """
    try:
        return Request(**fields)
    except ValidationError as error:
        name, message, value = first_invalid_field(error)
        raise UsageError(f"{name!r} cannot be {value!r}: {message}.") from None
