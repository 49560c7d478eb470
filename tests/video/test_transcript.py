"""Transcripts: both formats with their markup, and files that are none or are hostile."""

from __future__ import annotations

from pathlib import Path

import pytest

from viddiff.core.errors import InputError
from viddiff.video.transcript import MAX_BYTES, Cue, cues_within, read_transcript

VTT = """WEBVTT
Kind: captions

STYLE
::cue { color: red }

NOTE a comment

1
00:00:01.000 --> 00:00:04.500 align:start position:0%
<v Anna>First, chop the <c.yellow>onions</c> &amp; garlic.

00:05.000 --> 00:07.000
First, chop the onions &amp; garlic.
Then <00:05.500><c> fry</c> them.
"""
SRT = """\ufeff1
00:00:05,000 --> 00:00:07,000
Then fry
them.

2
00:00:01,000 --> 00:00:04,500
<i>First</i>, chop {\\an8}the onions.
"""


def written(folder: Path, text: str | bytes, name: str = "said.vtt") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_vtt_loses_markup_and_what_a_rolling_caption_repeats(tmp_path: Path) -> None:
    assert read_transcript(written(tmp_path, VTT)) == (
        Cue(1.0, 4.5, "First, chop the onions & garlic."),
        Cue(5.0, 7.0, "Then fry them."),
    )


def test_srt_is_read_in_the_order_of_time(tmp_path: Path) -> None:
    assert read_transcript(written(tmp_path, SRT, "said.SRT")) == (
        Cue(1.0, 4.5, "First, chop the onions."),
        Cue(5.0, 7.0, "Then fry them."),
    )


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", "said.vtt", "holds no text with times"),
        ("hello", "said.srt", "holds no text with times"),
        (b"\x00\xff" * 999, "said.vtt", "holds no text with times"),
        ("WEBVTT\n\n00:00.000 --> 00:01.000\n<b></b>\n", "said.vtt", "holds no text with times"),
        ("WEBVTT\n\n99:00.000 --> 00:01.000\nback\n", "said.vtt", "ends before it begins, at 5940.00 s"),
        (VTT, "said.txt", "neither WebVTT nor SubRip"),
        (b"W" * (MAX_BYTES + 1), "said.vtt", "larger than 4,194,304 bytes"),
    ],
)
def test_what_is_no_transcript_is_one_sentence(tmp_path: Path, text: str | bytes, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        read_transcript(written(tmp_path, text, name))
    assert "\n" not in str(raised.value)


def test_a_transcript_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read \(No such file"):
        read_transcript(tmp_path / "gone.vtt")


def test_many_unclosed_tags_take_no_time(tmp_path: Path) -> None:
    cue = "00:00:00.000 --> 00:00:01.000\n" + "<" * 500_000 + "{\\" * 100_000 + "\n"
    assert len(read_transcript(written(tmp_path, f"WEBVTT\n\n{cue}"))) == 1


def test_cues_are_cut_to_the_part_that_is_compared() -> None:
    said = (Cue(0.0, 4.0, "chop"), Cue(4.0, 6.0, "fry"), Cue(6.0, 8.0, "serve"))
    assert cues_within(said, 3.0, 6.0) == (Cue(3.0, 4.0, "chop"), Cue(4.0, 6.0, "fry"))
