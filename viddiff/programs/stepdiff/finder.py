"""The steps of a whole video: from its transcript, else from captions of its parts."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence

import dspy
import numpy as np

from viddiff.core.parallel import in_parallel
from viddiff.core.types import Progress, Segment, silent
from viddiff.lms import Failure, LMs
from viddiff.lms.retry import Retry
from viddiff.lms.roles import limits_in_force
from viddiff.lms.throttle import Throttle
from viddiff.localizer.alignment.viterbi import segment
from viddiff.localizer.borders import refine_borders
from viddiff.programs.caller import Caller
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.signatures.clip import Clip
from viddiff.signatures.stepdiff.instructions import DescribeWindow, DivideIntoSteps, FoundStep
from viddiff.video.close_up import overview
from viddiff.video.loaded import LoadedVideo
from viddiff.video.transcript import Cue

#: A part of a video that is captioned lasts about so long, and shows so many frames.
WINDOW_S, FRAMES_OF_A_WINDOW = 6.0, 4
MOST_WINDOWS, MOST_STEPS = 24, 12
#: How far a border moves to where the picture changes, at the least; half a line where that is more.
REACH_S = 3.0
#: Lines that are divided at once, and characters of a line.
MOST_LINES, MOST_CHARS = 300, 300
_NAME_CHARS = 80


class StepFinder(AsyncModule):
    """Finds the steps of a video.

    What is said, or seen in evenly spaced parts, is divided by a text model line by line; a left-to-right Viterbi path
    over its claims keeps the steps in order and apart from each other. Borders then move to where the picture changes.

    Args:
        lms: models by role; None asks ``dspy.settings.lm``. The vision model captions, the text model divides.
        attempts: asks until an answer parses.
        throttle: bounds the calls in flight.
        progress: called with (task, done, total).
    """

    def __init__(
        self,
        lms: LMs | None = None,
        *,
        attempts: int = 3,
        throttle: Throttle | None = None,
        progress: Progress = silent,
    ) -> None:
        super().__init__()
        self.describe = Retry(ClipPredict(DescribeWindow), attempts)
        self.divide = Retry(dspy.Predict(DivideIntoSteps), attempts)
        self.lms, self.throttle, self.progress = lms, throttle or Throttle(8), progress

    def forward(self, video: LoadedVideo, cues: Sequence[Cue] = ()) -> dspy.Prediction:
        """``task``, ``steps``: a Segment for each step in order; ``failure``: why there are none, or None; ``notices``.

        Args:
            video: the loaded video.
            cues: what is said in it; without any, its parts are captioned.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        call = Caller(self.lms, self.throttle)
        captions: Sequence[Cue | Failure] = group_cues(cues) if cues else self.captions(call, video)
        lines = [one for one in captions if isinstance(one, Cue)]
        failures = [one for one in captions if isinstance(one, Failure)]
        notices = (
            (f"{len(failures)} of {len(captions)} parts have no caption: {failures[0].message}",) if failures else ()
        )
        if not lines:
            return dspy.Prediction(task="", steps=(), failure=failures[0], notices=())
        lines_by_number = {str(n): f"{line.start_s:.1f} s: {line.text}" for n, line in enumerate(lines, 1)}
        answer = call(self.divide, "text", check=functools.partial(flaw_in, n_lines=len(lines)), lines=lines_by_number)
        if not isinstance(answer, Failure) and (flaw := flaw_in(answer, len(lines))):
            answer = Failure("garbled", f"The steps cannot be used: {flaw}.")
        if isinstance(answer, Failure):
            return dspy.Prediction(task="", steps=(), failure=answer, notices=notices)
        steps = segments_of(answer.steps[:MOST_STEPS], lines, video.info.stop_s)
        span = video.info.start_s, video.info.stop_s
        steps = refine_borders(steps, video.track, span, max(REACH_S, mean_length_s(lines) / 2))
        return dspy.Prediction(
            task=" ".join(answer.task.split())[:_NAME_CHARS], steps=steps, failure=None, notices=notices
        )

    def captions(self, call: Caller, video: LoadedVideo) -> list[Cue | Failure]:
        """What is done in each of evenly spaced parts of a video."""
        info, most = video.info, limits_in_force(self.lms).max_images
        n_frames = FRAMES_OF_A_WINDOW if most is None else min(FRAMES_OF_A_WINDOW, most)
        edges = np.linspace(info.start_s, info.stop_s, n_windows(info.stop_s - info.start_s) + 1).tolist()

        def caption(start_s: float, stop_s: float) -> Cue | Failure:
            side = max(video.sequence.width, video.sequence.height)
            clip = Clip.of("A", overview(video, n_frames, side, span=(start_s, stop_s)))
            answer = call(self.describe, "vision", clip=clip)
            return (
                answer
                if isinstance(answer, Failure)
                else Cue(start_s, stop_s, " ".join(answer.doing.split())[:MOST_CHARS])
            )

        jobs = [functools.partial(caption, *span) for span in itertools.pairwise(edges)]
        return in_parallel(
            jobs, self.throttle.most, lambda done: self.progress("captioning", done, len(jobs)), wait=False
        )


def mean_length_s(lines: Sequence[Cue]) -> float:
    """How long a line lasts on average: borders are as fine as that."""
    return sum(line.stop_s - line.start_s for line in lines) / len(lines)


def n_windows(duration_s: float) -> int:
    """How many parts of a video are captioned.

    >>> n_windows(60.0), n_windows(3600.0)
    (10, 24)
    """
    return max(2, min(MOST_WINDOWS, math.ceil(duration_s / WINDOW_S)))


def group_cues(cues: Sequence[Cue]) -> list[Cue]:
    """At most ``MOST_LINES`` lines: neighbours are joined where there are more."""
    size = math.ceil(len(cues) / MOST_LINES)
    groups = [cues[i : i + size] for i in range(0, len(cues), size)]
    return [
        Cue(group[0].start_s, max(cue.stop_s for cue in group), " ".join(cue.text for cue in group)[:MOST_CHARS])
        for group in groups
    ]


def flaw_in(prediction: dspy.Prediction, n_lines: int) -> str | None:
    """What is wrong with the steps of an answer, or None."""
    for step in prediction.steps:
        if not step.name.strip():
            return "a step has no name"
        if not 1 <= step.first_line <= step.last_line <= n_lines:
            return f"a step goes from line {step.first_line} to {step.last_line} of {n_lines}"
    return None


def segments_of(steps: Sequence[FoundStep], lines: Sequence[Cue], stop_s: float) -> tuple[Segment, ...]:
    """Where each step lies: from its first line to where the next line that is not its own begins.

    A step whose lines others claim with more right is left out; a name that comes again gets a number.

    Args:
        steps: as the model told them.
        lines: those that it read.
        stop_s: where the video ends.
    """
    if not steps:
        return ()
    ordered = sorted(steps, key=lambda step: (step.first_line, step.last_line))
    claims = np.zeros((len(ordered), len(lines)))
    for row, step in zip(claims, ordered, strict=True):
        row[step.first_line - 1 : step.last_line] = 1.0
    path = segment(claims)
    begins_s = [*(line.start_s for line in lines), stop_s]
    segments: list[Segment] = []
    for number, (row, step) in enumerate(zip(claims, ordered, strict=True)):
        own = np.flatnonzero((path == number) & (row > 0))
        if len(own):
            span = (lines[own[0]].start_s, max(begins_s[own[-1] + 1], lines[own[-1]].start_s))
            segments.append(Segment(stage=_unique_name(step.name, segments), start_s=span[0], stop_s=span[1]))
    return tuple(segments)


def _unique_name(name: str, segments: Sequence[Segment]) -> str:
    name = " ".join(name.split())[:_NAME_CHARS]
    names = {one.stage for one in segments}
    numbered = (f"{name} ({n})" for n in itertools.count(2))
    return next(one for one in itertools.chain((name,), numbered) if one not in names)
