"""The likelihood of a whole answer as a score (paper, section 3.4), for models in this process."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import dspy

from viddiff.lms import Failure
from viddiff.lms.likelihood import likelihoods_of, share_of
from viddiff.lms.meter import count_answered, current_call_slot
from viddiff.lms.roles import limits_in_force
from viddiff.programs.caller import Caller
from viddiff.programs.predict import AsyncModule
from viddiff.programs.stepdiff.clips import clips_of
from viddiff.signatures.clip import Clip
from viddiff.signatures.stepdiff.paired_qa import FIRST_VIDEO, PAIRED_SYSTEM, SECOND_VIDEO, main_difference, same_in
from viddiff.video.loaded import LoadedVideo

#: Spellings of an answer; the likelihoods of all of them are one.
_YES, _NO = ("YES", "Yes", "yes"), ("NO", "No", "no")


class AnswerLikelihoods(AsyncModule):
    """Tells how likely answers to a question on two clips are; the LM in force must be one that tells it."""

    def forward(self, reference: Clip, candidate: Clip, question: str, answers: Sequence[str]) -> dspy.Prediction:
        """``log_likelihoods``: of each answer, summed over its tokens.

        Raises:
            BackendError: the model cannot be loaded, or the request is too large for it.
        """
        engine = likelihoods_of(dspy.settings.lm)
        assert engine is not None
        with current_call_slot():
            likelihoods = engine.log_likelihoods(conversation_of(reference, candidate, question), answers)
        count_answered(len(reference.frames) + len(candidate.frames))
        return dspy.Prediction(log_likelihoods=likelihoods)


class LikelihoodScorer:
    """Scores pairs by the likelihood of answers.

    Args:
        n_frames: of a clip, evenly over it.
    """

    def __init__(self, n_frames: int) -> None:
        self.program, self.n_frames = AnswerLikelihoods(), n_frames

    def caption(
        self, call: Caller, pair: tuple[LoadedVideo, LoadedVideo], category: str, difference: str
    ) -> float | Failure:
        """The log-likelihood of a caption as the answer to what the main difference is.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        likelihoods = self._ask(call, pair, main_difference(category), [difference])
        return likelihoods if isinstance(likelihoods, Failure) else likelihoods[0]

    def p_same(self, call: Caller, pair: tuple[LoadedVideo, LoadedVideo], category: str) -> float | Failure:
        """p(YES) / (p(YES) + p(NO)), all spellings summed, that both show the same; as ``caption``."""
        likelihoods = self._ask(call, pair, same_in(category), [*_YES, *_NO])
        return (
            likelihoods
            if isinstance(likelihoods, Failure)
            else share_of(_sum(likelihoods[: len(_YES)]), _sum(likelihoods[len(_YES) :]))
        )

    def _ask(
        self, call: Caller, pair: tuple[LoadedVideo, LoadedVideo], question: str, answers: Sequence[str]
    ) -> list[float] | Failure:
        reference, candidate = clips_of(pair, self.n_frames, limits_in_force(call.lms).max_images)
        reply = call(
            self.program, "vision", reference=reference, candidate=candidate, question=question, answers=answers
        )
        return reply if isinstance(reply, Failure) else list(reply.log_likelihoods)


def conversation_of(reference: Clip, candidate: Clip, question: str) -> list[dict[str, Any]]:
    """System and user message (paper, section 3.3), in the form of chat templates."""
    content = [_text(FIRST_VIDEO), *map(_block, reference.format()), _text(SECOND_VIDEO)]
    content += [*map(_block, candidate.format()), _text(f" {question}")]
    return [{"role": "system", "content": [_text(PAIRED_SYSTEM)]}, {"role": "user", "content": content}]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _block(block: dict[str, Any]) -> dict[str, Any]:
    """A block of a clip with its image decoded."""
    from PIL import Image

    if block["type"] == "text":
        return block
    data = base64.b64decode(block["image_url"]["url"].partition(",")[2])
    with Image.open(io.BytesIO(data)) as image:
        return {"type": "image", "image": image.convert("RGB")}


def _sum(logs: Sequence[float]) -> float:
    """The logarithm of a sum of probabilities."""
    import numpy as np

    return float(np.logaddexp.reduce(logs))
