"""Whether a processor multiplies bfloat16 faster than float32: measured once, and kept for the machine.

Flags of a processor do not tell: where it has the instructions, the library, the number of cores and the neighbours on
a virtual machine decide whether they are faster.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from viddiff.core.errors import InputError
from viddiff.core.files import parse_json, read_bytes, write_cache_file

Precision = Literal["float32", "bfloat16"]

#: One block of ViT-B-32 over a batch of 8: tokens, width, width inside.
_TOKENS, _WIDTH, _INNER = 8 * 50, 768, 3072
_ROUNDS = 5
#: What bfloat16 must gain to be taken: less is within the noise of a measurement, and float32 is exact.
_FASTER = 1.1


def precision_of(device: str, folder: Path | None) -> Precision:
    """The precision in which a model runs faster on a device.

    Args:
        device: of torch. A GPU takes bfloat16 without a measurement.
        folder: where the measurement is kept; None: for this process.
    """
    if not device.startswith("cpu"):
        return "bfloat16"
    return read_or_measure(folder / f"precision-{machine_key()}.json", measure) if folder else _measure()


def read_or_measure(path: Path, measured: Callable[[], tuple[float, float]]) -> Precision:
    """What a file says, measured and written where it says nothing; a folder that cannot be written costs time only."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        return choose_precision(*(float(parse_json(read_bytes(path))[name]) for name in ("float32_s", "bfloat16_s")))
    seconds = measured()
    with contextlib.suppress(InputError):
        write_cache_file(path, json.dumps(dict(zip(("float32_s", "bfloat16_s"), seconds, strict=True))).encode())
    return choose_precision(*seconds)


def choose_precision(float32_s: float, bfloat16_s: float) -> Precision:
    """The precision to take.

    >>> choose_precision(1.0, 0.5), choose_precision(1.0, 0.95)
    ('bfloat16', 'float32')
    """
    return "bfloat16" if bfloat16_s * _FASTER < float32_s else "float32"


class BlockSeconds(NamedTuple):
    """Seconds of a block of a vision transformer in each precision."""

    float32_s: float
    bfloat16_s: float


def measure() -> BlockSeconds:
    """Seconds of a block of a vision transformer in float32 and in bfloat16; takes about a second.

    In turns, and the best of each, so that other processes on the machine do not decide.
    """
    import torch

    best = [float("inf"), float("inf")]
    dtypes = torch.float32, torch.bfloat16
    layers: list[Any] = [
        (torch.randn(_WIDTH, _INNER, dtype=dtype), torch.randn(_INNER, _WIDTH, dtype=dtype)) for dtype in dtypes
    ]
    frames = [torch.randn(_TOKENS, _WIDTH, dtype=dtype) for dtype in dtypes]
    with torch.inference_mode():
        for _ in range(_ROUNDS):
            for index, (wide, narrow) in enumerate(layers):
                start = time.perf_counter()
                torch.nn.functional.gelu(frames[index] @ wide) @ narrow
                best[index] = min(best[index], time.perf_counter() - start)
            if best[1] > 3 * best[0]:
                # Emulated: nothing more is to be learned, and it is slow.
                break
    return BlockSeconds(*best)


@functools.cache
def _measure() -> Precision:
    return choose_precision(*measure())


def machine_key() -> str:
    """What a measurement holds for: this machine, its cores and the release of torch."""
    import torch

    facts = [platform.node(), platform.machine(), platform.processor(), os.cpu_count(), torch.__version__]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
