"""Captions of DiffCap judged by a model, beside the metrics that compare words."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from viddiff.core.parallel import in_parallel
from viddiff.core.types import Progress
from viddiff.eval import statistics
from viddiff.eval.stepdiff.items import CaptionItem, StepData
from viddiff.eval.stepdiff.predictions import Prediction
from viddiff.eval.stepdiff.scores import JudgeScores
from viddiff.lms import Failure

if TYPE_CHECKING:
    import dspy

    from viddiff.core.settings import Settings
    from viddiff.lms import LMs


def judge_captions(
    data: StepData, predictions: Sequence[Prediction], lms: LMs, settings: Settings, progress: Progress
) -> JudgeScores:
    """What the model of the role "judge" says of all captions; a row without one covers and invents nothing.

    Args:
        data: of DiffCap.
        predictions: in the order of the data.

    Raises:
        BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
    """
    from viddiff import build
    from viddiff.lms.throttle import Throttle
    from viddiff.programs.caller import Caller
    from viddiff.programs.stepdiff.caption_judge import CaptionJudge

    judge, call = CaptionJudge(settings.attempts), Caller(lms, Throttle(settings.threads))

    def ask(item: CaptionItem, prediction: Prediction) -> dspy.Prediction | Failure:
        return call(judge, "judge", category=item.category, captions=item.captions, caption=str(prediction or ""))

    jobs = [
        functools.partial(ask, item, predicted)
        for item, predicted in zip(data.items, predictions, strict=True)
        if isinstance(item, CaptionItem)
    ]
    with build.asking_context(settings):
        answers = in_parallel(jobs, settings.threads, lambda done: progress("judging captions", done, len(jobs)))
    return scores_of_answers(data, answers, lms.lms["judge"].model)


def scores_of_answers(data: StepData, answers: Sequence[dspy.Prediction | Failure], model: str) -> JudgeScores:
    """The scores over the rows whose call did not fail."""
    judged = {
        row: (float(bool(answer.covered)), float(answer.invented))
        for row, answer in enumerate(answers)
        if not isinstance(answer, Failure)
    }
    if not judged:
        return JudgeScores(model=model, n_failed=len(answers), coverage=None, invention=None, net=None)
    values = np.array(list(judged.values()))
    net = values[:, 0] - values[:, 1]
    coverage, invention = values.mean(axis=0).tolist()
    references = [data.items[row].reference.id for row in judged]
    return JudgeScores(
        model=model,
        n_failed=len(answers) - len(judged),
        coverage=coverage,
        invention=invention,
        net=float(net.mean()),
        interval=statistics.interval(
            [statistics.cluster_sums(references, np.column_stack([net, np.ones(len(net))]))], bounds=(-1.0, 1.0)
        ),
    )
