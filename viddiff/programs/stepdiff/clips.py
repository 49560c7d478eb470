"""The frames of whole clips, as the programs of this task show them."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence

from viddiff.core.settings import EffortName
from viddiff.core.types import FrameRef
from viddiff.programs.answers import positions
from viddiff.signatures.clip import Clip
from viddiff.video.close_up import overview
from viddiff.video.loaded import LoadedVideo

#: Frames of a clip, evenly over it: the paper takes 8 (section 4).
FRAMES: Mapping[EffortName, int] = {"low": 4, "medium": 8, "high": 16}


def clips_of(videos: Sequence[LoadedVideo], n_frames: int, max_images: int | None) -> tuple[Clip, ...]:
    """Videos as video A, B, C, ... of one request that takes ``max_images`` images (None: any number)."""
    most = n_frames if max_images is None else max(1, min(n_frames, max_images // len(videos)))
    return tuple(
        Clip.of(label, overview(video, most, max(video.sequence.width, video.sequence.height)))
        for label, video in zip(string.ascii_uppercase, videos, strict=False)
    )


def cited_frames(clip: Clip, numbers: Sequence[int] | None) -> tuple[FrameRef, ...]:
    """The frames of a clip with these numbers, counted from 1."""
    return tuple(clip.frames[i] for i in positions(numbers, len(clip.frames)))
