"""The components that can be compiled, by name: what a program file may hold."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast

from viddiff.programs.compiled.card import ComponentName
from viddiff.programs.differencer import Differencer
from viddiff.programs.predict import AsyncModule
from viddiff.programs.viddiff.finder import Finder
from viddiff.programs.viddiff.judge import Judge
from viddiff.programs.viddiff.planner import MeasurementPlanner
from viddiff.programs.viddiff.proposer import Proposer

#: The modules of StepDiff are named by their base class.
Program = Proposer | Differencer | Finder | Judge | MeasurementPlanner | AsyncModule
P = TypeVar("P", bound=Program)

#: Component -> a new one, which asks so many times until an answer parses.
_NEW: Mapping[ComponentName, Callable[[int], Program]] = {
    "proposer": Proposer,
    "differencer": Differencer,
    "finder": Finder,
    "judge": Judge,
    "planner": lambda attempts: MeasurementPlanner(attempts=attempts),
}
#: Component of StepDiff -> where its class is: the two tasks never import each other.
_OF_STEPS: Mapping[ComponentName, str] = {
    "captioner": "viddiff.programs.stepdiff.captioner:DifferenceCaptioner",
    "comparer": "viddiff.programs.stepdiff.ranker:CandidateComparer",
    "ranker": "viddiff.programs.stepdiff.ranker:SimilarityGrader",
    "verifier": "viddiff.programs.stepdiff.checker:StepChecker",
}
_NAMES: Mapping[str, ComponentName] = {
    **{f"{kind.__module__}:{kind.__qualname__}": name for name, kind in _NEW.items() if isinstance(kind, type)},
    f"{MeasurementPlanner.__module__}:{MeasurementPlanner.__qualname__}": "planner",
    **{where: name for name, where in _OF_STEPS.items()},
}


def new_program(component: ComponentName, attempts: int = 3) -> Program:
    """The program of a component as it is before compiling."""
    if component not in _OF_STEPS:
        return _NEW[component](attempts)
    module, name = _OF_STEPS[component].split(":")
    return cast("Program", getattr(importlib.import_module(module), name)(attempts))


def component_of(program: Program) -> ComponentName:
    """The component that a program is."""
    return next(filter(None, map(_name_of, type(program).__mro__)))


def is_program(named: object) -> bool:
    """Whether something is the module of a component."""
    return any(map(_name_of, type(named).__mro__))


def program_of_kind(kind: type[P], programs: Iterable[Program]) -> P | None:
    """The program of that kind; None where there is none."""
    return next((program for program in programs if isinstance(program, kind)), None)


def _name_of(kind: type) -> ComponentName | None:
    return _NAMES.get(f"{kind.__module__}:{kind.__qualname__}")
