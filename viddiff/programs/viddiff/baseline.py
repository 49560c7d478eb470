"""The baseline: one call with all sampled frames of both videos (paper, section 5). The same interface as VidDiff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import dspy

from viddiff.core.errors import BackendError
from viddiff.core.types import Difference, FailureKind, FrameRef, Verdict
from viddiff.lms import LMs, failure_of
from viddiff.lms.limits import subsample
from viddiff.lms.retry import Retry
from viddiff.lms.roles import limits_in_force
from viddiff.programs.answers import as_share
from viddiff.programs.caller import model_in_force
from viddiff.programs.entries import LEFT_OUT, completeness_check, entries_by_key
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.statements import difference_of, filter_differences
from viddiff.programs.viddiff.tokens import MAX_IMAGES
from viddiff.programs.viddiff.whole_clip import whole_clip_outcome
from viddiff.signatures.clip import Clip
from viddiff.signatures.viddiff.baseline import FindDifferences, FoundDifference, JudgeAll, JudgedStatement
from viddiff.video.loaded import LoadedVideo


class FoundDifferences(NamedTuple):
    """What one call of open mode finds.

    Attributes:
        differences: in the order of the model.
        verdicts: difference key -> its verdict.
        notices: what was left out, and why.
        fault: why there is nothing; None where the call was answered.
    """

    differences: tuple[Difference, ...]
    verdicts: dict[str, Verdict]
    notices: tuple[str, ...]
    fault: FailureKind | None


class Baseline(AsyncModule):
    """Asks one question about everything.

    Args:
        lms: models by role; None asks ``dspy.settings.lm``.
        attempts: asks until the answer parses.
        max_images: frames of both videos together; of more, and of more than the model takes, some are shown, evenly.
    """

    def __init__(self, lms: LMs | None = None, attempts: int = 3, max_images: int = MAX_IMAGES) -> None:
        super().__init__()
        self.judge = Retry(ClipPredict(JudgeAll), attempts)
        self.find = Retry(ClipPredict(FindDifferences), attempts)
        self.lms = lms
        self.max_images = max_images

    def forward(
        self,
        action: str,
        video_a: LoadedVideo,
        video_b: LoadedVideo,
        differences: Sequence[Difference] | None = None,
        n_differences: int = 10,
    ) -> dspy.Prediction:
        """A prediction whose ``outcome`` is an Outcome; a call that fails is a failed question for every difference.

        Raises:
            BudgetError: the budget is spent. UsageError: a predictor has a model of its own beside ``lms``.
        """
        frames_a, frames_b = self.sample_frames(video_a), self.sample_frames(video_b)
        fault: FailureKind | None = None
        clips = {"video_a": Clip.of("A", frames_a), "video_b": Clip.of("B", frames_b), "action": action}
        if differences is None:
            differences, verdicts, notices, fault = self.find_differences(clips, n_differences)
        else:
            verdicts, notices = self.judge_statements(clips, differences), ()
        notices = (*self.subsampling_notice(video_a, video_b), *notices)
        frames = (frames_a, frames_b)
        return dspy.Prediction(
            outcome=whole_clip_outcome(action, video_a, video_b, differences, verdicts, frames, notices, fault)
        )

    @property
    def image_budget(self) -> int:
        """Images of both videos together that may be shown."""
        max_images = limits_in_force(self.lms).max_images
        return self.max_images if max_images is None else min(max_images, self.max_images)

    def subsampling_notice(self, *videos: LoadedVideo) -> tuple[str, ...]:
        """A notice where the model takes fewer frames than the method shows, else nothing."""
        if self.image_budget == self.max_images or all(
            len(video.sequence) <= self.image_budget // 2 for video in videos
        ):
            return ()
        return (f"Only some of the frames were shown: the vision model takes {self.image_budget} images in a request.",)

    def sample_frames(self, video: LoadedVideo) -> tuple[FrameRef, ...]:
        """The sampled frames of one video, or as many of them as half of the budget, evenly."""
        indices = subsample(range(len(video.sequence)), self.image_budget // 2)
        return tuple(video.sequence.frame(index) for index in indices)

    def judge_statements(self, clips: Mapping[str, object], differences: Sequence[Difference]) -> dict[str, Verdict]:
        """A verdict for each given difference."""
        statements = {difference.key: difference.statement for difference in differences}
        try:
            with model_in_force(self.lms, "vision", self.judge):
                check = completeness_check("verdicts", statements)
                answered = self.judge(check=check, **clips, statements=statements).verdicts
        except (dspy.AdapterParseError, dspy.utils.exceptions.LMError) as error:
            return dict.fromkeys(statements, failed_verdict(error))
        entries = entries_by_key(answered, statements)
        return {key: verdict_of(entries.get(key)) for key in statements}

    def find_differences(self, clips: Mapping[str, object], n_differences: int) -> FoundDifferences:
        """The differences of open mode; none where the call failed, and a notice says so."""
        try:
            with model_in_force(self.lms, "vision", self.find):
                answers = self.find(**clips, n_differences=n_differences).differences
        except (dspy.AdapterParseError, dspy.utils.exceptions.LMError) as error:
            verdict = failed_verdict(error)
            return FoundDifferences((), {}, (f"Nothing was found: {verdict.error}",), verdict.fault)
        named = [difference_of(difference.statement, str(index)) for index, difference in enumerate(answers)]
        usable, notices = filter_differences(named)
        usable = usable[:n_differences]
        verdicts = {difference.key: verdict_of(answers[int(difference.key)]) for difference in usable}
        return FoundDifferences(usable, verdicts, notices, None)


def verdict_of(answered: JudgedStatement | FoundDifference | None) -> Verdict:
    """The verdict of one entry of the model's list; a statement without one, or with several, is a failed question."""
    if answered is None:
        return Verdict(status="failed", error=LEFT_OUT, fault="garbled")
    return Verdict(
        status="answered",
        answer=answered.answer,
        confidence=as_share(answered.confidence),
        reason=answered.reason,
    )


def failed_verdict(error: Exception) -> Verdict:
    """The verdict of every question of a call that failed; BackendError where every further call would fail alike."""
    fault = failure_of(error)
    if fault is None:
        raise error
    if fault.fatal:
        raise BackendError(fault.message) from error
    return fault.verdict
