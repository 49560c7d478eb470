"""BlazePose through mediapipe's Tasks API: 33 landmarks in the picture and in metres. The only module that knows it.

Nothing is sent anywhere: releases from 0.10.30 to below 1 have no telemetry, which a test holds.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import BackendError, first_line
from viddiff.motion.pose.choice import PoseChoice
from viddiff.motion.pose.detections import People
from viddiff.motion.pose.estimators import estimator
from viddiff.motion.pose.landmarks import LANDMARKS
from viddiff.motion.pose.weights import HOW, check_bundle, file_digest

#: People followed at once where there are several.
MAX_PEOPLE = 4
#: How often it is looked for further people, in seconds, after the first frames, which are all looked at: looking costs
#: as much as following one person for two frames.
LOOK_EVERY_S = 0.5
LOOK_AT_FIRST = 5
#: Bodies nearer than this share of their size are the same one.
_SAME_BODY = 0.4
#: How sure it must be of a further person; by default somebody at the edge is overlooked.
_LOOK_CONFIDENCE = 0.3
# With one person mediapipe smooths the landmarks by a filter that lags; it follows the time stamps. Stamps this many
# milliseconds apart for each second of the clip leave nothing of the smoothing.
_STAMPS_A_SECOND = 10**9
_silent = threading.RLock()


@estimator("blazepose")
class BlazePose:
    """Follows one person as long as nobody else is seen, which is half as fast again, and then up to four.

    Raises:
        BackendError: mediapipe or the weights are missing, or the weights are damaged.
    """

    def __init__(self, choice: PoseChoice) -> None:
        self._path = str(check_bundle(choice))
        try:
            from mediapipe.tasks.python import vision
        except ImportError as error:
            raise BackendError(f"mediapipe cannot be used ({error}): run `pip install viddiff` again.") from None
        self._follower = self._open(vision.RunningMode.VIDEO, 1)
        self._looker: Any = self._open(vision.RunningMode.IMAGE, MAX_PEOPLE)
        self._n_frames, self._looked_s = 0, 0.0
        # The library has more to tell when it sees its first person.
        self._silence: Callable[[], AbstractContextManager[None]] = _without_stderr

    @staticmethod
    def identity(choice: PoseChoice) -> str:
        """Name and weights."""
        return f"blazepose/{file_digest(check_bundle(choice))}"

    def people(self, pixels: NDArray[np.uint8], time_s: float) -> People:
        """Everyone seen in a frame."""
        import mediapipe

        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(pixels))
        width = pixels.shape[1] / pixels.shape[0]
        try:
            with self._silence():
                people = _people(self._follow(image, time_s), width)
                n_people = self._look(image, time_s, people)
                if n_people > 1:
                    self._follow_several(n_people)
                    people = _people(self._follow(image, time_s), width)
        except (RuntimeError, ValueError) as error:
            raise BackendError(f"mediapipe could not read a frame at {time_s:.2f} s ({first_line(error)}).") from None
        if len(people):
            self._silence = nullcontext
        return people

    def close(self) -> None:
        """Let its networks go."""
        for landmarker in filter(None, (self._follower, self._looker)):
            landmarker.close()

    def _follow(self, image: Any, time_s: float) -> Any:
        # Stamp 0 was that of the blank picture.
        return self._follower.detect_for_video(image, 1 + round(time_s * _STAMPS_A_SECOND))

    def _look(self, image: Any, time_s: float, followed: People) -> int:
        """How many people there are, looked for in the first frames and now and then; 0: not looked, or known."""
        self._n_frames += 1
        due = self._n_frames <= LOOK_AT_FIRST or time_s - self._looked_s >= LOOK_EVERY_S
        if self._looker is None or not due:
            return 0
        self._looked_s = time_s
        return _n_bodies(followed, _people(self._looker.detect(image), image.width / image.height))

    def _follow_several(self, n_people: int) -> None:
        """No more than there are: the library looks for more in each frame as long as it follows fewer than it may."""
        from mediapipe.tasks.python import vision

        self.close()
        self._follower, self._looker = self._open(vision.RunningMode.VIDEO, min(n_people, MAX_PEOPLE)), None

    def _open(self, mode: Any, n_people: int) -> Any:
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=self._path),
            running_mode=mode,
            num_poses=n_people,
            min_pose_detection_confidence=0.5 if mode is vision.RunningMode.VIDEO else _LOOK_CONFIDENCE,
        )
        try:
            with _without_stderr():
                landmarker = vision.PoseLandmarker.create_from_options(options)
                if mode is vision.RunningMode.VIDEO:
                    landmarker.detect_for_video(_blank(), 0)
                else:
                    landmarker.detect(_blank())
        except (RuntimeError, ValueError, OSError) as error:
            raise BackendError(
                f"mediapipe cannot use the weights in {self._path!r} ({first_line(error)}): {HOW}."
            ) from None
        return landmarker


def _blank() -> Any:
    import mediapipe

    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.zeros((8, 8, 3), np.uint8))


def _people(result: Any, width: float) -> People:
    n = len(result.pose_landmarks)
    image = np.full((n, len(LANDMARKS), 2), np.nan)
    world = np.full((n, len(LANDMARKS), 3), np.nan)
    visibility = np.zeros((n, len(LANDMARKS)))
    for person, (landmarks, metric) in enumerate(zip(result.pose_landmarks, result.pose_world_landmarks, strict=True)):
        image[person] = [(point.x * width, point.y) for point in landmarks]
        visibility[person] = [point.visibility for point in landmarks]
        world[person] = [(point.x, point.y, point.z) for point in metric]
    return People(image, world, visibility)


def _n_bodies(followed: People, looked: People) -> int:
    """How many different people there are: the one who is followed, and those who are somewhere else."""
    if not len(followed):
        return len(looked)
    size = np.hypot(*np.ptp(followed.image[0], axis=0))
    away = np.hypot(*(looked.image - followed.image[0]).mean(axis=1).T) / size
    return 1 + int((away > _SAME_BODY).sum())


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Within this context what is written to standard error is dropped.

    The native library greets there whenever a network is opened, and no setting keeps it from that.
    """
    with _silent:
        sys.stderr.flush()
        try:
            saved_fd = os.dup(2)
        except OSError:
            # There is no standard error, so nothing to keep clean.
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(saved_fd, 2)
            os.close(saved_fd)
            os.close(nowhere)
