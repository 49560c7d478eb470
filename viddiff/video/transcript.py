"""What is said in a video and when: WebVTT and SubRip files, read by FFmpeg, which knows their many dialects."""

from __future__ import annotations

import html
import io
import re
from dataclasses import dataclass
from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.core.files import read_bytes

#: Suffix -> what FFmpeg calls the format.
FORMATS = {".vtt": "webvtt", ".srt": "srt"}
#: Many hours of speech are less than this.
MAX_BYTES = 4 * 2**20
#: Tags of WebVTT and SubRip, and what players of SubRip take for positions.
_MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")


@dataclass(frozen=True)
class Cue:
    """What is said during ``[start_s, stop_s)``, in seconds of the file: one line of plain text."""

    start_s: float
    stop_s: float
    text: str


def read_transcript(path: Path) -> tuple[Cue, ...]:
    """The cues of a file in the order of time, without markup; what a rolling caption repeats is kept once.

    Raises:
        InputError: it cannot be read, is too large, holds no cue, or one that ends before it begins.
    """
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise InputError(f"The transcript {str(path)!r} is neither WebVTT nor SubRip: give a .vtt or .srt file.")
    try:
        data = read_bytes(path, MAX_BYTES)
    except OSError as error:
        raise InputError(f"The transcript {str(path)!r} cannot be read ({error.strerror}): check the file.") from None
    cues = sorted(_cues_in(data, form, path), key=lambda cue: cue.start_s)
    lines = _without_repeats(cues)
    if not lines:
        raise InputError(f"The transcript {str(path)!r} holds no text with times: give a whole .vtt or .srt file.")
    return lines


def cues_within(cues: tuple[Cue, ...], start_s: float, stop_s: float) -> tuple[Cue, ...]:
    """The cues that are said in ``[start_s, stop_s)``, cut to it.

    >>> cues_within((Cue(0, 4, "chop"), Cue(4, 6, "fry")), 3, 5)
    (Cue(start_s=3, stop_s=4, text='chop'), Cue(start_s=4, stop_s=5, text='fry'))
    """
    return tuple(
        Cue(max(cue.start_s, start_s), min(cue.stop_s, stop_s), cue.text)
        for cue in cues
        if cue.start_s < stop_s and cue.stop_s > start_s
    )


def _cues_in(data: bytes, form: str, path: Path) -> list[Cue]:
    import av

    cues = []
    try:
        with av.open(io.BytesIO(data), format=form) as container:
            for packet in container.demux(subtitles=0):
                if packet.size and packet.pts is not None and packet.time_base is not None:
                    start_s, lasts_s = (float(n * packet.time_base) for n in (packet.pts, packet.duration or 0))
                    cues.append(Cue(start_s, start_s + lasts_s, bytes(packet).decode("utf-8", "replace")))
    except (av.FFmpegError, IndexError) as error:
        raise InputError(f"The transcript {str(path)!r} is not a {form} file ({error}): check the file.") from None
    for cue in cues:
        if cue.stop_s < cue.start_s:
            raise InputError(
                f"The transcript {str(path)!r} has a text that ends before it begins, at {cue.start_s:.2f} s: "
                "correct its times."
            )
    return cues


def _without_repeats(cues: list[Cue]) -> tuple[Cue, ...]:
    unique: list[Cue] = []
    before: list[str] = []
    for cue in cues:
        lines = [" ".join(html.unescape(_MARKUP.sub("", line)).split()) for line in cue.text.splitlines()]
        fresh = [line for line in lines if line and line not in before]
        before = lines
        if fresh:
            unique.append(Cue(cue.start_s, cue.stop_s, " ".join(fresh)))
    return tuple(unique)
