"""StepDiff itself: a trained projector, asked by likelihood (paper, section 3.4)."""

from __future__ import annotations

from contextlib import AbstractContextManager

from viddiff import build
from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem, Item, RankItem
from viddiff.eval.stepdiff.methods.registry import ByTask, ItemAnswer, StepMethodContext, Videos
from viddiff.eval.stepdiff.projector.features import FromFiles
from viddiff.programs.stepdiff.projector.questions import caption, caption_likelihoods, p_same
from viddiff.programs.stepdiff.projector.training import FeaturesOf, PairedModel


class ProjectorMethod(ByTask):
    """A trained projector of ``viddiff steps train``."""

    def __init__(self, context: StepMethodContext) -> None:
        assert context.projector is not None
        self.paired = build.paired_clips(context.projector, context.settings)
        n_frames = self.paired.card.options.frames
        self.files = FromFiles(context.features, n_frames) if context.features else None

    def caption(self, item: CaptionItem, videos: Videos) -> ItemAnswer:
        """DiffCap: the likeliest caption, word by word."""
        with self.asking(item, videos) as model:
            return ItemAnswer(
                prediction=caption(model, (item.pair.reference.id, item.pair.candidate.id), item.category)
            )

    def choose(self, item: ChoiceItem, videos: Videos) -> ItemAnswer:
        """DiffMCQ: the log-likelihood of the caption for each pair."""
        pairs = [(pair.reference.id, pair.candidate.id) for pair in item.options]
        with self.asking(item, videos) as model:
            likely = caption_likelihoods(model, pairs, item.category, item.difference)
        return ItemAnswer(prediction=tuple(likely), route="likelihood")

    def rank(self, item: RankItem, videos: Videos) -> ItemAnswer:
        """DiffRank: p(YES) that a candidate shows the same."""
        with self.asking(item, videos) as model:
            shares = [p_same(model, (item.reference.id, clip.id), item.category) for clip in item.candidates]
        return ItemAnswer(prediction=tuple(shares), route="likelihood")

    def asking(self, item: Item, videos: Videos) -> AbstractContextManager[PairedModel]:
        """The model that sees the clips of an item."""
        return self.paired.asking(self.features_of(item, videos))

    def features_of(self, item: Item, videos: Videos) -> FeaturesOf:
        """The features of the clips of an item by id."""
        if self.files is None:
            return self.paired.features_of(videos)
        files, clips = self.files, {clip.id: clip for clip in item.clips}
        return lambda name: files(clips[name])
