"""The registry of methods. Adding one is a module here with one decorator that says all there is to say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from viddiff.build import IMAGES_OF_A_QUESTION
from viddiff.core.registry import Registry
from viddiff.core.settings import Settings
from viddiff.core.types import Difference, Outcome, Proposal
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.manifest import Mode
from viddiff.localizer.strategies import DEFAULT_STRATEGY, STRATEGIES

if TYPE_CHECKING:
    from viddiff.lms import LMs
    from viddiff.motion.pose.reader import PoseReader
    from viddiff.programs.estimate import RoleEstimate
    from viddiff.programs.questions import VerdictStore
    from viddiff.programs.viddiff.plans import Plans
    from viddiff.video.loaded import LoadedVideo

#: Frames a second by domain: paper, appendix (VidDiff; the baseline sees music and surgery twice as densely).
VIDDIFF_FPS: Mapping[str, float] = MappingProxyType(
    {"fitness": 8, "ballsports": 5, "diving": 6, "music": 1, "surgery": 1}
)
BASELINE_FPS: Mapping[str, float] = MappingProxyType(
    {"fitness": 4, "ballsports": 5, "diving": 6, "music": 2, "surgery": 2}
)


class AnswerPair(Protocol):
    """Answers one pair."""

    def __call__(self, sample: Sample, a: LoadedVideo, b: LoadedVideo, answers: VerdictStore) -> Outcome:
        """The outcome of one pair; ``answers`` are kept as they come."""


class ProposalStore(Protocol):
    """Proposals by name, made once."""

    def get(self, name: str, make: Callable[[], Proposal]) -> Proposal:
        """The proposal under ``name``, made and kept when it is not there."""


@dataclass(frozen=True)
class MethodContext:
    """What a method is made from at the start of a run.

    Attributes:
        mode: closed or open.
        settings: method settings.
        samples: all samples of the run.
        proposals: proposals made before, by name; new ones are added through it.
        lms: models by role; None for a method that asks none.
        localizer: a strategy, or "oracle" for the key moments of the data; None for a method that locates nothing.
        poses: estimates pose, for a method that measures.
        plans: says what is measured for a statement.
    """

    mode: Mode
    settings: Settings
    samples: Sequence[Sample]
    proposals: ProposalStore
    lms: LMs | None = None
    localizer: str | None = None
    poses: PoseReader | None = None
    plans: Plans | None = None


def _measures_nothing(settings: Settings) -> bool:
    return False


def _no_estimates(samples: Sequence[Sample], mode: Mode, settings: Settings) -> list[RoleEstimate]:
    return []


@dataclass(frozen=True)
class Method:
    """A method and what runs, estimates and reports need to know of it.

    Attributes:
        name: as in ``--method`` and in the manifest of a run.
        start: from the context of a run to what answers its pairs.
        title: as a heading calls it.
        asks_models: whether it needs models.
        localizes: whether it finds stages with a localizer, and is scored on where they lie.
        checks_opposites: whether open mode asks if a statement says the opposite of a label; the official evaluator
            skips that for VidDiff.
        n_images: the most images that one of its requests holds.
        fps: frames a second by domain, which hold unless the user set a rate.
        measures: whether it estimates pose under these settings.
        estimate: what it would ask at the most, by role.
    """

    name: str
    start: Callable[[MethodContext], AnswerPair]
    title: str
    asks_models: bool = True
    localizes: bool = False
    checks_opposites: bool = True
    n_images: int = IMAGES_OF_A_QUESTION
    fps: Mapping[str, float] = field(default_factory=lambda: VIDDIFF_FPS)
    measures: Callable[[Settings], bool] = _measures_nothing
    estimate: Callable[[Sequence[Sample], Mode, Settings], list[RoleEstimate]] = _no_estimates

    def localizer(self, wanted: str | None, settings: Settings) -> str | None:
        """The localizer that a run uses; None for a method that locates nothing."""
        return STRATEGIES.canonical(wanted or settings.localizer or DEFAULT_STRATEGY) if self.localizes else None


METHODS: Registry[Method] = Registry("method")
Start = TypeVar("Start", bound=Callable[[MethodContext], AnswerPair])


def method(name: str, title: str, **about: Any) -> Callable[[Start], Start]:
    """Register a class or function of a ``MethodContext`` as the method ``name``.

    Args:
        name, title: of the method.
        about: further attributes of ``Method``.
    """

    def register(start: Start) -> Start:
        METHODS.add(name, Method(name, start, title, **about))
        return start

    return register


def labelled_differences(sample: Sample, mode: Mode) -> tuple[Difference, ...] | None:
    """What is asked of a method: the labelled differences, or None where it has to find them."""
    labelled = tuple(difference for difference in sample.differences if difference.key in sample.labels)
    return labelled if mode == "closed" else None


def action_of(sample: Sample) -> str:
    """The sentence that models are given."""
    return sample.action


@dataclass(frozen=True)
class WholePair:
    """Answers a pair with a program that takes both videos and what is asked, all at once."""

    program: Callable[..., Any]
    mode: Mode
    action: Callable[[Sample], str] = action_of

    def __call__(self, sample: Sample, a: LoadedVideo, b: LoadedVideo, answers: VerdictStore) -> Outcome:
        """The outcome of the program."""
        outcome: Outcome = self.program(
            action=self.action(sample),
            video_a=a,
            video_b=b,
            differences=labelled_differences(sample, self.mode),
            n_differences=sample.n_differences_open,
        ).outcome
        return outcome
