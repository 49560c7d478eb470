"""Programs that see both clips in one request, as users have them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from viddiff import build
from viddiff.core.parallel import in_parallel
from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem, RankItem, StepPair
from viddiff.eval.stepdiff.methods.registry import ByTask, ItemAnswer, StepMethodContext, Videos, failed_item

if TYPE_CHECKING:
    from viddiff.programs.stepdiff.results import OrderCheck
    from viddiff.video.loaded import LoadedVideo


class ProgramMethod(ByTask):
    """Answers items with the programs that users have; released items do not name their step.

    Args:
        contrast: pairs are asked about in both orders, and candidates compared with each other; else each is asked
            about once and alone.
    """

    def __init__(self, context: StepMethodContext, contrast: bool) -> None:
        from viddiff.lms.throttle import Throttle

        self.settings = settings = context.settings
        lms = context.lms
        self.captioner = build.step_captioner(settings, lms, checks=False)
        self.ranker = build.step_ranker(settings, lms, contrast)
        self.verifier, self.throttle = build.step_verifier(settings), Throttle(settings.threads)
        self.lms, self.contrast, self.n_frames = lms, contrast, build.step_frames(settings)

    def show(self, pair: StepPair, videos: Videos) -> tuple[LoadedVideo, LoadedVideo]:
        """Reference and candidate, with the frames that the settings choose."""
        reference, other, _ = build.step_pair(self.settings, videos[pair.reference.id], videos[pair.candidate.id])
        return reference, other

    def caption(self, item: CaptionItem, videos: Videos) -> ItemAnswer:
        """DiffCap: the main difference in the category."""
        (entry,) = self.captioner(item.step or "", *self.show(item.pair, videos), (item.category,)).categories
        if entry.failed:
            return failed_item(entry)
        return ItemAnswer(prediction=entry.differences[0].difference if entry.differences else "")

    def choose(self, item: ChoiceItem, videos: Videos) -> ItemAnswer:
        """DiffMCQ: how likely the caption is true of each pair, less how likely it is with the clips swapped."""
        checks = in_parallel([partial(self.check, item, pair, videos) for pair in item.options], 2)
        failed = next((check for check in checks if check.failed), None)
        if failed:
            return failed_item(failed)
        scores = [check.contrast if self.contrast else check.p_true for check in checks]
        return ItemAnswer(
            prediction=tuple(score or 0.0 for score in scores), route="contrast" if self.contrast else "stated"
        )

    def check(self, item: ChoiceItem, pair: StepPair, videos: Videos) -> OrderCheck:
        """Whether the caption is true of one pair."""
        from viddiff.programs.caller import Caller
        from viddiff.programs.stepdiff.verifier import check_differences

        call, clips = Caller(self.lms, self.throttle), self.show(pair, videos)
        step, difference = item.step or "", {"0": item.difference}
        return check_differences(call, self.verifier, step, *clips, difference, self.n_frames, self.contrast)["0"]

    def rank(self, item: RankItem, videos: Videos) -> ItemAnswer:
        """DiffRank: the similarity of each candidate; where one has none, no order follows."""
        pairs = [self.show(StepPair(reference=item.reference, candidate=clip), videos) for clip in item.candidates]
        # All references that are aligned show the same frames.
        reference = min((reference_video for reference_video, _ in pairs), key=lambda shown: len(shown.sequence))
        ranked = self.ranker(reference, [other for _, other in pairs], item.category, item.step or "").ranked
        failed = next((one for one in ranked if one.failed), None)
        if failed:
            return failed_item(failed)
        similarities = (one.similarity or 0.0 for one in sorted(ranked, key=lambda one: one.index))
        return ItemAnswer(prediction=tuple(similarities), route="contrast" if self.contrast else "stated")
