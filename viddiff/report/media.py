"""What stands beside a document and not in it: frames, video files, poses. It is handed to what shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

from viddiff import build
from viddiff.core.errors import InputError
from viddiff.core.settings import Settings
from viddiff.core.types import Side, VideoInfo
from viddiff.report.clip_views import ComparedPair
from viddiff.video.source import Limits
from viddiff.video.store import FrameStore

if TYPE_CHECKING:
    from viddiff.motion.pose.landmarks import Pose
    from viddiff.motion.pose.reader import PoseReader

#: Settings of a document that say which poses it was measured by; all others are the business of this machine.
OF_POSES = ("pose", "person", "pose_fps")


@dataclass(frozen=True)
class Media:
    """Where frames, videos and poses are.

    Attributes:
        frames: holds the frames that references name; None: none are at hand.
        poses: knows poses that were estimated before; None: none are at hand.
        videos: the files of A and B, where they are known.
        limits: what to refuse of a video.
        cache_dir: where encoded clips are kept; None: nowhere.
    """

    frames: FrameStore | None = None
    poses: PoseReader | None = None
    videos: tuple[Path | None, Path | None] = (None, None)
    limits: Limits = field(default_factory=Limits)
    cache_dir: Path | None = None

    def read_frame(self, ref: str) -> bytes | None:
        """The JPEG bytes of a frame, None where it is not to be had."""
        try:
            return self.frames.read(ref) if self.frames else None
        except InputError:
            return None

    def pose_of(self, info: VideoInfo) -> Pose | None:
        """The pose that was measured in a video, None where it is not to be had; nothing is estimated."""
        return self.poses.read_cached(info) if self.poses else None


class HasSettings(Protocol):
    """A document with the settings that it was made with."""

    @property
    def settings(self) -> dict[str, Any]:
        """Name -> value."""


def media_of(settings: Settings, document: HasSettings | None = None) -> Media:
    """What the cache of the settings holds.

    Args:
        settings: of this machine.
        document: one that was read back; its own settings tell which poses are meant.
    """
    recorded = {name: document.settings[name] for name in OF_POSES if name in document.settings} if document else {}
    # Nothing is made where there is only something to look up.
    has_cache = settings.cache and settings.cache_dir.is_dir()
    return Media(
        frames=build.frame_store(settings) if has_cache else None,
        poses=build.poses(_with_recorded(settings, recorded)) if has_cache else None,
        limits=build.video_limits(settings),
        cache_dir=settings.cache_dir if settings.cache else None,
    )


def source_media(
    settings: Settings, store: FrameStore, poses: PoseReader | None, videos: tuple[Path | None, Path | None]
) -> Media:
    """What a document was made from, for pages and exports."""
    return Media(store, poses, videos, build.video_limits(settings), settings.cache_dir if settings.cache else None)


def poses_of(compared: ComparedPair, media: Media) -> dict[Side, Pose]:
    """The poses of two videos that are at hand."""
    poses: dict[Side, Pose | None] = {"a": media.pose_of(compared.video_a), "b": media.pose_of(compared.video_b)}
    return {side: pose for side, pose in poses.items() if pose is not None}


def _with_recorded(settings: Settings, recorded: dict[str, object]) -> Settings:
    try:
        return Settings(**{**settings.model_dump(), **recorded})
    except ValidationError:
        # A document may hold anything.
        return settings
