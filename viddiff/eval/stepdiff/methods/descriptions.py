"""Models that never see both clips at once (paper, section 4): each clip in words, then the words compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from viddiff import build
from viddiff.core.parallel import in_parallel
from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem, Item, RankItem, StepClip, StepPair
from viddiff.eval.stepdiff.methods.estimates import View
from viddiff.eval.stepdiff.methods.registry import ByTask, ItemAnswer, StepMethodContext, Videos
from viddiff.lms import Failure
from viddiff.lms.roles import Role, limits_in_force
from viddiff.lms.throttle import Throttle
from viddiff.programs.caller import Caller
from viddiff.programs.stepdiff.clips import clips_of
from viddiff.programs.stepdiff.describer import CategoryDescriber, StepDescriber
from viddiff.programs.stepdiff.from_text import Descriptions, TextComparer


class DescriptionMethod(ByTask):
    """Describes each clip once for the whole run, and compares descriptions.

    Args:
        view: what the descriptions cover.
        role: the model that compares.
    """

    def __init__(self, context: StepMethodContext, view: View, role: Role) -> None:
        settings = context.settings
        self.context, self.view, self.n_frames = context, view, build.step_frames(settings)
        self.whole, self.in_category = StepDescriber(settings.attempts), CategoryDescriber(settings.attempts)
        self.compare = TextComparer(role, settings.attempts)
        self.call = Caller(context.lms, Throttle(settings.threads))

    def caption(self, item: CaptionItem, videos: Videos) -> ItemAnswer:
        """DiffCap."""
        descriptions = self.describe_pair(item.pair, item, videos)
        answer = (
            descriptions
            if isinstance(descriptions, Failure)
            else self.compare.caption(self.call, descriptions, item.category)
        )
        return _failed_answer(answer) if isinstance(answer, Failure) else ItemAnswer(prediction=answer)

    def choose(self, item: ChoiceItem, videos: Videos) -> ItemAnswer:
        """DiffMCQ: how likely the caption is true of each pair, less how likely it is with the clips swapped."""

        def ask(pair: StepPair) -> float | Failure:
            descriptions = self.describe_pair(pair, item, videos)
            if isinstance(descriptions, Failure):
                return descriptions
            shares = [
                self.compare.p_true(self.call, order, item.difference) for order in (descriptions, descriptions[::-1])
            ]
            failed = next((share for share in shares if isinstance(share, Failure)), None)
            return failed or float(shares[0]) - float(shares[1])  # type: ignore[arg-type]  # no failure among them

        return _scores([partial(ask, pair) for pair in item.options])

    def rank(self, item: RankItem, videos: Videos) -> ItemAnswer:
        """DiffRank: a grade for each candidate."""

        def ask(candidate: StepClip) -> float | Failure:
            descriptions = self.describe_pair(StepPair(reference=item.reference, candidate=candidate), item, videos)
            return (
                descriptions
                if isinstance(descriptions, Failure)
                else self.compare.similarity(self.call, descriptions, item.category)
            )

        return _scores([partial(ask, clip) for clip in item.candidates], "stated")

    def describe_pair(self, pair: StepPair, item: Item, videos: Videos) -> Descriptions | Failure:
        """The descriptions of reference and candidate."""
        reference = self.description(pair.reference, item, videos)
        candidate = self.description(pair.candidate, item, videos)
        for one in (reference, candidate):
            if isinstance(one, Failure):
                return one
        return str(reference), str(candidate)

    def description(self, clip: StepClip, item: Item, videos: Videos) -> str | Failure:
        """One clip in words, asked for once in all sessions of a run."""
        if self.view == "nothing":
            return ""

        def make() -> str | Failure:
            most = limits_in_force(self.context.models).max_images
            (clip_input,) = clips_of((videos[clip.id],), self.n_frames, most)
            if self.view == "whole":
                answer = self.call(self.whole, "vision", clip=clip_input, step=step)
            else:
                answer = self.call(self.in_category, "vision", clip=clip_input, category=item.category, step=step)
            return answer if isinstance(answer, Failure) else str(answer.text)

        step, key = item.step or "", "|".join((clip.id, *([item.category] if self.view == "category" else [])))
        return self.context.texts.get(f"{key}|{step}" if step else key, make)


def _scores(
    jobs: Sequence[Callable[[], float | Failure]], route: Literal["contrast", "stated"] = "contrast"
) -> ItemAnswer:
    """One score for each job; without one of them there is no answer."""
    scores = in_parallel(jobs, 2)
    failed = next((score for score in scores if isinstance(score, Failure)), None)
    return _failed_answer(failed) if failed else ItemAnswer(prediction=tuple(map(float, scores)), route=route)  # type: ignore[arg-type]


def _failed_answer(failure: Failure) -> ItemAnswer:
    return ItemAnswer(error=failure.message, fault=failure.kind)
