"""From a video to the pose of its person: kept, or estimated in the decoding pass, or by decoding once more."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from typing import Any

from viddiff.core.errors import BackendError, InputError
from viddiff.core.shared_store import of_settings
from viddiff.core.types import VideoInfo
from viddiff.motion.pose.choice import NoPose, PoseChoice
from viddiff.motion.pose.detections import Detections
from viddiff.motion.pose.estimation import MAX_SIDE, Estimation
from viddiff.motion.pose.estimators import Estimator
from viddiff.motion.pose.kinds import estimator_kind
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.person import pose_from
from viddiff.motion.pose.store import PoseStore, key_of
from viddiff.video.loaded import DecodingPass, FrameStream, LoadedVideo

#: Poses of so many frames stay in memory, at about 5 kB a frame with what is made of them.
MAX_FRAMES_KEPT = 20_000

OFF = NoPose(why="Pose is switched off (--pose none): nothing is measured from it.")


def pose_of(video: LoadedVideo, choice: PoseChoice) -> Pose | NoPose:
    """The pose of the person in a video, or why there is none; never raises for what the video shows or lacks."""
    return PoseReader(choice).pose_of(video)


class PoseReader:
    """Poses of videos, each estimated once; for several threads.

    ``open_stream`` goes to ``viddiff.video.load``, so that pose is estimated while the video is decoded; ``pose_of``
    then waits for what is still to do. Without the first, the second decodes the video once more.

    Raises:
        UsageError: there is no estimator of that name.
    """

    def __init__(self, choice: PoseChoice) -> None:
        self.choice = choice
        if not self.is_off:
            estimator_kind(choice.estimator)
        self._store = PoseStore(choice.cache_dir / "poses" if choice.keep else None, of_settings(choice.store))
        self._running: dict[str, Estimation] = {}
        self._recent: OrderedDict[tuple[str, str], Pose | NoPose] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def is_off(self) -> bool:
        """Whether no pose is wanted."""
        return self.choice.estimator == "none"

    def __deepcopy__(self, memo: dict[int, Any]) -> PoseReader:
        """Shared by all copies of a program: what it estimated need not be estimated again."""
        return self

    def open_stream(self, facts: DecodingPass) -> FrameStream | None:
        """What takes the frames of a decoding pass; None where they are not needed, or pose cannot be estimated."""
        if self.is_off:
            return None
        try:
            key = self._key(facts)
        except BackendError:
            # Said by ``pose_of``.
            return None
        with self._lock:
            if key in self._running or self._store.get(key) is not None:
                return None
            self._running[key] = Estimation(self._open, self.choice.fps)
            return self._running[key]

    def pose_of(self, video: LoadedVideo) -> Pose | NoPose:
        """The pose of the person in a video, or a sentence that says why there is none."""
        if self.is_off:
            return OFF
        name = video.info.name
        try:
            key = self._key(_whole_pass(video.info)), name
            with self._lock:
                if key in self._recent:
                    self._recent.move_to_end(key)
                    return self._recent[key]
            detections = self._detections(video)
        except (BackendError, InputError) as error:
            return NoPose(why=f"No pose is measured in {name!r}. {error}")
        return self._keep(key, pose_from(detections, self.choice.person, self._identity, name))

    def _keep(self, key: tuple[str, str], pose: Pose | NoPose) -> Pose | NoPose:
        """The pose under ``key``, the same object for all who ask: what is read from it is kept with it."""
        with self._lock:
            cached = self._recent.setdefault(key, pose)
            while len(self._recent) > 1 and sum(map(n_frames_of, self._recent.values())) > MAX_FRAMES_KEPT:
                self._recent.popitem(last=False)
        return cached

    def read_cached(self, info: VideoInfo) -> Pose | None:
        """The pose of a video in which it was estimated before; None where it is not kept, or there is none."""
        if self.is_off:
            return None
        try:
            detections = self._store.get(self._key(_whole_pass(info)))
        except BackendError:
            # Without its weights nobody knows what an estimator is called.
            return None
        if detections is None:
            return None
        pose = pose_from(detections, self.choice.person, self._identity, info.name)
        return None if isinstance(pose, NoPose) else pose

    def _detections(self, video: LoadedVideo) -> Detections:
        facts = _whole_pass(video.info)
        key = self._key(facts)
        stored = self._store.get(key)
        if stored is not None:
            return stored
        stream = self.open_stream(facts)
        if stream is not None:
            if video.stream is None:
                stream.close()
                raise InputError("The video file is not available: compare the files again.")
            video.stream(stream)
        with self._lock:
            running = self._running.get(key)
        detections = running.result() if running else self._store.get(key)
        if detections is None:
            raise InputError("The cached poses were removed in the meantime: run the command again.")
        self._store.put(key, detections)
        with self._lock:
            self._running.pop(key, None)
        return detections

    @functools.cached_property
    def _identity(self) -> str:
        return estimator_kind(self.choice.estimator).identity(self.choice)

    def _open(self) -> Estimator:
        return estimator_kind(self.choice.estimator)(self.choice)

    def _key(self, facts: DecodingPass) -> str:
        return key_of(
            source=facts.source_hash,
            source_fps=facts.fps,
            start_s=facts.start_s,
            stop_s=facts.stop_s,
            fps=self.choice.fps,
            max_side=MAX_SIDE,
            estimator=self._identity,
        )


def n_frames_of(pose: Pose | NoPose) -> int:
    """How many frames it takes the room of; where there is no pose, about that of one."""
    return len(pose.times_s) if isinstance(pose, Pose) else 1


def _whole_pass(info: VideoInfo) -> DecodingPass:
    return DecodingPass(info.source_hash, info.fps, info.start_s, info.stop_s)
