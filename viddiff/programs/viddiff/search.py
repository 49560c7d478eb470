"""Where to look: an overview of both videos, in as many requests as the model needs, and a nearer one of long clips."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import dspy

from viddiff.core.parallel import in_parallel
from viddiff.core.types import SIDES, Difference, FrameRef, Measurement, Sides
from viddiff.lms import Failure
from viddiff.programs.caller import Caller
from viddiff.programs.viddiff.calibration import likelihood
from viddiff.programs.viddiff.effort import Effort
from viddiff.programs.viddiff.finder import Finder, FinderAnswer, Moments
from viddiff.programs.viddiff.frames import even_parts, merge_times
from viddiff.programs.viddiff.overview_proposer import OverviewDifferences, OverviewProposer
from viddiff.signatures.clip import Clip
from viddiff.signatures.measurements import measurement_text
from viddiff.video.close_up import overview
from viddiff.video.loaded import LoadedVideo

#: An overview whose frames lie farther apart than this, in seconds, passes over moments: a nearer one follows.
COARSE_S = 0.5

#: A part of a video, in seconds of its file.
Span = tuple[float, float]
Spans = Sides[Span]


class Replies(NamedTuple):
    """What a model told of the parts of an overview, and what failed."""

    answered: list[dspy.Prediction]
    failed: list[Failure]


class Search:
    """Asks the vision model what an overview of both videos shows.

    Args:
        call: asks the model.
        effort: how many frames an overview has.
        action: what is done in both videos.
        a, b: the videos.
        max_images: what the model takes in a request; None: as many as there are.
    """

    def __init__(
        self, call: Caller, effort: Effort, action: str, a: LoadedVideo, b: LoadedVideo, max_images: int | None
    ) -> None:
        self.call, self.effort, self.action, self.videos = call, effort, action, Sides(a, b)
        self.max_images = max_images
        self.most = effort.frames_of_part(max_images)
        self.wholes = Spans(self.span_of(a), self.span_of(b))

    @staticmethod
    def span_of(video: LoadedVideo) -> Span:
        """All of a video."""
        return video.info.start_s, video.info.stop_s

    def find(self, finder: Finder, differences: Sequence[Difference]) -> OverviewDifferences:
        """Closed mode: where each statement is best judged; of long clips, where the first overview says, once more."""
        seen = self.find_moments(finder, differences, self.wholes)
        spans = self.narrow(seen.found)
        if spans is None:
            return seen
        again = self.find_moments(finder, differences, spans)
        shown = {key: found for key, found in again.found.items() if found.moments.a or found.moments.b}
        return OverviewDifferences(
            differences=seen.differences, found=seen.found | shown, notices=(*seen.notices, *again.notices)
        )

    def find_moments(self, finder: Finder, differences: Sequence[Difference], spans: Spans) -> OverviewDifferences:
        """What one overview of parts of the videos tells of each statement."""
        statements = {difference.key: difference.statement for difference in differences}
        answers, failed = self.ask(finder, spans, statements=statements)
        moments = [answer.moments for answer in answers]
        found = {
            key: merge_answers(parts) for key in statements if (parts := [part[key] for part in moments if key in part])
        }
        if failed and not answers:
            notices: tuple[str, ...] = (f"No moments were found, so the clips are shown evenly: {failed[0].message}",)
        else:
            notices = self.missed_parts(answers, failed)
        return OverviewDifferences(differences=tuple(differences), found=found, notices=notices)

    def propose(
        self,
        proposer: OverviewProposer,
        n_differences: int,
        measured: Sequence[Measurement],
        swap: bool,
        named: Sequence[str] = (),
    ) -> OverviewDifferences:
        """Open mode: which differences the overview shows, and where; the candidates for ``n_differences``.

        Args:
            measured: what differs by measurement.
            swap: the overview is shown in the other order, too: what is seen again has two independent sources, and
                what was passed over is added. Of long clips it is the nearer one.
            named: statements that somebody named who has not seen the videos.
        """
        side = None if self.is_coarse else self.effort.proposal_side
        numbers = [measurement_text(number) for number in measured]
        n_candidates = self.effort.n_candidates(n_differences)
        first = self.ask_differences(proposer, n_candidates, numbers, self.wholes, named, side)
        if first.fault or not swap:
            return first
        swapped = Search(self.call, self.effort, self.action, self.videos.b, self.videos.a, self.max_images)
        numbers = [measurement_text(number.swap_sides()) for number in measured]
        nearer = self.narrow(first.found)
        seen = [one.statement for one in first.differences]
        side = self.effort.proposal_side if nearer else None
        again = swapped.ask_differences(proposer, n_candidates, numbers, (nearer or self.wholes).swap(), seen, side)
        if again.fault:
            return first.model_copy(update={"notices": (*first.notices, *again.notices)})
        found = {key: one.swap_sides() for key, one in again.found.items()}
        return merge_parts([first, again.model_copy(update={"found": found})], n_candidates)

    def ask_differences(
        self,
        proposer: OverviewProposer,
        n_differences: int,
        measurements: Sequence[str],
        spans: Spans,
        named: Sequence[str] = (),
        side: int | None = None,
    ) -> OverviewDifferences:
        """Which differences one overview of parts of the videos shows.

        Args:
            named: those that were named before.
            side: long side of the frames in pixels, the most; None: small ones.
        """
        answers, failed = self.ask(
            proposer, spans, side, n_differences=n_differences, measurements=measurements, named=named
        )
        if failed and not answers:
            notice = f"Nothing was found: {failed[0].message}"
            return OverviewDifferences(differences=(), found={}, notices=(notice,), fault=failed[0].kind)
        seen = merge_parts([answer.seen for answer in answers], n_differences)
        return seen.model_copy(update={"notices": (*seen.notices, *self.missed_parts(answers, failed))})

    @staticmethod
    def missed_parts(answers: Sequence[object], failed: Sequence[Failure]) -> tuple[str, ...]:
        """A notice where the model did not see some parts of the overview."""
        if not failed:
            return ()
        n_parts = len(answers) + len(failed)
        return (f"{len(failed)} of {n_parts} parts of the overview were not seen: {failed[0].message}",)

    def ask(self, program: dspy.Module, spans: Spans, side: int | None = None, **inputs: object) -> Replies:
        """One call for each part of the overview."""
        jobs = [
            functools.partial(
                self.call, program, "vision", action=self.action, video_a=clip_a, video_b=clip_b, **inputs
            )
            for clip_a, clip_b in self.clips(spans, side)
        ]
        replies = in_parallel(jobs, self.call.throttle.most, wait=False)
        return Replies(
            [reply for reply in replies if not isinstance(reply, Failure)],
            [reply for reply in replies if isinstance(reply, Failure)],
        )

    def clips(self, spans: Spans, side: int | None = None) -> list[tuple[Clip, Clip]]:
        """The overview of parts of both videos, as many frames in a request as the model takes.

        Where it takes several requests, each shows the same share of both; a video that fits is in each as a whole.
        """
        frames = [self.frames_of(video, span, side) for video, span in zip(self.videos, spans, strict=True)]
        n_parts = math.ceil(max(map(len, frames)) / self.most)
        parts_a, parts_b = ([f] * n_parts if len(f) <= self.most else even_parts(f, n_parts) for f in frames)
        return [(Clip.of("A", a), Clip.of("B", b)) for a, b in zip(parts_a, parts_b, strict=True)]

    def frames_of(self, video: LoadedVideo, span: Span, side: int | None) -> tuple[FrameRef, ...]:
        """Frames of a part of a video, evenly; small ones, or with a long side of at most ``side`` pixels."""
        side = side or self.effort.side_of_overview(max(video.sequence.width, video.sequence.height))
        return overview(video, self.effort.frames_of_overview(span[1] - span[0]), side, span=span)

    @property
    def steps_s(self) -> list[float]:
        """Seconds from frame to frame of the overview of all of each video."""
        return [(stop - start) / self.effort.frames_of_overview(stop - start) for start, stop in self.wholes]

    @property
    def is_coarse(self) -> bool:
        """Whether that overview passes over moments."""
        return max(self.steps_s) > COARSE_S

    def narrow(self, found: Mapping[str, FinderAnswer]) -> Spans | None:
        """The parts in which all moments lie, where the overview was coarse and these are at most half of a video."""
        if not self.is_coarse:
            return None
        spans = Spans(
            *(
                span_around([t for one in found.values() for t in one.moments.of(side)], whole, step_s)
                for side, whole, step_s in zip(SIDES, self.wholes, self.steps_s, strict=True)
            )
        )
        shares = [
            (stop - start) / (all_of[1] - all_of[0]) for (start, stop), all_of in zip(spans, self.wholes, strict=True)
        ]
        return spans if min(shares) <= 0.5 else None


def span_around(moments_s: Sequence[float], whole: Span, step_s: float) -> Span:
    """The part of a video that holds some moments, a step before and after; all of it where there are none."""
    if not moments_s:
        return whole
    return max(whole[0], min(moments_s) - step_s), min(whole[1], max(moments_s) + step_s)


def merge_answers(parts: Sequence[FinderAnswer]) -> FinderAnswer:
    """What overviews tell of one statement: all moments; of each order the surest impression that sees it best."""
    ranked = sorted(parts, key=lambda one: (bool(one.moments.a) + bool(one.moments.b), one.confidence), reverse=True)
    moments = Moments(
        *(merge_times([t for one in parts for t in one.moments.of(side)]) for side in SIDES),
    )
    return FinderAnswer(
        moments=moments,
        impression=next((one.impression for one in ranked if one.impression), None),
        swapped_impression=next((one.swapped_impression for one in ranked if one.swapped_impression), None),
    )


def merge_parts(parts: Sequence[OverviewDifferences], n_differences: int) -> OverviewDifferences:
    """What overviews show, the likeliest first, each statement once, under new keys."""
    if len(parts) == 1:
        return parts[0]
    of: dict[str, list[FinderAnswer]] = {}
    first: dict[str, Difference] = {}
    for part in parts:
        for difference in part.differences:
            of.setdefault(difference.statement.casefold(), []).append(part.found[difference.key])
            first.setdefault(difference.statement.casefold(), difference)
    merged_of = {statement: merge_answers(seen) for statement, seen in of.items()}
    ranked = sorted(merged_of, key=lambda statement: -likelihood(merged_of[statement].opinions))[:n_differences]
    kept = tuple(first[statement].model_copy(update={"key": str(i)}) for i, statement in enumerate(ranked))
    found = {str(i): merged_of[statement] for i, statement in enumerate(ranked)}
    notices = tuple(dict.fromkeys(notice for part in parts for notice in part.notices))
    return OverviewDifferences(differences=kept, found=found, notices=notices)
