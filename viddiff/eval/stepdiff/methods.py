"""The registry of methods: what answers the items of the three tasks. Adding one is a class here with one decorator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from viddiff import build
from viddiff.core.parallel import in_parallel
from viddiff.core.registry import Registry
from viddiff.core.settings import Settings
from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem, Item, RankItem, StepPair
from viddiff.eval.stepdiff.predictions import Prediction
from viddiff.programs.stepdiff.results import Asked

if TYPE_CHECKING:
    from viddiff.lms import LMs
    from viddiff.programs.estimate import CostEstimate
    from viddiff.programs.stepdiff.results import Check
    from viddiff.video.loaded import LoadedVideo

#: Clip id -> its video.
Videos = Mapping[str, "LoadedVideo"]


class Said(Asked):
    """What a method said of one item; no prediction where it failed. An empty caption: no difference is seen."""

    prediction: Prediction = None


class AnswerItem(Protocol):
    """Answers one item."""

    def __call__(self, item: Item, videos: Videos) -> Said:
        """What is said of it; ``videos`` has all its clips."""


@dataclass(frozen=True)
class StepMethod:
    """A method.

    Attributes:
        name: as in ``--method`` and in the manifest of a run.
        start: from settings and models to what answers items.
        title: as a heading calls it.
        plan: what it would ask at the most.
    """

    name: str
    start: Callable[[Settings, LMs], AnswerItem]
    title: str
    plan: Callable[[Sequence[Item], Settings], CostEstimate]


METHODS: Registry[StepMethod] = Registry("method")
Start = TypeVar("Start", bound=Callable[[Settings, "LMs"], AnswerItem])


def method(name: str, title: str, plan: Callable[[Sequence[Item], Settings], CostEstimate]) -> Callable[[Start], Start]:
    """Register a class or function of settings and models as the method ``name``; see ``StepMethod``."""

    def register(start: Start) -> Start:
        METHODS.add(name, StepMethod(name, start, title, plan))
        return start

    return register


def plan_items(contrast: bool, items: Sequence[Item], settings: Settings) -> CostEstimate:
    """A caption in one call; four pairs, and four candidates, in one order or in both."""
    from viddiff.programs.stepdiff.estimate import ANSWER, CHECK_ANSWER, GRADE_ANSWER, Calls, plan_calls
    from viddiff.programs.stepdiff.ranker import n_comparisons

    calls = []
    for item in items:
        if isinstance(item, CaptionItem):
            calls.append(Calls(1, 2, ANSWER))
        elif isinstance(item, ChoiceItem):
            calls.append(Calls(len(item.options) * (2 if contrast else 1), 2, CHECK_ANSWER))
        else:
            calls.append(Calls(len(item.candidates), 2, GRADE_ANSWER))
            calls.append(Calls(n_comparisons(len(item.candidates)) if contrast else 0, 3, GRADE_ANSWER))
    return plan_calls("contrast" if contrast else "direct", calls, settings)


class Programs:
    """Answers items with the programs that users have.

    Args:
        contrast: pairs are asked about in both orders, and candidates compared with each other; else each is asked
            about once and alone.
    """

    def __init__(self, settings: Settings, lms: LMs, contrast: bool) -> None:
        from viddiff.lms.throttle import Throttle
        from viddiff.programs.stepdiff.checker import StepChecker

        self.captioner = build.step_captioner(settings, lms, checks=False)
        self.ranker = build.step_ranker(settings, lms, contrast)
        self.checker, self.throttle = StepChecker(settings.attempts), Throttle(settings.threads)
        self.lms, self.contrast, self.n_frames = lms, contrast, build.step_frames(settings)

    def __call__(self, item: Item, videos: Videos) -> Said:
        """What is said of one item; the step has no name, as in the released data."""
        if isinstance(item, CaptionItem):
            return self.caption(item, videos)
        return self.choose(item, videos) if isinstance(item, ChoiceItem) else self.rank(item, videos)

    def caption(self, item: CaptionItem, videos: Videos) -> Said:
        """DiffCap: the main difference in the category."""
        pair = videos[item.pair.reference.id], videos[item.pair.candidate.id]
        (found,) = self.captioner("", *pair, (item.category,)).categories
        if found.failed:
            return Said(error=found.error, fault=found.fault)
        return Said(prediction=found.differences[0].difference if found.differences else "")

    def choose(self, item: ChoiceItem, videos: Videos) -> Said:
        """DiffMCQ: how likely the caption is true of each pair, less how likely it is with the clips exchanged."""
        checks = in_parallel([partial(self.check, item.difference, pair, videos) for pair in item.options], 2)
        failed = next((check for check in checks if check.failed), None)
        if failed:
            return Said(error=failed.error, fault=failed.fault)
        scores = [check.contrast if self.contrast else check.as_told for check in checks]
        return Said(prediction=tuple(score or 0.0 for score in scores))

    def check(self, difference: str, pair: StepPair, videos: Videos) -> Check:
        """Whether the caption is true of one pair."""
        from viddiff.programs.caller import Caller
        from viddiff.programs.stepdiff.checker import checked

        call, clips = Caller(self.lms, self.throttle), (videos[pair.reference.id], videos[pair.candidate.id])
        return checked(call, self.checker, "", *clips, {"0": difference}, self.n_frames, self.contrast)["0"]

    def rank(self, item: RankItem, videos: Videos) -> Said:
        """DiffRank: the similarity of each candidate; where one has none, no order follows."""
        candidates = [videos[clip.id] for clip in item.candidates]
        ranked = self.ranker(videos[item.reference.id], candidates, item.category).ranked
        failed = next((one for one in ranked if one.failed), None)
        if failed:
            return Said(error=failed.error, fault=failed.fault)
        return Said(prediction=tuple(one.similarity or 0.0 for one in sorted(ranked, key=lambda one: one.index)))


@method("contrast", "Both orders", plan=partial(plan_items, True))
def contrast(settings: Settings, lms: LMs) -> Programs:
    """Pairs in both orders, candidates compared with each other."""
    return Programs(settings, lms, contrast=True)


@method("direct", "One order", plan=partial(plan_items, False))
def direct(settings: Settings, lms: LMs) -> Programs:
    """Each pair and each candidate once."""
    return Programs(settings, lms, contrast=False)
