"""Small pictures of the frames that a comparison rests on, for the list."""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Sequence

from viddiff.core.errors import InputError
from viddiff.core.settings import Settings
from viddiff.video import FrameStore

#: Height of a picture, in pixels, and its JPEG quality: about 2 kB each.
HEIGHT, QUALITY = 64, 60


def frames_of(settings: Settings) -> FrameStore | None:
    """The frames that this machine keeps; None: none are kept."""
    return FrameStore(settings.cache_dir) if settings.cache and settings.cache_dir.is_dir() else None


def thumbnails(refs: Sequence[str], frames: FrameStore | None) -> tuple[str, ...]:
    """Frames as small pictures, data URIs; empty where not all are at hand."""
    if frames is None:
        return ()
    try:
        return tuple(_thumbnail(ref, frames) for ref in refs)
    except (InputError, OSError):
        return ()


@functools.lru_cache(2048)
def _thumbnail(ref: str, frames: FrameStore) -> str:
    from PIL import Image

    with Image.open(io.BytesIO(frames.read(ref))) as image:
        small = image.convert("RGB")
    small.thumbnail((2 * HEIGHT, HEIGHT))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
