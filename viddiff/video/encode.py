"""Pictures become an H.264 mp4 file. The only module of the renderer that knows PyAV."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import UsageError

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_QUALITY = {"libx264": {"crf": "20", "preset": "veryfast", "mbtree": "0"}, "mpeg4": {"qscale": "3"}}


def write_video(path: Path, frames: Iterable[NDArray[np.uint8]], fps: int, width_px: int, height_px: int) -> Path:
    """Encode frames, each (height, width, 3) uint8 RGB, to yuv420p at a constant rate; the file appears once whole.

    Encoded by libx264 or, where the build of FFmpeg has none, as MPEG-4 part 2. One thread: the same frames give the
    same pixels on every machine with the same encoder.

    Raises:
        UsageError: the folder cannot be made or written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".part")
    except OSError as error:
        raise _unwritable(path, error) from None
    os.close(handle)
    part = Path(name)
    try:
        _encode(part, frames, fps, width_px, height_px)
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        part.unlink(missing_ok=True)
    return path


def _encode(path: Path, frames: Iterable[NDArray[np.uint8]], fps: int, width_px: int, height_px: int) -> None:
    import av

    encoder = next(name for name in _QUALITY if name in av.codecs_available)
    with av.open(str(path), "w", format="mp4") as container:
        stream: VideoStream = container.add_stream(encoder, rate=fps, options=_QUALITY[encoder])
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        stream.codec_context.thread_count = 1
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())


def _unwritable(path: Path, error: OSError) -> UsageError:
    reason = error.strerror or type(error).__name__
    return UsageError(
        f"The video {path.name!r} cannot be written to {str(path.parent)!r} ({reason}); name a folder you can write to."
    )
