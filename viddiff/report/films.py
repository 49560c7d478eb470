"""Both clips of a page: made from the videos where they are at hand, in the page or next to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from viddiff.core.errors import VidDiffError
from viddiff.core.files import document
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


class Films(NamedTuple):
    """Both clips for a page, or none and one sentence why."""

    clips: tuple[PlayerClip, ...]
    absent: str


def films_of(
    compared: ComparedPair,
    path: Path,
    media: Media,
    videos: tuple[Path | None, Path | None] = (None, None),
    folders: Sequence[Path] = (),
    clips: bool = True,
    link: bool = False,
) -> Films:
    """Both clips for the page at ``path``; arguments as of ``build.write_report``.

    Raises:
        UsageError: the folder next to the page cannot be written.
        InputError: a file of ``videos`` is missing, or is another video than the one that was compared.
    """
    if not clips:
        return Films((), LEFT_OUT)
    longest_s = LONGEST_LINKED_S if link else LONGEST_S
    encoded = make_clips(compared, find_videos(compared, media.videos, videos, folders), media, longest_s)
    if isinstance(encoded, str):
        return Films((), encoded)
    return Films((_link_clips(encoded, compared, path) if link else embed_clips(encoded, compared)), "")


def make_clips(
    compared: ComparedPair, videos: tuple[Path | None, Path | None], media: Media, longest_s: float = LONGEST_S
) -> tuple[EncodedClip, EncodedClip] | str:
    """Both clips, or one sentence why the page has none: a finished comparison is never lost over its players."""
    encoded = []
    for path, info in zip(videos, (compared.video_a, compared.video_b), strict=True):
        if path is None:
            return NO_VIDEOS
        try:
            encoded.append(make_clip(path, info, media.cache_dir, media.limits, longest_s=longest_s))
        except VidDiffError as error:
            # The page may be sent to others: where the video lies is not their business.
            return f"This page has no players: {str(error).replace(str(path), info.name)}"
    return encoded[0], encoded[1]


def _link_clips(clips: tuple[EncodedClip, EncodedClip], compared: ComparedPair, path: Path) -> tuple[PlayerClip, ...]:
    folder = path.with_name(f"{path.stem}_clips")
    films = link_clips(clips, compared, folder)
    for film in films:
        with document(folder / f"{film.side}.mp4") as temporary:
            folder.mkdir(exist_ok=True)
            temporary.write_bytes(film.clip.mp4)
    return films
