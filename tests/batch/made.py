"""A few clips of noise and tables that pair them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from viddiff.video.encode import write_video

STATEMENTS = ["the squat is deeper", "the stance is wider"]


def make_clips(folder: Path, n: int) -> list[str]:
    """``n`` clips of a second and a half; their names."""
    names = []
    for index in range(n):
        rng = np.random.default_rng(index)
        small = rng.integers(0, 255, (12, 6, 8, 3), dtype=np.uint8)
        frames = [np.kron(picture, np.ones((8, 8, 1), np.uint8)) for picture in small]
        names.append(write_video(folder / f"clip{index}.mp4", frames, 8, 64, 48).name)
    return names


def make_table(folder: Path, n_clips: int, n_pairs: int) -> Path:
    """A table in which each clip is in several pairs."""
    clips = make_clips(folder, n_clips)
    taken = [(a, b) for step in range(1, n_clips) for a, b in zip(clips, clips[step:], strict=False)][:n_pairs]
    rows = [{"video_a": a, "video_b": b, "action": "squat", "differences": STATEMENTS} for a, b in taken]
    assert len(rows) == n_pairs
    return write_rows(folder / "pairs.jsonl", rows)


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    """JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """``viddiff batch`` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "viddiff", "batch", *arguments],
        cwd=folder,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def documents(out: Path) -> dict[str, dict[str, Any]]:
    """Folder -> its comparison, without what is the hour and the pace of the run."""
    made = {}
    for path in sorted(out.glob("*/comparison.json")):
        document = json.loads(path.read_text())
        document.pop("created")
        document.pop("seconds")
        made[path.parent.name] = document
    return made
