"""Video files through PyAV (FFmpeg), the default decoder.

The file is read twice: once without decoding, for the time of every frame (right for variable frame rates, edit lists
and streams that do not start at zero), and once decoding no more than needed: from the key frame before the first
wanted frame to the last wanted one, leaving out frames that are neither wanted nor referred to by others. That costs
a second pass over the bytes, which takes milliseconds, and saves a third of the decoding of a usual H.264 clip.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from viddiff.core.errors import InputError
from viddiff.video import gif
from viddiff.video.clock import Clock
from viddiff.video.container_size import missing_bytes
from viddiff.video.decoding import StreamDecoder
from viddiff.video.frame_times import packets, read_timeline
from viddiff.video.source import Limits, Probe, has_variable_fps

# Containers that hold one video. Playlists (hls, dash, concat) would open other files; image and text formats are
# no videos.
_FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,flv,live_flv,asf,gif,ogg,ivf,h264,hevc,m4v,mpegvideo,mxf,wtv,obu"

# Titles and comments in other encodings than UTF-8 are no reason to refuse a video; since 19, PyAV thinks so too.
_TAGS: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}

# The clocks of containers are rounded, and some announce one frame more than they hold.
_CLOSE_S = 0.05

# A decoding thread works on one frame, which waits for those it refers to, and none is handed in while a picture is
# scaled: three threads a core keep the cores at work through both (measured on H.264). Each holds some frames.
_THREADS_A_CORE, _MAX_THREADS = 3, 8
#: A picture of so few pixels is decoded before another thread has taken it over: the same wall time, a third more work.
_SMALL_PX = 320 * 240


class PyavSource:
    """A video file, opened safely: a local file, one video container, nothing else.

    Args:
        path: the file.
        limits: of picture size and duration.
        threads: decoding threads; None: three a core, eight at most (each holds frames), and one for small pictures.

    Raises:
        InputError: it is not a video that can be read, or over a limit.
    """

    def __init__(self, path: Path, limits: Limits, threads: int | None = None) -> None:
        self._path, self._limits = path, limits
        self._decoder: StreamDecoder | None = None
        with self._open() as container:
            stream = self._stream(container)
            self._threads = threads or _threads_for(stream)
            self._timeline = timeline = read_timeline(container, stream, str(path))
            self._time_base = _time_base(stream, timeline.counted)
            self._missing_s = self._read_missing(container, stream)
            self.facts = self._describe(stream, self._find_cut(container))
        limits.check_picture(self.facts.width, self.facts.height, str(path))
        limits.check_duration(self.facts.duration_s, str(path))

    def __enter__(self) -> PyavSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Every pass opens and closes its own container.
        return None

    @property
    def times_s(self) -> NDArray[np.float64]:
        """(N,) times of all frames shown, in seconds from the first one, strictly increasing."""
        pts = self._timeline.pts
        return np.asarray((pts - pts[0]) * float(self._time_base), dtype=np.float64)

    @property
    def _max_stamp_error(self) -> int:
        # Field pairs and odd parsers stamp a frame a little earlier than its packet: then the frame before stands in,
        # if it is no further away than a frame usually is.
        return int(np.median(np.diff(self._timeline.pts)))

    def pictures(self, indices: NDArray[np.intp]) -> Iterator[tuple[int, _PyavPicture]]:
        """Decode the frames at these positions of ``times_s``; see ``Source.pictures``."""
        pts = self._timeline.pts
        wanted_pts = [int(value) for value in pts[indices]]
        scalers = (VideoReformatter(), VideoReformatter())
        k, picture = 0, None
        for frame in self._frames(wanted_pts):
            stamp = frame.pts
            if stamp is None:
                continue
            while k < len(wanted_pts) and wanted_pts[k] < stamp:
                if (
                    picture is not None
                    and picture.pts is not None
                    and wanted_pts[k] - picture.pts <= self._max_stamp_error
                ):
                    yield k, self._picture(picture, scalers)
                k += 1
            if k == len(wanted_pts):
                return
            picture = None if frame.is_corrupt else frame
            if stamp == wanted_pts[k]:
                if picture is not None:
                    yield k, self._picture(picture, scalers)
                k += 1
        if picture is not None and k < len(wanted_pts) and wanted_pts[k] - (picture.pts or 0) <= self._max_stamp_error:
            yield k, self._picture(picture, scalers)

    def _picture(self, frame: VideoFrame, scalers: tuple[VideoReformatter, VideoReformatter]) -> _PyavPicture:
        time_s = ((frame.pts or 0) - int(self._timeline.pts[0])) * float(self._time_base)
        return _PyavPicture(frame, time_s, self.facts.rotation // 90, scalers)

    def _frames(self, wanted_pts: list[int]) -> Iterator[VideoFrame]:
        """Decoded frames in display order, at least those wanted, stamped with the clock of the timeline."""
        counted, non_reference, count = self._timeline.counted, self._timeline.non_reference.difference(wanted_pts), 0
        with self._open() as container:
            stream = self._stream(container)
            decoder = self._decoder = StreamDecoder(stream, self._threads, self._limits.max_pixels, counted)
            wanted = frozenset(wanted_pts) if decoder.single and not counted else None
            # Frames shown just before a key frame may be stored after it: start early enough to have them whole.
            start_pts = wanted_pts[0] - 16 * self._max_stamp_error
            # Only these keep an index exact enough to trust that a seek lands before the frame asked for.
            indexed = not counted and container.format.name.startswith(("mov", "matroska"))
            if indexed and start_pts > self._timeline.pts[0]:
                # Where a damaged index allows no seek, decoding starts at the beginning.
                with contextlib.suppress(av.FFmpegError):
                    container.seek(start_pts, stream=stream, backward=True)
            for packet in Clock(container.format.name).make_continuous(packets(container, stream)):
                if packet.size and (packet.pts in non_reference or (wanted is not None and packet.pts not in wanted)):
                    continue
                for frame in decoder.frames(packet):
                    if counted:
                        frame.pts = count
                        count += 1
                    if frame.is_corrupt and frame.pts is not None and frame.pts >= wanted_pts[0]:
                        decoder.damaged.append(frame.pts)
                    yield frame

    @property
    def damaged_s(self) -> NDArray[np.float64]:
        """See ``Source.damaged_s``."""
        damaged = [] if self._decoder is None else self._decoder.damaged
        stamps = np.unique(np.array(damaged, dtype=np.int64))
        clock_jumps = np.array(self._timeline.clock_jumps, dtype=np.int64)
        # The demuxer takes the joint of two files for a loss.
        near = np.abs(stamps[:, None] - clock_jumps[None, :]) <= 4 * self._max_stamp_error
        times_s = (stamps[~near.any(axis=1)] - self._timeline.pts[0]) * float(self._time_base)
        return np.asarray(np.clip(times_s, 0.0, None), dtype=np.float64)

    def _open(self) -> InputContainer:
        options = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
        try:
            # The absolute path behind "file:" keeps names such as "http://x" and "concat:a|b" names.
            container: InputContainer = av.open("file:" + str(self._path.absolute()), options=options, **_TAGS)
        except (av.FFmpegError, OSError, ValueError, UnicodeError) as error:
            raise InputError(self._why_unreadable(error)) from None
        return container

    def _why_unreadable(self, error: Exception) -> str:
        from PIL import Image, UnidentifiedImageError

        name = str(self._path)
        try:
            with Image.open(self._path):
                return f"{name!r} is an image: give a video, or a folder of images with a frame rate (folder_fps)."
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
            pass
        if isinstance(error, av.InvalidDataError):
            return (
                f"{name!r} is not a video, or is cut off or damaged beyond reading: check the file, or record it again."
            )
        return f"{name!r} cannot be read as a video: convert it to MP4 (H.264)."

    def _stream(self, container: InputContainer) -> VideoStream:
        name = str(self._path)
        if not container.streams.video:
            content = "only sound" if container.streams.audio else "no picture"
            raise InputError(f"{name!r} holds {content}: give a video.")
        stream = container.streams.video[0]
        context = stream.codec_context
        # A stream whose codec is unknown to this FFmpeg has no context, whatever PyAV's types say.
        if context is None:
            raise InputError(f"{name!r} has a codec that cannot be decoded here: convert it to MP4 (H.264).")
        self._limits.check_picture(context.width, context.height, name)
        # Sizes may change in the middle of a stream; the decoder itself refuses larger ones.
        context.options = {"max_pixels": str(self._limits.max_pixels)}
        return stream

    def _read_missing(self, container: InputContainer, stream: VideoStream) -> float:
        """Seconds at the end that the file announces but no longer holds."""
        name, timeline = container.format.name, self._timeline
        if timeline.counted or timeline.clock_jumps:
            return 0.0
        step_s = float(np.median(np.diff(timeline.pts)) * self._time_base)
        if name.startswith("mov"):
            return max(0, len(stream.index_entries) - timeline.n_packets) * step_s
        announced_s = 0.0
        if name in ("avi", "ivf"):
            # The stream's duration is estimated again where the file is shorter than announced.
            announced_s = stream.frames * step_s
        elif name.startswith(("matroska", "flv")) and len(container.streams) == 1 and container.duration:
            announced_s = container.duration / av.time_base
        missing_s = announced_s - float(max(timeline.end_pts, timeline.longest_end) * self._time_base)
        return missing_s if missing_s > _CLOSE_S + 1.5 * step_s else 0.0

    def _find_cut(self, container: InputContainer) -> str:
        """A sentence where the file was cut off by an unknown number of seconds, else ""."""
        if n_bytes := missing_bytes(self._path, container.format.name):
            return f"The file is cut off: it announces {n_bytes:,} more bytes than it holds."
        if container.format.name == "gif" and not gif.has_end(self._path):
            return "The file is cut off: it has no end mark."
        return ""

    def _describe(self, stream: VideoStream, cut: str) -> Probe:
        timeline, times_s = self._timeline, self.times_s
        rotation = round(timeline.first.rotation / 90) % 4 * 90
        width, height = _square_pixels(timeline.first.width, timeline.first.height, stream.sample_aspect_ratio)
        if rotation % 180:
            width, height = height, width
        duration_s = float((timeline.end_pts - int(timeline.pts[0])) * self._time_base)
        notices = []
        if timeline.counted:
            notices.append("The file has no time stamps: a constant frame rate is assumed.")
        if timeline.clock_jumps:
            at_s = ((joint - int(timeline.pts[0])) * float(self._time_base) for joint in timeline.clock_jumps[:3])
            notices.append(
                f"The clock of the file jumps at {', '.join(f'{max(0.0, time_s):.2f} s' for time_s in at_s)}"
                f"{f' and {len(timeline.clock_jumps) - 3} more times' if len(timeline.clock_jumps) > 3 else ''}, "
                "as in files that were joined: the parts are read one after the other."
            )
        if self._missing_s:
            notices.append(f"The file is cut off: the last {self._missing_s:.2f} s that it announces are missing.")
        elif cut:
            notices.append(cut)
        return Probe(
            width=width,
            height=height,
            rotation=rotation,
            fps=float((len(times_s) - 1) / (int(timeline.pts[-1] - timeline.pts[0]) * self._time_base)),
            duration_s=duration_s,
            codec=stream.codec_context.name,
            n_frames=len(times_s),
            n_bytes=self._path.stat().st_size,
            variable_fps=has_variable_fps(times_s),
            missing_s=self._missing_s,
            notices=tuple(notices),
        )


@dataclass(frozen=True)
class _PyavPicture:
    frame: VideoFrame
    time_s: float
    quarter_turns: int
    #: One each for RGB and grey, so that neither is set up again for every frame.
    scalers: tuple[VideoReformatter, VideoReformatter]

    def rgb(self, width: int, height: int) -> NDArray[np.uint8]:
        return self._scale(self.scalers[0], width, height, "rgb24")

    def grey(self, width: int, height: int) -> NDArray[np.uint8]:
        return self._scale(self.scalers[1], width, height, "gray")

    def _scale(self, scaler: VideoReformatter, width: int, height: int, pixels: str) -> NDArray[np.uint8]:
        if self.quarter_turns % 2:
            width, height = height, width
        scaled = scaler.reformat(self.frame, width, height, pixels, interpolation=Interpolation.AREA, threads=1)
        return np.rot90(scaled.to_ndarray().astype(np.uint8, copy=False), self.quarter_turns)


def _threads_for(stream: VideoStream) -> int:
    if stream.width * stream.height <= _SMALL_PX:
        return 1
    return min(_MAX_THREADS, _THREADS_A_CORE * (os.cpu_count() or 1))


def _time_base(stream: VideoStream, counted: bool) -> Fraction:
    if not counted and stream.time_base:
        return stream.time_base
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    return 1 / Fraction(rate)


def _square_pixels(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """The size with square pixels, made by shrinking; an absurd aspect is a damaged header and ignored."""
    if not aspect or not Fraction(1, 4) <= aspect <= 4:
        return width, height
    if aspect < 1:
        return max(1, round(width * aspect)), height
    return width, max(1, round(height / aspect))
