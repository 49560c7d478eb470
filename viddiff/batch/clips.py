"""Reading the clips of a run."""

from __future__ import annotations

from pathlib import Path

from viddiff import build
from viddiff.core.settings import Settings
from viddiff.core.types import silent
from viddiff.motion.pose.reader import PoseReader
from viddiff.video import FrameStore
from viddiff.video.loaded import LoadedVideo


def read_whole(path: Path, settings: Settings, store: FrameStore, poses: PoseReader) -> LoadedVideo:
    """A video as a comparison reads it, pose in the same pass, with one thread.

    Raises:
        InputError: the video cannot be read.
    """
    return build.read_clip(path, "a", settings, store, silent, poses, threads=1)
