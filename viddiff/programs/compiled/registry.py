"""The registry of components: the modules that can be compiled and kept as program files.

A task registers its own in ``viddiff/programs/<task>/components.py``, which is imported at the first look-up.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import AfterValidator

from viddiff.core.errors import UsageError
from viddiff.core.registry import Registry, import_task_modules
from viddiff.programs.predict import AsyncModule

P = TypeVar("P", bound=AsyncModule)


@dataclass(frozen=True)
class Component:
    """A module that can be compiled, as program files and those who run them know it.

    Attributes:
        kind: its class.
        run_by: the programs that run it: "plans" (what a model plans to measure), "steps", "skill"; methods of a
            comparison say themselves which they run (``viddiff.build.METHODS``).
        command: a command that runs it, without ``viddiff``.
        new: makes a new module that asks so many times until an answer parses; None: ``kind`` does.
        advice: what to do where a method does not run it; empty: name a method that does.
    """

    kind: type[AsyncModule]
    run_by: tuple[str, ...]
    command: str
    new: Callable[[int], AsyncModule] | None = None
    advice: str = ""


COMPONENTS: Registry[Component] = Registry(
    "component", functools.partial(import_task_modules, "viddiff.programs", "components")
)


def check_component(name: str) -> str:
    """The name of a component.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in COMPONENTS:
        raise ValueError(f"there is no component {name!r}, choose one of {', '.join(COMPONENTS)}")
    return name


ComponentName = Annotated[str, AfterValidator(check_component)]


def new_program(component: str, attempts: int = 3) -> AsyncModule:
    """The module of a component as it is before compiling.

    Raises:
        UsageError: there is no such component.
    """
    registered = COMPONENTS[component]
    return (registered.new or registered.kind)(attempts)


def component_of(program: AsyncModule) -> str:
    """The component that a module is.

    Raises:
        UsageError: it is none.
    """
    name = next(filter(None, map(_name_of, type(program).__mro__)), None)
    if name is None:
        raise UsageError(
            f"{type(program).__name__} is not a component that can be compiled: {', '.join(COMPONENTS)} are."
        )
    return name


def is_program(named: object) -> bool:
    """Whether something is the module of a component."""
    return any(map(_name_of, type(named).__mro__))


def components_run_by(program: str) -> frozenset[str]:
    """The components that a program runs, by its name as in ``Component.run_by``."""
    return frozenset(name for name in COMPONENTS if program in COMPONENTS[name].run_by)


def program_of_kind(kind: type[P], programs: Iterable[AsyncModule]) -> P | None:
    """The program of that kind; None where there is none."""
    return next((program for program in programs if isinstance(program, kind)), None)


def _name_of(kind: type) -> str | None:
    return next((name for name in COMPONENTS if COMPONENTS[name].kind is kind), None)
