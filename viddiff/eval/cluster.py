"""The clips of a run on a Ray cluster (https://docs.ray.io): read with their pose, then embedded, each by workers.

Reading is a task with a processor. CLIP is an actor that holds the model: one for each GPU of the cluster, and where
there is none one for every four processors. No more is handed to a pool than it can begin, so a slow one holds up
the threads that wait for it and not the others. What is made goes to the cache, or the store, that all machines see.
"""

from __future__ import annotations

import itertools
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from viddiff import build
from viddiff.core.errors import BackendError, InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.localizer.localizer import Localizer
from viddiff.localizer.strategies import STRATEGIES
from viddiff.motion.pose.reader import PoseReader
from viddiff.video import FrameStore
from viddiff.video.loaded import LoadedVideo

#: Reads a clip into a store, with its pose; travels to the machines of the cluster.
ReadClip = Callable[[FrameStore, PoseReader], LoadedVideo]

#: How often work is begun again whose process or machine died.
MAX_RETRIES = 20
_CPUS_OF_EMBEDDER = 4
_CONNECT_S = 5.0


class Cluster:
    """A Ray cluster: the one at ``address``, or one on this machine; for several threads.

    Args:
        settings: as the machines of the cluster use them; folders of this machine are theirs, too.
        address: HOST:PORT; None: a cluster of this machine alone.
        localizer: the strategy whose embeddings are made ahead; None: none are.

    Attributes:
        n_cpus: processors of the cluster.
        n_clips: clips that all pools together work on at once.

    Raises:
        UsageError: Ray is not installed. BackendError: no cluster can be had there.
    """

    def __init__(self, settings: Settings, address: str | None = None, localizer: str | None = None) -> None:
        # Workers stand in folders of their own.
        self.settings = settings.model_copy(update={"cache_dir": settings.cache_dir.absolute()})
        self.ray = connect(address)
        resources = self.ray.cluster_resources()
        self.n_cpus, n_gpus = int(resources.get("CPU", 1)), int(resources.get("GPU", 0))
        self._read = self.task(read_by_worker)
        self._reading = threading.Semaphore(self.n_cpus)
        embedders = self._embedders(localizer, n_gpus) if localizer and embeds_frames(settings, localizer) else []
        self._embedding = threading.Semaphore(2 * len(embedders))
        self._next_embedder = itertools.cycle(embedders) if embedders else None
        self.n_clips = self.n_cpus + 2 * len(embedders)

    def task(self, function: Callable[..., Any]) -> Any:
        """A function as work of the cluster, with a processor to itself."""
        return self.ray.remote(num_cpus=1, max_retries=MAX_RETRIES)(function)

    def _embedders(self, localizer: str, n_gpus: int) -> list[Any]:
        n_embedders = n_gpus or max(1, self.n_cpus // _CPUS_OF_EMBEDDER)
        # Where there is one processor, it is shared with reading.
        wants = {"num_gpus": 1, "num_cpus": 0} if n_gpus else {"num_cpus": int(self.n_cpus > 1)}
        actor = self.ray.remote(max_restarts=MAX_RETRIES, max_task_retries=MAX_RETRIES, **wants)(Embedder)
        return [actor.remote(self.settings, localizer) for _ in range(n_embedders)]

    def prepare(self, read: ReadClip) -> None:
        """Have a clip read, its pose estimated and its frames embedded, into the cache.

        Raises:
            InputError: it cannot be read. StoreError: the store that machines share cannot be used.
        """
        with self._reading:
            self.result(self._read.remote(self.settings, read))
        if self._next_embedder is not None:
            with self._embedding:
                self.result(next(self._next_embedder).embed.remote(read))

    def result(self, reference: Any) -> Any:
        """What work of the cluster returned; raises what it raised.

        Raises:
            InputError: each process that began it died. BackendError: the cluster is lost.
        """
        errors = self.ray.exceptions
        try:
            return self.ray.get(reference)
        except errors.RayTaskError as error:
            # The error itself, as it was raised there.
            raise error.cause from None
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.ActorDiedError, errors.OutOfMemoryError):
            raise InputError(
                f"The {MAX_RETRIES + 1} processes that began it died (a crash, or no memory): check the video."
            ) from None
        except errors.RayError as error:
            reason = str(error).strip().partition("\n")[0]
            raise BackendError(f"The Ray cluster was lost ({reason}): run the same command again.") from None

    def close(self) -> None:
        """No more work comes."""
        self.ray.shutdown()


def connect(address: str | None) -> Any:
    """The library ray, connected; raises as ``Cluster``."""
    # It would send figures about its use to its makers.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise UsageError("--engine ray needs Ray: install it with: pip install 'viddiff[ray]'") from None
    try:
        check_listens(address)
        # A cluster for one run shows no dashboard; one that is there has its own.
        options = {} if address else {"include_dashboard": False}
        ray.init(address=address, log_to_driver=False, logging_level="error", **options)
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise BackendError(f"No Ray cluster is available at {address or 'this machine'!r}: {reason}") from None
    return ray


def check_listens(address: str | None) -> None:
    """Whether something listens at HOST:PORT; Ray itself would try for minutes.

    Raises:
        OSError, ValueError: nothing does, or that is no address.
    """
    host, colon, port = (address or "").rpartition("/")[2].rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), timeout=_CONNECT_S).close()


def embeds_frames(settings: Settings, localizer: str) -> bool:
    """Whether a strategy embeds frames, and its weights are at hand."""
    if localizer not in STRATEGIES or not STRATEGIES[localizer].reads_text:
        return False
    encoder = localizer_of(settings, localizer).encoder
    return encoder is not None and encoder.has_weights


def localizer_of(settings: Settings, localizer: str) -> Localizer:
    """The localizer of that strategy."""
    return build.localizer(settings.model_copy(update={"localizer": localizer}))


def read_by_worker(settings: Settings, read: ReadClip) -> None:
    """Read a clip and estimate its pose, in a process of the cluster."""
    poses = build.poses(settings)
    poses.pose_of(read(build.frame_store(settings), poses))


class Embedder:
    """Holds a CLIP model in a process of the cluster."""

    def __init__(self, settings: Settings, localizer: str) -> None:
        self.localizer = localizer_of(settings, localizer)
        self.store, self.poses = build.frame_store(settings), build.poses(settings)

    def embed(self, read: ReadClip) -> None:
        """The embeddings of a clip that was read, into the cache."""
        self.localizer.embeddings(read(self.store, self.poses).sequence)
