"""The outcome of a program that locates nothing: the whole clip is the only stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from viddiff.core.types import (
    Difference,
    FailureKind,
    Finding,
    FrameRef,
    Localization,
    Outcome,
    Proposal,
    Segment,
    Side,
    Stage,
    Verdict,
)
from viddiff.video.loaded import LoadedVideo

WHOLE = "whole action"
Frames = tuple[FrameRef, ...]


def whole_clip_outcome(
    action: str,
    video_a: LoadedVideo,
    video_b: LoadedVideo,
    differences: Sequence[Difference],
    verdicts: Mapping[str, Verdict],
    frames: tuple[Frames, Frames] = ((), ()),
    notices: Sequence[str] = (),
    fault: FailureKind | None = None,
) -> Outcome:
    """An outcome of verdicts by difference key.

    Args:
        action: what is done in both videos.
        video_a, video_b: the videos.
        differences: what was asked, or found.
        verdicts: one for the key of each difference.
        frames: of A and of B that were looked at.
        notices: for the reader of the report.
        fault: why the call that was to find the differences failed.
    """
    return Outcome(
        proposal=Proposal(
            differences=tuple(differences),
            stages=(Stage(name=WHOLE, description=action),),
            links={difference.key: (WHOLE,) for difference in differences},
        ),
        localization_a=localize_whole(video_a, "a"),
        localization_b=localize_whole(video_b, "b"),
        measurements=(),
        differences=tuple(
            Finding(difference=d, stages=(WHOLE,), frames_a=frames[0], frames_b=frames[1], verdict=verdicts[d.key])
            for d in differences
        ),
        notices=tuple(notices),
        fault=fault,
    )


def localize_whole(video: LoadedVideo, side: Side) -> Localization:
    """The whole clip as its only stage."""
    segment = Segment(stage=WHOLE, start_s=video.info.start_s, stop_s=video.info.stop_s)
    return Localization(side=side, strategy="none", segments=(segment,))
