"""The size of VP9 frames, read from their headers (VP9 bitstream specification, 6.2 and annex B).

libvpx takes the memory for a frame before FFmpeg's limit of pixels is asked, so the size is looked at first.
"""

from __future__ import annotations

_MARKER, _SYNC = 2, 0x498342
_SRGB = 7


class _Bits:
    """Reads numbers from the most significant bit on; beyond the end come zeros."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data[:32].ljust(32, b"\0"), "big"), 256

    def read(self, n: int) -> int:
        self._left -= n
        return self._value >> self._left & (1 << n) - 1 if self._left >= 0 else 0


def most_pixels(packet: bytes) -> int:
    """The largest of the sizes that the frames of a packet announce; 0 where none does."""
    return max((_pixels(frame) for frame in _frames(packet)), default=0)


def _frames(packet: bytes) -> list[bytes]:
    """The frames of a packet: one, or those in the index at the end of a superframe."""
    last = packet[-1] if packet else 0
    n, size = (last & 7) + 1, (last >> 3 & 3) + 1
    index = packet[-2 - n * size :]
    if last & 0xE0 != 0xC0 or len(index) != 2 + n * size or index[0] != last:
        return [packet]
    frames, at = [], 0
    for k in range(n):
        frames.append(packet[at:])
        at += int.from_bytes(index[1 + k * size : 1 + (k + 1) * size], "little")
    return frames


def _pixels(frame: bytes) -> int:
    bits = _Bits(frame)
    if bits.read(2) != _MARKER:
        return 0
    profile = bits.read(1) + 2 * bits.read(1)
    if profile == 3:
        bits.read(1)
    if bits.read(1):  # shows a frame decoded before
        return 0
    inter, shown, resilient = bits.read(1), bits.read(1), bits.read(1)
    if not inter:
        return _size_behind_colors(bits, profile)
    intra_only = 0 if shown else bits.read(1)
    if not resilient:
        bits.read(2)
    if intra_only:
        if bits.read(24) != _SYNC:
            return 0
        if profile:
            _skip_colors(bits, profile)
        bits.read(8)
        return _size(bits)
    bits.read(8 + 3 * 4)
    # The size is that of one of three frames referred to, or its own.
    return 0 if any(bits.read(1) for _ in range(3)) else _size(bits)


def _size_behind_colors(bits: _Bits, profile: int) -> int:
    if bits.read(24) != _SYNC:
        return 0
    _skip_colors(bits, profile)
    return _size(bits)


def _skip_colors(bits: _Bits, profile: int) -> None:
    if profile >= 2:
        bits.read(1)
    if bits.read(3) != _SRGB:
        bits.read(1)
        if profile in (1, 3):
            bits.read(3)
    elif profile in (1, 3):
        bits.read(1)


def _size(bits: _Bits) -> int:
    return (bits.read(16) + 1) * (bits.read(16) + 1)
