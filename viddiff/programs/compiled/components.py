"""The components that can be compiled, by name: what a program file may hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from viddiff.motion.quantities import QUANTITIES
from viddiff.programs.compiled.card import ComponentName
from viddiff.programs.differencer import Differencer
from viddiff.programs.stepdiff.captioner import DifferenceCaptioner
from viddiff.programs.stepdiff.checker import StepChecker
from viddiff.programs.stepdiff.ranker import SimilarityGrader
from viddiff.programs.viddiff.finder import Finder
from viddiff.programs.viddiff.judge import Judge
from viddiff.programs.viddiff.planner import MeasurementPlanner
from viddiff.programs.viddiff.proposer import Proposer

Program = (
    Proposer | Differencer | Finder | Judge | MeasurementPlanner | DifferenceCaptioner | SimilarityGrader | StepChecker
)
Kind = TypeVar("Kind", bound=Program)

#: Component -> a new one, which asks so many times until an answer parses.
_NEW: Mapping[ComponentName, Callable[[int], Program]] = {
    "proposer": Proposer,
    "differencer": Differencer,
    "finder": Finder,
    "judge": Judge,
    "planner": lambda attempts: MeasurementPlanner(QUANTITIES.values(), attempts),
    "captioner": DifferenceCaptioner,
    "ranker": SimilarityGrader,
    "verifier": StepChecker,
}
_NAMES: Mapping[type[Program], ComponentName] = {
    Proposer: "proposer",
    Differencer: "differencer",
    Finder: "finder",
    Judge: "judge",
    MeasurementPlanner: "planner",
    DifferenceCaptioner: "captioner",
    SimilarityGrader: "ranker",
    StepChecker: "verifier",
}


def new_program(component: ComponentName, attempts: int = 3) -> Program:
    """The program of a component as it is before compiling."""
    return _NEW[component](attempts)


def component_of(program: Program) -> ComponentName:
    """The component that a program is."""
    return next(name for kind, name in _NAMES.items() if isinstance(program, kind))


def is_program(named: object) -> bool:
    """Whether something is the module of a component."""
    return isinstance(named, tuple(_NAMES))


def one_of(kind: type[Kind], programs: Iterable[Program]) -> Kind | None:
    """The program of that kind; None where there is none."""
    return next((program for program in programs if isinstance(program, kind)), None)
