"""Where the work of a run is done: in this process, or on a Ray cluster (https://docs.ray.io).

Reading clips and comparing them by measurement are work for processors and go to the cluster. Where models are asked
the comparing stays here, because it mostly waits for answers, and so one budget and one limit of calls in flight hold
for all. Whoever works writes the same files, into a cache and a run folder that all machines see.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

from viddiff.api import Comparer
from viddiff.batch.clips import read_into_cache
from viddiff.batch.compared import Pages, compared
from viddiff.batch.pairs import Pair
from viddiff.batch.rows import Row
from viddiff.core.errors import BackendError, UsageError
from viddiff.core.settings import Settings

#: How often work is begun anew whose process or machine died.
_MAX_RETRIES = 20


class Engine(Protocol):
    """Does the work of a run; for several threads.

    Attributes:
        n_cpus: how much it does at once.
    """

    n_cpus: int

    def read(self, path: Path) -> None:
        """Read a clip into the cache; raises as ``read_into_cache``."""

    def compare(self, pair: Pair) -> Row:
        """Compare a pair whose clips are read; raises as ``compared``."""

    def close(self) -> None:
        """No more work comes."""


class LocalEngine:
    """This process."""

    def __init__(self, comparer: Comparer, out: Path, pages: Pages) -> None:
        self.comparer, self.out, self.pages = comparer, out, pages
        self.n_cpus = os.cpu_count() or 2

    def read(self, path: Path) -> None:
        """See ``Engine``."""
        read_into_cache(self.comparer, path)

    def compare(self, pair: Pair) -> Row:
        """See ``Engine``."""
        return compared(self.comparer, pair, self.out, self.pages)

    def close(self) -> None:
        """See ``Engine``."""


class RayEngine:
    """A Ray cluster: the one at ``address``, or one on this machine.

    Raises:
        UsageError: Ray is not installed. BackendError: no cluster can be had there.
    """

    def __init__(self, comparer: Comparer, out: Path, pages: Pages, address: str | None = None) -> None:
        self.comparer, self.pages = comparer, pages
        # Workers stand in folders of their own.
        self.out = out.absolute()
        self.settings = comparer.settings.model_copy(update={"cache_dir": comparer.settings.cache_dir.absolute()})
        self.ray = connected(address)
        self.n_cpus = int(self.ray.cluster_resources().get("CPU", 1))
        remote = self.ray.remote(num_cpus=1, max_retries=_MAX_RETRIES)
        self._read, self._compare = remote(read_by_worker), remote(compare_by_worker)

    def read(self, path: Path) -> None:
        """See ``Engine``."""
        self._result(self._read.remote(self.settings, path.absolute()))

    def compare(self, pair: Pair) -> Row:
        """See ``Engine``."""
        if self.comparer.lms is not None:
            return compared(self.comparer, pair, self.out, self.pages)
        pair = pair.model_copy(update={"folder": pair.folder.absolute()})
        row: Row = self._result(self._compare.remote(self.settings, pair, self.out, self.pages))
        return row

    def close(self) -> None:
        """See ``Engine``."""
        self.ray.shutdown()

    def _result(self, reference: Any) -> Any:
        try:
            return self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:
            # The error itself, as it was raised there.
            raise error.cause from None


def connected(address: str | None) -> Any:
    """The library ray, connected; raises as ``RayEngine``."""
    # It would send figures about its use to its makers.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise UsageError("--engine ray needs Ray: install it with: pip install 'viddiff[ray]'") from None
    try:
        ray.init(address=address, log_to_driver=False, logging_level="error")
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise BackendError(f"No Ray cluster can be had at {address or 'this machine'!r}: {reason}") from None
    return ray


def read_by_worker(settings: Settings, path: Path) -> None:
    """``read_into_cache`` in a process of the cluster."""
    read_into_cache(comparer_of(settings), path)


def compare_by_worker(settings: Settings, pair: Pair, out: Path, pages: Pages) -> Row:
    """``compared`` in a process of the cluster."""
    return compared(comparer_of(settings), pair, out, pages)


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
