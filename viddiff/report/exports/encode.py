"""Frames become an H.264 film that plays in browsers, phones and slide shows: yuv420p, its index at the front."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import BackendError

if TYPE_CHECKING:
    from av.video.stream import VideoStream


def encode(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    size: tuple[int, int],
    fps: int,
    tell: Callable[[int], None],
) -> None:
    """Encode frames, each (height, width, 3) uint8 RGB, to an MP4 as they come.

    Args:
        path: the file to write.
        frames: all of one size.
        size: their width and height in pixels, both even.
        fps: frames in a second.
        tell: hears how many are done.

    Raises:
        BackendError: no H.264 encoder.
        OSError: the file cannot be written.
    """
    import av
    from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

    if "libx264" not in av.codecs_available:
        raise BackendError(
            "This PyAV has no H.264 encoder (libx264): install its wheel, pip install --force-reinstall av."
        )
    try:
        with av.open(str(path.absolute()), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            stream: VideoStream = container.add_stream("libx264", rate=fps, options={"crf": "21", "preset": "veryfast"})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            context: Any = stream.codec_context
            # Said and meant: without it players guess by the height, and colours shift.
            context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
            context.color_range = ColorRange.MPEG
            scaler = VideoReformatter()  # one, so that it is not set up anew for every frame
            for i, pixels in enumerate(frames):
                frame = scaler.reformat(
                    av.VideoFrame.from_ndarray(pixels, format="rgb24"),
                    format="yuv420p",
                    dst_colorspace=Colorspace.ITU709,
                    dst_color_range=ColorRange.MPEG,
                )
                frame.pts, frame.time_base = i, Fraction(1, fps)
                container.mux(stream.encode(frame))
                tell(i + 1)
            container.mux(stream.encode())
    except av.FFmpegError as error:
        raise OSError(error.errno, error.strerror) from None
