"""Versions of what can change a result, read without importing it."""

from __future__ import annotations

import contextlib
import functools
from importlib import metadata

#: Libraries whose version can change a result.
_LIBRARIES = ("viddiff", "dspy", "litellm", "torch", "open_clip_torch", "numpy", "av", "mediapipe")


def versions() -> dict[str, str]:
    """Library -> version, of those that are installed."""
    return dict(_versions())


@functools.cache
def _versions() -> tuple[tuple[str, str], ...]:
    result = []
    for name in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            result.append((name, metadata.version(name)))
    return tuple(result)
