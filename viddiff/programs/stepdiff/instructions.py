"""Two whole videos of one instruction: their steps are found, matched in order, and compared one by one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import dspy
import numpy as np

from viddiff.core.notices import WithNotices
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import EffortName
from viddiff.core.types import Progress, Segment, silent
from viddiff.lms import Failure, LMs
from viddiff.lms.retry import Retry
from viddiff.lms.throttle import Throttle
from viddiff.localizer.alignment.same_moments import ClipPair
from viddiff.programs.caller import Caller
from viddiff.programs.entries import completeness_check, entries_by_key, number_statements
from viddiff.programs.predict import AsyncModule
from viddiff.programs.stepdiff.captioner import StepCaptioner
from viddiff.programs.stepdiff.finder import StepFinder
from viddiff.programs.stepdiff.matching import match_in_order, match_rest
from viddiff.programs.stepdiff.results import CATEGORIES, ModelAnswer, PairedStep
from viddiff.signatures.stepdiff.instructions import MatchSteps
from viddiff.video.loaded import LoadedVideo, part_of
from viddiff.video.transcript import Cue

#: From the parts of both videos that show a step to what is shown of them, and why that is not what was wanted.
ShowPair = Callable[[LoadedVideo, LoadedVideo], ClipPair]


class ComparedStep(NamedTuple):
    """A step with its differences, and why its frames are not as wanted."""

    step: PairedStep
    doubt: str | None


def show_whole(reference: LoadedVideo, candidate: LoadedVideo) -> ClipPair:
    """Both as they are."""
    return ClipPair(reference, candidate, None)


class InstructionComparer(AsyncModule):
    """Compares two videos of one instruction step by step.

    Args:
        lms: models by role; None asks ``dspy.settings.lm``.
        finder, captioner: the modules that find steps and compare them; None: the defaults.
        show: which frames of a step are shown, see ``build.step_pair``.
        effort: how many frames of a step are shown, see ``clips.FRAMES``.
        checks: whether differences are checked.
        attempts: asks until an answer parses.
        threads: calls in flight at once, at the most.
        progress: called with (task, done, total).
    """

    def __init__(
        self,
        lms: LMs | None = None,
        *,
        finder: StepFinder | None = None,
        captioner: StepCaptioner | None = None,
        show: ShowPair = show_whole,
        effort: EffortName = "medium",
        checks: bool = True,
        attempts: int = 3,
        threads: int = 8,
        progress: Progress = silent,
    ) -> None:
        super().__init__()
        self.finder = finder or StepFinder(lms, attempts=attempts, throttle=Throttle(threads), progress=progress)
        self.captioner = captioner or StepCaptioner(
            lms, effort=effort, checks=checks, attempts=attempts, threads=threads
        )
        self.show = show
        self.match = Retry(dspy.Predict(MatchSteps), attempts)
        self.lms, self.throttle, self.progress = lms, Throttle(threads), progress

    def forward(
        self,
        reference: LoadedVideo,
        candidate: LoadedVideo,
        cues: tuple[Sequence[Cue], Sequence[Cue]] = ((), ()),
        categories: Sequence[str] = CATEGORIES,
    ) -> dspy.Prediction:
        """``steps``: a PairedStep for each; ``localization``: a ModelAnswer, failed where none were found; ``task``.

        Args:
            reference, candidate: loaded videos.
            cues: what is said in them; a video without any is captioned.
            categories: names, each once.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        self.progress("finding the steps", 0, 0)
        inputs = ((reference, cues[0]), (candidate, cues[1]))
        steps = in_parallel([functools.partial(self.find_steps, *one) for one in inputs], 2)
        notices = tuple(f"{side}: {notice}" for side, one in zip(_SIDES, steps, strict=True) for notice in one.notices)
        failure = next((one.failure for one in steps if one.failure), None)
        similarity = failure or self.similarity(steps[0].steps, steps[1].steps)
        if isinstance(similarity, Failure):
            localization = ModelAnswer(error=similarity.message, fault=similarity.kind)
            return dspy.Prediction(task=steps[0].task, steps=(), localization=localization, notices=notices)
        pairs = pair_steps(steps[0].steps, steps[1].steps, similarity)
        compared, doubts = self.compare_steps(pairs, reference, candidate, categories)
        return dspy.Prediction(task=steps[0].task, steps=compared, localization=ModelAnswer(), notices=notices + doubts)

    def find_steps(self, video: LoadedVideo, cues: Sequence[Cue]) -> dspy.Prediction:
        """The steps of one video."""
        return self.finder(video=video, cues=cues)

    def similarity(self, reference: Sequence[Segment], candidate: Sequence[Segment]) -> np.ndarray | Failure:
        """(R, C) from 0 to 1: how alike steps are, as the text model tells it; 0 where it names no partner."""
        matrix = np.zeros((len(reference), len(candidate)))
        if not matrix.size:
            return matrix
        keys, numbered = number_statements({str(i): step.stage for i, step in enumerate(reference)})
        others, offered = number_statements({str(i): step.stage for i, step in enumerate(candidate)})
        answer = Caller(self.lms, self.throttle)(
            self.match, "text", check=completeness_check("matches", keys), reference=numbered, candidate=offered
        )
        if isinstance(answer, Failure):
            return answer
        entries = entries_by_key(answer.matches, keys)
        if not entries:
            return Failure("garbled", "The model matched no step with another, and did not say that none matches.")
        for number, entry in entries.items():
            if entry.candidate in others:
                matrix[int(keys[number]), int(others[entry.candidate])] = entry.similarity / 100
        return matrix

    def compare_steps(
        self, pairs: Sequence[PairedStep], reference: LoadedVideo, candidate: LoadedVideo, categories: Sequence[str]
    ) -> WithNotices[tuple[PairedStep, ...]]:
        """The same steps, those that both videos show with their differences; and why frames are not as wanted."""
        jobs = [functools.partial(self.differences, pair, reference, candidate, categories) for pair in pairs]
        compared = in_parallel(jobs, self.throttle.most, lambda done: self.progress("comparing steps", done, len(jobs)))
        doubts = (
            f"Frames of step {step.name!r} are spread evenly, not aligned. {doubt}" for step, doubt in compared if doubt
        )
        return WithNotices(tuple(step for step, _ in compared), tuple(doubts))

    def differences(
        self, pair: PairedStep, reference: LoadedVideo, candidate: LoadedVideo, categories: Sequence[str]
    ) -> ComparedStep:
        """One step with its differences."""
        if pair.reference is None or pair.candidate is None:
            return ComparedStep(pair, None)
        parts = [
            part_of(video, where.start_s, where.stop_s)
            for video, where in ((reference, pair.reference), (candidate, pair.candidate))
        ]
        shown, other, doubt = self.show(*parts)
        answer = self.captioner(step=pair.name, reference=shown, candidate=other, categories=categories)
        return ComparedStep(pair.model_copy(update={"categories": answer.categories}), doubt)


_SIDES = ("Reference", "Candidate")


def pair_steps(
    reference: Sequence[Segment], candidate: Sequence[Segment], similarity: np.ndarray
) -> tuple[PairedStep, ...]:
    """All steps of both videos in the order of the reference, each extra step after the one that it follows.

    Args:
        reference, candidate: the steps of both, in order.
        similarity: (R, C) from 0 to 1.
    """
    ordered = match_in_order(similarity) if similarity.size else []
    moved = match_rest(similarity, ordered) if similarity.size else []
    partner = dict(ordered + moved)
    steps = []
    for i, step in enumerate(reference):
        other = candidate[partner[i]] if i in partner else None
        steps.append(((i, 0), PairedStep(
            name=step.stage,
            reference=step,
            candidate=other.model_copy(update={"stage": step.stage}) if other else None,
            in_order=i not in dict(moved),
        )))  # fmt: skip
    names = {step.stage for step in reference}
    for j in sorted(set(range(len(candidate))) - set(partner.values())):
        after = max((i for i, one in ordered if one < j), default=-1)
        name = candidate[j].stage if candidate[j].stage not in names else f"{candidate[j].stage} (candidate)"
        steps.append(((after, j + 1), PairedStep(name=name, candidate=candidate[j].model_copy(update={"stage": name}))))
    return tuple(step for _, step in sorted(steps, key=lambda one: one[0]))
