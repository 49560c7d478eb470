"""Time and memory of a batch of pairs that share rendered clips, compared with one ``compare`` for each pair.

    python -m benchmarks.batch [pairs] [clips] [compared one by one]

Prints how often a clip was decoded, seconds per pair, memory during the run, the share of what the slowest part alone
would take, a run with a simulated model and a hundred questions in flight, and what 50,000 pairs would take. The clips
are 160 x 120 pixels and three seconds long, the measured program judges two statements a pair, with pose, without
reports.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.simulated_model import DELAY_S
from viddiff.api import Comparer
from viddiff.batch.clips import read_whole
from viddiff.batch.compare import Pages
from viddiff.batch.estimate import plan_batch
from viddiff.batch.pairs import Pair, pairs_of_table
from viddiff.batch.run import run
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings
from viddiff.lms.cache import configure
from viddiff.motion.pose.choice import PoseChoice
from viddiff.motion.pose.weights import get_pose
from viddiff.programs.statements import parse_differences
from viddiff.synthetic.pairs import plan_pair
from viddiff.video import sample
from viddiff.video.encode import write_video

STATEMENTS = ["the movement is faster", "the stance is wider"]
#: Pairs of the run with a simulated model, questions in flight, and what the model answers in a second.
N_ASKED, N_WORKERS, CALLS_PER_S = 60, 100, 4.0
#: Clips with which the parts of the run are timed alone.
N_ALONE = 20
#: What is estimated, at as many pairs a clip as were measured.
N_MANY = 50_000


def render(folder: Path, n_clips: int) -> list[str]:
    """``n_clips`` rendered clips of people; their names."""
    names = []
    for index in range(n_clips):
        clip = plan_pair(index, 0).a
        path = folder / f"{index:03d}.mp4"
        frames = (np.ascontiguousarray(frame[::2, ::2]) for frame in clip.frames())
        write_video(path, frames, clip.performance.fps, clip.camera.width_px // 2, clip.camera.height_px // 2)
        names.append(path.name)
    return names


def write_table(folder: Path, names: list[str], n_pairs: int) -> Path:
    """``n_pairs`` pairs in which every clip is about equally often, as JSON Lines."""
    steps = itertools.count(1)
    pairs = ((a, names[(index + step) % len(names)]) for step in steps for index, a in enumerate(names))
    rows = [{"video_a": a, "video_b": b, "action": "movement"} for a, b in itertools.islice(pairs, n_pairs)]
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps({**row, "differences": STATEMENTS}) + "\n" for row in rows))
    return path


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, and of processors; the latter depend less on what else the machine does."""

    wall_s: float
    cpu_s: float

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s)

    def least(self, other: Spent) -> Spent:
        """The smaller of both, each kind of second by itself."""
        return Spent(min(self.wall_s, other.wall_s), min(self.cpu_s, other.cpu_s))

    def each(self, n: int) -> str:
        """The seconds of one of ``n``."""
        return f"{self.wall_s / n:.2f} s ({self.cpu_s / n:.2f} s of a processor)"


def run_command(arguments: list[str]) -> Spent:
    """What a command line took that ends well."""
    began_s, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(time.monotonic() - began_s, cpu_s)


def run_batch(table: str, out: str, cache: str, model: str, report: str) -> None:
    """A batch in this process; what it decoded and needed goes to a file."""
    decoded, memory_mb = Counter[str](), dict[int, float]()
    opened = vars(sample)["open_source"]

    def count_decoding(path: Path, *rest: Any, **options: Any) -> Any:
        decoded[Path(path).name] += 1
        return opened(path, *rest, **options)

    def progress(task: str, done: int, total: int) -> None:
        if done in {round(total * part / 5) for part in range(1, 6)}:
            status = Path("/proc/self/status").read_text()
            memory_mb[done] = int(status.partition("VmRSS:")[2].split()[0]) / 1024

    vars(sample)["open_source"] = count_decoding
    settings = Settings(cache_dir=Path(cache), pose_model=Path(model))
    rows = run(pairs_of_table(Path(table)), Path(out), settings, Pages(report=False), progress).rows
    assert all(row.status == "done" for row in rows)
    Path(report).write_text(json.dumps({"decoded": decoded, "memory_mb": memory_mb}))


def parts_alone(pairs: list[Pair], clips: list[Path], model: Path) -> dict[str, Spent]:
    """What a clip takes to be read with its pose, and a pair of read clips to be compared, each with nothing beside it.

    As the run does it: as many at once as there are processors, in a process whose libraries are loaded.
    """
    differences = parse_differences(STATEMENTS)
    with tempfile.TemporaryDirectory() as name:
        comparer = Comparer(Settings(cache_dir=Path(name), pose_model=model), threads=1)

        def read(clip: Path) -> None:
            comparer.poses.pose_of(read_whole(clip, comparer.settings, comparer.store, comparer.poses))

        def compare(pair: Pair) -> None:
            comparer(pair.paths.a, pair.paths.b, "movement", differences)

        for clip in clips[:2]:
            read(clip)
        compare(pairs[0])
        reading = spend([functools.partial(read, clip) for clip in clips[2:]])
        comparing = spend([functools.partial(compare, pair) for pair in pairs[1:] if {*pair.paths} <= {*clips}])
    return {"reading": reading, "comparing": comparing}


def spend(jobs: Sequence[Callable[[], object]]) -> Spent:
    """What one of the jobs takes, on the mean."""
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    in_parallel(jobs, os.cpu_count() or 2)
    return Spent((time.monotonic() - began_s) / len(jobs), (time.process_time() - began_cpu_s) / len(jobs))


@contextlib.contextmanager
def simulated_model() -> Iterator[str]:
    """The address of a model that answers in two seconds, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.simulated_model", str(CALLS_PER_S)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


def run_with_model(pairs: list[Pair], folder: Path, cache: Path) -> str:
    """A run that waits for a model, against the best that its rate allows."""
    configure(folder / "answers")
    with simulated_model() as url:
        settings = Settings(lm="openai/x", api_base=url, cache_dir=cache, pose="none", threads=N_WORKERS, effort="low")
        # Libraries are loaded and the first connection is made before the clock runs.
        run(pairs[-1:], folder / "first", settings, Pages(report=False))
        began_s, began_cpu_s = time.monotonic(), time.process_time()
        result = run(pairs[:N_ASKED], folder / "asked", settings, Pages(report=False))
        seconds, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
    n_calls = sum(usage.calls for usage in result.usage.usage)
    ideal_s = n_calls / min(N_WORKERS / DELAY_S, CALLS_PER_S)
    n_failed = sum(row.failed_questions for row in result.rows)
    return (
        f"{n_calls} calls for {len(result.rows)} pairs in {seconds:.0f} s ({cpu_s:.0f} s of a processor), "
        f"{n_failed} questions failed; the model's rate allows {ideal_s:.0f} s: {ideal_s / seconds:.0%}"
    )


def bytes_below(folder: Path) -> int:
    """Bytes of the files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def estimate(pairs: list[Pair], n_clips: int, cache: Path, run_bytes: int, pair_cpu_s: float) -> Iterator[str]:
    """What many pairs would take on this machine, and what models would cost."""
    factor = N_MANY / len(pairs)
    disk_gb = (bytes_below(cache) + run_bytes) * factor / 1e9
    hours = N_MANY * pair_cpu_s / 3600
    yield f"{N_MANY:,} pairs over {round(n_clips * factor):,} clips: {hours:.0f} processor hours, {disk_gb:.0f} GB"
    for model in ("openai/gpt-4o-mini", "openai/gpt-4o"):
        for batched in (False, True):
            settings = Settings(lm=model, cache_dir=cache, provider_batch=batched, effort="low")
            cost = plan_batch(pairs[:N_ALONE], settings)[0].cost_usd or float("nan")
            how = "in batches" if batched else "at once"
            yield f"  {model} {how}, two statements a pair, effort low: ${cost / N_ALONE * N_MANY:,.0f} at the most"


def shares(alone: dict[str, Spent], n: dict[str, int], total: Spent) -> Iterator[str]:
    """The share of the run that its parts take alone: 100 % if only the slowest part needs time."""
    for name, one in alone.items():
        yield f"{name} alone: {one.each(1)}"
    wall_s, cpu_s = (
        {name: n[name] * getattr(one, kind) for name, one in alone.items()} for kind in ("wall_s", "cpu_s")
    )
    slowest = max(cpu_s, key=cpu_s.__getitem__)
    yield f"  {slowest}, the slowest: {cpu_s[slowest] / total.cpu_s:.0%} of the run's processor time, " + (
        f"{wall_s[slowest] / total.wall_s:.0%} of its seconds"
    )
    yield f"  all parts: {sum(cpu_s.values()) / total.cpu_s:.0%} and {sum(wall_s.values()) / total.wall_s:.0%}"


def main(n_pairs: int, n_clips: int, n_single: int) -> None:
    """Render, run, print."""
    print(machine.name())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = render(folder, n_clips)
        model = get_pose(PoseChoice(cache_dir=folder), lambda doing: None)
        table = write_table(folder, clips, n_pairs)
        pairs = pairs_of_table(table)
        out, cache, report = folder / "run", folder / "cache", folder / "report.json"
        folders = [folder / clip for clip in clips[:N_ALONE]]
        before = parts_alone(pairs, folders, model)
        total = run_command(["benchmarks.batch", "watched", *map(str, (table, out, cache, model, report))])
        measured = json.loads(report.read_text())
        print(f"{n_pairs} pairs over {n_clips} clips: {total.wall_s:.0f} s, a pair {total.each(n_pairs)}")
        print(f"  decoded: {len(measured['decoded'])} clips, each {set(measured['decoded'].values())} times")
        print("  MB after pairs:", ", ".join(f"{n}: {mb:.0f}" for n, mb in measured["memory_mb"].items()))
        # The machine is not alike before and after: the faster time is the stricter one.
        after = parts_alone(pairs, folders, model)
        alone = {name: before[name].least(after[name]) for name in before}
        print("\n".join(shares(alone, {"reading": n_clips, "comparing": n_pairs}, total)))
        single = Spent(0.0, 0.0)
        for index, pair in enumerate(pairs[:n_single]):
            stated = [part for statement in STATEMENTS for part in ("--difference", statement)]
            fresh = ["--cache-dir", str(folder / f"single{index}"), "--pose-model", str(model), "--json"]
            single += run_command(
                ["viddiff", "compare", *map(str, pair.paths), "--action", "movement", *stated, *fresh]
            )
        faster = single.wall_s / n_single * n_pairs / total.wall_s, single.cpu_s / n_single * n_pairs / total.cpu_s
        print(f"compare, {n_single} of {n_pairs} commands: a pair {single.each(n_single)}")
        print(f"  all of them would take {faster[0]:.1f} times as long, {faster[1]:.1f} times the processor")
        print(f"simulated model, {DELAY_S:g} s a call, {CALLS_PER_S:g} calls a second, {N_WORKERS} in flight:")
        print(" ", run_with_model(pairs, folder, cache))
        print("\n".join(estimate(pairs, n_clips, cache, bytes_below(out), total.cpu_s / n_pairs)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["watched"]:
        run_batch(*sys.argv[2:])
    else:
        main(*(int(text) for text in (*sys.argv[1:], *("500", "100", "10")[len(sys.argv) - 1 :])))
