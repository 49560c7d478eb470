"""What answers the items of the three tasks: a registry, and a module for each class of methods."""

from viddiff.eval.stepdiff.methods import builtin
from viddiff.eval.stepdiff.methods.registry import (
    METHODS,
    AnswerItem,
    ItemAnswer,
    StepMethod,
    StepMethodContext,
    method,
)

__all__ = ["METHODS", "AnswerItem", "ItemAnswer", "StepMethod", "StepMethodContext", "builtin", "method"]
