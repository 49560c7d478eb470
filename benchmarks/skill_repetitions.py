"""Whether the faulty repetition is named: ``python -m benchmarks.skill_repetitions [PAIRS]``.

A query of three squats against an expert of two or four, each in another look, room, stance and tempo, by exact
landmarks. "One fault": one squat of the three is too shallow or leans, at 80 % of its worst. "No fault": all are
correct.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.support.poses import KnownPoses
from viddiff import build, skill
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.skill.performers import draw_squats
from viddiff.synthetic.skill.squats import FAULTS
from viddiff.video.encode import write_video

SIZE, N_SQUATS = 0.8, 3
#: Numbers of the faults that a pose tells in the hold.
TOLD = (0, 1)


def explain_pair(query: SyntheticClip[Any], expert: SyntheticClip[Any], folder: Path) -> skill.SkillExplanation:
    """Explained by the pose alone: the pictures show nobody."""
    clips = {"query.mp4": query, "expert.mp4": expert}
    for name, clip in clips.items():
        frames = [np.full((48, 64, 3), 120, np.uint8)] * sum(clip.performance.frames)
        write_video(folder / name, frames, clip.performance.fps, 64, 48)
    poses = KnownPoses.of_clips(clips)
    build.poses = lambda settings: poses
    return skill.explain(folder / "query.mp4", folder / "expert.mp4", cache=False)


class Result(NamedTuple):
    """Whether the right repetition is furthest and its hold explained; sentences on it, and all."""

    is_furthest: bool
    is_explained: bool
    n_sentences: int
    n_all_sentences: int


def result_of(number: int, has_fault: bool, folder: Path) -> Result:
    """What is said of a pair."""
    rng = np.random.default_rng((99, number))
    place, fault = int(rng.integers(N_SQUATS)), int(rng.choice(TOLD))
    sizes = np.zeros((N_SQUATS, len(FAULTS)))
    sizes[place, fault] = SIZE * has_fault
    expert = draw_squats(np.zeros((2 + 2 * (number % 2), len(FAULTS))), np.random.default_rng((2, number)))
    explanation = explain_pair(draw_squats(sizes, np.random.default_rng((1, number))), expert, folder)
    name = f"repetition {place + 1}"
    furthest = max(explanation.repetitions, key=lambda one: one.cost or 0.0).number == place + 1
    is_shown = any(part.shown and part.name == f"{name}, hold" for part in explanation.parts)
    return Result(
        furthest,
        is_shown,
        sum(one.stages[0].startswith(name) for one in explanation.findings),
        len(explanation.findings),
    )


def main() -> None:
    """Print the table."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    table = Table(box=None)
    for head in ("query", "pairs", "furthest", "hold explained", "its sentences", "all sentences"):
        table.add_column(head, justify="left" if head == "query" else "right")
    for words, has_fault in (("one fault", True), ("no fault", False)):
        with tempfile.TemporaryDirectory() as folder:
            results = [result_of(number, has_fault, Path(folder)) for number in range(n)]
        sums = [str(sum(column)) for column in zip(*results, strict=True)]
        table.add_row(words, str(n), *(sums if has_fault else ["-", "-", "-", sums[-1]]))
    Console(highlight=False).print(table)


if __name__ == "__main__":
    main()
