"""Runs an optimizer: whether it can work at all, its run, and what is made of its result."""

from __future__ import annotations

import contextlib
import inspect
import io
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import dspy

from viddiff.core.errors import BackendError, UsageError, VidDiffError
from viddiff.lms import failure_of
from viddiff.lms.adapters import adapter_of
from viddiff.optimize.optimizers import NO_LIMIT
from viddiff.optimize.registry import OPTIMIZERS, Job, Optimizer, of_budgets

if TYPE_CHECKING:
    from viddiff.optimize.student import Student


def from_dspy(optimizer: Any) -> Optimizer:
    """An optimizer of dspy's, or of the caller's, that was made elsewhere; it has its metric and options by itself.

    Raises:
        UsageError: it has no ``compile``.
    """
    if not callable(getattr(optimizer, "compile", None)):
        raise UsageError(f"optimizer cannot be {type(optimizer).__name__}: give a name or a dspy optimizer.")
    takes_val = "valset" in inspect.signature(optimizer.compile).parameters

    def compile_job(job: Job, options: dict[str, Any]) -> Any:
        # dspy.settings.lm is the model that is compiled for, as everywhere in dspy.
        with job.student.role():
            return optimizer.compile(job.student, trainset=job.train, **({"valset": job.val} if takes_val else {}))

    return Optimizer(compile_job, "none", True, True, of_budgets({}, {}, {}))


def check(name: str, optimizer: Optimizer, n_train: int, n_val: int, options: Mapping[str, Any]) -> None:
    """Whether an optimizer can work with so many examples and these options; before any call.

    Raises:
        UsageError: it cannot.
    """
    allowed = optimizer.options.union(*optimizer.budgets.values())
    for option in options:
        if option not in allowed:
            raise UsageError(f"Optimizer {name!r} has no option {option!r}; it takes: {', '.join(sorted(allowed))}.")
    for split, n, least in (("train", n_train, optimizer.min_train), ("val", n_val, optimizer.min_val)):
        if n < least:
            raise UsageError(
                f"Optimizer {name!r} needs {least} {split} examples or more; there are {n}: "
                "give more data, another --split-by, or another --optimizer."
            )
    if optimizer.needs is not None and find_spec(optimizer.needs) is None:
        raise UsageError(f"Optimizer {name!r} needs {optimizer.needs}: pip install 'viddiff[compile]'.")


def run(name: str, job: Job, optimizer: Optimizer | None = None) -> Student:
    """The compiled student; what optimizers print is not shown.

    Raises:
        UsageError: as ``check``.
        BackendError: a fault that every call would meet, or the optimizer itself failed.
        BudgetError: the monitor stopped an optimizer that had nothing finished.
    """
    optimizer = optimizer or OPTIMIZERS[name]
    check(name, optimizer, len(job.train), len(job.val), job.options)
    try:
        with (
            # Optimizers print, and draw bars of their own.
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            job.monitor.listen(),
            job.lms.role("reflection"),
            dspy.context(
                adapter=adapter_of("chat"), max_errors=NO_LIMIT, num_threads=job.n_threads, disable_history=True
            ),
        ):
            compiled: Student = optimizer.run(job, optimizer.arguments(job.budget, job.options))
    except VidDiffError:
        job.monitor.check_fatal()
        raise
    except Exception as error:
        # Optimizers of dspy raise errors of any type, bare Exception among them.
        job.monitor.check()
        fault = failure_of(error)
        message = fault.message if fault else f"{type(error).__name__}: {error}"
        raise BackendError(f"Optimizer {name!r} failed. {message}") from error
    job.monitor.check_fatal()
    return finish(compiled)


def finish(student: Student) -> Student:
    """With demos cut down to the fields of their signatures, and open to saving and to compiling again."""
    for predictor in student.predictors():
        predictor.lm = None
        fields, outputs = set(predictor.signature.fields), set(predictor.signature.output_fields)
        # What answers nothing of this predictor shows nothing: raw examples go to every predictor of a program.
        predictor.demos = [
            dspy.Example({name: value for name, value in demo.items() if name in fields})
            for demo in predictor.demos
            if outputs & set(demo.keys())
        ]
    for _, module in student.named_sub_modules(dspy.Module):
        module._compiled = False
    return student
