"""The localizer ``finder``: the vision model names the moments of each statement, which are then shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from viddiff.core.notices import WithNotices
from viddiff.core.types import Difference, FrameRef, Proposal, Side
from viddiff.lms.roles import limits_in_force
from viddiff.programs.caller import Caller
from viddiff.programs.evidence import frames_at
from viddiff.programs.questions import Question
from viddiff.programs.viddiff.effort import EFFORTS
from viddiff.programs.viddiff.finder import Finder, Moments
from viddiff.programs.viddiff.frames import moments_to_show
from viddiff.programs.viddiff.search import Search
from viddiff.video.loaded import LoadedVideo


def find_moments(
    call: Caller, finder: Finder, action: str, differences: Sequence[Difference], a: LoadedVideo, b: LoadedVideo
) -> WithNotices[dict[str, Moments]]:
    """(difference key -> where an overview shows it, what a user should know of that).

    Raises:
        BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
    """
    search = Search(call, EFFORTS["medium"], action, a, b, limits_in_force(call.lms).max_images)
    seen = search.find(finder, differences)
    return WithNotices({key: found.moments for key, found in seen.found.items()}, seen.notices)


def moments_of_stages(proposal: Proposal, moments: Mapping[str, Moments], side: Side) -> list[tuple[float, ...]]:
    """For each stage the moments in one video, in seconds, of the differences that are linked to no other stage.

    A stage of which there are none gets those of the differences that are linked to it among others.
    """

    def moments_of(stage: str, n_most: int) -> tuple[float, ...]:
        keys = [key for key, linked in proposal.links.items() if stage in linked and len(linked) <= n_most]
        return tuple(sorted({t for key in keys if key in moments for t in moments[key].of(side)}))

    return [moments_of(stage.name, 1) or moments_of(stage.name, len(proposal.stages)) for stage in proposal.stages]


def at_moments(
    questions: Sequence[Question],
    differences: Sequence[Difference],
    moments: Mapping[str, Moments],
    a: LoadedVideo,
    b: LoadedVideo,
) -> list[Question]:
    """The questions with the frames of their moments, at the videos' own rate; a video without any is left as it is.

    Raises:
        InputError: a file is no longer the one that was loaded.
    """

    def close(side: Side, video: LoadedVideo) -> list[tuple[FrameRef, ...]]:
        moments_of = [moments.get(difference.key, Moments()).of(side) for difference in differences]
        return frames_at(video, [moments_to_show(d, times) for d, times in zip(differences, moments_of, strict=True)])

    return [
        replace(question, frames_a=in_a or question.frames_a, frames_b=in_b or question.frames_b)
        for question, in_a, in_b in zip(questions, close("a", a), close("b", b), strict=True)
    ]
