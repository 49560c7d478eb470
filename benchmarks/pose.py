"""Pose while two clips are read, against the estimator alone, and from the cache: ``python -m benchmarks.pose``.

Needs the pose weights (``viddiff weights get pose``).
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import Row, print_rows
from viddiff.core.errors import BackendError
from viddiff.core.settings import load_settings
from viddiff.motion.pose.choice import PoseChoice, choice_of
from viddiff.motion.pose.kinds import estimator_kind
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.reader import PoseReader
from viddiff.motion.pose.weights import check_bundle
from viddiff.synthetic.demo import demo_clips
from viddiff.video import FrameStore, Sampling, load
from viddiff.video.encode import write_video

SECONDS, FPS, ROUNDS = 10, 30, 3
WIDTH, HEIGHT = 960, 720

Frames = list[tuple[float, NDArray[np.uint8]]]


@dataclass
class RecordedStream:
    """A stream that keeps its frames, so that the estimator can be timed without decoding."""

    fps: float
    max_side: int
    frames: Frames = field(default_factory=list)

    def take(self, time_s: float, pixels: NDArray[np.uint8]) -> None:
        """Keep it."""
        self.frames.append((time_s, pixels.copy()))

    def close(self) -> None:
        """Nothing is to be done."""


def render(folder: Path) -> list[Path]:
    """Two clips of 10 s at 30 frames a second: the squat of the demonstration, over and over."""
    paths = []
    for name, clip in zip("ab", demo_clips(0), strict=True):
        camera = replace(clip.camera, width_px=WIDTH, height_px=HEIGHT, focal_px=clip.camera.focal_px * WIDTH / 640)
        frames = list(replace(clip, camera=camera).frames())[::2]
        pictures = [frames[index * len(frames) // 150 % len(frames)] for index in range(150)]
        twice = [frame for frame in pictures for _ in range(2)]
        paths.append(write_video(folder / f"{name}.mp4", twice, FPS, WIDTH, HEIGHT))
    return paths


def read_with_pose(paths: list[Path], choice: PoseChoice, store: Callable[[], FrameStore]) -> None:
    """What a comparison does: both clips read at once, pose in the same passes, then both poses."""
    reader, kept = PoseReader(choice), store()

    def work(path: Path) -> None:
        pose = reader.pose_of(load(path, Sampling(threads=1), kept, open_stream=reader.open_stream))
        assert isinstance(pose, Pose), pose

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, paths))


def estimate_alone(clips: list[Frames], choice: PoseChoice) -> None:
    """The estimator on frames that lie in memory, both clips at once."""

    def work(frames: Frames) -> None:
        estimator = estimator_kind(choice.estimator)(choice)
        for time_s, pixels in frames:
            estimator.people(pixels, time_s)
        estimator.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, clips))


def seconds(work: Callable[[], None]) -> float:
    """Of one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rows(choice: PoseChoice) -> list[Row]:
    """Pose in the decoding pass against the estimator alone, and a second run from the store."""
    with tempfile.TemporaryDirectory() as folder:
        paths = render(Path(folder))
        streams = [RecordedStream(choice.fps, 480) for _ in paths]
        for path, stream in zip(paths, streams, strict=True):
            load(path, Sampling(), FrameStore(None), open_stream=lambda facts, stream=stream: stream)  # type: ignore[misc]
        clips = [stream.frames for stream in streams]
        n_frames = sum(map(len, clips))
        unkept = choice.model_copy(update={"keep": False})
        # By turns, so that what else the machine does hits both; the first round is thrown away.
        timings = [
            (
                seconds(lambda: read_with_pose(paths, unkept, lambda: FrameStore(None))),
                seconds(lambda: estimate_alone(clips, choice)),
            )
            for _ in range(ROUNDS + 1)
        ][1:]
        ours_s, alone_s = (median(way) for way in zip(*timings, strict=True))
        cache = Path(folder) / "cache"
        cached_choice = choice.model_copy(update={"cache_dir": cache, "model": check_bundle(choice)})
        read_with_pose(paths, cached_choice, lambda: FrameStore(cache))
        again_s = median(
            seconds(lambda: read_with_pose(paths, cached_choice, lambda: FrameStore(cache))) for _ in range(ROUNDS)
        )
    what = f"2 clips of {SECONDS} s, {n_frames} frames"
    print(f"pose: {n_frames / ours_s:.0f} frames/s, the estimator alone {n_frames / alone_s:.0f}", file=sys.stderr)
    return [
        Row("reading with pose", what, ours_s, alone_s, "the estimator alone"),
        Row("reading with pose, kept", what, again_s, ours_s, "the first run"),
    ]


def main() -> None:
    """Measure, or say why not; the other benchmarks go on."""
    choice = choice_of(load_settings())
    try:
        check_bundle(choice)
    except BackendError as error:
        print(f"pose is skipped: {error}", file=sys.stderr)
        print_rows([])
        return
    print_rows(rows(choice))


if __name__ == "__main__":
    main()
