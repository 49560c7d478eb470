"""Grey tracks drawn with numpy, whose answers are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.video.loaded import GreyTrack

FPS = 12.0
HEIGHT, WIDTH = 108, 160
FEET, TALL = 100, 72
HEAD, TRUNK = 12, 28
HALF_WIDTH, LEG = 12, 5


def squats(
    count: int, period_s: float, rest_s: float = 1.0, hold_s: float = 0.0, between_s: float = 0.0, fps: float = FPS
) -> tuple[Floats, Floats]:
    """(times, how far down from 0 to 1): rest, ``count`` squats with a hold at the bottom, rest."""

    def part(length_s: float, start: float, stop: float) -> Floats:
        share = np.arange(round(length_s * fps)) / max(1, round(length_s * fps))
        return start + (stop - start) * (1 - np.cos(np.pi * share)) / 2

    one = [part(period_s / 2, 0, 1), part(hold_s, 1, 1), part(period_s / 2, 1, 0)]
    parts = [part(rest_s, 0, 0)]
    for k in range(count):
        parts += [*one, part(between_s if k < count - 1 else 0.0, 0, 0)]
    down = np.concatenate([*parts, part(rest_s, 0, 0)])
    return np.arange(len(down)) / fps, down


def draw(
    times_s: Floats,
    down: Floats,
    depth: float = 0.3,
    noise: float = 2.0,
    drift: float = 0.0,
    across_px: Sequence[float] | Floats = (),
    seed: int = 0,
) -> GreyTrack:
    """A figure of blocks, ``TALL`` pixels that gets ``depth`` of its height lower, on a background with texture.

    Args:
        down: (N,) 0 (upright) to 1 (lowest); NaN: the figure is not there.
        noise: standard deviation in grey levels.
        drift: grey levels that the light changes by, over the clip.
        across_px: (N,) sideways shift of the figure.
    """
    rng = np.random.default_rng(seed)
    rows, columns = np.arange(HEIGHT)[:, None], np.arange(WIDTH)[None, :]
    wall = 150 + 15 * np.sin(columns / 17) + 15 * np.sin(rows / 13 + columns / 29)
    shift = np.zeros(len(times_s)) if not len(across_px) else np.asarray(across_px)
    frames = np.empty((len(times_s), HEIGHT, WIDTH), np.float32)
    for frame, lowered, aside, share in zip(frames, down, shift, np.linspace(0, 1, len(times_s)), strict=True):
        frame[:] = wall + drift * share
        if not np.isnan(lowered):
            top, middle = FEET - TALL * (1 - depth * lowered), WIDTH / 2 + aside
            hip = top + HEAD + TRUNK
            below = np.clip((rows - hip) / (FEET - hip), 0, 1)
            # Legs of constant length bow out where the hips come down.
            knee = LEG + 1.2 * np.sqrt(depth * lowered) * 34 * np.sin(np.pi * below)
            head = (np.abs(columns - middle) < 5) & (rows >= top) & (rows < top + HEAD)
            trunk = (np.abs(columns - middle) < HALF_WIDTH) & (rows >= top + HEAD) & (rows < hip)
            legs = (np.abs(np.abs(columns - middle) - knee) < LEG) & (rows >= hip) & (rows < FEET)
            for part, grey in ((head, 60), (trunk, 40), (legs, 25)):
                frame[part] = grey + drift * share
    if noise:
        frames += noise * rng.standard_normal(frames.shape, np.float32)
    return GreyTrack(times_s, np.clip(frames, 0, 255).round().astype(np.uint8))
