"""Poses that are known, in place of an estimator: the exact landmarks of rendered clips."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from viddiff.motion.pose.choice import NoPose, PoseChoice
from viddiff.motion.pose.landmarks import LANDMARKS, Pose
from viddiff.motion.pose.reader import PoseReader
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.landmarks import landmarks_of
from viddiff.video.loaded import DecodingPass, FrameStream, LoadedVideo


def standing(video: LoadedVideo, left: float, right: float) -> Pose:
    """Somebody who stands still between two places, in shares of the picture's width, half as high as the picture."""
    times_s = video.sequence.times_s
    x = np.linspace(left, right, len(LANDMARKS)) * video.sequence.width / video.sequence.height
    image = np.stack([x, np.linspace(0.25, 0.75, len(LANDMARKS))], axis=-1)[None].repeat(len(times_s), axis=0)
    return Pose(
        times_s=times_s,
        image=image,
        world=np.full((*image.shape[:2], 3), np.nan),
        visibility=np.ones(image.shape[:2]),
        view="front",
        facing=0,
        estimator="known",
    )


class KnownPoses(PoseReader):
    """Tells the poses of videos by their file names; of others there is none."""

    def __init__(self, known: Mapping[str, Pose]) -> None:
        super().__init__(PoseChoice(cache_dir=Path("nowhere"), keep=False))
        self.known = dict(known)

    @classmethod
    def of_clips(cls, clips: Mapping[str, SyntheticClip[Any]]) -> KnownPoses:
        """Of rendered clips, by file name."""
        return cls({name: landmarks_of(clip) for name, clip in clips.items()})

    def open_stream(self, facts: DecodingPass) -> FrameStream | None:
        """Nothing is to be estimated."""
        return None

    def pose_of(self, footage: LoadedVideo) -> Pose | NoPose:
        """The known pose."""
        return self.known.get(footage.info.name) or NoPose(why=f"Nobody is seen in {footage.info.name!r}.")
