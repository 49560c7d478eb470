"""The registry of optimizers. Adding one is a function with a decorator that says what it needs and what it asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from viddiff.core.registry import Registry

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs
    from viddiff.optimize.feedback import Metric
    from viddiff.optimize.monitor import FailureMonitor
    from viddiff.optimize.student import Student

Budget = Literal["light", "medium", "heavy"]


@dataclass(frozen=True)
class Job:
    """What is compiled, on what.

    Attributes:
        train, val: examples; those of the test split have no place here.
        options: arguments of the optimizer, by name, over those of the budget.
        log_dir: where GEPA keeps what it needs to go on after a kill. Holds pickles: a folder of the user's alone.
    """

    student: Student
    train: list[dspy.Example]
    val: list[dspy.Example]
    metric: Metric
    lms: LMs
    monitor: FailureMonitor
    budget: Budget = "light"
    options: Mapping[str, Any] = field(default_factory=dict)
    n_threads: int = 1
    seed: int = 0
    reflect_with_images: bool = False
    log_dir: Path | None = None


@dataclass(frozen=True)
class Workload:
    """What an optimizer would be asked to do, for an estimate of its calls."""

    n_train: int
    n_val: int
    n_predictors: int
    arguments: Mapping[str, Any]


def _no_steps(*work: object) -> int:
    return 0


@dataclass(frozen=True)
class Optimizer:
    """One optimizer.

    Attributes:
        metric: the form it calls the metric in.
        instructions, demos: whether it writes instructions, picks examples.
        min_train, min_val: the smallest splits it can work with.
        reflects: whether it asks the reflection model.
        budgets: the arguments that a budget stands for.
        options: the further arguments that may be given.
        saved: whether what it makes can be written to a file.
        goes_on: whether it keeps notes in ``Job.log_dir``, from which the same command goes on.
        needs: a library that it needs beside dspy, of the extra "compile".
        calls: about how many examples it asks, for an estimate; each is a call of the differencer in each order.
        reflections: about how many calls the reflection model gets at the most, beside ``calls``.
    """

    run: Callable[[Job, dict[str, Any]], Any]
    metric: Literal["gepa", "number", "bootstrap", "none"]
    instructions: bool
    demos: bool
    budgets: Mapping[Budget, Mapping[str, Any]]
    options: frozenset[str] = frozenset()
    min_train: int = 1
    min_val: int = 0
    reflects: bool = False
    saved: bool = True
    goes_on: bool = False
    needs: str | None = None
    calls: Callable[[Workload], int] = _no_steps
    reflections: Callable[[Workload, int], int] = _no_steps

    def arguments(self, budget: Budget, options: Mapping[str, Any]) -> dict[str, Any]:
        """The budget's arguments under the given ones."""
        return {**self.budgets[budget], **options}


def of_budgets(light: dict[str, Any], medium: dict[str, Any], heavy: dict[str, Any]) -> Mapping[Budget, dict[str, Any]]:
    """The arguments that each budget stands for."""
    return {"light": light, "medium": medium, "heavy": heavy}


def budget_steps(name: str, *numbers: int, **others: int) -> Mapping[Budget, dict[str, Any]]:
    """One number for each budget under ``name``, and the same ``others`` for all."""
    light, medium, heavy = ({name: number, **others} for number in numbers)
    return of_budgets(light, medium, heavy)


OPTIMIZERS: Registry[Optimizer] = Registry("optimizer")
Run = Callable[[Job, dict[str, Any]], Any]


def optimizer(name: str, **about: Any) -> Callable[[Run], Run]:
    """Register a function from a job and its arguments to a compiled student as the optimizer ``name``.

    Args:
        name: as in ``--optimizer``.
        about: the attributes of ``Optimizer`` beside ``run``.
    """

    def register(run: Run) -> Run:
        OPTIMIZERS.add(name, Optimizer(run, **about))
        return run

    return register
