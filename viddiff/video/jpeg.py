"""Whether the scans of a JPEG are whole: each must end where its data ends (ITU-T T.81).

JPEG has no checksum, but a wrong bit in the entropy-coded data mostly changes how many blocks it holds, which decoders
let pass. Only what is certain counts as damaged: progressive, lossless and arithmetic-coded pictures, and
those that leave their Huffman tables to the decoder, are not judged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# A marker, fill bytes before it included; 00 behind FF is data.
_MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_SOI, _EOI, _SOS, _DHT, _DRI, _BASELINE = 0xD8, 0xD9, 0xDA, 0xC4, 0xDD, (0xC0, 0xC1)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, 0xC8, 0xCC}
_PAD = b"\0\0\0"


@dataclass
class _Header:
    """What the markers before a scan announce."""

    width: int = 0
    height: int = 0
    #: By the number of the component: blocks across and down in one unit.
    sampling: dict[int, tuple[int, int]] = field(default_factory=dict)
    restart: int = 0
    #: Rows of 65,536 by class (0: first coefficients, 1: others) and number.
    tables: dict[tuple[int, int], NDArray[np.uint16]] = field(default_factory=dict)


def is_damaged(packet: bytes) -> bool:
    """Whether a picture, or one of two fields, surely is not well-formed."""
    header, at = _Header(), 0
    try:
        while marker := _MARKER.search(packet, at):
            kind, at = marker[1][0], marker.end()
            if kind in (_SOI, _EOI) or 0xD0 <= kind <= 0xD7:
                continue
            length = int.from_bytes(packet[at : at + 2], "big")
            body, at = packet[at + 2 : at + length], at + length
            if kind in _FRAMES and kind not in _BASELINE:
                return False
            if kind == _SOS:
                intervals, at = _intervals(packet, at)
                if not _scan_is_whole(header, body, intervals):
                    return True
            else:
                _read(header, kind, body)
    except IndexError:  # a segment is shorter than it must be
        return True
    return False


def _read(header: _Header, kind: int, body: bytes) -> None:
    if kind in _BASELINE:
        header.height, header.width = (int.from_bytes(body[k : k + 2], "big") for k in (1, 3))
        header.sampling = {body[k]: (body[k + 1] >> 4, body[k + 1] & 15) for k in range(6, 6 + 3 * body[5], 3)}
    elif kind == _DRI:
        header.restart = int.from_bytes(body[:2], "big")
    elif kind == _DHT:
        at = 0
        while at < len(body):
            counts = [body[at + length] for length in range(1, 17)]
            n_values, lengths = sum(counts), np.repeat(np.arange(1, 17), counts)
            values = np.frombuffer(body[at + 17 : at + 17 + n_values], dtype=np.uint8)
            header.tables[body[at] >> 4, body[at] & 15] = _lookup(lengths, values)
            at += 17 + n_values


def _lookup(lengths: NDArray[np.int64], values: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """(65536,) for the next 16 bits: length of the code that they begin with * 256 + its value; 0: none."""
    n = min(len(lengths), len(values))
    entries = (lengths[:n] << 8 | values[:n]).astype(np.uint16).repeat(1 << 16 - lengths[:n])[: 1 << 16]
    return np.pad(entries, (0, (1 << 16) - len(entries)))


def _intervals(packet: bytes, at: int) -> tuple[list[bytes], int]:
    """The coded bytes of a scan, split at its restart markers, and where the marker behind it begins."""
    intervals = []
    while True:
        marker = _MARKER.search(packet, at)
        stop = marker.start() if marker else len(packet)
        intervals.append(packet[at:stop].replace(b"\xff\0", b"\xff"))
        if marker is None or not 0xD0 <= marker[1][0] <= 0xD7:
            return intervals, stop
        at = marker.end()


def _scan_is_whole(header: _Header, body: bytes, intervals: list[bytes]) -> bool:
    """Whether the blocks that the header announces end where the data ends; True where that is unknown."""
    components = [(body[k], body[k + 1] >> 4, body[k + 1] & 15) for k in range(1, 1 + 2 * body[0], 2)]
    if not header.sampling or len(components) != len(header.sampling):
        return True
    rows: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for number, first, others in components:
        across, down = header.sampling.get(number, (0, 0))
        rows += [((0, first), (1, others))] * (across * down if len(components) > 1 else 1)
    used = sorted({key for row in rows for key in row})
    if not rows or any(key not in header.tables for key in used):
        return True
    lookup = np.stack([header.tables[key] for key in used])
    tables = np.array([[used.index(key) for key in row] for row in rows])
    if not all(across and down for across, down in header.sampling.values()):
        return False
    n_units = _n_units(header, single=len(components) == 1)
    each = header.restart or n_units
    if not n_units or len(intervals) != -(-n_units // each):
        return False
    counts = [min(each, n_units - each * k) for k in range(len(intervals))]
    return all(_ends(coded, n, tables, lookup) for coded, n in zip(intervals, counts, strict=True))


def _n_units(header: _Header, single: bool) -> int:
    across = 8 * (1 if single else max(across for across, _ in header.sampling.values()))
    down = 8 * (1 if single else max(down for _, down in header.sampling.values()))
    return -(-header.width // across) * -(-header.height // down)


def _ends(coded: bytes, n_units: int, tables: NDArray[np.int64], lookup: NDArray[np.uint16]) -> bool:
    """Whether so many units take all of the data but for padding: bits of one kind, less than a byte unless all are."""
    from viddiff.video.kernels import jpeg_bits

    n_bits = jpeg_bits(np.frombuffer(coded + _PAD, dtype=np.uint8), n_units, tables, lookup)
    rest = coded[-(-n_bits // 8) :]
    return n_bits >= 0 and (not rest or not rest.strip(b"\0") or not rest.strip(b"\xff"))
