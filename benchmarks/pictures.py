"""Distinct JPEG frames, made fast."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def jpeg(seed: int, width: int = 512, height: int = 288) -> bytes:
    """A JPEG of coarse noise, different for every seed; about 28 kB, like a sampled frame."""
    blocks = np.random.default_rng(seed).integers(0, 255, (height // 16, width // 16, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(blocks).resize((width, height), Image.Resampling.BILINEAR).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
