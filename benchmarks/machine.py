"""The speed of the machine: memory copies and matrix products, to which other results are related."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Machine:
    """Rates measured here: GB/s read and written by one thread, GFLOP/s of square products on all cores."""

    name: str
    copy_gb_s: float
    float32_gflop_s: float
    bfloat16_gflop_s: float


def measure() -> Machine:
    """Measure; some seconds."""
    from benchmarks.clip import product_rate, where

    n = 8192 if where() == "cuda" else 2048
    return Machine(name(), copy_rate(), product_rate("float32", n), product_rate("bfloat16", n))


def name() -> str:
    """Processor, cores, system and the graphics card, if any."""
    import torch

    card = f", {torch.cuda.get_device_name(0)}" if torch.cuda.is_available() else ""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            model = next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {os.cpu_count()} cores{card}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"


def copy_rate() -> float:
    """GB/s of a copy too large for any cache, reading and writing both counted: the best of several."""
    block = np.ones(2**25)
    target = np.empty_like(block)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        np.copyto(target, block)
        seconds.append(time.perf_counter() - start)
    return 2 * block.nbytes / min(seconds) / 1e9
