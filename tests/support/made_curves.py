"""Performances as curves, without pictures: each at its own pace, in a style that it shares with its expert.

An action is a curve through space. A performer goes along it at a pace of his own, in the style of his school, which
moves the whole curve by more than any fault does; the expert of the same school shows that style without a fault. So a
score can be told from the query and its expert, moment by moment, and hardly from the query alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Floats

#: Numbers of a frame, and waves that make up a curve.
_SIZE, _WAVES = 8, 3
#: Where in the action each fault shows (0 to 1), and what the worst of it costs of the whole score.
PLACES, COSTS = (0.2, 0.4, 0.6, 0.8), (0.3, 0.2, 0.3, 0.2)
_WIDTH = 0.06
#: How far a style, the worst fault, and noise move a point of the curve, whose own size is about 1.
_STYLE, _FAULT, _NOISE = 0.8, 0.6, 0.05
#: Of all faults those that a performer has.
_SHOWN = 0.6
#: Of the action itself, which is the same whatever the seed: what is learned on one must hold on another.
_ACTION_SEED = 2601


@dataclass(frozen=True)
class Curves:
    """Performances, each with the row of its expert.

    Attributes:
        vectors: (N, T, 8) the frames.
        scores: (N,) 1 without a fault.
        deductions: (N, T) what each frame cost; they sum to 1 - score.
        places: (N, T) where in the action each frame is, 0 to 1.
        experts: (N,) for a performer the row of the expert of its school, and the other way round.
    """

    vectors: Floats
    scores: Floats
    deductions: Floats
    places: Floats
    experts: NDArray[np.int64]


def make_curves(n: int, seed: int, n_frames: int = 40) -> Curves:
    """``n`` performers, each with an expert of its own school: 2 n rows, the performers first.

    >>> curves = make_curves(3, seed=0)
    >>> curves.vectors.shape, curves.experts.tolist()
    ((6, 40, 8), [3, 4, 5, 0, 1, 2])
    """
    of_action = np.random.default_rng(_ACTION_SEED)
    action = of_action.standard_normal((_WAVES, 2, _SIZE))
    ways = of_action.standard_normal((len(PLACES), _SIZE))
    ways *= np.sqrt(_SIZE) / np.linalg.norm(ways, axis=1, keepdims=True)
    rng = np.random.default_rng(seed)
    sizes = rng.random((n, len(PLACES))) * (rng.random((n, len(PLACES))) < _SHOWN)
    sizes = np.concatenate([sizes, np.zeros_like(sizes)])
    styles = np.tile(rng.standard_normal((n, _WAVES, 2, _SIZE)), (2, 1, 1, 1))
    places = np.stack([_pace(rng, n_frames) for _ in range(2 * n)])
    shows = np.exp(-(((places[..., None] - PLACES) / _WIDTH) ** 2) / 2)
    vectors = np.stack([_curve(action + _STYLE * style, at) for style, at in zip(styles, places, strict=True)])
    vectors += _FAULT * (shows * sizes[:, None]) @ ways + _NOISE * rng.standard_normal(vectors.shape)
    deductions = (shows / shows.sum(axis=1, keepdims=True) * sizes[:, None] * COSTS).sum(axis=2)
    return Curves(vectors, 1 - deductions.sum(axis=1), deductions, places, (np.arange(2 * n) + n) % (2 * n))


def _pace(rng: np.random.Generator, n_frames: int) -> Floats:
    """(T,) where in the action each frame is: from its start to its end, never back, now faster and now slower."""
    speed = np.exp(0.8 * np.interp(np.linspace(0, 1, n_frames - 1), np.linspace(0, 1, 6), rng.standard_normal(6)))
    way = np.concatenate([[0.0], np.cumsum(speed)])
    places: Floats = way / way[-1]
    return places


def _curve(parts: Floats, places: Floats) -> Floats:
    """(T, 8) the curve of sines and cosines at these places."""
    angles = np.pi * np.arange(1, _WAVES + 1) * places[:, None]
    turns = np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(places), -1)
    curve: Floats = turns @ parts.reshape(-1, _SIZE) / np.sqrt(_WAVES)
    return curve
