"""How many frames ``--skip-similar`` saves, and how it changes segments: ``python -m benchmarks.dedup [FOLDER]``.

Rendered clips with known stages, through the tiny CLIP of the tests, which was not trained on them; then real clips, if
there are any in FOLDER. The tiny CLIP was trained on rendered clips: for real ones it shows how far borders move when
frames are skipped, not whether they were right. Real clips are located with the stages of every rendered action in
turn.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.timing import duration
from tests.support.stage_clip import TRAINING_SEED, stage_clip, with_cues
from viddiff.core.arrays import Floats
from viddiff.core.types import Segment, Stage
from viddiff.localizer import strategies
from viddiff.localizer.clip.dedup import deduplicate, thumbnail
from viddiff.localizer.clip.encoder import ClipEncoder
from viddiff.localizer.clip.store import EmbeddingStore
from viddiff.localizer.localizer import Localizer, segments_of
from viddiff.localizer.strategies import Intervals
from viddiff.synthetic.pairs import ACTIONS, plan_pair
from viddiff.video import FrameStore, LoadedVideo, Sampling, load
from viddiff.video.encode import write_video

SEED, N_PAIRS = 7, 24
RATES_FPS, THRESHOLDS = (4.0, 8.0), (0.5, 1.0, 2.0, 4.0)
VIDEOS = (".mp4", ".mov", ".mkv", ".webm")


@dataclass(frozen=True)
class Clip:
    """A video file, the stages that are looked for in it, and where they truly are, if that is known."""

    path: Path
    stages: tuple[tuple[Stage, ...], ...]
    truth: tuple[Segment, ...] | None = None


@dataclass(frozen=True)
class Effect:
    """What one threshold does to one clip.

    Attributes:
        skipped, n_frames: frames not embedded, of how many.
        moved_s: how far each border between two stages moves.
        n_changed, n_staged: frames that get another stage, of how many (each counts once for each list of stages).
        error_s, plain_error_s: distance of each border from the true one, with skipping and without.
    """

    skipped: int
    n_frames: int
    moved_s: Floats
    n_changed: int
    n_staged: int
    error_s: Floats
    plain_error_s: Floats


def render(folder: Path) -> list[Clip]:
    """Both clips of pairs of another seed than the tiny CLIP was trained on.

    Without jumping jacks: two of their three stages look alike, and no order tells them apart.
    """
    if SEED == TRAINING_SEED:
        raise RuntimeError("The tiny CLIP was trained on these clips: choose another seed.")
    clips = []
    for index in (i for i in range(N_PAIRS) if ACTIONS[i % len(ACTIONS)].key != "jumping_jack"):
        pair = plan_pair(index, SEED)
        for side, plan in (("a", pair.a), ("b", pair.b)):
            size = plan.camera.width_px, plan.camera.height_px
            path = write_video(folder / f"{index}{side}.mp4", plan.frames(), plan.performance.fps, *size)
            clips.append(Clip(path, (stages_with_cues(plan.performance.stages),), plan.performance.segments))
    return clips


def real_clips(folder: Path) -> list[Clip]:
    """The videos of a folder, each with the stages of every rendered action."""
    stages = tuple(stages_with_cues(plan_pair(index, SEED).a.performance.stages) for index in range(len(ACTIONS)))
    return [Clip(path, stages) for path in sorted(folder.iterdir()) if path.suffix.lower() in VIDEOS]


def stages_with_cues(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Stages with cues in the words that the tiny CLIP reads."""
    return tuple(with_cues(stage) for stage in stages)


def effects(clip: Clip, video: LoadedVideo, localizer: Localizer) -> list[Effect]:
    """What each threshold does to one clip, read once and embedded once."""
    frames = [video.sequence.pixels(i) for i in range(len(video.sequence))]
    similarities = [localizer.similarity(stages, video.sequence) for stages in clip.stages]
    plain = [strategies.viterbi(similarity) for similarity in similarities]
    results = []
    for below in THRESHOLDS:
        shown_by: list[int] = []
        n_embedded = sum(1 for _ in deduplicate(frames, shown_by, below))
        # The first frame of each group stands for the others.
        first = np.unique(shown_by, return_index=True)[1][shown_by]
        skipping = [strategies.viterbi(np.ascontiguousarray(each[:, first])) for each in similarities]
        ours, theirs = (
            [borders_s(*each, video) for each in zip(clip.stages, some, strict=True)] for some in (skipping, plain)
        )
        true_s = np.array([segment.start_s for segment in clip.truth[1:]]) if clip.truth else np.empty(0)
        results.append(
            Effect(
                skipped=len(frames) - n_embedded,
                n_frames=len(frames),
                moved_s=np.abs(np.concatenate(ours) - np.concatenate(theirs)),
                n_changed=sum(n_changed_frames(*both, len(frames)) for both in zip(skipping, plain, strict=True)),
                n_staged=len(frames) * len(plain),
                error_s=np.abs(ours[0] - true_s) if clip.truth else true_s,
                plain_error_s=np.abs(theirs[0] - true_s) if clip.truth else true_s,
            )
        )
    return results


def borders_s(stages: Sequence[Stage], intervals: Intervals, video: LoadedVideo) -> Floats:
    """(S - 1,) where each stage but the first begins, in seconds."""
    return np.array([segment.start_s for segment in segments_of(stages, intervals, video, None)[1:]])


def n_changed_frames(one: Intervals, other: Intervals, n_frames: int) -> int:
    """How many frames lie in different stages."""
    order = np.arange(n_frames)
    stage_of_one, stage_of_other = (np.searchsorted(each[:, 1], order, "right") for each in (one, other))
    return int((stage_of_one != stage_of_other).sum())


def rows(name: str, clips: Sequence[Clip], localizer: Localizer) -> Iterator[tuple[str, ...]]:
    """A row of the table for each rate and threshold, over all clips."""
    for fps in RATES_FPS:
        of_clips = [effects(clip, load(clip.path, Sampling(fps=fps), FrameStore(None)), localizer) for clip in clips]
        for below, some in zip(THRESHOLDS, zip(*of_clips, strict=True), strict=True):
            shares = sorted(each.skipped / each.n_frames for each in some)
            moved_s, error_s, plain_error_s = (
                np.concatenate([getattr(each, of) for each in some]) for of in ("moved_s", "error_s", "plain_error_s")
            )
            skipped = sum(each.skipped for each in some) / sum(each.n_frames for each in some)
            changed = sum(each.n_changed for each in some) / sum(each.n_staged for each in some)
            yield (
                f"{len(clips)} {name}",
                f"{fps:g}",
                f"{below:g}",
                f"{skipped:.1%} ({shares[0]:.0%}-{shares[-1]:.0%})",
                f"{moved_s.mean():.3f} / {np.quantile(moved_s, 0.95):.2f} / {moved_s.max():.2f}",
                f"{changed:.1%}",
                f"{plain_error_s.mean():.3f} -> {error_s.mean():.3f}" if len(error_s) else "not known",
            )


def cost_s(video: LoadedVideo) -> float:
    """Processor seconds that comparing one frame takes: the least of several."""
    frames = [video.sequence.pixels(i) for i in range(len(video.sequence))]
    seconds = []
    for _ in range(5):
        start = time.process_time()
        for before, after in itertools.pairwise(frames):
            np.abs(thumbnail(after) - thumbnail(before)).mean()
        # Each frame is made small twice here, and once in use.
        seconds.append((time.process_time() - start) / 2 / (len(frames) - 1))
    return min(seconds)


def main(folder: Path | None) -> None:
    """Print the table."""
    began_s = time.perf_counter()
    moves = "border moves, s: mean / 95 % / max"
    table = Table("clips", "fps", "below", "not embedded", moves, "other stage", "error, s: without -> with", box=None)
    with tempfile.TemporaryDirectory() as place:
        store = EmbeddingStore(Path(place) / "embeddings")
        localizer = Localizer("viterbi", ClipEncoder(stage_clip(Path(place))), store)
        sets = {"rendered": render(Path(place))}
        if folder is not None:
            sets["real"] = real_clips(folder)
        for name, clips in sets.items():
            for row in rows(name, clips, localizer):
                table.add_row(*row)
            table.add_section()
        cost = cost_s(load(clips[0].path, Sampling(), FrameStore(None)))
    console = Console(width=150)
    console.print(table)
    console.print(f"Comparing a frame takes {duration(cost)}; all took {time.perf_counter() - began_s:.0f} s.")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
