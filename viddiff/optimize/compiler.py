"""Compiles one component on the examples that its data give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viddiff.build import answer_cache
from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.lms import LMs
from viddiff.optimize.components import COMPILABLE
from viddiff.optimize.examples import ExampleSource
from viddiff.optimize.metrics import as_metric
from viddiff.optimize.optimizer_runner import from_dspy
from viddiff.optimize.protocol import Compilation
from viddiff.optimize.request import Request
from viddiff.programs.compiled.artifact import restore
from viddiff.programs.predict import AsyncModule
from viddiff.signatures.clip import open_stores

if TYPE_CHECKING:
    from viddiff.optimize.request import Data


def compile_component(
    request: Request,
    data: Data,
    videos: Path | None,
    lms: LMs,
    optimizer: str | Any,
    metric: Callable[..., Any] | None,
    settings: Settings,
    progress: Progress,
) -> AsyncModule:
    """The compiled module; arguments and errors as of ``viddiff.optimize.compile``."""
    of_dspy = None if isinstance(optimizer, str) else from_dspy(optimizer)
    are_examples = isinstance(data, (Mapping, Sequence)) and not isinstance(data, str)
    if COMPILABLE[request.component].metric is None and metric is None and are_examples:
        raise UsageError(
            f"A {request.component} is judged on the clips of a data set: give one, or a metric of your own."
        )
    source = source_of(request, data, videos, settings, lms)
    measure = None if metric is None else as_metric(metric)
    with answer_cache(settings):
        compilation = Compilation(request, source, settings, lms, progress, of_dspy, measure)
        compiled = compilation.run()
    with open_stores(compilation.store):
        return restore(compiled.artifact, settings.attempts, settings.cache_dir)


def source_of(request: Request, data: Data, videos: Path | None, settings: Settings, lms: LMs) -> ExampleSource:
    """Where the examples come from.

    Raises:
        UsageError, InputError: data that the component cannot learn from.
    """
    return COMPILABLE[request.component].source(request, data, videos, settings, lms)
