"""Several Ray nodes on this machine, and their workers killed at random moments."""

from __future__ import annotations

import contextlib
import gc
import os
import random
import signal
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def nodes(n: int) -> Iterator[Any]:
    """A cluster of ``n`` nodes with a processor each."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster

    small = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False})
    for _ in range(n - 1):
        cluster.add_node(**small)
    cluster.wait_for_nodes()
    try:
        yield cluster
    finally:
        with warnings.catch_warnings():
            # Ray leaves its files and processes to the collector.
            warnings.simplefilter("ignore")
            cluster.shutdown()
            del cluster
            gc.collect()


@contextlib.contextmanager
def killer(n: int, longest_s: float, seed: int = 0) -> Iterator[list[int]]:
    """Kills up to ``n`` workers that are at work, one after another at random moments; gives those that were killed."""
    moments, stop, killed = random.Random(seed), threading.Event(), list[int]()

    def kill() -> None:
        while len(killed) < n and not stop.wait(moments.uniform(0, longest_s)):
            found = [process for process in workers() if process not in killed]
            if found:
                killed.append(moments.choice(found))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(killed[-1], signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        stop.set()
        thread.join()


def workers() -> list[int]:
    """Processes of the clusters that this process began, at work on functions of ours."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            title = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if title.startswith("ray::") and "_by_worker" in title and os.getpid() in ancestors(int(folder.name)):
            found.append(int(folder.name))
    return sorted(found)


def ancestors(process: int) -> list[int]:
    """The parents of a process, the nearest first."""
    found = []
    while process > 1:
        try:
            process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
        found.append(process)
    return found
