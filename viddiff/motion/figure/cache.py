"""The moving figure of a video that was read, followed once: what was found is kept beside the reading."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from viddiff.core.arrays import read_archive
from viddiff.core.errors import InputError
from viddiff.core.files import parse_json
from viddiff.core.shared_store import SharedStore, read_through, write_through
from viddiff.motion.figure.tracking import FigureTrack, track_figure
from viddiff.video.loaded import LoadedVideo

#: To be raised whenever the same grey track would give another figure than before.
FIGURE_VERSION = 1

_ARRAYS = [field.name for field in fields(FigureTrack) if field.type == "Floats"]
_REST = [field.name for field in fields(FigureTrack) if field.type != "Floats"]


def figure_of(video: LoadedVideo) -> FigureTrack:
    """``track_figure`` of the video's grey track; a second time it is read, not computed."""
    path = video.cache_path and video.cache_path.with_suffix(f".figure-{FIGURE_VERSION}.npz")
    shared = video.sequence.store.shared
    stored = read(path, shared) if path else None
    if stored is None:
        stored = track_figure(video.track)
        if path:
            # A folder that can no longer be written only costs time.
            with contextlib.suppress(InputError):
                write_through(path, pack(stored), shared)
    return stored


def pack(figure: FigureTrack) -> bytes:
    """A figure as the bytes of an npz archive; no pickle."""
    buffer = io.BytesIO()
    scalars = json.dumps({name: getattr(figure, name) for name in _REST})
    np.savez(buffer, rest=np.array(scalars), **{name: getattr(figure, name) for name in _ARRAYS})
    return buffer.getvalue()


def read(path: Path, shared: SharedStore | None = None) -> FigureTrack | None:
    """The figure in an archive, here or in the shared store, or None where there is none that is whole."""
    try:
        content = read_through(path, shared)
        if content is None:
            return None
        archive = read_archive(content)
        scalars = parse_json(str(archive["rest"]))
        # Figures that were kept before called their problems faults.
        scalars["problems"] = tuple(scalars.pop("faults") if "faults" in scalars else scalars["problems"])
        arrays: dict[str, Any] = {name: archive[name] for name in _ARRAYS}
        return FigureTrack(**arrays, **scalars)
    except (OSError, ValueError, KeyError, TypeError):
        return None
