"""RTMPose through rtmlib and onnxruntime (an extra): 26 or 17 points, no depth. The only module that knows it."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import BackendError
from viddiff.motion.pose.choice import PoseChoice
from viddiff.motion.pose.detections import People
from viddiff.motion.pose.estimators import estimator
from viddiff.motion.pose.landmarks import COLUMN, LANDMARKS
from viddiff.motion.pose.weights import file_digest

#: The 17 points of COCO, and after them those that Halpe's 26 add; None: no landmark of that name here.
_COCO = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow"),
    *("right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle"),
    "right_ankle",
)
_HALPE = (*(*_COCO, None, None, None, "left_foot_index", "right_foot_index", None, None, "left_heel", "right_heel"),)
_POINTS: dict[int, tuple[str | None, ...]] = {17: _COCO, 26: _HALPE}
_MODE = "balanced"
_EXTRA = "--pose rtmpose needs an extra: run `pip install 'viddiff[rtmpose]'`, or use --pose blazepose."
_HOW = "run `viddiff weights get rtmpose`"


@estimator("rtmpose")
class RtmPose:
    """Finds everyone in every frame; two networks, one for people and one for their points.

    Raises:
        BackendError: rtmlib or the weights are missing, or damaged.
    """

    def __init__(self, choice: PoseChoice) -> None:
        detector, points = _weights(choice)
        from onnxruntime.capi import onnxruntime_pybind11_state as onnx
        from rtmlib import BodyWithFeet

        # They have no common class.
        self._errors = (onnx.Fail, onnx.InvalidProtobuf, onnx.InvalidGraph, onnx.RuntimeException, onnx.InvalidArgument)
        sizes = BodyWithFeet.MODE[_MODE]
        try:
            # It tells of loading on standard output, which belongs to results.
            with contextlib.redirect_stdout(sys.stderr):
                self._model: Any = BodyWithFeet(
                    det=str(detector),
                    det_input_size=sizes["det_input_size"],
                    pose=str(points),
                    pose_input_size=sizes["pose_input_size"],
                    backend="onnxruntime",
                )
        except (*self._errors, RuntimeError, ValueError, OSError) as error:
            raise BackendError(f"The weights of RTMPose cannot be used ({error}): {_HOW}.") from None

    @staticmethod
    def identity(choice: PoseChoice) -> str:
        """Name and weights."""
        return "rtmpose/" + "-".join(map(file_digest, _weights(choice)))

    def people(self, pixels: NDArray[np.uint8], time_s: float) -> People:
        """Everyone seen in a frame."""
        try:
            points, scores = self._model(np.ascontiguousarray(pixels[..., ::-1]))
        except (*self._errors, RuntimeError, ValueError) as error:
            raise BackendError(f"RTMPose could not read a frame at {time_s:.2f} s ({error}).") from None
        return people_of(np.asarray(points, dtype=np.float64), np.asarray(scores, dtype=np.float64), pixels.shape[0])

    def close(self) -> None:
        """Let its networks go."""
        self._model = None


def people_of(points: NDArray[np.float64], scores: NDArray[np.float64], height_px: int) -> People:
    """Points (P, 17 or 26, 2) in pixels and their scores (P, 17 or 26) under our names; the others are not seen.

    Raises:
        BackendError: another number of points.
    """
    names = _POINTS.get(points.shape[1])
    if names is None:
        raise BackendError(f"The network outputs {points.shape[1]} points: choose one with 17 or 26 (--pose-model).")
    pairs = [(source, COLUMN[name]) for source, name in enumerate(names) if name is not None]
    sources, columns = (list(side) for side in zip(*pairs, strict=True))
    image = np.full((len(points), len(LANDMARKS), 2), np.nan)
    visibility = np.zeros((len(points), len(LANDMARKS)))
    image[:, columns] = points[:, sources] / height_px
    visibility[:, columns] = np.clip(scores[:, sources], 0.0, 1.0)
    return People(image, np.full((*image.shape[:2], 3), np.nan), visibility)


def get_rtmpose(choice: PoseChoice, tell: Callable[[str], None]) -> Path:
    """Fetch both networks from where rtmlib says they are published; the folder they lie in.

    Raises:
        BackendError: rtmlib is not installed, or they cannot be fetched.
    """
    _check_extra()
    from rtmlib import BodyWithFeet
    from rtmlib.tools.file import download_checkpoint

    folder = choice.weights_dir / "rtmpose"
    tell("Fetching two networks of RTMPose from their publisher.")
    try:
        for part in ("det", "pose"):
            path = Path(download_checkpoint(BodyWithFeet.MODE[_MODE][part], dst_dir=str(folder)))
            path.replace(folder / f"{part}.onnx")
    except (OSError, RuntimeError, ValueError) as error:
        raise BackendError(f"The weights of RTMPose could not be downloaded ({error}): try again later.") from None
    return folder


def _weights(choice: PoseChoice) -> tuple[Path, Path]:
    """(the network that finds people, the one that finds their points)."""
    _check_extra()
    folder = choice.weights_dir / "rtmpose"
    paths = folder / "det.onnx", choice.model or folder / "pose.onnx"
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise BackendError(f"The weights of RTMPose are not here ({missing[0].name}): {_HOW}.")
    return paths


def _check_extra() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("rtmlib", "onnxruntime")):
        raise BackendError(_EXTRA)
