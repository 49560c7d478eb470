"""All exports of a comparison or an explanation into one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from viddiff.core.errors import InputError, UsageError
from viddiff.core.files import write_document
from viddiff.core.types import SIDES, FrameRef, Progress, Side, Sides, silent
from viddiff.motion.pose.landmarks import Pose
from viddiff.programs.skilldiff.explanation import SkillExplanationRecord
from viddiff.report.clip_views import ComparedPair, PairDocument
from viddiff.report.curves import Curves
from viddiff.report.exports import captions, kinovea, landmarks, pictures, tables
from viddiff.report.media import Media, poses_of
from viddiff.report.pictures import ReadFrame
from viddiff.report.time_alignment import Knot, as_recorded, synchronise
from viddiff.report.videos import find_videos
from viddiff.video.source import Limits

Clock = Literal["stages", "raw"]
_FORBIDDEN = '<>:"/\\|?*'


@dataclass(frozen=True)
class Choice:
    """What to write: nothing chosen means everything.

    Attributes:
        mp4: both clips next to each other, with captions as VTT and SRT.
        csv: findings and measurements.
        images: a picture for each answered difference.
        kva: an annotation file for Kinovea for each clip.
        landmarks: the pose in each clip, as tables and for OpenSim.
        clock: what the side by side video runs on: both clips through their stages together, or as recorded.
        slow: how fast the video runs against that clock.
    """

    mp4: bool = False
    csv: bool = False
    images: bool = False
    kva: bool = False
    landmarks: bool = False
    clock: Clock = "stages"
    slow: float = 1.0

    def asks_for(self, export: Literal["mp4", "csv", "images", "kva", "landmarks"]) -> bool:
        """Whether it is to be written."""
        named = self.mp4 or self.csv or self.images or self.kva or self.landmarks
        return bool(getattr(self, export)) or not named


def write_exports(
    comparison: PairDocument,
    folder: Path,
    media: Media,
    choice: Choice,
    *,
    named_videos: tuple[Path | None, Path | None] = (None, None),
    folder_of_document: Path | None = None,
    progress: Progress = silent,
    on_written: Callable[[Path], None] | None = None,
) -> list[Path]:
    """Write the document and what was chosen into an existing folder; returns the files.

    What needs no video comes first, so that a missing one keeps nothing else from being written.

    Args:
        comparison: what to export; of an explanation A is the query and B the reference.
        folder: where to.
        media: its frames, videos and poses.
        choice: what of it.
        named_videos: the videos that the user named.
        folder_of_document: a folder to look for the videos in.
        progress: called with (task, done, total).
        on_written: called with each file once it is written.

    Raises:
        UsageError: a file cannot be written there.
        InputError: a named video is missing or another one, or what was chosen needs a video or a pose that cannot be
            found.
    """
    paths: list[Path] = []
    for path in _exports(comparison, folder, media, choice, named_videos, folder_of_document, progress):
        paths.append(path)
        if on_written:
            on_written(path)
    return paths


def _exports(
    comparison: PairDocument,
    folder: Path,
    media: Media,
    choice: Choice,
    named_videos: tuple[Path | None, Path | None],
    folder_of_document: Path | None,
    progress: Progress,
) -> Iterator[Path]:
    """Each file once it is written."""
    yield from _write_documents(comparison, folder, choice)
    poses = poses_of(comparison, media)
    for side, pose in poses.items() if choice.asks_for("landmarks") else ():
        yield from landmarks.write_landmarks(pose, folder / f"landmarks_{side}")
    if choice.asks_for("images") or choice.asks_for("mp4"):
        videos = find_videos(comparison, media.videos, named_videos, [folder_of_document] if folder_of_document else [])
    if choice.asks_for("images"):
        images = make_folder(folder / "images")
        yield from _write_images(comparison, images, videos, media, Curves(comparison, poses))
    if choice.asks_for("mp4"):
        lines = captions.lines_of(comparison)
        yield from write_captioned_video(comparison, lines, folder, choice, videos, media.limits, progress)
    if choice.landmarks:
        _check_poses(comparison, poses)


def _write_documents(comparison: PairDocument, folder: Path, choice: Choice) -> Iterator[Path]:
    """The document itself and what is made of it alone: tables, and files for Kinovea."""
    name = "explanation.json" if isinstance(comparison, SkillExplanationRecord) else "comparison.json"
    yield write_document(folder / name, comparison.to_json())
    if choice.asks_for("csv"):
        if isinstance(comparison, SkillExplanationRecord):
            yield write_document(folder / "parts.csv", tables.parts_csv(comparison))
        yield write_document(folder / "findings.csv", tables.findings_csv(comparison))
        yield write_document(folder / "measurements.csv", tables.measurements_csv(comparison))
    if choice.asks_for("kva"):
        for side, name in zip(SIDES, kva_names(comparison), strict=True):
            yield write_document(folder / name, kinovea.annotation_xml(comparison, side))


def _check_poses(comparison: PairDocument, poses: Mapping[Side, Pose]) -> None:
    missing = [info.name for side, info in (("a", comparison.video_a), ("b", comparison.video_b)) if side not in poses]
    if missing:
        raise InputError(
            f"No pose of {' and '.join(map(repr, missing))} is in the cache of this machine: run the comparison again "
            "here, with --pose blazepose, and then export it."
        )


def kva_names(comparison: PairDocument) -> tuple[str, str]:
    """File names that Kinovea finds by itself next to the videos: theirs, with another ending; never the same twice."""
    stems = [
        "".join("_" if char in _FORBIDDEN or not char.isprintable() else char for char in stem).strip(". ")[:120]
        for stem in map(kinovea.video_stem, (comparison.video_a, comparison.video_b))
    ]
    if stems[0].casefold() == stems[1].casefold() or not all(stems):
        stems = [f"{stem or 'video'}_{side}" for stem, side in zip(stems, SIDES, strict=True)]
    return f"{stems[0]}.kva", f"{stems[1]}.kva"


def write_captioned_video(
    compared: ComparedPair,
    lines: Sequence[captions.CaptionLine],
    folder: Path,
    choice: Choice,
    videos: Sides[Path | None],
    limits: Limits,
    progress: Progress,
) -> list[Path]:
    """The side by side video of two clips with captions in it and beside it, as VTT and SRT.

    Raises:
        InputError: a video is not there.
    """
    from viddiff.report.exports.side_by_side import write_side_by_side

    video_a, video_b = videos
    if video_a is None or video_b is None:
        info = compared.video_a if video_a is None else compared.video_b
        raise InputError(
            f"The side by side video needs {info.name!r}, which is not next to the document: "
            f"name it with --video-{'a' if video_a is None else 'b'}."
        )
    knots: tuple[Knot, ...] = synchronise(compared) if choice.clock == "stages" else as_recorded(compared)
    video = folder / "side_by_side.mp4"
    write_side_by_side(
        compared, lines, knots, (video_a, video_b), video, slow=choice.slow, limits=limits, progress=progress
    )
    timed = captions.captions(lines, knots, choice.slow)
    vtt = write_document(video.with_suffix(".vtt"), captions.as_vtt(timed))
    return [video, vtt, write_document(video.with_suffix(".srt"), captions.as_srt(timed))]


def _write_images(
    comparison: PairDocument, folder: Path, videos: Sides[Path | None], media: Media, curves: Curves
) -> list[Path]:
    frames = {side: pictures.frames_to_show(comparison, side) for side in SIDES}
    return pictures.write_pictures(comparison, folder, frame_reader(comparison, frames, videos, media), curves)


def frame_reader(
    compared: ComparedPair,
    frames: Mapping[Side, Sequence[FrameRef]],
    videos: Sides[Path | None],
    media: Media,
) -> ReadFrame:
    """Frames that are kept or, where one is not, from the videos: decoded at once, when the first is missed.

    Args:
        compared: both videos.
        frames: the frames of each that may be asked for.
        videos: their files.
        media: what is kept.
    """
    infos = (compared.video_a, compared.video_b)
    decoded: dict[Side, dict[str, bytes]] = {}

    def read(ref: str) -> bytes | None:
        jpeg = media.read_frame(ref)
        if jpeg is not None:
            return jpeg
        for side, video, info in zip(SIDES, videos, infos, strict=True):
            if video is not None and any(frame.ref == ref for frame in frames[side]):
                if side not in decoded:
                    decoded[side] = pictures.frames_of_video(video, info, frames[side], media.limits)
                return decoded[side].get(ref)
        return None

    return read


def make_folder(folder: Path) -> Path:
    """The folder, made where it is not there; raises UsageError where it cannot be."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The folder {str(folder)!r} cannot be created ({error.strerror}): name another one."
        ) from None
    return folder
