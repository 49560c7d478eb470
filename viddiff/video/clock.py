"""Continuous time stamps for a file whose clock jumps, as in transport streams that were joined byte by byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

# Formats that may be cut and joined at any packet, so that a jump of the clock is no silence.
_JOINABLE = ("mpegts", "mpeg")
# A longer step forward is another clock; shorter ones are pictures that the recording lost.
_MAX_STEP_S = 10.0


class Clock:
    """Moves the time stamps of packets, in decoding order, so that they continue where the file's clock jumps.

    Args:
        format_name: of the container.

    Attributes:
        clock_jumps: for each jump, the first time stamp after it, as corrected.
    """

    def __init__(self, format_name: str) -> None:
        self.clock_jumps: list[int] = []
        self._joinable = format_name in _JOINABLE
        self._shift, self._last, self._step = 0, None, 0  # type: int, int | None, int

    def make_continuous(self, packets: Iterable[Packet[VideoStream]]) -> Iterator[Packet[VideoStream]]:
        """The same packets, their time stamps changed in place; nothing is changed in formats with one clock."""
        if not self._joinable:
            yield from packets
            return
        for packet in packets:
            if packet.dts is not None:
                self._move(packet, packet.dts)
            yield packet

    def _move(self, packet: Packet[VideoStream], stamp: int) -> None:
        longest = round(_MAX_STEP_S / packet.time_base) if packet.time_base else 0
        if self._last is not None:
            step = stamp + self._shift - self._last
            if step < 0 or step > longest > 0:
                step = packet.duration or self._step
                self._shift = self._last + step - stamp
                self.clock_jumps.append((stamp if packet.pts is None else packet.pts) + self._shift)
            self._step = step
        self._last = stamp + self._shift
        packet.dts = self._last
        if packet.pts is not None:
            packet.pts += self._shift
