"""Rendered pairs on a Ray cluster of four nodes on this machine, whose workers, node and driver are killed.

    python -m benchmarks.cluster [pairs] [clips] [workers killed] [drivers killed]

Every run must end in the documents of a run without Ray, byte for byte but for ``created`` and ``seconds``.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.batch import render, write_table
from tests.batch.made import documents, started
from tests.batch.nodes import killer, nodes
from viddiff.batch.compare import Pages
from viddiff.batch.pairs import Pair, pairs_of_table
from viddiff.batch.rows import Row
from viddiff.batch.run import run
from viddiff.core.settings import Settings
from viddiff.motion.pose.choice import PoseChoice
from viddiff.motion.pose.weights import get_pose

N_NODES = 4
#: The longest time from one worker's death to the next.
LONGEST_S = 6.0
BARE = Pages(report=False)
#: Folder -> comparison, as ``tests.batch.made.documents`` reads them.
Documents = dict[str, dict[str, Any]]


def kill_workers(pairs: list[Pair], folder: Path, settings: Settings, n: int, expected: Documents) -> None:
    """Runs, each in a fresh folder, until ``n`` workers and a node were killed; prints each."""
    n_killed = turn = 0
    with nodes(N_NODES) as cluster:
        while n_killed < n:
            turn += 1
            node = cluster.add_node(num_cpus=1)
            fresh = settings.model_copy(update={"cache_dir": folder / f"cache{turn}"})
            out, began_s = folder / f"run{turn}", time.monotonic()
            with killer(n - n_killed, LONGEST_S, turn) as killed:
                result = run(
                    pairs, out, fresh, BARE, LoseNode(cluster, node), engine="ray", ray_address=cluster.address
                )
            check_same(result.rows, documents(out), expected)
            n_killed += len(killed)
            seconds = time.monotonic() - began_s
            print(
                f"run {turn}: {len(expected)} pairs the same, {len(killed)} workers and a node killed, {seconds:.0f} s"
            )


def check_same(rows: Sequence[Row], documents: Documents, expected: Documents) -> None:
    """Ends the benchmark where a pair failed or a document is another one."""
    failed = [row.error for row in rows if row.error]
    other = [
        f"{key}: {name}"
        for key, document in expected.items()
        for name, value in document.items()
        if documents.get(key, {}).get(name) != value
    ]
    if failed or other or len(documents) != len(expected):
        sys.exit("\n".join(["The documents differ.", *failed, *other]))


class LoseNode:
    """Takes a node away without a word when a third of the pairs are done."""

    def __init__(self, cluster: Any, node: Any) -> None:
        self.cluster, self.node = cluster, node

    def __call__(self, task: str, done: int, total: int) -> None:
        """See ``viddiff.core.types.Progress``."""
        if self.node is not None and done >= total / 3:
            self.cluster.remove_node(self.node, allow_graceful=False)
            self.node = None


def kill_drivers(table: Path, folder: Path, model: Path, n: int, expected: Documents) -> None:
    """The same command, killed up to ``n`` times at random moments, and once more to its end; prints it."""
    out = folder / "driven"
    line = [str(table), "--out", str(out), "--cache-dir", str(folder / "driven-cache"), "--pose-model", str(model)]
    moments, done = random.Random(0), []
    for n_awaited in sorted(moments.sample(range(1, len(expected)), n)):
        driver = started(folder, *line, "--no-report", "--engine", "ray")
        while driver.poll() is None and len(list(out.glob("*/comparison.json"))) < n_awaited:
            time.sleep(0.05)
        driver.send_signal(signal.SIGKILL)
        driver.communicate()
        done.append(len(documents(out)))
    driver = started(folder, *line, "--no-report", "--engine", "ray")
    _, errors = driver.communicate()
    assert driver.returncode == 0, errors
    check_same((), documents(out), expected)
    print(f"driver killed {n} times, after {', '.join(map(str, done))} pairs were done: the same {len(expected)} pairs")


def main(n_pairs: int, n_clips: int, n_workers: int, n_drivers: int) -> None:
    """Render, run, kill, print."""
    print(machine.name())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = write_table(folder, render(folder, n_clips), n_pairs)
        pairs, model = pairs_of_table(table), get_pose(PoseChoice(cache_dir=folder), lambda doing: None)
        settings = Settings(cache_dir=folder / "cache", pose_model=model)
        run(pairs, folder / "local", settings, BARE)
        expected = documents(folder / "local")
        assert len(expected) == n_pairs
        kill_workers(pairs, folder, settings, n_workers, expected)
        kill_drivers(table, folder, model, n_drivers, expected)


if __name__ == "__main__":
    main(*(int(text) for text in (*sys.argv[1:], *("60", "12", "10", "3")[len(sys.argv) - 1 :])))
