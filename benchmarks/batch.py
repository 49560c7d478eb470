"""A batch of rendered clips that many pairs share: how fast, how much memory, against one ``compare`` a pair.

    python -m benchmarks.batch [pairs] [clips]

Prints seconds a pair and the peak of memory for the first half of the pairs and for all, and the seconds of a few
single commands. The measured program with pose, no model, no report.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from viddiff.motion.pose.choice import PoseChoice
from viddiff.motion.pose.weights import get_pose
from viddiff.synthetic.pairs import plan_pair
from viddiff.video.encode import write_video

N_SINGLE = 3


def render(folder: Path, n_clips: int) -> list[str]:
    """``n_clips`` rendered clips of people; their names."""
    names = []
    for index in range(n_clips):
        clip = plan_pair(index, 0).a
        path = folder / f"{index:03d}.mp4"
        write_video(path, clip.frames(), clip.performance.fps, clip.camera.width_px, clip.camera.height_px)
        names.append(path.name)
    return names


def write_table(folder: Path, names: list[str], n_pairs: int) -> Path:
    """The first ``n_pairs`` pairs of them, as JSON Lines."""
    pairs = itertools.islice(itertools.combinations(names, 2), n_pairs)
    rows = [json.dumps({"video_a": a, "video_b": b, "action": "movement"}) for a, b in pairs]
    path = folder / f"pairs{n_pairs}.jsonl"
    path.write_text("\n".join(rows) + "\n")
    return path


def timed(arguments: list[str]) -> tuple[float, float]:
    """Seconds, and MB at the peak, of a command line that ends well."""
    began_s = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "viddiff", *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"viddiff {' '.join(arguments)} failed")
    return time.monotonic() - began_s, used.ru_maxrss / 1024


def main() -> None:
    """Render, run, print."""
    n_pairs, n_clips = (int(text) for text in (*sys.argv[1:], "60", "12")[:2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = render(folder, n_clips)
        model = ["--pose-model", str(get_pose(PoseChoice(cache_dir=folder), print))]
        for n in (n_pairs // 2, n_pairs):
            cache = ["--cache-dir", str(folder / f"cache{n}"), *model]
            table = str(write_table(folder, clips, n))
            seconds, peak_mb = timed(["batch", table, "--out", str(folder / f"run{n}"), "--no-report", *cache])
            print(f"batch of {n} pairs over {n_clips} clips: {seconds / n:.2f} s a pair, {peak_mb:.0f} MB at the peak")
        pairs = list(itertools.combinations(clips, 2))[:N_SINGLE]
        spent = 0.0
        for index, (a, b) in enumerate(pairs):
            cache = ["--cache-dir", str(folder / f"single{index}"), *model]
            spent += timed(["compare", str(folder / a), str(folder / b), "--action", "movement", "--json", *cache])[0]
        print(f"compare, one command a pair: {spent / len(pairs):.2f} s a pair")


if __name__ == "__main__":
    main()
