"""``torch.compile`` for CLIP's image towers: time of the first call, and gain.

``python -m benchmarks.torch_compile [MODEL ...]``
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import torch

from benchmarks.clip import MODELS, RandomEncoder, wait, where
from viddiff.localizer.clip.precision import precision_of

N_FRAMES, N_ROUNDS = 8, 6


def least_s(tower: Callable[[torch.Tensor], object], frames: torch.Tensor) -> float:
    """The least time of several, after one that is thrown away."""
    seconds = []
    for _ in range(N_ROUNDS + 1):
        start = time.perf_counter()
        tower(frames)
        wait()
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def main() -> None:
    """Print both times and the start."""
    for name in sys.argv[1:] or MODELS:
        tower = RandomEncoder(name, precision_of(where(), None)).model.visual
        weights = next(tower.parameters())
        frames = torch.randn(N_FRAMES, 3, *tower.image_size).to(weights.device, weights.dtype)
        with torch.inference_mode():
            plain_s = least_s(tower, frames)
            start = time.perf_counter()
            compiled = torch.compile(tower)
            compiled(frames)  # type: ignore[no-untyped-call]  # torch.compile is not typed
            start_s = time.perf_counter() - start
            compiled_s = least_s(compiled, frames)
        print(
            f"{name}, {N_FRAMES} frames: {1e3 * plain_s:.1f} ms, compiled {1e3 * compiled_s:.1f} ms after a start of "
            f"{start_s:.1f} s"
        )


if __name__ == "__main__":
    main()
