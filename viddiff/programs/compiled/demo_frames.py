"""The frames of a compiled program's examples: where they lie, or taken from the file, which is untrusted."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.core.settings import default_cache_dir
from viddiff.signatures.clip import frame_stores
from viddiff.video import FrameStore

MAX_FRAME_BYTES = 4 * 2**20


def stores_with(
    refs: Sequence[str], embedded: Mapping[str, str], cache_dir: Path | None = None
) -> tuple[FrameStore, ...]:
    """The stores that hold the frames of examples: of the file, the cache folder, those in force.

    Args:
        refs: what the examples name.
        embedded: reference -> JPEG in base64.
        cache_dir: the cache folder; None: ``default_cache_dir``.

    Raises:
        InputError: a frame is damaged or in none of them.
    """
    embedded_store = FrameStore(None)
    for ref, text in embedded.items():
        put_jpeg(embedded_store, ref, text)
    if not refs:
        return ()
    folder = cache_dir or default_cache_dir()
    cached = (FrameStore(folder),) if (folder / "frames").is_dir() else ()
    stores = (embedded_store, *cached, *frame_stores())
    holders = {ref: next((store for store in stores if store.holds(ref)), None) for ref in refs}
    missing = [ref for ref, holder in holders.items() if holder is None]
    if missing:
        raise InputError(
            f"{len(missing)} of {len(refs)} frames of the program's examples are not on this machine: "
            "where it was compiled, run viddiff programs export --embed, or leave them out with --strip-demos."
        )
    return tuple(dict.fromkeys(holder for holder in holders.values() if holder is not None))


def put_jpeg(store: FrameStore, ref: str, text: str) -> None:
    """Put an embedded frame into a store, if it is a JPEG and the one that it is called.

    Raises:
        InputError: it is not.
    """
    from PIL import Image

    try:
        jpeg = base64.b64decode(text, validate=True)
        if len(jpeg) > MAX_FRAME_BYTES or hashlib.sha256(jpeg).hexdigest() != ref:
            raise InputError(f"The embedded frame {ref[:12]!r} does not match its hash: get the program again.")
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            image.load()
    except (binascii.Error, OSError, ValueError, Image.DecompressionBombError):
        raise InputError(f"The embedded frame {ref[:12]!r} is not a JPEG: get the program again.") from None
    store.put(jpeg)
