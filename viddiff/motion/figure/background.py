"""The picture without the figure, and what counts as a change from it.

A body that hardly leaves its place hides the background for most of the time, and the temporal median shows the body.
So where two greys alternate, the one that continues the still picture beside the moving part is the background.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Bools, Floats32

#: A grey level that differs by this is a change, whatever the noise: above the steps of video compression.
MIN_CHANGE = 10.0
NOISE_SIGMAS = 5.0
#: Above this many grey levels it is no camera noise: the whole picture moves.
MAX_NOISE = 8.0
#: Frames from which the background is taken, evenly over the clip.
BACKGROUND_FRAMES = 32
#: A grey that differs from the picture beside it by this many changes is not the background.
NEVER_SEEN = 2.5
#: Share of the picture's width over which the still picture may be continued.
NARROW = 1 / 3
#: Shares of the ordered greys of a pixel: its low end, its middle and its high end, without the rarest.
LOW, MIDDLE, HIGH = 0.06, 0.5, 0.94


def change_limit(noise: float) -> float:
    """The difference in grey levels from which on a pixel counts as changed, for a camera noise in grey levels."""
    return max(MIN_CHANGE, NOISE_SIGMAS * min(noise, MAX_NOISE))


def camera_noise(frames: NDArray[np.uint8]) -> float:
    """Standard deviation of the noise in grey levels: the usual change from a frame to the next, on some pixels."""
    sample = frames[:: max(1, len(frames) // 48), ::4, ::4].astype(np.int16)
    following = frames[1 :: max(1, len(frames) // 48), ::4, ::4]
    pairs = min(len(sample), len(following))
    if pairs == 0:
        return 0.0
    change = np.abs(following[:pairs] - sample[:pairs])
    # The mean below the median: half of the pixels lie still at any time, and grey levels are too coarse for a median.
    half = np.sort(change, axis=None)[: max(1, change.size // 2)]
    # The lower half of |x| of a normal x has the mean 0.3266 sigma; a difference has sqrt(2) sigma.
    return float(half.mean() / 0.3266 / np.sqrt(2))


def still_background(frames: NDArray[np.uint8], limit: float) -> NDArray[np.int16]:
    """(h, w) int16: the picture without the figure, as far as it was ever uncovered.

    The temporal median, but where the grey changes by more than ``limit`` and its low or high end continues the still
    picture beside the changing part of the row much better, that end; where none of them does, what is beside it.
    """
    indices = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), BACKGROUND_FRAMES)).round().astype(int))
    sample = frames[indices].astype(np.int16)
    # The light may drift: all are brought to that of the middle one.
    sample -= brightness_shift(sample - sample[len(sample) // 2])
    sample.sort(axis=0)
    low, median, high = (sample[int(share * (len(indices) - 1))] for share in (LOW, MIDDLE, HIGH))
    changing = without_specks((high - low > limit)[None])[0]
    neighbours = _still_line(median, changing)
    candidates = np.stack([median, low, high])
    # The median stays unless another grey is better by more than a change that counts.
    misfit = smooth(np.minimum(np.abs(candidates - neighbours), np.float32(4 * limit)))
    misfit[1:] += np.float32(limit)
    best = np.take_along_axis(candidates, misfit.argmin(axis=0)[None], axis=0)[0]
    # Where no grey fits at all, the background was never uncovered; over a wide row it may just look different.
    narrow = changing.any(axis=1) & (_extent(changing) <= changing.shape[1] * NARROW)
    best = np.where((misfit.min(axis=0) > NEVER_SEEN * limit) & narrow[:, None], neighbours, best)
    background: NDArray[np.int16] = np.where(changing & ~np.isnan(neighbours), best, median).astype(np.int16)
    return background


def _extent(changing: Bools) -> NDArray[np.intp]:
    """(h,): from the first to the last changing pixel of each row, both included."""
    extent: NDArray[np.intp] = changing.shape[1] - changing[:, ::-1].argmax(axis=1) - changing.argmax(axis=1)
    return extent


def _still_line(picture: NDArray[np.int16], changing: Bools) -> Floats32:
    """(h, w): for each row the line from the still grey left of all that changes to the one right of it."""
    h, w = picture.shape
    columns = np.arange(w)
    rows_changing = changing.any(axis=1)
    left = np.where(rows_changing, changing.argmax(axis=1) - 2, 0)
    right = np.where(rows_changing, w + 1 - changing[:, ::-1].argmax(axis=1), w - 1)
    rows = np.arange(h)
    unknown = np.float32(np.nan)
    at_left = np.where(left >= 0, picture[rows, np.maximum(left, 0)].astype(np.float32), unknown)
    at_right = np.where(right < w, picture[rows, np.minimum(right, w - 1)].astype(np.float32), unknown)
    at_left, at_right = np.where(np.isnan(at_left), at_right, at_left), np.where(np.isnan(at_right), at_left, at_right)
    share = np.clip((columns - left[:, None]) / np.maximum(right - left, 1)[:, None], 0, 1).astype(np.float32)
    line: Floats32 = at_left[:, None] * (1 - share) + at_right[:, None] * share
    return line


def smooth(pictures: Floats32) -> Floats32:
    """(n, h, w): each value averaged with those up to two pixels away, so that neighbours decide alike."""
    _, h, w = pictures.shape
    padded = np.pad(pictures, ((0, 0), (2, 2), (2, 2)), mode="edge")
    rows = np.add.reduce([padded[:, k : k + h] for k in range(5)])
    mean: Floats32 = np.add.reduce([rows[:, :, k : k + w] for k in range(5)]) / np.float32(25)
    return mean


def brightness_shift(deviation: NDArray[np.int16]) -> NDArray[np.int16]:
    """(n, 1, 1): by how much the whole picture is brighter than the background, in grey levels."""
    sample = deviation[:, ::5, ::5].reshape(len(deviation), -1)
    middle = sample.shape[1] // 2
    shift: NDArray[np.int16] = np.partition(sample, middle, axis=1)[:, middle, None, None]
    return shift


def without_specks(mask: Bools, least: int = 5) -> Bools:
    """(n, h, w): pixels in whose 3 x 3 surroundings at least that many are set; 5 are most of them."""
    pixels = mask.view(np.uint8)
    rows = pixels.copy()
    rows[:, 1:] += pixels[:, :-1]
    rows[:, :-1] += pixels[:, 1:]
    sums = rows.copy()
    sums[:, :, 1:] += rows[:, :, :-1]
    sums[:, :, :-1] += rows[:, :, 1:]
    dense: Bools = sums >= least
    return dense
