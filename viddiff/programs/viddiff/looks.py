"""Looks at statements: groups of them judged on close frames of their moments, a call of the judge for each group."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from viddiff.core.parallel import in_parallel
from viddiff.core.record import Record
from viddiff.core.types import Difference, FrameRef, Progress
from viddiff.lms import Failure
from viddiff.programs.caller import Caller
from viddiff.programs.entries import LEFT_OUT
from viddiff.programs.evidence import MeasuredStatement
from viddiff.programs.viddiff.effort import Effort
from viddiff.programs.viddiff.finder import Moments
from viddiff.programs.viddiff.frames import CropOf, Views, even_times, group_for_calls, show_all, views_of
from viddiff.programs.viddiff.judge import Judge, JudgeAnswer
from viddiff.signatures.clip import Clip
from viddiff.signatures.measurements import decided_measurement_text
from viddiff.video.loaded import LoadedVideo


class Look(Record):
    """What one call of the judge told of a statement, on the frames that it showed; in terms of the true A and B."""

    judged: JudgeAnswer
    views: Views


class Looks:
    """Asks the judge about one pair.

    Args:
        call: asks the model.
        judge: the module.
        effort: how many frames and statements a call has.
        action: what is done in both videos.
        a, b: the videos.
        max_images: what the model takes in a request; None: as many as there are.
        measured: difference key -> what was measured about it, where that decides it.
        close: whether frames are taken at the videos' own rate; else the sampled frames nearest to the moments serve.
        progress: called with (task, done, total).
        zoom: the part of the picture that a second look shows.
    """

    def __init__(
        self,
        call: Caller,
        judge: Judge,
        effort: Effort,
        action: str,
        a: LoadedVideo,
        b: LoadedVideo,
        max_images: int | None,
        measured: Mapping[str, MeasuredStatement],
        close: bool,
        progress: Progress,
        zoom: CropOf = show_all,
    ) -> None:
        self.call, self.judge, self.effort, self.action = call, judge, effort, action
        self.a, self.b = (a, b) if close else (replace(a, path=None), replace(b, path=None))
        self.most = min(effort.close_frames, max_images or effort.close_frames)
        self.measured, self.progress, self.zoom = measured, progress, zoom

    def at(
        self, differences: Sequence[Difference], moments: Mapping[str, Moments], swap: bool, again: bool = False
    ) -> dict[str, Look | Failure]:
        """What the judge sees of each statement at its moments.

        Args:
            swap: B is shown as A.
            again: a second look, at fewer statements.
        """
        most = self.effort.second_looks if again else self.effort.statements
        groups = group_for_calls(differences, moments, max(1, most * self.most // self.effort.close_frames))
        jobs = [functools.partial(self.judge_group, group, moments, swap, again) for group in groups]
        task = "looking again" if again else "judging"
        looks: dict[str, Look | Failure] = {}
        for part in in_parallel(
            jobs, self.call.throttle.most, lambda done: self.progress(task, done, len(groups)), wait=False
        ):
            looks |= part
        return looks

    def judge_group(
        self, group: Sequence[Difference], moments: Mapping[str, Moments], swap: bool, again: bool
    ) -> dict[str, Look | Failure]:
        """One call of the judge; a statement that it left out has failed."""
        crop_of = self.zoom if again else show_all
        most = min(self.most, self.effort.second_frames) if again else self.most
        views = views_of(group, moments, self.a, self.b, most, self.effort.close_side, crop_of, again)
        shown = views.swap() if swap else views
        prediction = self.call(
            self.judge,
            "vision",
            action=self.action,
            video_a=Clip.of("A", shown.a),
            video_b=Clip.of("B", shown.b),
            statements={difference.key: difference.statement for difference in group},
            measurements=self.measurement_texts(group, swap),
        )
        if isinstance(prediction, Failure):
            return {difference.key: prediction for difference in group}
        found: Mapping[str, JudgeAnswer] = prediction.judged
        return {
            difference.key: Look(judged=judgement.swap_sides() if swap else judgement, views=views)
            if (judgement := found.get(difference.key))
            else Failure("garbled", LEFT_OUT)
            for difference in group
        }

    def measurement_texts(self, group: Sequence[Difference], swap: bool) -> dict[str, str]:
        """What was measured about each statement, in the order in which the videos are shown."""
        texts = {}
        for difference in group:
            evidence = self.measured.get(difference.key)
            if evidence is not None and evidence.measurement is not None:
                number = evidence.measurement.swap_sides() if swap else evidence.measurement
                texts[difference.key] = decided_measurement_text(number, evidence.verdict)
        return texts


def frames_of(look: Look, moments: Moments, a: LoadedVideo, b: LoadedVideo) -> Views:
    """The frames that show a statement: those that the model cited, and those of its moments."""
    return Views(
        _of_statement(look.views.a, look.judged.evidence_a, moments.a or even_times(a, 1)),
        _of_statement(look.views.b, look.judged.evidence_b, moments.b or even_times(b, 1)),
    )


def _of_statement(frames: Sequence[FrameRef], cited: Sequence[int], moments_s: Sequence[float]) -> tuple[FrameRef, ...]:
    """The cited frames and those nearest to the moments, in order."""
    nearest = {min(range(len(frames)), key=lambda i: abs(frames[i].time_s - time_s)) for time_s in moments_s if frames}
    return tuple(frames[i] for i in sorted({*cited, *nearest}))
