"""Both clips of a page: made from the videos where they are at hand, in the page or next to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from viddiff.core.errors import VidDiffError
from viddiff.core.files import document
from viddiff.core.types import Sides
from viddiff.report.clip_views import ComparedPair
from viddiff.report.clips import LONGEST_LINKED_S, LONGEST_S, EncodedClip, make_clip
from viddiff.report.media import Media
from viddiff.report.player import PlayerClip, embed_clips, link_clips
from viddiff.report.videos import find_videos

NO_VIDEOS = (
    "The videos were not at hand, so this page has no players. To have them: "
    "viddiff report DOCUMENT.json --video-a FILE --video-b FILE"
)
LEFT_OUT = "The clips were left out of this page, so it has no players."


@dataclass(frozen=True)
class ClipChoice:
    """Which clips a page has.

    Attributes:
        videos: the files of A and B, where ``Media`` does not know them.
        folders: where else to look for them.
        clips: whether to put both clips into the page, with players.
        link: put the clips into a folder next to the page instead, ``report_clips`` for ``report.html``.
    """

    videos: tuple[Path | None, Path | None] = (None, None)
    folders: tuple[Path, ...] = ()
    clips: bool = True
    link: bool = False


#: Both clips within the page, where their videos are at hand.
CLIPS_IN_PAGE = ClipChoice()


class PlayerClips(NamedTuple):
    """Both clips for a page, or none and one sentence why."""

    clips: tuple[PlayerClip, ...]
    absent: str


def player_clips_of(compared: ComparedPair, path: Path, media: Media, choice: ClipChoice) -> PlayerClips:
    """Both clips for the page at ``path``.

    Raises:
        UsageError: the folder next to the page cannot be written.
        InputError: a named file is missing, or is another video than the one that was compared.
    """
    if not choice.clips:
        return PlayerClips((), LEFT_OUT)
    longest_s = LONGEST_LINKED_S if choice.link else LONGEST_S
    videos = find_videos(compared, media.videos, choice.videos, choice.folders)
    encoded = []
    for video, info in zip(videos, (compared.video_a, compared.video_b), strict=True):
        if video is None:
            return PlayerClips((), NO_VIDEOS)
        try:
            encoded.append(make_clip(video, info, media.cache_dir, media.limits, longest_s=longest_s))
        except VidDiffError as error:
            # A finished comparison is never lost over its players. The page may be sent to others: where the video
            # lies is not their business.
            return PlayerClips((), f"This page has no players: {str(error).replace(str(video), info.name)}")
    clips = Sides(*encoded)
    return PlayerClips(_link_clips(clips, compared, path) if choice.link else embed_clips(clips, compared), "")


def _link_clips(encoded: Sides[EncodedClip], compared: ComparedPair, path: Path) -> tuple[PlayerClip, ...]:
    folder = path.with_name(f"{path.stem}_clips")
    clips = link_clips(encoded, compared, folder)
    for clip in clips:
        with document(folder / f"{clip.side}.mp4") as temporary:
            folder.mkdir(exist_ok=True)
            temporary.write_bytes(clip.encoded.mp4)
    return clips
