"""The registry of methods. Adding one is a class or function with one decorator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from viddiff.core.errors import UsageError
from viddiff.core.registry import Registry
from viddiff.core.settings import Settings
from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem, Item, RankItem, Task
from viddiff.eval.stepdiff.predictions import Prediction
from viddiff.eval.stepdiff.text_store import TextStore
from viddiff.programs.stepdiff.results import ModelAnswer

if TYPE_CHECKING:
    from viddiff.lms import LMs
    from viddiff.lms.roles import Role
    from viddiff.programs.estimate import CostEstimate
    from viddiff.video.loaded import LoadedVideo

#: Clip id -> its video.
Videos = Mapping[str, "LoadedVideo"]
#: What scores come from: "likelihood": that of a whole answer; "word": the likelihood of YES; "contrast": probabilities
#: or grades that the model states, in both orders; "stated": the same in one order; "embedding": cosines; "chance".
Route = Literal["likelihood", "word", "contrast", "stated", "embedding", "chance"]
TASKS: tuple[Task, ...] = ("diffcap", "diffmcq", "diffrank")


class ItemAnswer(ModelAnswer):
    """What a method said of one item; no prediction where it failed. An empty caption: no difference is seen."""

    prediction: Prediction = None
    """Caption, scores of the options, or scores of the candidates."""
    route: Route | None = None
    """Where scores come from; None for captions."""
    missing: bool = False
    """Whether its videos are not there."""


class AnswerItem(Protocol):
    """Answers one item."""

    def __call__(self, item: Item, videos: Videos) -> ItemAnswer:
        """What is said of it; ``videos`` has all its clips."""


@dataclass(frozen=True)
class StepMethodContext:
    """What a method is made from.

    Attributes:
        settings: of the run.
        models: the models by role; None for a method that asks none.
        texts: what an earlier session of the run found out about clips.
        projector: the folder of a trained one, for a method that asks it.
        features: where features of clips lie, where it was trained on such.
    """

    settings: Settings
    models: LMs | None
    texts: TextStore
    projector: Path | None = None
    features: Path | None = None

    @property
    def lms(self) -> LMs:
        """The models of a method that asks some."""
        assert self.models is not None
        return self.models


@dataclass(frozen=True)
class StepMethod:
    """A method.

    Attributes:
        name: as in ``--method`` and in the manifest of a run.
        start: from what it is made to what answers items.
        title: as a heading calls it.
        estimate: what it would ask at the most.
        tasks: which of the three it answers.
        roles: the models that it asks; none: numbers alone.
        embeds: whether it embeds frames by the CLIP model of the settings.
        trained: whether it asks a trained projector.
    """

    name: str
    start: Callable[[StepMethodContext], AnswerItem]
    title: str
    estimate: Callable[[Sequence[Item], Settings], CostEstimate]
    tasks: tuple[Task, ...] = TASKS
    roles: tuple[Role, ...] = ("vision",)
    embeds: bool = False
    trained: bool = False

    def check_task(self, task: Task) -> None:
        """Raise UsageError unless it answers the task."""
        if task not in self.tasks:
            fit = ", ".join(name for name, other in METHODS.items() if task in other.tasks)
            raise UsageError(f"The method {self.name} cannot answer {task}: choose one of {fit}.")


METHODS: Registry[StepMethod] = Registry("method")
Start = TypeVar("Start", bound=Callable[[StepMethodContext], AnswerItem])


def method(
    name: str,
    title: str,
    estimate: Callable[[Sequence[Item], Settings], CostEstimate],
    *,
    tasks: tuple[Task, ...] = TASKS,
    roles: tuple[Role, ...] = ("vision",),
    embeds: bool = False,
    trained: bool = False,
) -> Callable[[Start], Start]:
    """Register a class or function of a ``StepMethodContext`` as the method ``name``; see ``StepMethod``."""

    def register(start: Start) -> Start:
        METHODS.add(name, StepMethod(name, start, title, estimate, tasks, roles, embeds, trained))
        return start

    return register


class ByTask:
    """A method with a function for each task that it answers."""

    def __call__(self, item: Item, videos: Videos) -> ItemAnswer:
        """What is said of one item."""
        if isinstance(item, CaptionItem):
            return self.caption(item, videos)
        return self.choose(item, videos) if isinstance(item, ChoiceItem) else self.rank(item, videos)

    def caption(self, item: CaptionItem, videos: Videos) -> ItemAnswer:
        """DiffCap: the main difference in the category."""
        raise NotImplementedError

    def choose(self, item: ChoiceItem, videos: Videos) -> ItemAnswer:
        """DiffMCQ: a score for each pair."""
        raise NotImplementedError

    def rank(self, item: RankItem, videos: Videos) -> ItemAnswer:
        """DiffRank: a similarity for each candidate."""
        raise NotImplementedError


def failed_item(failed: ModelAnswer) -> ItemAnswer:
    """An item without an answer, for the reason that one of its questions has none."""
    return ItemAnswer(error=failed.error, fault=failed.fault)
