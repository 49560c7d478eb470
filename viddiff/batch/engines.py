"""Where the work of a run is done: in this process, or on a Ray cluster.

Reading clips, embedding them and comparing them by measurement are work for processors and go to the cluster. Where
models are asked the comparing stays here, because it mostly waits for answers, and so one budget and one limit of calls
in flight hold for all. Every worker writes the same files, into a cache and a run folder that all machines see.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Protocol

from viddiff.api import Comparer
from viddiff.batch.clips import read_whole
from viddiff.batch.compare import Pages, compare_pair
from viddiff.batch.pairs import Pair
from viddiff.batch.rows import Row
from viddiff.core.settings import Settings
from viddiff.eval.cluster import Cluster
from viddiff.localizer.strategies import DEFAULT_STRATEGY


class Engine(Protocol):
    """Does the work of a run; for several threads.

    Attributes:
        n_cpus: how many pairs it compares at once.
        n_clips: how many clips it works on at once.
    """

    n_cpus: int
    n_clips: int

    def read(self, path: Path) -> None:
        """Read a clip, and what else is made of it alone, into the cache; raises as ``read_whole``."""

    def compare(self, pair: Pair) -> Row:
        """Compare a pair whose clips are read; raises as ``compared``."""

    def close(self) -> None:
        """No more work comes."""


class LocalEngine:
    """This process."""

    def __init__(self, comparer: Comparer, out: Path, pages: Pages) -> None:
        self.comparer, self.out, self.pages = comparer, out, pages
        self.n_cpus = self.n_clips = os.cpu_count() or 2
        comparer.load()

    def read(self, path: Path) -> None:
        """See ``Engine``."""
        comparer = self.comparer
        comparer.poses.pose_of(read_whole(path, comparer.settings, comparer.store, comparer.poses))

    def compare(self, pair: Pair) -> Row:
        """See ``Engine``."""
        return compare_pair(self.comparer, pair, self.out, self.pages)

    def close(self) -> None:
        """See ``Engine``."""


class RayEngine:
    """A Ray cluster: the one at ``address``, or one on this machine; raises as ``Cluster``."""

    def __init__(self, comparer: Comparer, out: Path, pages: Pages, address: str | None = None) -> None:
        self.comparer, self.out, self.pages = comparer, out.absolute(), pages
        localizer = (comparer.settings.localizer or DEFAULT_STRATEGY) if comparer.program == "viddiff" else None
        self.cluster = Cluster(comparer.settings, address, localizer)
        self.n_cpus, self.n_clips = self.cluster.n_cpus, self.cluster.n_clips
        self._compare = self.cluster.task(compare_by_worker)
        if comparer.lms is not None:
            comparer.load()

    def read(self, path: Path) -> None:
        """See ``Engine``."""
        self.cluster.prepare(functools.partial(read_whole, path.absolute(), self.cluster.settings))

    def compare(self, pair: Pair) -> Row:
        """See ``Engine``."""
        if self.comparer.lms is not None:
            return compare_pair(self.comparer, pair, self.out, self.pages)
        pair = pair.model_copy(update={"folder": pair.folder.absolute()})
        row: Row = self.cluster.result(self._compare.remote(self.cluster.settings, pair, self.out, self.pages))
        return row

    def close(self) -> None:
        """See ``Engine``."""
        self.cluster.close()


def compare_by_worker(settings: Settings, pair: Pair, out: Path, pages: Pages) -> Row:
    """``compared`` in a process of the cluster."""
    return compare_pair(comparer_of(settings), pair, out, pages)


#: What a process of the cluster made, by its settings.
_MADE: dict[str, Comparer] = {}


def comparer_of(settings: Settings) -> Comparer:
    """The comparer of these settings, made once in a process that works on one thing at a time."""
    key = settings.model_dump_json()
    if key not in _MADE:
        _MADE.clear()
        _MADE[key] = Comparer(settings, threads=1)
    return _MADE[key]


def engine_of(name: str, comparer: Comparer, out: Path, pages: Pages, address: str | None) -> Engine:
    """The engine of that name, "local" or "ray"; raises as ``RayEngine``."""
    return RayEngine(comparer, out, pages, address) if name == "ray" else LocalEngine(comparer, out, pages)
