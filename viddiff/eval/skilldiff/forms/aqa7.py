"""AQA-7: the final scores of six sports; trampoline, the seventh, has no official split."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import InputError
from viddiff.core.files import read_bytes
from viddiff.eval.skilldiff.forms.registry import ConvertedData, FormOptions, form, single_file, without_repeats
from viddiff.eval.skilldiff.items import Part, SkillItem

#: Class, counted from 1 -> its name, and the best score, by which papers scale.
_CLASSES = {
    1: ("diving", 102.6),
    2: ("gym_vault", 16.87),
    3: ("ski_big_air", 50.0),
    4: ("snowboard_big_air", 50.0),
    5: ("sync_diving_3m", 104.88),
    6: ("sync_diving_10m", 99.36),
}
_PARTS: tuple[Part, Part] = ("train", "test")


@form(
    "aqa-7",
    title="AQA-7 (Parmar and Morris, Action Quality Assessment Across Multiple Actions, WACV 2019)",
    link="http://rtis.oit.unlv.edu/datasets.html",
    licence="not known",
    files="{activity}/{name}.npy",
)
def read_aqa7(folder: Path, options: FormOptions) -> ConvertedData:
    """``split_4_{train,test}_list.mat``, whose rows are [class, video, score]."""
    items = (item for part in _PARTS for item in _items(single_file(folder, f"split_4_{part}_list.mat"), part, options))
    unique, notices = without_repeats(items)
    return ConvertedData(unique, notices=notices)


def _items(path: Path, part: Part, options: FormOptions) -> Iterator[SkillItem]:
    for number, (kind, video, score) in enumerate(_rows(path, f"consolidated_{part}_list").tolist(), 1):
        where = f"{path.name!r}, row {number}"
        if kind not in _CLASSES or video != int(video):
            raise InputError(f"{where}: the class is {kind:g} and the video {video:g}: classes are 1 to 6.")
        activity, best = _CLASSES[int(kind)]
        yield options.item(where, activity, f"{int(video):03d}", score=score, max_score=best, split=part)


def _rows(path: Path, key: str) -> NDArray[np.float64]:
    """(N, 3) the list of that name."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        values = loadmat(io.BytesIO(read_bytes(path)), variable_names=[key])[key]
    except (OSError, KeyError, TypeError, ValueError, NotImplementedError, MatReadError):
        raise InputError(f"{path.name!r} is not a MATLAB file with {key!r}.") from None
    if values.ndim != 2 or values.shape[1] != 3 or values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        raise InputError(f"{path.name!r}: {key!r} has no rows of class, video and score.")
    rows: NDArray[np.float64] = values.astype(np.float64)
    return rows
