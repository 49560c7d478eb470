"""Rendered performers as they are trained on."""

from __future__ import annotations

from typing import Any

from viddiff.core.arrays import Floats
from viddiff.localizer.alignment.features import pose_features
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.landmarks import landmarks_of


def exact_pose(clip: SyntheticClip[Any]) -> Floats:
    """(T, D) what ``--features pose`` makes of a clip's frames, by the exact landmarks: no picture is rendered."""
    return pose_features(landmarks_of(clip)).vectors
