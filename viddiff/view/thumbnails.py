"""Small pictures of the frames that a comparison rests on, for the list."""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Callable, Sequence

from viddiff import build
from viddiff.core.errors import VidDiffError
from viddiff.core.settings import Settings
from viddiff.video import FrameStore

#: Height of a picture, in pixels, and its JPEG quality: about 2 kB each.
HEIGHT, QUALITY = 64, 60
#: Pictures that are remembered.
N_REMEMBERED = 2048


class Thumbnails:
    """The pictures of the frames that this machine keeps; those made last are remembered as long as this object is.

    Args:
        settings: say where frames are kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store: FrameStore | None = None
        self._thumbnail: Callable[[str], str] = functools.lru_cache(N_REMEMBERED)(self._make)

    def __call__(self, refs: Sequence[str]) -> tuple[str, ...]:
        """Frames as small pictures, data URIs; empty where not all are at hand."""
        # The first comparison may make the folder; only looking for pictures does not.
        if not (self._settings.cache and self._settings.cache_dir.is_dir()):
            return ()
        try:
            return tuple(map(self._thumbnail, refs))
        except (VidDiffError, OSError):
            return ()

    def _make(self, ref: str) -> str:
        from PIL import Image

        self._store = self._store or build.frame_store(self._settings)
        with Image.open(io.BytesIO(self._store.read(ref))) as image:
            small = image.convert("RGB")
        small.thumbnail((2 * HEIGHT, HEIGHT))
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=QUALITY)
        return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
