"""Which steps of two videos go together, by how alike they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Steps that are less alike than this are not the same.
MIN_SIMILARITY = 0.5


def match_in_order(similarity: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The pairs (reference, candidate) that keep the order of both and together are most alike.

    Global alignment (Needleman and Wunsch, J. Mol. Biol. 48, 1970): a pair gains what its similarity is above
    ``MIN_SIMILARITY``, a step without a partner gains nothing.

    >>> match_in_order(np.array([[0.9, 0.0, 0.0], [0.0, 0.0, 0.8]]))
    [(0, 0), (1, 2)]

    Args:
        similarity: (R, C) from 0 to 1.
    """
    gain = similarity - MIN_SIMILARITY
    best = np.zeros((len(gain) + 1, gain.shape[1] + 1))
    for i, j in np.ndindex(*gain.shape):
        best[i + 1, j + 1] = max(best[i, j + 1], best[i + 1, j], best[i, j] + gain[i, j])
    pairs, (i, j) = [], gain.shape
    while i and j:
        if best[i, j] == best[i - 1, j]:
            i -= 1
        elif best[i, j] == best[i, j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]


def match_rest(similarity: NDArray[np.float64], matched: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Further pairs among the steps that are left, whatever their order: each at most once, most alike in all.

    Args:
        similarity: (R, C) from 0 to 1.
        matched: the pairs that keep the order.
    """
    from scipy.optimize import linear_sum_assignment

    left = np.clip(similarity - MIN_SIMILARITY, 0.0, None)
    for i, j in matched:
        left[i, :] = left[:, j] = 0.0
    return [(int(i), int(j)) for i, j in zip(*linear_sum_assignment(-left), strict=True) if left[i, j] > 0]
