"""A rendered benchmark in the layout of VidDiffBench: videos, rows, and what is true of them."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from viddiff.core.errors import UsageError
from viddiff.core.files import write_document
from viddiff.core.record import Record
from viddiff.core.types import Localization, Side, Stage
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.pairs import PlannedPair, plan_pair
from viddiff.synthetic.truth import LabelledDifference
from viddiff.synthetic.workers import map_in_processes
from viddiff.video.encode import write_video

ROWS, TRUTH, VIDEOS = "rows.jsonl", "truth.jsonl", "videos"
_OPEN_FACTOR = 1.5


class PairTruth(Record):
    """All that is true of one pair, a line of ``truth.jsonl``; difference keys are those of the row."""

    sample_key: str
    """Key of the row."""
    stages: tuple[Stage, ...]
    """The stages of the action."""
    localization_a: Localization
    """Where the stages lie in video A."""
    localization_b: Localization
    """Where the stages lie in video B."""
    differences: tuple[LabelledDifference, ...]
    """What differs, with the true answers."""


def render_bench(
    out_dir: Path,
    n_pairs: int = 60,
    seed: int = 0,
    workers: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Render ``videos/*.mp4``, then write ``truth.jsonl`` and, last, ``rows.jsonl`` into ``out_dir``.

    The same seed gives the same bytes on the same machine, however many workers there are; a greater ``n_pairs`` only
    adds pairs.

    Args:
        n_pairs: pairs of videos, 320 x 240, about 3 s long.
        workers: processes; None: one for each core, at most two.
        on_progress: called with how many pairs are done, and how many there are.

    Returns:
        The path of ``rows.jsonl``.

    Raises:
        UsageError: fewer than one pair, or ``out_dir`` cannot be made or written to.
    """
    if n_pairs < 1:
        raise UsageError(f"A benchmark of {n_pairs!r} pairs cannot be rendered: give at least 1.")
    videos = out_dir / VIDEOS
    rendered = map_in_processes(
        partial(render_pair, videos, seed=seed),
        n_pairs,
        workers or min(2, os.cpu_count() or 1),
        on_progress and (lambda n_done: on_progress(n_done, n_pairs)),
    )
    write_lines(out_dir / TRUTH, [pair.truth for pair in rendered])
    return write_lines(out_dir / ROWS, [pair.row for pair in rendered])


class PairLines(NamedTuple):
    """The row of a pair and its truth, each a JSON line."""

    row: str
    truth: str


def render_pair(videos: Path, index: int, seed: int) -> PairLines:
    """Render one pair into the folder ``videos``."""
    pair = plan_pair(index, seed)
    for side, clip in (("a", pair.a), ("b", pair.b)):
        camera = clip.camera
        write_video(
            videos / f"{pair.key}_{side}.mp4",
            clip.frames(),
            clip.performance.fps,
            camera.width_px,
            camera.height_px,
        )
    return PairLines(json.dumps(row_of(pair, seed)), truth_of(pair).model_dump_json())


def row_of(pair: PlannedPair, seed: int) -> dict[str, Any]:
    """The row of a pair, with JSON strings where VidDiffBench has them."""
    annotated = {
        str(number): {
            "name": labelled.difference.name,
            "description": labelled.difference.statement,
            "query_string": labelled.difference.query_string,
            "num_frames": labelled.difference.num_frames,
        }
        for number, labelled in enumerate(pair.differences)
    }
    return {
        "sample_key": pair.key,
        "action": pair.action.key,
        "action_name": pair.action.name,
        "action_description": pair.action.description,
        "domain": "synthetic",
        "source_dataset": "synthetic",
        "split": pair.split,
        "videos": json.dumps([_video(pair, "a"), _video(pair, "b")]),
        "differences_annotated": json.dumps(annotated),
        "differences_gt": json.dumps({str(i): labelled.label for i, labelled in enumerate(pair.differences)}),
        "retrieval_frames": json.dumps([_key_frames(pair, "a"), _key_frames(pair, "b")]),
        "n_differences_open_prediction": math.ceil(_OPEN_FACTOR * len(pair.differences)),
        "sample_hash": int.from_bytes(hashlib.sha256(f"{seed}/{pair.key}".encode()).digest()[:8], "big") >> 1,
    }


def truth_of(pair: PlannedPair) -> PairTruth:
    """What is true of a pair."""
    return PairTruth(
        sample_key=pair.key,
        stages=pair.a.performance.stages,
        localization_a=Localization(side="a", strategy="truth", segments=pair.a.performance.segments),
        localization_b=Localization(side="b", strategy="truth", segments=pair.b.performance.segments),
        differences=tuple(
            labelled.model_copy(update={"difference": labelled.difference.model_copy(update={"key": str(number)})})
            for number, labelled in enumerate(pair.differences)
        ),
    )


def _clip(pair: PlannedPair, side: Side) -> SyntheticClip[Any]:
    return pair.a if side == "a" else pair.b


def _video(pair: PlannedPair, side: Side) -> dict[str, Any]:
    performance = _clip(pair, side).performance
    return {
        "path": f"{VIDEOS}/{pair.key}_{side}.mp4",
        "fps_original": float(performance.fps),
        "frames_trim": [0, performance.n_frames, None],
    }


def _key_frames(pair: PlannedPair, side: Side) -> dict[str, list[int]]:
    """The frames that show each difference, counted from the start of the clip."""
    fps = _clip(pair, side).performance.fps
    return {
        str(number): [
            round(time_s * fps) for time_s in (labelled.key_times_a_s if side == "a" else labelled.key_times_b_s)
        ]
        for number, labelled in enumerate(pair.differences)
    }


def write_lines(path: Path, lines: list[str]) -> Path:
    """Write a text file that appears once whole."""
    return write_document(path, "".join(f"{line}\n" for line in lines))
