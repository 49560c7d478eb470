"""The answerer: a question about two clips of a step (paper, section 3.1), with the frames that the answer rests on."""

from __future__ import annotations

import dspy

from viddiff.core.settings import EffortName
from viddiff.lms import Failure, LMs
from viddiff.lms.limits import limits_in_force
from viddiff.lms.retry import Retry
from viddiff.lms.throttle import Throttle
from viddiff.programs.answers import as_share
from viddiff.programs.caller import Caller
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.stepdiff.clips import FRAMES, cited, clips_of
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
        self.answer = Retry(ClipPredict(AnswerPaired), attempts, said_something)
        self.lms, self.n_frames = lms, FRAMES[effort]

    def forward(self, question: str, reference: LoadedVideo, candidate: LoadedVideo, step: str = "") -> dspy.Prediction:
        """``answer``: a PairedAnswer; a call that failed has its error there.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        shown = clips_of((reference, candidate), self.n_frames, limits_in_force(self.lms).max_images)
        said = Caller(self.lms, Throttle(1))(
            self.answer, "vision", reference=shown[0], candidate=shown[1], step=step, question=question
        )
        if isinstance(said, Failure):
            return dspy.Prediction(answer=PairedAnswer(question=question, error=said.message, fault=said.kind))
        flaw = said_something(said)
        if flaw:
            return dspy.Prediction(answer=PairedAnswer(question=question, error=flaw, fault="garbled"))
        answer = PairedAnswer(
            question=question,
            answer=" ".join(said.answer.split()),
            answerable=said.answerable == "yes",
            confidence=as_share(said.confidence),
            seen_reference=said.seen_reference.strip(),
            seen_candidate=said.seen_candidate.strip(),
            frames_reference=cited(shown[0], said.frames_reference),
            frames_candidate=cited(shown[1], said.frames_candidate),
        )
        return dspy.Prediction(answer=answer)


def said_something(prediction: dspy.Prediction) -> str | None:
    """What is wrong with an answer: it is empty."""
    return None if prediction.answer.strip() else "The model gave an empty answer."
