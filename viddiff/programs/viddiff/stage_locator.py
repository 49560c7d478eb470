"""Where the stages of a proposal lie in both videos, for the method viddiff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from viddiff.core.notices import WithNotices
from viddiff.core.types import Localization, Progress, Proposal, Side
from viddiff.lms.tracing import span
from viddiff.localizer.clip.prefetch import Prefetch
from viddiff.localizer.localizer import Localizer
from viddiff.programs.caller import Caller
from viddiff.programs.viddiff.finder import Finder, Moments
from viddiff.programs.viddiff.finder_strategy import find_moments
from viddiff.video.loaded import LoadedVideo


@dataclass(frozen=True)
class StageLocator:
    """Finds the stages in one video after the other.

    Attributes:
        localizer: finds them in one video.
        finder: asks the vision model for moments; None: the localizer does not go by them.
        call: asks the model.
        progress: called with (task, done, total).
    """

    localizer: Localizer
    finder: Finder | None
    call: Caller
    progress: Progress

    def ask_moments(
        self, action: str, proposal: Proposal, video_a: LoadedVideo, video_b: LoadedVideo
    ) -> WithNotices[dict[str, Moments]]:
        """(moments that the vision model names, notices), where the localizer goes by them."""
        if self.finder is None:
            return WithNotices({}, ())
        open_stages = self.localizer.stages_to_ask(proposal.stages, video_a) | self.localizer.stages_to_ask(
            proposal.stages, video_b
        )
        differences = [
            difference
            for difference in proposal.differences
            if open_stages.intersection(proposal.links[difference.key])
        ]
        if not differences:
            return WithNotices({}, ())
        self.progress("looking", 0, 0)
        return find_moments(self.call, self.finder, action, differences, video_a, video_b)

    def locate(
        self,
        proposal: Proposal,
        video: LoadedVideo,
        side: Side,
        prefetch: Prefetch | None = None,
        reference: tuple[LoadedVideo, Localization] | None = None,
        moments: Sequence[Sequence[float]] = (),
    ) -> Localization:
        """Where the stages lie in one video.

        Args:
            reference: the other one, and where they lie there.
            moments: of each stage in this one, where the vision model named them.
        """
        total = len(video.sequence)
        task = f"locating stages in {side.upper()}"
        self.progress(task, 0, total)
        with span(f"localizer {side.upper()}"):
            return self.localizer(
                proposal.stages,
                video,
                side,
                lambda done: self.progress(task, done, total),
                prefetch,
                reference,
                moments,
            )
