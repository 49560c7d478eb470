"""The time of every frame of a video file, read from its packets; only the first frame is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from viddiff.core.errors import InputError
from viddiff.video.clock import Clock
from viddiff.video.non_reference import PacketReader, PictureUse, non_reference_pictures
from viddiff.video.source import MAX_SOURCE_FRAMES


@dataclass(frozen=True)
class FrameTimes:
    """Shown frames in display order.

    Attributes:
        pts: (N,) time stamps in units of the stream's time base, strictly increasing.
        end_pts: where the last one ends.
        longest_end: the latest end that a packet announces, however long it would be shown.
        counted: there are no time stamps, so that frames are counted: pts is 0, 1, 2, ...
        n_packets: packets of the stream, those included that are not shown.
        first: the first frame that can be decoded.
        non_reference: time stamps of frames that no other frame refers to.
        clock_jumps: time stamps at which the file's clock jumped.
    """

    pts: NDArray[np.int64]
    end_pts: int
    longest_end: int
    counted: bool
    n_packets: int
    first: VideoFrame
    non_reference: frozenset[int]
    clock_jumps: tuple[int, ...]


def read_timeline(container: InputContainer, stream: VideoStream, name: str) -> FrameTimes:
    """Read all packets of a stream.

    Raises:
        InputError: no frame can be decoded, there is one alone, or there are too many.
    """
    stamps: list[int] = []
    uses = _PictureUses(stream)
    counted, n_packets, longest_end, first = False, 0, 0, None
    stream.codec_context.thread_count = 1
    clock = Clock(container.format.name)
    for packet in clock.make_continuous(packets(container, stream)):
        if first is None:
            first = next(iter(decode(packet)), None)
        if packet.size == 0:  # the end, which flushes the decoder
            continue
        n_packets += 1
        if n_packets > MAX_SOURCE_FRAMES:
            raise InputError(f"{name!r} has more than {MAX_SOURCE_FRAMES} frames: cut it shorter.")
        if packet.is_discard:
            continue
        counted = counted or packet.pts is None
        stamps.append(packet.pts or 0)
        uses.note(packet)
        longest_end = max(longest_end, (packet.pts or 0) + (packet.duration or 0))
    if first is None:
        raise InputError(f"No frame of {name!r} can be decoded: it is damaged; record or copy it again.")
    pts = np.arange(len(stamps)) if counted else np.unique(np.array(stamps, dtype=np.int64))
    if len(pts) < 2:
        raise InputError(f"{name!r} has a single frame, in which nothing moves: give a video.")
    end_pts = len(pts) if counted else _end_of(pts, longest_end)
    non_reference = frozenset[int]() if counted else non_reference_pictures(uses.found)
    return FrameTimes(pts, end_pts, longest_end, counted, n_packets, first, non_reference, tuple(clock.clock_jumps))


def packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """Packets up to the end or to where the container is damaged beyond going on."""
    try:
        yield from container.demux(stream)
    except av.FFmpegError:
        return


def decode(packet: Packet[VideoStream]) -> list[VideoFrame]:
    """The frames that a packet gives; none where it is damaged, which is reported where frames are missing."""
    try:
        return packet.decode()
    except av.FFmpegError:
        return []


class _PictureUses:
    """The use of each picture, by time stamp; empty for interlaced video and where headers do not give it."""

    def __init__(self, stream: VideoStream) -> None:
        context = stream.codec_context
        # Of interlaced video, two packets may make one frame.
        progressive = getattr(context, "field_order", 1) in (0, 1)
        self._reader = PacketReader.of(context.name, context.extradata) if progressive else None
        self.found: dict[int, PictureUse] = {}

    def note(self, packet: Packet[VideoStream]) -> None:
        if self._reader is None or packet.pts is None:
            return
        use = self._reader.read(bytes(packet))
        twice = packet.pts in self.found
        self.found[packet.pts] = PictureUse(use.layer, False) if twice else use


def _end_of(pts: NDArray[np.int64], longest_end: int) -> int:
    """The end of the last frame; one of unknown or absurd duration is shown as long as frames usually are."""
    last, step = int(pts[-1]), int(np.median(np.diff(pts)))
    return min(longest_end, last + 2 * step) if longest_end > last else last + step
