"""Words as vectors, to find examples that speak of the same thing."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

N_BUCKETS = 512
_STATEMENT = "statement: "


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Hashed counts of words, (N, N_BUCKETS) float32 of length 1; of the statement alone where a text names one."""
    result = np.zeros((len(texts), N_BUCKETS), np.float32)
    for row, text in zip(result, texts, strict=True):
        statement = text.partition(_STATEMENT)[2].partition(" | ")[0] or text
        for word in statement.lower().split():
            row[zlib.crc32(word.encode()) % N_BUCKETS] += 1
    lengths = np.linalg.norm(result, axis=1, keepdims=True)
    result /= np.maximum(lengths, 1)
    return result
