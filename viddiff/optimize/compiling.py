"""One component compiled on the examples that its data give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.eval.viddiffbench.data import load_data, videos_root
from viddiff.eval.viddiffbench.dataset import DataSet
from viddiff.lms import LMs
from viddiff.lms.cache import folder_of, use_cache_folder
from viddiff.optimize.metrics import as_metric
from viddiff.optimize.protocol import Compilation
from viddiff.optimize.request import Request
from viddiff.optimize.running import from_dspy
from viddiff.optimize.sources import ExampleSource, LabelledPairs, UserExamples
from viddiff.optimize.step_source import TASK_OF, LabelledSteps
from viddiff.programs.compiled.artifact import build
from viddiff.programs.compiled.components import Program
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
) -> Program:
    """The compiled module; arguments and errors as of ``viddiff.optimize.compile``."""
    of_dspy = None if isinstance(optimizer, str) else from_dspy(optimizer)
    if request.component == "planner" and metric is None and not isinstance(data, (str, Path, DataSet)):
        raise UsageError("Plans are judged on the clips of a data set: give one, or a metric of your own.")
    source = source_of(request, data, videos, settings, lms)
    measure = None if metric is None else as_metric(metric)
    with use_cache_folder(folder_of(settings.cache_dir, settings.api_base) if settings.cache else None):
        compilation = Compilation(request, source, settings, lms, progress, of_dspy, measure)
        compiled = compilation.run()
    with open_stores(compilation.store):
        return build(compiled.artifact, settings.attempts, settings.cache_dir)


def source_of(request: Request, data: Data, videos: Path | None, settings: Settings, lms: LMs) -> ExampleSource:
    """Where the examples come from.

    Raises:
        UsageError, InputError: data that the component cannot learn from.
    """
    if request.component in TASK_OF:
        if not isinstance(data, (str, Path)):
            raise UsageError(f"A {request.component} learns from a file of StepDiff: give its path.")
        return LabelledSteps.of_file(request, Path(data), videos, settings, lms)
    if isinstance(data, DataSet):
        return LabelledPairs(request, data, videos or Path(), settings, lms)
    if isinstance(data, (str, Path)):
        return LabelledPairs(request, load_data(str(data), videos), videos_root(str(data), videos), settings, lms)
    return UserExamples(request, data, settings, lms)
