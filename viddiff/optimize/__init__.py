"""Compiling the programs: prompts and examples chosen on a train split, kept as small files that anyone can run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dspy

    from viddiff.core.settings import Settings
    from viddiff.core.types import Progress
    from viddiff.eval.viddiffbench.dataset import DataSet
    from viddiff.lms import LMs
    from viddiff.optimize.examples import Examples
    from viddiff.optimize.request import Data
    from viddiff.programs.compiled.registry import ComponentName
    from viddiff.programs.predict import AsyncModule


def compile(
    component: ComponentName,
    data: Data,
    *,
    lms: LMs | str | dspy.LM,
    optimizer: str | Any = "gepa",
    metric: Callable[..., Any] | None = None,
    videos: str | Path | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **request: Any,
) -> AsyncModule:
    """Compile one component on labelled pairs.

    Answers are kept in the cache folder of the settings; dspy's own cache, one for a whole process, is put back
    afterwards.

    >>> from viddiff import optimize
    >>> differencer = optimize.compile("differencer", "pairs.json", lms="openai/gpt-4o-mini")  # doctest: +SKIP
    >>> differencer.artifact.card.scores  # before and after, on pairs it never saw  # doctest: +SKIP

    Args:
        component: a name of ``viddiff.optimize.components.COMPILABLE``: "differencer", "finder", "judge", "planner",
            "proposer"; for steps "captioner", "verifier", "ranker", "comparer", which learn from a file of StepDiff.
        data: what ``viddiff eval --data`` takes, a DataSet, or examples: a list, which is divided, or a mapping with
            "train", "val" and "test". What examples need: ``viddiff.optimize.sources.UserExamples``.
        lms: models by role; a string or one model serves all of them.
        optimizer: a name of ``viddiff.optimize.registry.OPTIMIZERS``, or an optimizer of dspy's with a metric of its
            own; while it works, ``dspy.settings.lm`` is the model that is compiled for.
        metric: gives the scores and, for an optimizer that is named, what it learns by; as dspy's metrics are. Default:
            closed accuracy; recall and cues; of a planner, how often its measurements tell the label.
        videos: where video paths start from; needed with a DataSet.
        settings: how videos are read; default: environment and viddiff.toml.
        progress: called with (task, done, total).
        request: further fields of ``viddiff.optimize.request.Request``, e.g. ``by="pair"``, ``budget="medium"``.

    Returns:
        The module; its ``artifact`` has the card and is saved by
        ``viddiff.programs.compiled.artifact.save``.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    from viddiff.build import models
    from viddiff.core.settings import load_settings
    from viddiff.core.types import silent
    from viddiff.optimize.compiler import compile_component
    from viddiff.optimize.request import request_of

    settings = settings or load_settings()
    name = optimizer if isinstance(optimizer, str) else type(optimizer).__name__
    checked = request_of(component=component, optimizer=name, **request)
    folder = None if videos is None else Path(videos)
    return compile_component(
        checked, data, folder, models(lms, settings), optimizer, metric, settings, progress or silent
    )


def load_examples(
    component: ComponentName,
    data: str | Path | DataSet,
    *,
    videos: str | Path | None = None,
    lms: LMs | str | dspy.LM | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **request: Any,
) -> Examples:
    """Labelled pairs as lists of ``dspy.Example`` (``train``, ``val``, ``test``), for dspy's own optimizers.

    Args:
        component, data, videos, settings, progress, request: as of ``compile``.
        lms: for ``frames="localized"`` and for the judge of a proposer; default: the models of the settings.

    Returns:
        The examples; requests find their frames where ``dspy.settings.frame_stores`` names ``store`` of these.

    Raises:
        UsageError, InputError, BackendError: see ``viddiff.core.errors``.
    """
    from viddiff.build import frame_store, models
    from viddiff.core.settings import load_settings
    from viddiff.core.types import silent
    from viddiff.lms import LMs as Models
    from viddiff.optimize.compiler import source_of
    from viddiff.optimize.request import request_of

    settings = settings or load_settings()
    # Where nothing is asked any name will do.
    roles = models(lms, settings) if lms is not None or settings.has_lm else Models("none/none")
    checked = request_of(component=component, **{"judge": "lexical", **request})
    source = source_of(checked, data, Path(videos) if videos is not None else None, settings, roles)
    return source.read(frame_store(settings), progress or silent)


def metric(component: ComponentName) -> Callable[..., dspy.Prediction]:
    """How ``compile`` judges a prediction, as a metric for dspy's own optimizers and ``dspy.Evaluate``.

    Args:
        component: as of ``compile``.

    Returns:
        A function of gold, prediction and up to three more (see ``dspy.GEPA``). It gives a prediction with ``score``,
        0 to 1, and ``feedback``, what to learn from it.

    Raises:
        UsageError: no such component; or a planner, which is judged on clips: ``load_examples("planner", ...).metric``
            is, and ``as_gepa`` gives it this form.
    """
    from viddiff.core.errors import UsageError
    from viddiff.core.settings import Settings
    from viddiff.lms import LMs
    from viddiff.optimize.components import COMPILABLE
    from viddiff.optimize.metrics import as_gepa
    from viddiff.optimize.request import request_of

    make = COMPILABLE[component].metric
    if make is None:
        raise UsageError(
            f"A {component} is judged on the clips of a data set: take load_examples({component!r}, ...).metric."
        )
    # Where words are compared no model is asked, so any name will do.
    return as_gepa(make(request_of(component=component, judge="lexical"), Settings(), LMs("none/none")))


def save(program: AsyncModule, path: str | Path, *, optimizer: str = "dspy", data: str = "not known") -> Path:
    """Write a module that was compiled, or changed by hand, as a program file: what ``program=`` and --program take.

    Args:
        program: the module of a component, e.g. a Differencer; a model that it was given (set_lm) is left out.
        path: ".json" is added where there is no such suffix.
        optimizer, data: how and on what it was compiled, for its card.

    Returns:
        The path of the file.

    Raises:
        InputError: an example that cannot be saved. UsageError: the file cannot be written.
    """
    from viddiff.programs.compiled import artifact
    from viddiff.programs.compiled.program_card import card_of
    from viddiff.programs.compiled.registry import component_of

    copied = program.deepcopy()
    copied.set_lm(None)
    card = card_of(component_of(program), optimizer, data)
    return artifact.save(artifact.artifact_of(copied, card), Path(path))
