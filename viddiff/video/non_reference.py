"""Which packets of H.264 and HEVC hold a picture that no other picture refers to, read from their headers.

Withheld from the decoder, they cost nothing. The decoder's own setting (``skip_frame``) leaves out the
same pictures, but each still takes the turn of a decoding thread, so that fewer work at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_START_CODE = b"\0\0\1"


@dataclass(frozen=True, slots=True)
class PictureUse:
    """Whether other pictures refer to a picture.

    Attributes:
        layer: its temporal layer; pictures of lower layers never refer to it. H.264: always 0.
        unreferred: no picture of its own layer refers to it.
    """

    layer: int
    non_reference: bool


@dataclass(frozen=True)
class PacketReader:
    """Reads the headers of a packet's units (ITU-T H.264 7.3.1, H.265 7.3.1.2).

    Attributes:
        hevc: H.265, not H.264.
        length_size: bytes in which the length of each unit is written; 0: units begin with start codes.
    """

    hevc: bool
    length_size: int

    @classmethod
    def of(cls, codec: str, extradata: bytes | None) -> PacketReader | None:
        """The reader for a stream by the name of its codec and its header; None for other codecs."""
        if codec not in ("h264", "hevc"):
            return None
        hevc, header = codec == "hevc", extradata or b""
        at = 21 if hevc else 4
        # Configuration records begin with their version, 1; a header with start codes begins with a zero.
        prefixed = len(header) > at and header[0] == 1
        return cls(hevc, (header[at] & 3) + 1 if prefixed else 0)

    def read(self, packet: bytes) -> PictureUse:
        """The use of the picture in a packet; what is no well-formed picture counts as referred to."""
        uses = [self._unit(packet[at], packet[at + 1]) for at in self._units(packet)]
        parts = [part for part in uses if part is not None]
        layer = max((part.layer for part in parts), default=0)
        return PictureUse(layer, bool(parts) and all(part.non_reference and part.layer == layer for part in parts))

    def _unit(self, first: int, second: int) -> PictureUse | None:
        """The use that the two bytes of a unit's header give; None where the unit is no part of a picture."""
        if not self.hevc:
            return PictureUse(0, not first & 0x60) if 1 <= first & 31 <= 5 else None
        kind = first >> 1 & 63
        # Up to 15, even kinds are "sub-layer non-reference" pictures; from 16 on, pictures that decoding starts at.
        return PictureUse((second & 7) - 1, kind < 16 and kind % 2 == 0) if kind < 32 else None

    def _units(self, packet: bytes) -> Iterator[int]:
        """Where units of two bytes or more begin."""
        size, at, last = self.length_size, 0, len(packet) - 1
        if size:
            while at + size < last:
                yield at + size
                at += size + int.from_bytes(packet[at : at + size], "big")
            return
        while (start := packet.find(_START_CODE, at)) >= 0 and start + 3 < last:
            at = start + 3
            yield at


def non_reference_pictures(uses: dict[int, PictureUse]) -> frozenset[int]:
    """The keys of those pictures that no other one refers to: non-reference, and of the highest layer."""
    top = max((use.layer for use in uses.values()), default=0)
    return frozenset(key for key, use in uses.items() if use.non_reference and use.layer == top)
