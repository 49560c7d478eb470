"""Frames of loaded videos where a test asks a program about clips, without the videos."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from viddiff.core.types import FrameRef
from viddiff.signatures.clip import open_stores
from viddiff.video.loaded import LoadedVideo
from viddiff.video.store import FrameStore


def frames_of(*videos: LoadedVideo) -> Any:
    """A fixture of a module: in all its tests requests find the frames of these videos."""

    @pytest.fixture(autouse=True)
    def frames() -> Iterator[None]:
        with open_stores(*(video.sequence.store for video in videos)):
            yield

    return frames


def jpegs_of(frames: Iterable[FrameRef], *stores: FrameStore) -> list[bytes]:
    """The bytes of frames that lie in these stores."""
    return [next(store for store in stores if store.holds(frame.ref)).read(frame.ref) for frame in frames]
