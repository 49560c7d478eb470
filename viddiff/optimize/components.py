"""The registry of components as compiling knows them: what each learns from, how it is asked, judged and estimated.

A task registers its own in ``viddiff/optimize/<task>/components.py``, which is imported at the first look-up. How its
module is made and which programs run it, ``viddiff.programs.compiled.registry`` knows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from viddiff.core.registry import Registry, import_task_modules

if TYPE_CHECKING:
    from pathlib import Path

    import dspy

    from viddiff.core.settings import Settings
    from viddiff.lms import LMs
    from viddiff.lms.roles import Role as RoleName
    from viddiff.optimize.example_calls import ExampleCalls
    from viddiff.optimize.examples import ExampleSource
    from viddiff.optimize.feedback import Metric
    from viddiff.optimize.request import Data, Request
    from viddiff.optimize.scoring import ScoredExample
    from viddiff.optimize.student import Role, Student
    from viddiff.programs.estimate import RoleEstimate
    from viddiff.programs.predict import AsyncModule

    Source = Callable[[Request, Data, Path | None, Settings, LMs], ExampleSource]
    Scoring = Callable[[Sequence[dspy.Example], Sequence[dspy.Prediction], Metric], list[ScoredExample]]


def _name_alone(request: Request, score: str) -> dict[str, Any]:
    return {"metric": score}


@dataclass(frozen=True)
class Compilable:
    """A component as compiling knows it.

    Attributes:
        role: whose model it asks.
        inputs: fields of an example that it is asked with.
        label: the field of an example that says what is right.
        optional: inputs that an example may leave out -> what then stands for them.
        source: examples of what the user names, see ``viddiff.optimize.compile``; arguments: the request, the data,
            where videos are, settings, models.
        student: from the module, what puts its model in force, and whether it is asked in both orders of the videos,
            to what an optimizer sees.
        metric: from the request, settings and models to how predictions are judged; None: only the clips of a data set
            tell, and the source of the examples knows how.
        score: what the scores are called.
        scoring: from examples, predictions and the metric to scores; None: ``viddiff.optimize.scoring.score_metric``.
        card: from the request and what the scores are called to fields of the program's card.
        demo: an example of the data as one that a prompt can show; None: the data hold no answers in the module's form.
        estimate: the models that are asked, by role, without reflection.
    """

    role: RoleName
    inputs: tuple[str, ...]
    label: str
    source: Source
    student: Callable[[AsyncModule, Role, bool], Student]
    score: str
    estimate: Callable[[ExampleCalls], tuple[RoleEstimate, ...]]
    metric: Callable[[Request, Settings, LMs], Metric] | None = None
    optional: Mapping[str, Any] = field(default_factory=dict)
    scoring: Scoring | None = None
    card: Callable[[Request, str], dict[str, Any]] = _name_alone
    demo: Callable[[dspy.Example], dspy.Example] | None = None


COMPILABLE: Registry[Compilable] = Registry(
    "component to compile", functools.partial(import_task_modules, "viddiff.optimize", "components")
)
