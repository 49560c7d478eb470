"""Damaged videos: of those that are accepted and look different, how many are noticed? ``python -m benchmarks.mutate``

Small clips are rendered in ten codecs and damaged; each is read as ``compare`` reads it, in a process of its own that
may die. A picture counts as visibly changed where the mean of an 8x8 block of the grey track differs by more than 12
levels of 255 from that of the healthy clip at the same time, or where time is missing. "Noticed" is a notice that the
healthy clip does not have; refused clips are noticed anyway and are told apart. Healthy clips in many encoder settings
tell the false alarms.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from benchmarks.damage import KINDS, PROMISED, RATE, mutate, render, render_healthy
from viddiff.core.errors import InputError
from viddiff.video import FrameStore, LoadedVideo, Sampling, load

_BLOCK, _VISIBLE = 8, 12.0
_HANG_S = 60.0


@dataclass(frozen=True)
class Job:
    """One clip to read: a healthy one where there is no seed, else one damaged by that seed."""

    codec: str
    clip: Path
    seed: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of it: "refused", "unchanged", "noticed", "silent", "alarm" or "died", and the reason told."""

    codec: str
    kind: str
    told: str = ""


def read(job: Job, sampling: Sampling | None = None) -> Outcome:
    """Read one clip, and its healthy original for comparison."""
    sampling = sampling or Sampling(threads=2)
    if job.seed is None:
        try:
            notices = load(job.clip, sampling, FrameStore(None)).info.notices
        except InputError as error:
            notices = (str(error),)
        return Outcome(job.codec, "alarm" if notices else "healthy", " ".join(notices))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / job.clip.name
        path.write_bytes(mutate(job.clip.read_bytes(), job.seed))
        healthy = load(job.clip, sampling, FrameStore(None))
        try:
            damaged = load(path, sampling, FrameStore(None))
        except InputError as error:
            return Outcome(job.codec, "refused", str(error))
    if not is_visible(healthy, damaged):
        return Outcome(job.codec, "unchanged")
    new_notices = " ".join(notice for notice in damaged.info.notices if notice not in healthy.info.notices)
    return Outcome(job.codec, "noticed" if new_notices else "silent", new_notices)


def is_visible(healthy: LoadedVideo, damaged: LoadedVideo) -> bool:
    """Whether a grey track differs from that of the healthy clip; see the head of the module."""
    healthy_track, damaged_track = healthy.track, damaged.track
    if abs(healthy.info.duration_s - damaged.info.duration_s) > 0.6 / RATE:
        return True
    if healthy_track.frames.shape[1:] != damaged_track.frames.shape[1:]:
        return True
    at = np.searchsorted(damaged_track.times_s, healthy_track.times_s + 1e-3, side="right") - 1
    change = np.abs(healthy_track.frames.astype(np.int16) - damaged_track.frames[np.maximum(at, 0)])
    n, height, width = (size // _BLOCK * _BLOCK if k else size for k, size in enumerate(change.shape))
    blocks = change[:, :height, :width].reshape(n, height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    return bool(blocks.mean((2, 4)).max() > _VISIBLE)


def outcomes(jobs: Sequence[Job], until_s: float) -> Iterator[Outcome]:
    """Read clips one by one in another process, which is started again where it dies or hangs."""
    context, done = multiprocessing.get_context("spawn"), 0
    while done < len(jobs) and time.monotonic() < until_s:
        receiver, sender = context.Pipe()
        process = context.Process(target=_work, args=(sender, jobs[done:]), daemon=True)
        process.start()
        sender.close()
        try:
            while done < len(jobs) and time.monotonic() < until_s:
                if not receiver.poll(_HANG_S):
                    raise EOFError
                yield receiver.recv()
                done += 1
        except (EOFError, ConnectionError):
            yield Outcome(jobs[done].codec, "died", f"seed {jobs[done].seed} of {jobs[done].clip.name}")
            done += 1
        process.kill()
        process.join()


def _work(results: Connection, jobs: Sequence[Job]) -> None:
    for job in jobs:
        results.send(read(job))


def campaign(folder: Path, n_mutants: int, n_healthy: int, seed: int, seconds: float) -> list[Outcome]:
    """Render, damage and read, on two processes, for so many seconds at most; healthy clips take turns with damaged."""
    clips = [(codec, render(folder, codec, suffix)) for codec, (suffixes, _) in KINDS.items() for suffix in suffixes]
    # The promised codecs are damaged four times as often as the others, all containers of a codec alike.
    turns = [clip for clip in clips for _ in range(12 // len(KINDS[clip[0]][0]) // (1 if clip[0] in PROMISED else 4))]
    jobs = [Job(*turns[k % len(turns)], seed=seed * 1_000_003 + k) for k in range(n_mutants)]
    healthy = [Job(*render_healthy(folder, seed * 1009 + k)) for k in range(n_healthy)]
    until_s, mixed = time.monotonic() + seconds, healthy + jobs
    random.Random(seed).shuffle(mixed)
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(lambda part: list(outcomes(part, until_s)), (mixed[::2], mixed[1::2]))
        return [outcome for part in parts for outcome in part]


def show(outcomes: Sequence[Outcome]) -> None:
    """One line for each codec, and one for the four that the promise is about."""
    print(
        f"{'codec':<10}{'damaged':>9}{'refused':>9}{'accepted':>10}{'changed':>9}{'noticed':>9}{'share':>8}{'died':>6}"
    )
    for name, codecs in [*((codec, (codec,)) for codec in KINDS), ("the four", PROMISED)]:
        n = Counter(outcome.kind for outcome in outcomes if outcome.codec in codecs)
        changed = n["noticed"] + n["silent"]
        accepted = changed + n["unchanged"]
        share = f"{n['noticed'] / changed:.0%}" if changed else "-"
        total = accepted + n["refused"] + n["died"]
        print(
            f"{name:<10}{total:>9}{n['refused']:>9}{accepted:>10}{changed:>9}{n['noticed']:>9}{share:>8}{n['died']:>6}"
        )
    n = Counter(outcome.kind for outcome in outcomes)
    print(f"Healthy clips: {n['healthy'] + n['alarm']}, false alarms: {n['alarm']}")
    for outcome in outcomes:
        if outcome.kind in ("alarm", "died"):
            print(f"{outcome.kind}: {outcome.codec}: {outcome.told}")


def main(words: Sequence[str]) -> int:
    """Run the campaign; 1 where a process died."""
    parser = argparse.ArgumentParser(description="Damaged videos: what is noticed.")
    parser.add_argument("--mutants", type=int, default=600)
    parser.add_argument("--healthy", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=240.0, help="reading stops after as many")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        outcomes = campaign(Path(folder), options.mutants, options.healthy, options.seed, options.seconds)
    show(outcomes)
    return int(any(outcome.kind == "died" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
