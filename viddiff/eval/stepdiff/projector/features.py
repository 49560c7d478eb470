"""The features of the clips of rows: of their videos, or from files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from viddiff.core.arrays import map_array
from viddiff.core.errors import InputError
from viddiff.core.types import Progress
from viddiff.eval.stepdiff.items import StepClip
from viddiff.eval.stepdiff.videos import ClipReader
from viddiff.programs.stepdiff.projector.features import ClipFeatures, VideoFeatures, even_places


class DescribeClip(Protocol):
    """A clip to its features."""

    def __call__(self, clip: StepClip) -> ClipFeatures:
        """Those of one clip; InputError where it is not there or cannot be used."""


class FromVideos:
    """Features of videos, computed once."""

    def __init__(self, reader: ClipReader, features: VideoFeatures) -> None:
        self.reader, self.features = reader, features

    def __call__(self, clip: StepClip) -> ClipFeatures:
        """Those of one clip; raises as ``ClipReader`` and the encoder."""
        return self.features(self.reader.read(clip))


class FromFiles:
    """``<folder>/<clip id>.npy`` of any encoder, (frames, patches, numbers) or (frames, numbers).

    Args:
        folder: where they lie.
        n_frames: of a clip, evenly over those of the file.
    """

    def __init__(self, folder: Path, n_frames: int) -> None:
        self.folder, self.n_frames = folder, n_frames

    def __call__(self, clip: StepClip) -> ClipFeatures:
        """Those of one clip.

        Raises:
            InputError: the file is not there, or holds something else.
        """
        path = self.folder / f"{clip.id}.npy"
        try:
            values = map_array(path)
        except OSError as error:
            raise InputError(f"The features {str(path)!r} cannot be read ({error.strerror}): write them, or skip such "
                             "rows with --allow-missing.") from None  # fmt: skip
        except ValueError:
            raise InputError(f"{str(path)!r} holds no array of numbers: write it with numpy.save.") from None
        if values.ndim == 2:
            values = values[:, None]
        if values.dtype.kind != "f" or values.ndim != 3 or not values.size:
            raise InputError(f"{str(path)!r} has the shape {values.shape} of {values.dtype}: give floating-point "
                             "numbers as (frames, patches, numbers).")  # fmt: skip
        if len(values) != self.n_frames:
            values = values[even_places(len(values), self.n_frames)]
        if not np.isfinite(values).all():
            raise InputError(f"{str(path)!r} holds NaN or infinite values: compute it again.")
        if math.isinf(clip.stop_s):
            raise InputError(f"The length of {clip.id!r} is unknown: give its stop_s, because features do not tell it.")
        # As they are, they stay in the file until a step asks for them.
        return ClipFeatures(values, clip.stop_s - clip.start_s)


def describe_clips(
    clips: Sequence[StepClip], describe: DescribeClip, allow_missing: bool, progress: Progress
) -> dict[str, ClipFeatures]:
    """Clip id -> its features, those that are missing left out where that is allowed.

    Raises:
        InputError: a clip is missing, or is described by other numbers than the first.
    """
    features: dict[str, ClipFeatures] = {}
    for n_done, clip in enumerate(clips):
        progress("describing clips", n_done, len(clips))
        try:
            features[clip.id] = describe(clip)
        except InputError:
            if not allow_missing:
                raise
    progress("describing clips", len(clips), len(clips))
    _check_alike(features)
    return features


def _check_alike(features: Mapping[str, ClipFeatures]) -> None:
    shapes: dict[tuple[int, ...], str] = {}
    for name, one in features.items():
        shapes.setdefault(one.features.shape, name)
    if len(shapes) > 1:
        (first, name), (other, another) = list(shapes.items())[:2]
        raise InputError(f"The features of {name!r} are {first} and those of {another!r} {other}: use one encoder "
                         "for all clips.")  # fmt: skip
