"""Pairs as the controls show them, with the labels that are then right."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from viddiff.core.types import SWAPPED
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.manifest import Control
from viddiff.video.loaded import LoadedVideo


class LoadedPair(NamedTuple):
    """A labelled pair with both of its videos."""

    sample: Sample
    a: LoadedVideo
    b: LoadedVideo


def apply_control(sample: Sample, a: LoadedVideo, b: LoadedVideo, control: Control) -> LoadedPair:
    """The pair as a control shows it, with the labels that are then right."""
    relabelled = relabel(sample, control)
    if control == "swap-videos":
        return LoadedPair(relabelled, b, a)
    if control == "same-video":
        return LoadedPair(relabelled, a, a)
    if control == "first-frame":
        return LoadedPair(relabelled, first_frame(a), first_frame(b))
    return LoadedPair(relabelled, a, b)


def relabel(sample: Sample, control: Control) -> Sample:
    """The sample with the labels that are right under a control."""
    if control == "swap-videos":
        return swap_videos(sample)
    if control == "same-video":
        update = {"labels": dict.fromkeys(sample.labels, "c"), "key_times_b": sample.key_times_a}
        return sample.model_copy(update=update)
    return sample


def swap_videos(sample: Sample) -> Sample:
    """The sample with its videos swapped."""
    return sample.model_copy(
        update={
            "video_a": sample.video_b,
            "video_b": sample.video_a,
            "labels": {key: SWAPPED[label] for key, label in sample.labels.items()},
            "key_times_a": sample.key_times_b,
            "key_times_b": sample.key_times_a,
        }
    )


def first_frame(video: LoadedVideo) -> LoadedVideo:
    """The video with its first sampled frame only; without its file, from which other frames could be taken."""
    sequence = replace(video.sequence, times_s=video.sequence.times_s[:1], refs=video.sequence.refs[:1])
    return replace(video, sequence=sequence, path=None)
