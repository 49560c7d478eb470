"""One clip: a performance, seen by a camera in a room, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from viddiff.synthetic.body import Outfit, solids_of
from viddiff.synthetic.camera import Camera
from viddiff.synthetic.figure import solve
from viddiff.synthetic.performance import Performance
from viddiff.synthetic.render import draw
from viddiff.synthetic.scene import Room, Shadow, background
from viddiff.synthetic.shading import Image

P = TypeVar("P", bound=Performance)

# Of a good camera in daylight, in grey levels of 255.
_NOISE_LEVELS = 1.6
_NOISE_SHIFTS = 64


@dataclass(frozen=True)
class SyntheticClip(Generic[P]):
    """All that determines the pixels of a clip; ``noise_seed`` those of the sensor and of the boards of the floor."""

    performance: P
    look: Outfit
    room: Room
    camera: Camera
    noise_seed: int

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """The frames in order, each (height, width, 3) uint8 RGB; the same on every call."""
        rng = np.random.default_rng(self.noise_seed)
        empty, shadow = background(self.room, self.camera, rng), Shadow(self.camera)
        grain = _grain(self.camera, rng)
        for index in range(self.performance.n_frames):
            image = self._picture(empty, shadow, index / self.performance.fps)
            row, column = rng.integers(_NOISE_SHIFTS, size=2).tolist()
            image += grain[row : row + self.camera.height_px, column : column + self.camera.width_px]
            frame: NDArray[np.uint8] = np.clip(image, 0, 255, out=image).astype(np.uint8)
            yield frame

    def _picture(self, empty: Image, shadow: Shadow, time_s: float) -> Image:
        image: Image = empty.copy()
        skeleton = solve(self.performance.pose(time_s), self.performance.stance)
        shadow.cast(image, skeleton)
        draw(image, solids_of(skeleton, self.look), self.camera)
        return image


def _grain(camera: Camera, rng: np.random.Generator) -> Image:
    """Noise for one frame with room to shift it: a new window of it for each frame costs far less than new noise."""
    size = (camera.height_px + _NOISE_SHIFTS, camera.width_px + _NOISE_SHIFTS, 1)
    grain: Image = rng.standard_normal(size, dtype=np.float32) * np.float32(_NOISE_LEVELS)
    return grain
