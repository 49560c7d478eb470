"""The registry of comparison methods: what ``viddiff.compare`` and ``--method`` take by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from viddiff.core.registry import Registry
from viddiff.core.settings import MODEL_FREE_METHOD, Settings
from viddiff.core.types import Difference, Progress, silent

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs
    from viddiff.motion.pose.reader import PoseReader
    from viddiff.programs.estimate import CostEstimate
    from viddiff.programs.predict import AsyncModule
    from viddiff.programs.viddiff.plans import Plans
    from viddiff.video.loaded import LoadedVideo

    #: (settings, video A, video B, given differences or None) -> what would be asked.
    Estimate = Callable[[Settings, LoadedVideo, LoadedVideo, Sequence[Difference] | None], CostEstimate]


@dataclass(frozen=True)
class ComparisonSetup:
    """What the program of a method is made from.

    Attributes:
        settings: all settings.
        lms: models by role; None: there are none.
        compiled: the compiled components that the method runs.
        poses: estimates pose; None: pose is not read.
        plans: what is measured for a statement; None: the statement grammar.
        progress: called with (task, done, total).
    """

    settings: Settings
    lms: LMs | None = None
    compiled: tuple[AsyncModule, ...] = ()
    poses: PoseReader | None = None
    plans: Plans | None = None
    progress: Progress = silent


@dataclass(frozen=True)
class ComparisonMethod:
    """A method of comparing two videos.

    Attributes:
        name: as in ``--method`` and in the documents.
        make: from a setup to the program: a ``dspy.Module`` that is called with action, video_a, video_b, differences
            (None: it finds them) and n_differences, and whose prediction has an ``outcome``.
        confidence: what a confidence of its verdicts means, as a sentence for the report.
        estimate: what it would ask at most; None: it asks no model that sees.
        components: the compiled components that it runs.
        localizes: whether it finds stages with the localizer of the settings.
        has_weights: whether it combines opinions with the weights of the settings.
    """

    name: str
    make: Callable[[ComparisonSetup], dspy.Module]
    confidence: str
    estimate: Estimate | None = None
    components: frozenset[str] = frozenset()
    localizes: bool = False
    has_weights: bool = False

    @property
    def asks_models(self) -> bool:
        """Whether it needs a model that looks at frames."""
        return self.estimate is not None


METHODS: Registry[ComparisonMethod] = Registry("method")
Make = TypeVar("Make", bound="Callable[[ComparisonSetup], dspy.Module]")


def comparison_method(
    name: str,
    *,
    confidence: str,
    estimate: Estimate | None = None,
    components: Collection[str] = (),
    localizes: bool = False,
    has_weights: bool = False,
) -> Callable[[Make], Make]:
    """Register a function or class of a ``ComparisonSetup`` as the comparison method ``name``.

    Args:
        name, confidence, estimate, components, localizes, has_weights: see ``ComparisonMethod``.
    """

    def register(make: Make) -> Make:
        runs = frozenset(components)
        METHODS.add(name, ComparisonMethod(name, make, confidence, estimate, runs, localizes, has_weights))
        return make

    return register


def estimate_comparison(
    settings: Settings, video_a: LoadedVideo, video_b: LoadedVideo, differences: Sequence[Difference] | None
) -> CostEstimate:
    """What the method of the settings would ask at most; without a model that sees the measured program runs.

    Raises:
        UsageError: there is no such method, or a spending limit that cannot be enforced.
    """
    from viddiff.programs.estimate import CostEstimate
    from viddiff.programs.viddiff.estimate import estimate_planner

    method = METHODS[settings.chosen_method]
    if method.asks_models and not settings.has_vision:
        method = METHODS[MODEL_FREE_METHOD]
    planner = estimate_planner(settings, settings.n_differences if differences is None else len(differences))
    if method.estimate is None:
        return CostEstimate.within_limits(method.name, planner if differences is not None else (), settings)
    estimated = method.estimate(settings, video_a, video_b, differences)
    return estimated.model_copy(update={"roles": (*planner, *estimated.roles)})
