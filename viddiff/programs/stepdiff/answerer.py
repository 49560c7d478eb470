"""The answerer: a question about two clips of a step (paper, section 3.1), with the frames that the answer rests on."""

from __future__ import annotations

import dspy

from viddiff.core.settings import EffortName
from viddiff.lms import Failure, LMs
from viddiff.lms.retry import Retry
from viddiff.lms.roles import limits_in_force
from viddiff.lms.throttle import Throttle
from viddiff.programs.answers import as_share
from viddiff.programs.caller import Caller
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.stepdiff.clips import FRAMES, cited_frames, clips_of
from viddiff.programs.stepdiff.results import PairedAnswer
from viddiff.signatures.stepdiff.answers import AnswerPaired
from viddiff.video.loaded import LoadedVideo


class StepAnswerer(AsyncModule):
    """Answers a question about a reference and a candidate in one call.

    Args:
        lms: models by role; None asks ``dspy.settings.lm``. Only the vision model is asked.
        effort: how many frames of a clip are shown, see ``clips.FRAMES``.
        attempts: asks until an answer parses.
    """

    def __init__(self, lms: LMs | None = None, *, effort: EffortName = "medium", attempts: int = 3) -> None:
        super().__init__()
        self.answer = Retry(ClipPredict(AnswerPaired), attempts, check_answer)
        self.lms, self.n_frames = lms, FRAMES[effort]

    def forward(self, question: str, reference: LoadedVideo, candidate: LoadedVideo, step: str = "") -> dspy.Prediction:
        """``answer``: a PairedAnswer; a call that failed has its error there.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        clips = clips_of((reference, candidate), self.n_frames, limits_in_force(self.lms).max_images)
        reply = Caller(self.lms, Throttle(1))(
            self.answer, "vision", reference=clips[0], candidate=clips[1], step=step, question=question
        )
        if isinstance(reply, Failure):
            return dspy.Prediction(answer=PairedAnswer(question=question, error=reply.message, fault=reply.kind))
        flaw = check_answer(reply)
        if flaw:
            return dspy.Prediction(answer=PairedAnswer(question=question, error=flaw, fault="garbled"))
        answer = PairedAnswer(
            question=question,
            answer=" ".join(reply.answer.split()),
            answerable=reply.answerable == "yes",
            confidence=as_share(reply.confidence),
            seen_reference=reply.seen_reference.strip(),
            seen_candidate=reply.seen_candidate.strip(),
            frames_reference=cited_frames(clips[0], reply.frames_reference),
            frames_candidate=cited_frames(clips[1], reply.frames_candidate),
        )
        return dspy.Prediction(answer=answer)


def check_answer(prediction: dspy.Prediction) -> str | None:
    """What is wrong with an answer: it is empty."""
    return None if prediction.answer.strip() else "The model gave an empty answer."
