"""What is to be compiled, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from viddiff.core.errors import UsageError
from viddiff.core.record import Record, first_invalid_field
from viddiff.optimize.registry import Budget
from viddiff.programs.compiled.registry import ComponentName

#: "ab": what is labelled a or b, as closed accuracy counts it; "abc": "no visible difference" as well.
Labels = Literal["ab", "abc"]
#: Who judges what is compared with labels by its meaning: a model, shared words, or nobody.
JudgeKind = Literal["lm", "lexical", "none"]

if TYPE_CHECKING:
    import dspy

    from viddiff.eval.viddiffbench.dataset import DataSet

    #: What ``viddiff eval --data`` takes, a DataSet, or examples: all of them, or those of each part.
    Data = str | Path | DataSet | Sequence[dspy.Example] | Mapping[str, Sequence[dspy.Example]]


class Request(Record):
    """What is to be compiled, and how."""

    component: ComponentName
    """Which part of the program."""
    optimizer: str = "gepa"
    """A name of ``viddiff.optimize.registry.OPTIMIZERS``."""
    by: Literal["pair", "action"] = "action"
    """What is held out for val and test: whole actions, or pairs."""
    budget: Budget = "light"
    """How much the optimizer may try."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Arguments of the optimizer by name."""
    frames: Literal["oracle", "localized"] = "oracle"
    """Of the differencer: the key moments of the data, or the frames that the localizer finds."""
    labels: Labels = "ab"
    """"ab": rows without a difference are left out; "abc": they are learned from, too."""
    swap_feedback: bool = True
    """Whether the differencer is asked in both orders, to teach against following the order."""
    reflect_with_images: bool = False
    """Whether the reflection model sees the frames."""
    judge: JudgeKind = "lm"
    """Who matches a proposer's statements to labels."""
    train_limit: int | None = None
    """Only the first so many pairs of train."""
    keep_anyway: bool = False
    """Whether a program is kept that is no better on val than the default one."""
    seed: int = 0
    """Of the split and the optimizer."""


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
