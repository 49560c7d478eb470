"""How many bytes of a container are missing from the file, by the sizes in its outermost headers."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_SEGMENT = 0x18538067
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def missing_bytes(path: Path, format_name: str) -> int:
    """Bytes announced beyond the end of the file; 0 for formats that announce none, and where the size is left open."""
    read_end = {"avi": _riff_end, "mov": _boxes_end, "matroska": _segment_end, "asf": _asf_end}.get(
        format_name.split(",")[0]
    )
    if read_end is None:
        return 0
    size = path.stat().st_size
    with path.open("rb") as file:
        return max(0, read_end(file, size) - size)


def _riff_end(file: BinaryIO, size: int) -> int:
    """Large files hold several lists, each announced by itself."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        kind, length = file.read(4), int.from_bytes(file.read(4), "little")
        if kind != b"RIFF" or length in (0, 0xFFFFFFFF):
            break
        at += 8 + length
    return at


def _boxes_end(file: BinaryIO, size: int) -> int:
    at = 0
    while at + 8 <= size:
        file.seek(at)
        length, kind = int.from_bytes(file.read(4), "big"), file.read(4)
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
        if length < 8 or not kind.isascii():  # up to the end of the file, or damaged
            break
        at += length
    return at


def _segment_end(file: BinaryIO, size: int) -> int:
    at = 0
    while at < size:
        file.seek(at)
        identity, length = _number(file, keep_mark=True), _number(file, keep_mark=False)
        if identity is None or length is None:
            break
        at = file.tell() + length
        if identity == _SEGMENT:
            return at
    return 0


def _asf_end(file: BinaryIO, size: int) -> int:
    """The size in the file properties; it is zero in broadcasts."""
    header = file.read(1 << 16)
    at = header.find(_ASF_PROPERTIES)
    return int.from_bytes(header[at + 40 : at + 48], "little") if at >= 0 else 0


def _number(file: BinaryIO, keep_mark: bool) -> int | None:
    """A number of EBML, whose length is given by its leading zeros; None where it is open (all ones) or damaged."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    n_bytes = 9 - first[0].bit_length()
    value = int.from_bytes(first + file.read(n_bytes - 1), "big")
    if keep_mark:
        return value
    mark = 1 << 7 * n_bytes
    return None if value == 2 * mark - 1 else value - mark
