"""Encodes frames as an H.264 mp4 that plays in browsers, phones and slide shows. The only encoder of the package.

yuv420p with its colours named (BT.709), the index at the front, and, with one thread, the same bytes for the same
frames on every machine with the same encoder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import BackendError, UsageError
from viddiff.core.files import document

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.stream import VideoStream

Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Encoding:
    """How frames are encoded.

    Attributes:
        width, height: of every frame in pixels, both even.
        fps: frames in a second.
        crf: x264's constant rate factor; six steps halve the bytes.
        key_frame_s: seconds between key frames, then without B-frames, so that a player seeks fast and exactly; None:
            as the encoder likes.
        threads: 1 gives the same bytes every time; 0 lets the encoder choose.
    """

    width: int
    height: int
    fps: Fraction
    crf: int = 20
    key_frame_s: float | None = None
    threads: int = 1

    @property
    def options(self) -> dict[str, str]:
        """Options of x264."""
        # Without macroblock trees the bytes do not depend on how many threads look ahead.
        options = {"crf": str(self.crf), "preset": "veryfast", "mbtree": "0"}
        return options if self.key_frame_s is None else {**options, "profile": "main", "bf": "0"}


def write_video(path: Path, frames: Iterable[Frame], fps: int | Fraction, width_px: int, height_px: int) -> Path:
    """Encode frames, each (height, width, 3) uint8 RGB, at a constant rate; the file appears once whole.

    Raises:
        UsageError: the folder cannot be made or written to. BackendError: no H.264 encoder.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The video {path.name!r} cannot be written to {str(path.parent)!r} ({error.strerror}): "
            "name a folder that you may write to."
        ) from None
    with document(path) as temporary:
        for _ in encode(temporary, frames, Encoding(width_px, height_px, Fraction(fps))):
            pass
    return path


def encode(path: Path, frames: Iterable[Frame], encoding: Encoding) -> Iterator[int]:
    """Encode frames, each (height, width, 3) uint8 RGB, to ``path`` as they come; yields how many are done.

    Raises:
        BackendError: no H.264 encoder. OSError: the file cannot be written.
    """
    import av

    if "libx264" not in av.codecs_available:
        raise BackendError(
            "This PyAV has no H.264 encoder (libx264): install its wheel, pip install --force-reinstall av."
        )
    try:
        with av.open(str(path.absolute()), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            stream: VideoStream = container.add_stream("libx264", rate=encoding.fps, options=encoding.options)
            _configure(stream, encoding)
            for i, frame in enumerate(_convert(frames, encoding.fps), 1):
                container.mux(stream.encode(frame))
                yield i
            container.mux(stream.encode())
    except av.FFmpegError as error:
        raise OSError(error.errno, error.strerror) from None


def _configure(stream: VideoStream, encoding: Encoding) -> None:
    from av.video.reformatter import ColorRange

    stream.width, stream.height, stream.pix_fmt = encoding.width, encoding.height, "yuv420p"
    context: Any = stream.codec_context
    context.thread_count = encoding.threads
    if encoding.key_frame_s is not None:
        context.gop_size = max(1, round(encoding.fps * encoding.key_frame_s))
    # Written and used: without them players guess by the height, and colours shift.
    context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
    context.color_range = ColorRange.MPEG


def _convert(frames: Iterable[Frame], fps: Fraction) -> Iterator[VideoFrame]:
    import av
    from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

    scaler = VideoReformatter()  # one, so that it is not set up again for every frame
    for i, pixels in enumerate(frames):
        frame = scaler.reformat(
            av.VideoFrame.from_ndarray(pixels, format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            threads=1,  # on a busy machine several wait for each other
        )
        frame.pts, frame.time_base = i, 1 / fps
        yield frame
