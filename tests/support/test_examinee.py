"""The simulated model knows a picture of a clip again, and a part of one, and how large the person is in it."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.support.examinee import Examinee, thumbnail
from viddiff.synthetic.pairs import plan_pair

FPS = 30


def jpeg_of(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def frames() -> dict[tuple[str, str], list[NDArray[np.uint8]]]:
    """The first frames of two pairs."""
    planned = [plan_pair(index, 5) for index in (0, 1)]
    clips = {(pair.key, side): clip for pair in planned for side, clip in (("a", pair.a), ("b", pair.b))}
    return {key: list(itertools.islice(clip.frames(), 4)) for key, clip in clips.items()}


@pytest.mark.parametrize(
    ("part", "scale", "long_side"),
    [
        ((slice(0, 240), slice(0, 320)), 1.0, 320),
        ((slice(0, 240), slice(0, 320)), 0.5, 160),
        ((slice(40, 230), slice(90, 230)), 1.0, 320),
        ((slice(40, 230), slice(90, 230)), 0.5, 160),
    ],
)
def test_it_knows_whose_picture_it_is_and_how_large_all_of_it_would_be(
    frames: dict[tuple[str, str], list[NDArray[np.uint8]]], part: tuple[slice, slice], scale: float, long_side: int
) -> None:
    clips = {
        key: (np.stack([thumbnail(jpeg_of(one))[0] for one in shown]), np.arange(len(shown)) / FPS)
        for key, shown in frames.items()
    }
    reader = Examinee([], clips)
    for key, shown in frames.items():
        picture = Image.fromarray(shown[2][part])
        small = picture.resize((round(picture.width * scale), round(picture.height * scale)))
        pair, side, found = reader.recognise(jpeg_of(np.asarray(small)), 2 / FPS)
        assert (pair, side) == key
        assert found == pytest.approx(long_side, rel=0.06)
