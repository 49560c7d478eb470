"""The video of both clips: the right frames next to each other, and what is said of them."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.report.sample import VIDEOS, sample
from tests.video.clips import number, write_clip
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.errors import InputError, UsageError
from viddiff.core.types import FrameRef, Localization, Segment, Side, VideoInfo
from viddiff.report.exports import lettering
from viddiff.report.exports.captions import CaptionCue, CaptionLine, as_srt, as_vtt, caption_text, captions, lines_of
from viddiff.report.exports.clip_frames import ClipFrames
from viddiff.report.exports.layout import lay_out
from viddiff.report.exports.side_by_side import FPS, frame_times, instants, stage_at, write_side_by_side
from viddiff.report.time_alignment import Knot, as_recorded, synchronise, times_at
from viddiff.video.probe import content_hash, probe

Shots = list[NDArray[np.uint8]]


def write_compared(
    comparison: ComparisonRecord, knots: Sequence[Knot], videos: tuple[Path, Path], path: Path, **options: Any
) -> Path:
    """The video of a comparison with its differences as captions."""
    return write_side_by_side(comparison, lines_of(comparison), knots, videos, path, **options)


def info_of(path: Path, start_s: float = 0.0, stop_s: float | None = None) -> VideoInfo:
    facts = probe(path)
    return sample().comparison.video_a.model_copy(
        update={
            "name": path.name,
            "source_hash": content_hash(path),
            "width": facts.width,
            "height": facts.height,
            "fps": facts.fps,
            "duration_s": facts.duration_s,
            "start_s": start_s,
            "stop_s": facts.duration_s if stop_s is None else stop_s,
        }
    )


def localized(side: Side, cuts_s: tuple[float, ...]) -> Localization:
    names = ("lowering", "rising")
    pairs = zip(names, itertools.pairwise(cuts_s), strict=True)
    segments = tuple(Segment(stage=name, start_s=start_s, stop_s=stop_s) for name, (start_s, stop_s) in pairs)
    return Localization(side=side, strategy="viterbi", segments=segments)


def of_clips(a: VideoInfo, b: VideoInfo, cuts_a: tuple[float, ...], cuts_b: tuple[float, ...]) -> ComparisonRecord:
    """One answered difference, cited in A at 0.5 s and in B where the clips are at the same point of their stage."""
    base = sample().comparison
    finding = next(f for f in base.differences if f.difference.key == "3")
    verdict = finding.verdict.model_copy(update={"evidence_a": (0,), "evidence_b": ()})
    frames = (FrameRef(time_s=0.5, ref="0" * 64),)
    one = finding.model_copy(update={"verdict": verdict, "frames_a": frames, "frames_b": ()})
    return base.model_copy(
        update={
            "video_a": a,
            "video_b": b,
            "localization_a": localized("a", cuts_a),
            "localization_b": localized("b", cuts_b),
            "differences": (one,),
        }
    )


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Numbered frames: 60 at 30 fps, 25 at 25 fps."""
    folder = tmp_path_factory.mktemp("numbered")
    return write_clip(folder / "a.mp4", 60), write_clip(folder / "b.mp4", 25, fps=25)


@pytest.fixture(scope="module")
def compared(clips: tuple[Path, Path]) -> ComparisonRecord:
    """0.4-2.0 s of A against all of B; "lowering" takes 1.0 s in A and 0.4 s in B, "rising" 0.6 s in both."""
    return of_clips(info_of(clips[0], 0.4, 2.0), info_of(clips[1]), (0.4, 1.4, 2.0), (0.0, 0.4, 1.0))


def decoded(path: Path) -> Shots:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def numbers(shots: Shots, height: int = 64, width: int = 192) -> list[tuple[int, int]]:
    """The numbers that both pictures of each frame show."""
    left = (shots[0].shape[1] - 2 * width - 8) // 2
    lefts = (left, left + width + 8)
    return [
        (number(shot[:height, lefts[0] :][:, :width]), number(shot[:height, lefts[1] :][:, :width])) for shot in shots
    ]


@pytest.fixture(scope="module")
def video(clips: tuple[Path, Path], compared: ComparisonRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The video on the clock of the stages, at half speed."""
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    return write_compared(compared, synchronise(compared), clips, path, slow=0.5, height=64)


def test_the_video_shows_the_frames_that_the_clock_names(video: Path, compared: ComparisonRecord) -> None:
    knots = synchronise(compared)
    shown = numbers(decoded(video))
    assert len(shown) == round(1.6 / 0.5 * FPS)
    for i, (a, b) in enumerate(shown):
        a_s, b_s = times_at(knots, i / FPS * 0.5)
        assert (a, b) == (int(a_s * 30 + 1e-4), min(24, int(b_s * 25 + 1e-4)))
    # Both arrive at "rising" together, after 1.0 s of the clock.
    assert shown[60] == (42, 10)


def test_the_video_plays_everywhere(video: Path) -> None:
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.pix_fmt, stream.average_rate) == ("h264", "yuv420p", FPS)
        assert context.width % 2 == context.height % 2 == 0
        assert context.colorspace == 1
    written = video.read_bytes()
    assert 0 < written.index(b"moov") < written.index(b"mdat")


def test_colours_arrive_as_they_were(video: Path) -> None:
    bar = decoded(video)[0][64:]
    paper = np.array([0x13, 0x16, 0x19])
    assert np.abs(np.median(bar.reshape(-1, 3), axis=0) - paper).max() <= 3


def test_the_caption_is_written_where_its_difference_shows(video: Path) -> None:
    shots = decoded(video)
    step = lettering.line_height(16)
    lit = [bool((shot[64 + step + 16 :] > 120).any()) for shot in shots]
    # Cited at 0.5 s of A: 0.1 s of the clock, 0.2 s of the video; told from a second before to a second after.
    assert lit.index(False) == round(1.2 * FPS)
    assert not any(lit[lit.index(False) :])


def test_the_raw_clock_holds_the_shorter_clip(
    clips: tuple[Path, Path], compared: ComparisonRecord, tmp_path: Path
) -> None:
    path = write_compared(compared, as_recorded(compared), clips, tmp_path / "raw.mp4", height=64)
    shown = numbers(decoded(path))
    assert len(shown) == 48
    assert shown[0] == (12, 0)
    assert shown[15] == (27, 12)
    assert {b for _, b in shown[31:]} == {24}
    assert shown[-1][0] == 59


def test_a_clip_that_stands_still_is_said_to_be_held(compared: ComparisonRecord) -> None:
    told = list(instants(compared, frame_times(as_recorded(compared), 1.0), ()))
    assert {instant.held for instant in told[:31]} == {(False, False)}
    assert {instant.held for instant in told[31:]} == {(False, True)}
    assert (told[20].stages, told[40].stages) == (("lowering", "rising"), ("rising", "rising"))


def test_no_frame_outside_of_the_part_compared_is_shown(clips: tuple[Path, Path]) -> None:
    clip = ClipFrames(clips[0], info_of(clips[0], 0.4, 1.0))
    assert clip.on_screen(np.array([0.0, 0.4, 0.7, 1.0, 5.0])).tolist() == [12, 12, 21, 29, 29]
    clip.close()


def test_each_frame_is_decoded_once_in_order_and_only_when_needed(
    clips: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = ClipFrames(clips[0], info_of(clips[0]))
    taken: list[int] = []
    pictures = clip._source.pictures

    def counted(wanted: NDArray[np.intp]) -> Iterator[tuple[int, object]]:
        for k, picture in pictures(wanted):
            taken.append(int(wanted[k]))
            yield k, picture

    monkeypatch.setattr(clip._source, "pictures", counted)
    shown = clip.pictures_at(np.repeat(np.arange(20) / 30 + 1e-4, 3), 96, 32)
    first = [number(next(shown)) for _ in range(4)]
    assert first == [0, 0, 0, 1]
    assert len(taken) <= 3
    assert [number(pixels) for pixels in shown][-1] == 19
    assert taken == list(range(20))
    clip.close()


def test_turned_clips_are_shown_upright(clips: tuple[Path, Path], tmp_path: Path) -> None:
    turned = write_clip(tmp_path / "turned.mp4", 12, rotation=90)
    info = info_of(turned)
    assert (info.width, info.height) == (64, 192)
    comparison = of_clips(info, info, (0.0, 0.2, 0.4), (0.0, 0.2, 0.4))
    path = write_compared(comparison, as_recorded(comparison), (turned, turned), tmp_path / "video.mp4", height=192)
    (shot, *_) = decoded(path)[5:]
    left = (shot.shape[1] - 2 * 64 - 8) // 2
    assert number(np.rot90(shot[:192, left : left + 64], -1)) == 5


def test_memory_does_not_grow_with_length(clips: tuple[Path, Path], tmp_path: Path) -> None:
    comparison = of_clips(info_of(clips[0]), info_of(clips[1]), (0.0, 1.0, 2.0), (0.0, 0.5, 1.0))
    tracemalloc.start()
    try:
        write_compared(comparison, as_recorded(comparison), clips, tmp_path / "video.mp4", slow=0.4, height=64)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # All 150 frames of the video would be 40 MB.
    assert peak < 8_000_000


def test_a_failure_leaves_no_file_behind(
    clips: tuple[Path, Path], compared: ComparisonRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object) -> Iterator[tuple[int, object]]:
        return iter(())

    monkeypatch.setattr("viddiff.video.source_pyav.PyavSource.pictures", nothing)
    with pytest.raises(InputError, match=r"No frame of .*a\.mp4' can be decoded"):
        write_compared(compared, as_recorded(compared), clips, tmp_path / "video.mp4", height=64)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_is_said(clips: tuple[Path, Path], compared: ComparisonRecord, tmp_path: Path) -> None:
    knots = as_recorded(compared)
    with pytest.raises(UsageError, match="cannot be written"):
        write_compared(compared, knots, clips, tmp_path / "missing" / "video.mp4", height=64)
    with pytest.raises(UsageError, match="slow is 0: give a number above 0"):
        write_compared(compared, knots, clips, tmp_path / "video.mp4", slow=0, height=64)
    longer = compared.video_b.model_copy(update={"stop_s": 90.0})
    with pytest.raises(InputError, match=r"which is 1\.00 s long"):
        write_compared(compared.model_copy(update={"video_b": longer}), knots, clips, tmp_path / "video.mp4")


@pytest.mark.parametrize("aspects", [(16 / 9, 16 / 9), (9 / 16, 9 / 16), (9 / 16, 16 / 9), (0.1, 0.1), (8.0, 8.0)])
def test_sizes_are_even_and_both_pictures_fit(aspects: tuple[float, float]) -> None:
    layout = lay_out(aspects, 720, ())
    sizes = (*layout.widths, layout.height, *layout.size)
    assert all(size % 2 == 0 for size in sizes)
    assert 640 <= layout.size[0] <= 2560
    assert layout.lefts[0] >= 0
    assert layout.lefts[1] + layout.widths[1] <= layout.size[0]
    assert layout.lefts[1] - layout.lefts[0] - layout.widths[0] == 8


def test_captions_follow_each_other_and_tell_of_what_had_no_room() -> None:
    comparison = sample().comparison
    shown = captions(lines_of(comparison), synchronise(comparison), slow=0.5)
    assert all(caption.start_s < caption.stop_s for caption in shown)
    assert all(one.stop_s <= following.start_s for one, following in itertools.pairwise(shown))
    answered = [caption_text(comparison.differences[i]) for i in (2, 3, 4, 7)]
    assert {one.line for caption in shown for one in caption.differences} == set(answered)
    five = comparison.model_copy(update={"differences": (comparison.differences[3],) * 5})
    assert captions(lines_of(five), synchronise(five))[0].lines[-1] == "and 2 more"


def test_caption_files_hold_text_only() -> None:
    finding = sample().comparison.differences[3]
    said = finding.difference.model_copy(update={"statement": "1 --> 2 <b>{x}&\n\nNOTE \x1b"})
    caption = CaptionCue(
        3661.2, 3662.0004, (CaptionLine(caption_text(finding.model_copy(update={"difference": said})), (), ()),)
    )
    assert as_vtt([caption]) == (
        "WEBVTT\n\n01:01:01.200 --> 01:01:02.000\n1 --&gt; 2 &lt;b&gt;{x}&amp; NOTE: more in video A (95 %)\n"
    )
    assert as_srt([caption]) == ("1\n01:01:01,200 --> 01:01:02,000\n1 --› 2 ‹b›(x)& NOTE: more in video A (95 %)\n")


@pytest.mark.parametrize(
    "text", ["", "a", "the quick brown fox " * 20, "x" * 500, "\u202eabc\x1b[2J def", "你好 " * 40]
)
def test_wrapped_lines_fit_and_lose_no_word_without_saying_so(text: str) -> None:
    lines = lettering.wrap(text, 20, 300, 3)
    assert len(lines) <= 3
    assert all(lettering.font(20).getlength(line) <= 300 for line in lines)
    assert "\u202e" not in "".join(lines)
    short = lettering.wrap(text, 20, 300, 1000)
    assert lines == short or lines[-1].endswith("…")
    assert "".join(short).replace(" ", "") == "".join(text.replace("\u202e", "").replace("\x1b", "").split())


def test_the_stage_is_the_one_that_a_time_lies_in() -> None:
    where = localized("a", (1.0, 2.0, 3.0))
    assert [stage_at(where, time_s) for time_s in (0.5, 1.0, 2.0, 3.0)] == ["", "lowering", "rising", "rising"]
    assert stage_at(Localization(side="a", strategy="uniform", segments=()), 1.0) == ""


@pytest.mark.skipif(not VIDEOS.is_dir(), reason="the real videos are not at hand (shared/videos)")
def test_a_real_pair_becomes_a_video_of_the_right_length(tmp_path: Path) -> None:
    videos = (VIDEOS / "ball_juggling_a.mp4", VIDEOS / "ball_juggling_b.mp4")
    comparison = of_clips(info_of(videos[0], 0.0, 0.8), info_of(videos[1], 0.0, 0.6), (0.0, 0.4, 0.8), (0.0, 0.2, 0.6))
    path = write_compared(comparison, synchronise(comparison), videos, tmp_path / "video.mp4", height=180)
    shots = decoded(path)
    assert len(shots) == 24
    # Both pictures hold something, and not the same.
    assert shots[0][:180, :320].std() > 20
    assert np.abs(shots[0][:180, :320].astype(int) - shots[0][:180, 328:648]).mean() > 5


def test_a_statement_that_is_a_sentence_loses_its_stop_before_the_verdict() -> None:
    one = sample().comparison.differences[3]
    difference = one.difference.model_copy(update={"statement": "The feet are wider apart."})
    assert caption_text(one.model_copy(update={"difference": difference})) == (
        "The feet are wider apart: more in video A (95 %)"
    )
