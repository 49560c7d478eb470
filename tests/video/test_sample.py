"""Which frames are sampled, on every odd kind of file, against a plain twin that decodes everything."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.video.clips import HEIGHT, WIDTH, drawn, number, plain_frames, plain_pick, write_clip
from viddiff.core.errors import UsageError
from viddiff.video import FrameStore, Limits, LoadedVideo, Sampling, load, probe
from viddiff.video.frame_plan import plan_frames
from viddiff.video.source import fit

SHARED = Path(__file__).resolve().parents[3] / "shared" / "videos"


def seen(footage: LoadedVideo) -> list[tuple[float, int]]:
    sequence = footage.sequence
    return [(float(time_s), number(sequence.pixels(k))) for k, time_s in enumerate(sequence.times_s)]


def tracked(footage: LoadedVideo) -> list[tuple[float, int]]:
    track = footage.track
    return [(float(time_s), number(frame)) for time_s, frame in zip(track.times_s, track.frames, strict=True)]


def assert_same(ours: list[tuple[float, int]], expected: list[tuple[float, int]], within_s: float = 1e-6) -> None:
    assert [value for _, value in ours] == [value for _, value in expected]
    assert [time_s for time_s, _ in ours] == pytest.approx([time_s for time_s, _ in expected], abs=within_s)


def jittered(n: int) -> list[int]:
    """Times in milliseconds with jitter and one long gap."""
    steps = np.random.default_rng(3).integers(15, 70, n - 1)
    steps[n // 2] = 2000
    return [0, *np.cumsum(steps).tolist()]


CLIPS: dict[str, Callable[[Path], Path]] = {
    "plain": lambda folder: write_clip(folder / "c.mp4"),
    "b-frames": lambda folder: write_clip(folder / "c.mp4", 90, bf="4", g="30", b_pyramid="normal"),
    "no references skipped": lambda folder: write_clip(folder / "c.mp4", bf="0"),
    "long group": lambda folder: write_clip(folder / "c.mp4", 200, g="250", bf="3"),
    "open groups": lambda folder: write_clip(folder / "c.mp4", 120, g="20", bf="3", x264_params="open-gop=1"),
    "key frames only": lambda folder: write_clip(folder / "c.mp4", g="1"),
    "slices": lambda folder: write_clip(folder / "c.mp4", x264_params="slices=4"),
    "variable rate": lambda folder: write_clip(folder / "c.mp4", 80, pts=jittered(80), bf="2"),
    "variable rate, matroska": lambda folder: write_clip(folder / "c.mkv", 80, pts=jittered(80), bf="2"),
    "starts late": lambda folder: write_clip(folder / "c.mkv", pts=[1500 + 33 * k for k in range(60)], bf="2"),
    "starts late, transport": lambda folder: write_clip(folder / "c.ts", bf="2"),
    "slow": lambda folder: write_clip(folder / "c.mp4", 12, fps=3),
    "hevc": lambda folder: write_clip(folder / "c.mp4", 70, codec="libx265", x265_params="log-level=none"),
    "mpeg4": lambda folder: write_clip(folder / "c.mp4", codec="mpeg4", bf="2"),
    "vp9": lambda folder: write_clip(folder / "c.webm", 40, codec="libvpx-vp9", cpu_used="8"),
    "gif": lambda folder: write_clip(folder / "c.gif", 40, fps=10, codec="gif"),
    "flv1, without durations": lambda folder: write_clip(folder / "c.flv", 40, codec="flv"),
    "wmv2, without durations": lambda folder: write_clip(folder / "c.wmv", 40, codec="wmv2"),
    "mjpeg in avi": lambda folder: write_clip(folder / "c.avi", codec="mjpeg"),
}


@pytest.mark.parametrize("kind", CLIPS)
def test_the_frames_on_screen_are_taken(kind: str, tmp_path: Path) -> None:
    path = CLIPS[kind](tmp_path)
    everything = plain_frames(path)
    assert [value for _, value in everything] == list(range(len(everything)))
    footage = load(path, Sampling(fps=4, track_fps=12), FrameStore(None))
    stop_s = footage.info.duration_s
    assert stop_s > everything[-1][0]
    for ours, fps in ((seen(footage), 4), (tracked(footage), 12)):
        expected = plain_pick(everything, 0, stop_s, fps)
        assert_same(ours, expected)
    assert footage.info.n_frames == len(footage.sequence)
    assert probe(path).n_frames == len(everything)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("fps", [1.7, 7.3, 24.0, 30.0, 120.0])
@pytest.mark.parametrize(("start_s", "stop_s"), [(0.0, None), (1.01, 2.0), (2.5, 99.0)])
def test_parts_rates_and_threads(
    fps: float, start_s: float, stop_s: float | None, threads: int, clip: Path, everything: list[tuple[float, int]]
) -> None:
    sampling = Sampling(fps=fps, start_s=start_s, stop_s=stop_s, track_fps=10, threads=threads)
    footage = load(clip, sampling, FrameStore(None))
    info = footage.info
    assert (info.start_s, info.stop_s) == (start_s, min(stop_s or 99.0, info.duration_s))
    assert_same(seen(footage), plain_pick(everything, info.start_s, info.stop_s, fps))
    assert_same(tracked(footage), plain_pick(everything, info.start_s, info.stop_s, 10))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "c.mp4", 100, bf="3", g="40")


@pytest.fixture(scope="module")
def everything(clip: Path) -> list[tuple[float, int]]:
    return plain_frames(clip)


def test_decord_takes_the_same_frames(clip: Path) -> None:
    pytest.importorskip("decord")
    ours = load(clip, Sampling(), FrameStore(None))
    theirs = load(clip, Sampling(decoder="decord"), FrameStore(None))
    assert_same(seen(theirs), seen(ours), 1e-4)
    assert_same(tracked(theirs), tracked(ours), 1e-4)
    assert theirs.info.width == ours.info.width
    assert np.abs(theirs.sequence.pixels(3).astype(int) - ours.sequence.pixels(3)).mean() < 3


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_is_applied_as_decord_applies_it(rotation: int, tmp_path: Path) -> None:
    pytest.importorskip("decord")
    path = write_clip(tmp_path / "c.mp4", 20, rotation=rotation, bf="0")
    facts = probe(path)
    assert facts.rotation == rotation
    assert (facts.width, facts.height) == ((WIDTH, HEIGHT) if rotation == 180 else (HEIGHT, WIDTH))
    footage = load(path, Sampling(), FrameStore(None))
    theirs = load(path, Sampling(decoder="decord"), FrameStore(None))
    upright = np.rot90(footage.sequence.pixels(2), -rotation // 90)
    assert number(upright) == number(np.rot90(footage.track.frames[6], -rotation // 90)) == 15
    assert footage.sequence.pixels(2).shape == (facts.height, facts.width, 3)
    assert np.abs(theirs.sequence.pixels(2).astype(int) - footage.sequence.pixels(2)).mean() < 4


def test_frames_hidden_by_an_edit_list_are_not_shown(tmp_path: Path) -> None:
    # Packets before zero: the muxer writes an edit list that hides them.
    path = write_clip(
        tmp_path / "c.mp4", g="60", bf="0", shift=-20, mux={"avoid_negative_ts": "disabled", "use_editlist": "1"}
    )
    shown = plain_frames(path)
    assert shown[0] == (0.0, 20)
    footage = load(path, Sampling(), FrameStore(None))
    assert_same(seen(footage), plain_pick(shown, 0, footage.info.duration_s, 4))
    assert footage.info.duration_s == pytest.approx(40 / 30)
    assert footage.info.notices == ()


def test_a_stream_without_time_stamps_is_counted_and_told(tmp_path: Path) -> None:
    footage = load(write_clip(tmp_path / "c.h264", 60, bf="2"), Sampling(), FrameStore(None))
    assert [value for _, value in seen(footage)] == [
        int(k * footage.info.fps / 4) for k in range(len(footage.sequence))
    ]
    assert any("no time stamps" in notice for notice in footage.info.notices)


def test_a_title_that_is_not_utf8_does_not_matter(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "c.mkv", 20, title="TITLE")
    path.write_bytes(path.read_bytes().replace(b"TITLE", b"TIT\xe9\xff"))
    assert b"TIT\xe9\xff" in path.read_bytes()
    assert len(load(path, Sampling(), FrameStore(None)).sequence) == 3


def test_sizes_shrink_to_the_long_side_and_never_grow(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "c.mp4", 20, scale=4)
    large, small = (load(path, Sampling(max_side=side, track_side=96), FrameStore(None)) for side in (4096, 300))
    assert large.sequence.pixels(0).shape == (HEIGHT * 4, WIDTH * 4, 3)
    assert small.sequence.pixels(0).shape == (small.sequence.height, small.sequence.width, 3) == (100, 300, 3)
    assert small.track.frames.shape[1:] == (32, 96)
    assert [value for _, value in seen(small)] == [value for _, value in seen(large)]
    assert fit(1000, 1, 10) == (10, 1)


def test_the_grey_track_is_the_luma_of_the_frames(clip: Path) -> None:
    footage = load(clip, Sampling(fps=12), FrameStore(None))
    for k in (0, 7, 20):
        luma = footage.sequence.pixels(k).astype(float) @ [0.299, 0.587, 0.114]
        assert np.abs(footage.track.frames[k] - luma).mean() < 2


def test_a_long_gap_is_told(tmp_path: Path) -> None:
    footage = load(CLIPS["variable rate"](tmp_path), Sampling(), FrameStore(None))
    assert probe(tmp_path / "c.mp4").variable_fps
    (notice,) = footage.info.notices
    assert "stands still" in notice
    assert np.diff(footage.sequence.times_s).max() > 1.9


def test_a_folder_of_images_is_a_video(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for k in range(12):
        Image.fromarray(drawn(k)).save(folder / f"f{k}.{('png', 'bmp')[k % 2]}")
    (folder / "notes.txt").write_text("not an image")
    footage = load(folder, Sampling(folder_fps=6, fps=3), FrameStore(tmp_path / "cache"))
    assert_same(seen(footage), [(k / 6, k) for k in range(0, 12, 2)])
    assert [value for _, value in tracked(footage)] == list(range(12))
    assert (footage.info.fps, footage.info.duration_s, footage.info.name) == (6, 2, "images")
    # Another rate is another video.
    assert load(folder, Sampling(folder_fps=12, fps=3), FrameStore(tmp_path / "cache")).info.duration_s == 1


def test_a_damaged_image_of_a_folder_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for k in range(12):
        Image.fromarray(drawn(k)).save(folder / f"{k}.png")
    (folder / "4.png").write_bytes(b"nothing")
    footage = load(folder, Sampling(folder_fps=6, fps=3), FrameStore(None))
    assert [value for _, value in seen(footage)] == [0, 2, 6, 8, 10]
    assert "0.67-0.83 s" in footage.info.notices[0]


def peak_bytes(path: Path, store: FrameStore) -> int:
    tracemalloc.start()
    load(path, Sampling(fps=0.5, track_fps=0.5, track_side=32, threads=1), store)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    peaks = []
    for n_frames in (300, 3000):
        path = write_clip(tmp_path / f"{n_frames}.mp4", n_frames, preset="ultrafast")
        # The least of two, for what a thread of an earlier test allocates meanwhile counts, too.
        peaks.append(min(peak_bytes(path, FrameStore(tmp_path / f"{n_frames}-{k}")) for k in range(2)))
    # What grows is the timeline, some hundred bytes a frame in Python; a kept frame would be 37,000.
    assert peaks[1] - peaks[0] < 2700 * 500


def test_the_grey_track_is_bounded() -> None:
    times_s = np.arange(0, 3600, 0.04)
    plan = plan_frames(times_s, 0, 3600, 0.1, 12)
    assert plan.tracked.sum() == 6000
    assert plan.sampled.sum() == 360
    assert np.all(np.diff(plan.indices) > 0)


def test_no_more_frames_are_sampled_than_there_are(tmp_path: Path) -> None:
    plan = plan_frames(np.arange(3600.0), 0, 3600, 4, 12)
    assert plan.sampled.sum() == plan.tracked.sum() == 3600
    path = write_clip(tmp_path / "c.mp4", 12, fps=1)
    footage = load(path, Sampling(fps=4), FrameStore(None), Limits(max_frames=12))
    assert [value for _, value in seen(footage)] == list(range(12))
    # However high the rate, what it costs is bounded by the frames.
    assert len(load(path, Sampling(fps=1e12), FrameStore(None)).sequence) == 12


def test_progress_goes_up_to_one(clip: Path) -> None:
    shares: list[float] = []
    load(clip, Sampling(), FrameStore(None), Limits(), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 10


def test_values_that_cannot_be_are_refused() -> None:
    for values in ({"fps": 0.0}, {"fps": float("nan")}, {"max_side": -1}, {"track_fps": float("inf")}):
        with pytest.raises(UsageError, match="give a number above 0"):
            Sampling(**values)


def test_heavy_libraries_are_imported_late() -> None:
    import subprocess

    code = (
        "import sys, viddiff.video; print([name for name in ('av', 'decord', 'torch', 'dspy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real videos are not at hand (shared/videos)")
def test_every_real_clip_loads() -> None:
    paths = sorted(SHARED.glob("*.mp4"))
    assert len(paths) == 12
    for path in paths:
        footage = load(path, Sampling(fps=2), FrameStore(None))
        assert footage.info.notices == ()
        assert len(footage.sequence) == int(np.ceil((footage.info.duration_s - 1e-6) * 2))
        assert footage.track.frames.std() > 10
