"""What answers the items of the three tasks: a registry, and a module for each class of methods."""

from viddiff.eval.stepdiff.methods import listed
from viddiff.eval.stepdiff.methods.registry import METHODS, AnswerItem, Said, Setup, StepMethod, method

__all__ = ["METHODS", "AnswerItem", "Said", "Setup", "StepMethod", "listed", "method"]
