"""Decoding a stream so that damaged frames are found.

Most decoders of FFmpeg fail on damaged data or mark the frame. Some codecs need more: VP9 is decoded by
libvpx, which reports where a frame reads beyond its data while FFmpeg's own decoder does not; the pictures of MJPEG and
GIF are read to the last bit before they are decoded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import count

import av
from av.codec import Capabilities, Codec
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from viddiff.video import gif, jpeg, vp9

_CHECKS: dict[str, Callable[[bytes], bool]] = {"mjpeg": jpeg.is_damaged, "gif": gif.is_damaged}
#: Each frame of these is a picture by itself, so that those not wanted need no decoding.
_SINGLE = ("mjpeg",)


class StreamDecoder:
    """One decoding pass over a stream.

    Args:
        stream: its packets are to be handed in, in order.
        threads: decoding threads.
        max_pixels: of a frame; larger ones are not decoded.
        counted: the stream has no time stamps, and the number of a packet stands for one.

    Attributes:
        damaged: the time stamps of packets and frames that were found damaged.
        single: every frame is a picture by itself.
    """

    def __init__(self, stream: VideoStream, threads: int, max_pixels: int, counted: bool = False) -> None:
        self.damaged: list[int] = []
        self._numbers = count() if counted else None
        codec = stream.codec_context.name
        self.single = codec in _SINGLE
        self._check = _CHECKS.get(codec)
        self._drop = self.single
        self._context = _libvpx(stream) if codec == "vp9" else None
        if self._context is not None:
            self._check, self._drop = lambda packet: vp9.most_pixels(packet) > max_pixels, True
        context = self._context or stream.codec_context
        context.options = {"max_pixels": str(max_pixels)}
        context.thread_count = threads
        by_frames = bool(context.codec.capabilities & Capabilities.frame_threads) and threads > 1
        context.thread_type = "FRAME" if by_frames else "SLICE"
        # A decoding thread reports an error only after as many further packets as there are threads.
        self._sent: deque[int] = deque(maxlen=threads if by_frames else 1)

    def frames(self, packet: Packet[VideoStream]) -> Iterator[VideoFrame]:
        """The frames that come out for a packet; none where it is damaged."""
        stamp = packet.pts if self._numbers is None or not packet.size else next(self._numbers)
        if packet.size and stamp is not None:
            self._sent.append(stamp)
            unsound = self._check is not None and self._check(bytes(packet))
            if unsound or packet.is_corrupt:
                self.damaged.append(stamp)
            if unsound and self._drop:
                return
        try:
            yield from self._decode(packet)
        except av.EOFError:
            return
        except av.FFmpegError:
            if self._sent:
                self.damaged.append(self._sent[0])

    def _decode(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        if self._context is None:
            return packet.decode()
        return self._context.decode(packet if packet.size else None)


def _libvpx(stream: VideoStream) -> VideoCodecContext | None:
    """libvpx for a VP9 stream of 8 bits; None where this FFmpeg has none, or for deeper colours."""
    pixels = stream.codec_context.pix_fmt or ""
    try:
        codec = Codec("libvpx-vp9", "r")
    except ValueError:
        return None
    if any(depth in pixels for depth in ("10", "12")):
        return None
    context = codec.create("video")
    context.extradata = stream.codec_context.extradata
    return context
