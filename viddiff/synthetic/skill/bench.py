"""Rendered performers as scored performances: ``items.jsonl`` with features or videos, and what is true of each."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from viddiff.core.arrays import Floats, array_bytes
from viddiff.core.errors import UsageError
from viddiff.core.files import document
from viddiff.synthetic.bench import write_lines
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.skill.performers import Performer, plan_performer
from viddiff.synthetic.skill.squats import BEST, FAULTS
from viddiff.synthetic.workers import map_in_processes
from viddiff.video.encode import write_video

ITEMS, TRUTH = "items.jsonl", "truth.jsonl"
VIDEOS, FEATURES = "videos", "features"
Row = dict[str, Any]
#: Fewer performers are not worth the start of a process.
_FEW = 16
#: A clip to the features (T, D) of its frames.
Describe = Callable[[SyntheticClip[Any]], Floats]


def render_performers(
    out_dir: Path,
    describe: Describe | None,
    n_performers: int = 260,
    seed: int = 0,
    n_repetitions: int = 1,
    workers: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the clips of performers, then ``truth.jsonl``, and last ``items.jsonl`` into ``out_dir``.

    The same seed gives the same rows, however many workers there are; a greater ``n_performers`` only adds some.

    Args:
        describe: gives the features to write; None: videos are rendered in their place. A function of a module.
        n_performers: of whom five have no fault, and every fourth is in the test part.
        n_repetitions: squats of a clip, each with faults of its own.
        workers: processes; None: one for each core, at most two, and one for a few performers.
        on_progress: called with how many performers are done, and how many there are.

    Returns:
        The path of ``items.jsonl``.

    Raises:
        UsageError: no performer or no repetition, or ``out_dir`` cannot be made or written to.
    """
    if n_performers < 1 or n_repetitions < 1:
        raise UsageError(
            f"{n_performers!r} performers with {n_repetitions!r} squats cannot be rendered: give at least one of each."
        )
    rendered = map_in_processes(
        partial(_render_performer, out_dir, describe, seed, n_repetitions),
        n_performers,
        workers or min(2, os.cpu_count() or 1, 1 + n_performers // _FEW),
        on_progress and (lambda n_done: on_progress(n_done, n_performers)),
    )
    write_lines(out_dir / TRUTH, [json.dumps(rows.truth) for rows in rendered])
    return write_lines(out_dir / ITEMS, [json.dumps(rows.item) for rows in rendered])


def item_of(performer: Performer, path: Row) -> Row:
    """The row of a performer in the neutral form; ``path`` names the file of its features or its video."""
    performance = performer.clip.performance
    segments = [
        {"start_s": one.segment.start_s, "stop_s": one.segment.stop_s, "deduction": one.cost}
        for one in performance.costs
    ]
    return {
        "id": performer.id,
        **path,
        "activity": "squat",
        "score": performance.score,
        "max_score": BEST,
        "split": performer.split,
        "group": performer.id,
        "segments": segments,
        "fps": performance.fps,
    }


def truth_of(performer: Performer) -> Row:
    """All that is true of a performer: its stages, and of each fault what is seen, where, how large, and its cost."""
    performance = performer.clip.performance
    faults = [
        {
            "repetition": turn,
            "fault": fault.words,
            "stage": fault.stage,
            "size": size,
            "cost": fault.cost * size / len(performance.squats),
        }
        for turn, sizes in enumerate(performance.sizes.tolist(), 1)
        for fault, size in zip(FAULTS, sizes, strict=True)
        if size
    ]
    stages = [segment.model_dump(mode="json", exclude_none=True) for segment in performance.segments]
    return {"id": performer.id, "score": performance.score, "faults": faults, "stages": stages}


class _PerformerRows(NamedTuple):
    item: Row
    truth: Row


def _render_performer(
    folder: Path, describe: Describe | None, seed: int, n_repetitions: int, index: int
) -> _PerformerRows:
    """Write the files of one performer; its rows."""
    performer = plan_performer(index, seed, n_repetitions)
    clip = performer.clip
    if describe:
        path = {"features": f"{FEATURES}/{performer.id}.npy"}
        (folder / FEATURES).mkdir(parents=True, exist_ok=True)
        with document(folder / path["features"]) as temporary:
            temporary.write_bytes(array_bytes(describe(clip).astype("float32")))
    else:
        path = {"video": f"{VIDEOS}/{performer.id}.mp4"}
        camera = clip.camera
        write_video(folder / path["video"], clip.frames(), clip.performance.fps, camera.width_px, camera.height_px)
    return _PerformerRows(item_of(performer, path), truth_of(performer))
