"""Whether the pictures of a GIF are whole: each must hold as many pixels as it announces (GIF89a, appendix F).

The format has no checksum, but a wrong bit in its compressed data nearly always changes the number of pixels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

_HEADER, _SCREEN, _IMAGE = 6, 7, 9
_PAD = b"\0\0\0"


def is_damaged(packet: bytes) -> bool:
    """Whether the data of one frame, with or without the file's header before it, is not well-formed."""
    try:
        return not _pictures_are_whole(packet)
    except IndexError:  # it ends too early
        return True


def has_end(path: Path) -> bool:
    """Whether a file ends with the trailer that every GIF has; zeros and line ends behind it do not matter."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64))
        return file.read().rstrip(b"\0\r\n").endswith(b";")


def _pictures_are_whole(data: bytes) -> bool:
    at, n_pictures = 0, 0
    if data[:3] == b"GIF":
        at = _HEADER + _SCREEN + _palette_size(data[_HEADER + 4])
    while at < len(data):
        kind, at = data[at], at + 1
        if kind == 0x21:  # an extension
            _, at = _blocks(data, at + 1)
        elif kind == 0x2C:  # a picture
            width, height = (int.from_bytes(data[at + k : at + k + 2], "little") for k in (4, 6))
            at += _IMAGE + _palette_size(data[at + 8])
            root_bits = data[at]
            coded, at = _blocks(data, at + 1)
            if not 1 <= root_bits <= 11 or _n_pixels(coded, root_bits) != width * height:
                return False
            n_pictures += 1
        elif kind == 0x3B:  # the end
            break
        else:
            return False
    return n_pictures > 0


def _palette_size(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(data: bytes, at: int) -> tuple[bytes, int]:
    """The bytes of a chain of blocks, and where it ends."""
    blocks = []
    while size := data[at]:
        blocks.append(data[at + 1 : at + 1 + size])
        at += 1 + size
    return b"".join(blocks), at + 1


def _n_pixels(coded: bytes, root_bits: int) -> int:
    from viddiff.video.kernels import lzw_pixels

    return lzw_pixels(np.frombuffer(coded + _PAD, dtype=np.uint8), root_bits)
