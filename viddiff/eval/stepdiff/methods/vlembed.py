"""VLEmbed: clips and captions as CLIP vectors, compared by their cosine (paper, section 4). No LM, and no captions."""

from __future__ import annotations

from viddiff import build
from viddiff.eval.stepdiff.items import ChoiceItem, RankItem, StepClip
from viddiff.eval.stepdiff.methods.registry import ByTask, ItemAnswer, StepMethodContext, Videos
from viddiff.localizer.clip.video_embedder import PAIR_VECTORS, Vector, unit


class VLEmbed(ByTask):
    """The cosine of a caption with a pair of clips, and of a candidate with the reference.

    Args:
        variant: how a pair becomes one vector, see ``PAIR_VECTORS``.
    """

    def __init__(self, context: StepMethodContext, variant: str) -> None:
        self.embedder, self.pair = build.video_embedder(context.settings), PAIR_VECTORS[variant]

    def choose(self, item: ChoiceItem, videos: Videos) -> ItemAnswer:
        """DiffMCQ."""
        vector = self.embedder.embed_text(item.difference)
        pairs = [self.pair(self.of(pair.reference, videos), self.of(pair.candidate, videos)) for pair in item.options]
        return ItemAnswer(prediction=tuple(float(unit(pair) @ vector) for pair in pairs), route="embedding")

    def rank(self, item: RankItem, videos: Videos) -> ItemAnswer:
        """DiffRank; the category is not asked, because an image has no vector of one."""
        reference = self.of(item.reference, videos)
        cosines = (float(self.of(clip, videos) @ reference) for clip in item.candidates)
        return ItemAnswer(prediction=tuple(cosines), route="embedding")

    def of(self, clip: StepClip, videos: Videos) -> Vector:
        """The vector of a clip."""
        return self.embedder.embed_video(videos[clip.id].sequence)
