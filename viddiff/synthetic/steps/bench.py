"""Rendered step pairs in the three files of the StepDiff benchmark, with what is true of each clip."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from viddiff.core.errors import UsageError
from viddiff.core.files import write_document
from viddiff.synthetic.steps.attempts import N_CANDIDATES, Attempt, Group, plan_group
from viddiff.synthetic.steps.rows import Row, caption_rows, choice_rows, rank_rows
from viddiff.synthetic.workers import map_in_processes
from viddiff.video.encode import write_video

VIDEOS = "videos"
CAPTIONS, CHOICES, EXCHANGED, RANKS = "diffcap.jsonl", "diffmcq.jsonl", "diffmcq_exchanged.jsonl", "diffrank.jsonl"
#: A line for each clip: its numbers with their units and smallest visible difference, and its colours.
TRUTH = "truth.jsonl"


def render_steps(
    out_dir: Path,
    n_pairs: int = 60,
    seed: int = 0,
    workers: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Path, ...]:
    """Render ``videos/*.mp4``, then write ``truth.jsonl`` and the files of the three tasks into ``out_dir``.

    The same seed gives the same bytes on the same machine, however many workers there are; a greater ``n_pairs`` only
    adds pairs.

    Args:
        n_pairs: pairs of a reference and a candidate, in fours, since each reference has four candidates.
        workers: processes; None: one for each core, at most two.
        on_progress: called with how many pairs are done, and how many there are.

    Returns:
        The paths of the captions, the choices, the choices with a swapped pair, and the ranks.

    Raises:
        UsageError: fewer than one pair, or ``out_dir`` cannot be made or written to.
    """
    if n_pairs < 1:
        raise UsageError(f"{n_pairs!r} pairs cannot be rendered: give at least 1.")
    n_groups = math.ceil(n_pairs / N_CANDIDATES)
    rendered = map_in_processes(
        partial(render_group, out_dir / VIDEOS, seed=seed),
        n_groups,
        workers or min(2, os.cpu_count() or 1),
        on_progress and (lambda n_done: on_progress(n_done * N_CANDIDATES, n_groups * N_CANDIDATES)),
    )
    for name in (TRUTH, CAPTIONS, CHOICES, EXCHANGED, RANKS):
        rows = (row for files in rendered for row in files[name])
        write_document(out_dir / name, "".join(f"{json.dumps(row)}\n" for row in rows))
    return tuple(out_dir / name for name in (CAPTIONS, CHOICES, EXCHANGED, RANKS))


def render_group(videos: Path, index: int, seed: int) -> dict[str, list[Row]]:
    """Render the clips of one group into the folder ``videos``; the rows that it adds to each file."""
    group = plan_group(index, seed)
    for attempt in group.attempts:
        camera, fps = attempt.clip.camera, attempt.clip.performance.fps
        path = videos / f"{attempt.video}.mp4"
        write_video(path, attempt.clip.frames(), fps, camera.width_px, camera.height_px)
    return rows_of(group, index, seed)


def rows_of(group: Group, index: int, seed: int) -> dict[str, list[Row]]:
    """The rows of one group by file, without a video."""
    return {
        TRUTH: [truth_of(attempt) for attempt in group.attempts],
        CAPTIONS: list(caption_rows(group)),
        CHOICES: list(choice_rows(group, False, (seed, index))),
        EXCHANGED: list(choice_rows(group, True, (seed, index))),
        RANKS: list(rank_rows(group)),
    }


def truth_of(attempt: Attempt) -> Row:
    """All that is true of a clip."""
    return {
        "clip": attempt.id,
        "step": attempt.action.description,
        "numbers": {
            aspect.key: {
                "name": aspect.name,
                "value": attempt.numbers[aspect.key],
                "unit": aspect.unit,
                "resolution": aspect.resolution,
            }
            for aspect in attempt.action.aspects
        },
        "colours": dict(attempt.colours),
    }
