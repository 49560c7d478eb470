"""The frames of a compiled program's examples: found where they lie, or taken from the file, which is untrusted."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.core.settings import load_settings
from viddiff.video import FrameStore
from viddiff.video.store import find

MAX_FRAME_BYTES = 4 * 2**20

_stores: dict[str, FrameStore] = {}


def open_frames(refs: Sequence[str], embedded: Mapping[str, str], name: str, cache_dir: Path | None = None) -> None:
    """Make the frames of examples available to requests: from the file, the open stores, or the cache folder.

    Args:
        refs: what the examples name.
        embedded: reference -> JPEG in base64.
        name: of the program; its frames stay open for as long as this process may ask with them.
        cache_dir: the cache folder; None: that of the settings.

    Raises:
        InputError: a frame is damaged or in none of them.
    """
    if embedded:
        store = FrameStore(None)
        for ref, text in embedded.items():
            put_jpeg(store, ref, text)
        _stores[name] = store
    if missing(refs):
        cache_dir = cache_dir or load_settings().cache_dir
        if (cache_dir / "frames").is_dir():
            _stores.setdefault(str(cache_dir), FrameStore(cache_dir))
    gone = missing(refs)
    if gone:
        raise InputError(
            f"{len(gone)} of {len(refs)} frames of the program's examples are not on this machine: "
            "where it was compiled, run viddiff programs export --embed, or leave them out with --strip-demos."
        )


def put_jpeg(store: FrameStore, ref: str, text: str) -> None:
    """Put an embedded frame into a store, if it is a JPEG and the one that it is called.

    Raises:
        InputError: it is not.
    """
    from PIL import Image

    try:
        jpeg = base64.b64decode(text, validate=True)
        if len(jpeg) > MAX_FRAME_BYTES or hashlib.sha256(jpeg).hexdigest() != ref:
            raise InputError(f"The embedded frame {ref[:12]!r} is not what it is called: get the program again.")
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            image.load()
    except (binascii.Error, OSError, ValueError, Image.DecompressionBombError):
        raise InputError(f"The embedded frame {ref[:12]!r} is no JPEG: get the program again.") from None
    store.put(jpeg)


def missing(refs: Iterable[str]) -> list[str]:
    """References that no open store can resolve."""
    gone = []
    for ref in refs:
        try:
            find(ref)
        except InputError:
            gone.append(ref)
    return gone
