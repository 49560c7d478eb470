"""What a trained projector answers in place of a model of prompts: the interfaces of captioner, answerer and ranker.

It was trained on chats that name no step, so none is given to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import dspy

from viddiff.core.types import Progress, silent
from viddiff.lms.likelihood import share_of
from viddiff.programs.predict import AsyncModule
from viddiff.programs.statements import unfit_reason
from viddiff.programs.stepdiff.projector.chat import paired_chat
from viddiff.programs.stepdiff.projector.questions import (
    MAX_TOKENS,
    caption,
    caption_likelihoods,
    p_same,
)
from viddiff.programs.stepdiff.projector.trained import TrainedProjector
from viddiff.programs.stepdiff.projector.training import FeaturesOf
from viddiff.programs.stepdiff.results import (
    CategoryDifferences,
    OrderCheck,
    PairedAnswer,
    RankedCandidate,
    StepDifference,
)
from viddiff.programs.stepdiff.verifier import TRUE
from viddiff.video.loaded import LoadedVideo

_NAMES = ("reference", "candidate")


class ProjectedCaptioner(AsyncModule):
    """As ``StepCaptioner``: one caption in each category.

    Its severity follows from how likely the answer is YES to whether both show the same; the check compares how likely
    the caption is with how likely it is with the clips swapped.
    """

    def __init__(self, projector: TrainedProjector, checks: bool = True, progress: Progress = silent) -> None:
        super().__init__()
        self.projector, self.checks, self.progress = projector, checks, progress

    def forward(
        self, step: str, reference: LoadedVideo, candidate: LoadedVideo, categories: Sequence[str]
    ) -> dspy.Prediction:
        """``categories``: a CategoryDifferences for each.

        Raises:
            InputError: it was trained on features from files. BackendError: no memory is left.
        """
        features = self.projector.features_of({"reference": reference, "candidate": candidate})
        captions = []
        for n_done, category in enumerate(categories):
            self.progress("looking", n_done, len(categories))
            captions.append(CategoryDifferences(category=category, differences=self._differences(features, category)))
        return dspy.Prediction(categories=tuple(captions))

    def _differences(self, features: FeaturesOf, category: str) -> tuple[StepDifference, ...]:
        with self.projector.asking(features) as model:
            text = caption(model, _NAMES, category)
            if unfit_reason(text) is not None:
                return ()
            severity = round(1 + 4 * p_same(model, _NAMES, category))
            orders = [_NAMES, _NAMES[::-1]]
            likely = caption_likelihoods(model, orders, category, text) if self.checks else None
        return (StepDifference(difference=text, severity=severity, check=_check(likely) if likely else None),)


def _check(likely: Sequence[float]) -> OrderCheck:
    """Of two log-likelihoods: as told, and with the clips swapped."""
    p_true = share_of(*likely)
    return OrderCheck(outcome="holds" if p_true >= TRUE else "false", p_true=p_true, p_true_swapped=1 - p_true)


class ProjectedAnswerer(AsyncModule):
    """As ``StepAnswerer``: the likeliest answer, word by word."""

    def __init__(self, projector: TrainedProjector) -> None:
        super().__init__()
        self.projector = projector

    def forward(self, question: str, reference: LoadedVideo, candidate: LoadedVideo, step: str = "") -> dspy.Prediction:
        """``answer``: a PairedAnswer; raises as ``ProjectedCaptioner``."""
        features = self.projector.features_of({"reference": reference, "candidate": candidate})
        with self.projector.asking(features) as model:
            text = model.answer(paired_chat(*_NAMES, question), MAX_TOKENS)
        if not text:
            failed = PairedAnswer(question=question, error="The projector gave an empty answer.", fault="garbled")
            return dspy.Prediction(answer=failed)
        return dspy.Prediction(answer=PairedAnswer(question=question, answer=text, answerable=True))


class ProjectedRanker(AsyncModule):
    """As ``StepRanker``: by how likely the answer is YES to whether both show the same (paper, section 3.4)."""

    def __init__(self, projector: TrainedProjector, progress: Progress = silent) -> None:
        super().__init__()
        self.projector, self.progress = projector, progress

    def forward(
        self, reference: LoadedVideo, candidates: Sequence[LoadedVideo], category: str, step: str = ""
    ) -> dspy.Prediction:
        """``ranked``: a RankedCandidate for each, the closest first; ``notices``; raises as ``ProjectedCaptioner``."""
        videos = {"reference": reference, **{str(index): video for index, video in enumerate(candidates)}}
        features = self.projector.features_of(videos)
        ranked = []
        for index in range(len(candidates)):
            self.progress("grading", index, len(candidates))
            with self.projector.asking(features) as model:
                share = p_same(model, ("reference", str(index)), category)
            ranked.append(RankedCandidate(index=index, grade=share, similarity=share))
        ranked.sort(key=lambda one: (-(one.similarity or 0.0), one.index))
        return dspy.Prediction(ranked=tuple(ranked), notices=())
