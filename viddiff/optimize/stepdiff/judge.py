"""Captions of a captioner judged by a model."""

from __future__ import annotations

import dspy

from viddiff.core.settings import Settings
from viddiff.lms import Failure, LMs, adapter_of
from viddiff.lms.throttle import Throttle
from viddiff.optimize.feedback import Feedback, Metric, join_sentences
from viddiff.optimize.request import Request
from viddiff.optimize.stepdiff.feedback import caption_feedback
from viddiff.programs.caller import Caller
from viddiff.programs.stepdiff.caption_judge import CaptionJudge

#: Rough sizes of a judgement in tokens.
JUDGE_TOKENS, JUDGE_ANSWER = 700, 250


class JudgeMetric:
    """(1 + coverage - invention) / 2 of the main difference: to say nothing is better than to invent.

    Where the model gives no answer that can be used, words decide: a 0 would blame the captioner.

    Args:
        lms: models by role; the role "judge" is asked.
        settings: how requests are written, and how often an answer is asked for.
    """

    score = "(1 + coverage - invention) / 2"

    def __init__(self, lms: LMs, settings: Settings) -> None:
        self.lms, self.adapter = lms, adapter_of(settings.adapter)
        self.judge = CaptionJudge(settings.attempts)

    def __call__(self, gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
        """How a caption was judged; arguments as of ``caption_feedback``.

        Raises:
            BudgetError: the budget is spent. BackendError: a fault that every further call would meet.
        """
        by_words = caption_feedback(gold, pred)
        if pred.answer is None:
            return by_words
        (captions,) = pred.answer
        caption = captions[0] if captions else ""
        judged = self.ask(gold, caption)
        if isinstance(judged, Failure):
            notice = "The judge gave no answer; the words were compared."
            return by_words.model_copy(update={"text": join_sentences(by_words.text, notice)})
        verdict = "It agrees with a labelled one." if judged.covered else "It agrees with none of them."
        invented = "It tells a difference that is not labelled." if judged.invented else ""
        return Feedback(
            score=(1 + bool(judged.covered) - judged.invented) / 2,
            text=join_sentences(by_words.text, *([verdict, invented, judged.reason] if caption else ())),
        )

    def ask(self, gold: dspy.Example, caption: str) -> dspy.Prediction | Failure:
        """What the judge says of a caption."""
        call = Caller(self.lms, Throttle(1))
        with dspy.context(adapter=self.adapter, trace=[], disable_history=True):
            return call(self.judge, "judge", category=gold.category, captions=gold.captions, caption=caption)


def caption_metric(request: Request, settings: Settings, lms: LMs) -> Metric:
    """How captions are judged: by a model, or by their words."""
    return JudgeMetric(lms, settings) if request.judge == "lm" else caption_feedback
