"""How many images a question may hold, and questions that fit: see ``viddiff.lms.limits``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from viddiff.core.errors import UsageError
from viddiff.core.settings import ModelLimits
from viddiff.lms.limits import subsample
from viddiff.programs.differencer import Differencer
from viddiff.programs.questions import Question
from viddiff.signatures.clip import Clip


def image_budget(limits: ModelLimits, differencer: Differencer) -> int | None:
    """Images that a question may show beside those of the examples that go with it; None: as many as it likes.

    Raises:
        UsageError: the examples leave no room for one frame of each video.
    """
    if limits.max_images is None:
        return None
    n_shown = images_of_demos(differencer)
    budget = limits.max_images - n_shown
    if budget < 2:
        raise UsageError(
            f"The vision model takes {limits.max_images} images in a request, and the examples of the compiled "
            f"differencer hold {n_shown}: compile it with fewer examples, or name another --vision-lm."
        )
    return budget


def images_of_demos(differencer: Differencer) -> int:
    """Images in the examples of a differencer; each request holds them all."""
    values = [value for demo in differencer.judge.predict.demos for value in dict(demo).values()]
    return sum(len(value.frames) for value in values if isinstance(value, Clip))


def fit_question(question: Question, budget: int | None) -> Question:
    """The question with at most half of ``budget`` images of each video, chosen evenly."""
    if budget is None:
        return question
    frames_a, frames_b = subsample(question.frames_a, budget // 2), subsample(question.frames_b, budget // 2)
    n_left_out = len(question.frames_a) + len(question.frames_b) - len(frames_a) - len(frames_b)
    return replace(question, frames_a=frames_a, frames_b=frames_b, n_left_out=n_left_out) if n_left_out else question


def subsampling_notice(questions: Sequence[Question], budget: int | None) -> tuple[str, ...]:
    """A notice where frames were left out, else nothing."""
    n_thinned = sum(question.n_left_out > 0 for question in questions)
    if not n_thinned:
        return ()
    return (
        f"{n_thinned} of {len(questions)} questions show fewer frames than were chosen: "
        f"the vision model takes {budget} images in a request beside those of examples.",
    )
