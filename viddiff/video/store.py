"""Frames by content: each JPEG is kept once, under the SHA-256 of its bytes, on disk or in memory.

A reference is all that travels through results and prompts; what shows a frame is given the stores to look in.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import InputError
from viddiff.core.files import write_cache_file
from viddiff.core.shared_store import SharedStore

#: How a frame in a request begins; what follows is base64.
JPEG_URI = "data:image/jpeg;base64,"
_REF = re.compile(r"[0-9a-f]{64}")
#: Frames of a store kept ready for requests, about 5 MB: those of the stages in question now.
_URIS_KEPT = 64


class FrameStore:
    """JPEG frames, content-addressed; safe for several threads and processes at once.

    Args:
        root: the folder to keep them in, made when missing; None keeps them in memory for the life of the store.
        shared: where readings of videos go with their frames, for other machines.

    Attributes:
        root: the folder in use; None where frames are kept in memory.
        notices: why the folder asked for is not used, if so.
    """

    def __init__(self, root: Path | None, shared: SharedStore | None = None) -> None:
        self.root: Path | None = None
        self.shared = shared
        self.notices: tuple[str, ...] = ()
        self._memory: dict[str, bytes] = {}
        self._uris: dict[str, str] = {}
        if root is not None:
            try:
                (root / "frames").mkdir(parents=True, exist_ok=True)
                # A read-only folder that exists is found out only by writing to it.
                with tempfile.TemporaryFile(dir=root / "frames"):
                    self.root = root
            except OSError as error:
                self.notices = (
                    f"The cache folder {str(root)!r} cannot be written ({error.strerror}): "
                    "frames are kept in memory and nothing is kept for the next run.",
                )

    def __deepcopy__(self, memo: dict[int, object]) -> FrameStore:
        # Optimizers copy programs for every candidate; the frames are the same.
        return self

    def __repr__(self) -> str:
        return f"FrameStore({'memory' if self.root is None else str(self.root)!r})"

    def put(self, jpeg: bytes) -> str:
        """Keep one JPEG and return its reference, 64 hex characters.

        Raises:
            InputError: the folder can no longer be written (a full disk).
        """
        ref = hashlib.sha256(jpeg).hexdigest()
        if self.root is None:
            self._memory[ref] = jpeg
        elif not self.holds(ref):  # a damaged file is written again
            write_cache_file(self._path(self.root, ref), jpeg)
        return ref

    def holds(self, ref: str) -> bool:
        """Whether the frame is here and undamaged; raises InputError for a malformed reference."""
        return self.find(ref) is not None

    def find(self, ref: str) -> bytes | None:
        """The JPEG bytes of one frame, None where it is missing or damaged; raises InputError for no reference."""
        _check(ref)
        if self.root is None:
            return self._memory.get(ref)
        try:
            jpeg = self._path(self.root, ref).read_bytes()
        except OSError:
            return None
        return jpeg if hashlib.sha256(jpeg).hexdigest() == ref else None

    def read(self, ref: str) -> bytes:
        """The JPEG bytes of one frame.

        Raises:
            InputError: the reference is malformed, or its frame is missing or damaged.
        """
        jpeg = self.find(ref)
        if jpeg is None:
            raise InputError(f"The frame {ref!r} is not in the frame store or is damaged: run the comparison again.")
        return jpeg

    def pixels(self, ref: str) -> NDArray[np.uint8]:
        """One frame, (height, width, 3) uint8 RGB.

        Raises:
            InputError: as ``read``, or the bytes are not an image.
        """
        from PIL import Image

        try:
            with Image.open(io.BytesIO(self.read(ref))) as image:
                return np.array(image.convert("RGB"))
        except OSError:
            raise InputError(f"The frame {ref!r} in the frame store is not an image: clear the cache.") from None

    def uri(self, ref: str) -> str:
        """One frame as ``data:image/jpeg;base64,...``; raises as ``read``."""
        return self.find_uri(ref) or self._encode(ref, self.read(ref))

    def find_uri(self, ref: str) -> str | None:
        """The same, None where the frame is missing or damaged; raises InputError for a malformed reference."""
        # Content-addressed, so what was read once stays right.
        if (uri := self._uris.get(ref)) is not None:
            return uri
        jpeg = self.find(ref)
        return None if jpeg is None else self._encode(ref, jpeg)

    def _encode(self, ref: str, jpeg: bytes) -> str:
        uri = self._uris[ref] = JPEG_URI + base64.b64encode(jpeg).decode("ascii")
        for old in list(self._uris)[:-_URIS_KEPT]:
            self._uris.pop(old, None)
        return uri

    @staticmethod
    def _path(root: Path, ref: str) -> Path:
        return root / "frames" / ref[:2] / f"{ref}.jpg"


def find_uri(ref: str, stores: Iterable[FrameStore]) -> str:
    """A frame of the first of these stores that holds it undamaged, as ``FrameStore.uri``.

    Raises:
        InputError: the reference is malformed, or none of them does.
    """
    _check(ref)
    for store in stores:
        if (uri := store.find_uri(ref)) is not None:
            return uri
    raise InputError(
        f"The frame {ref!r} is in no open frame store: run the comparison again, or open its store "
        "(dspy.context(frame_stores=[store]))."
    )


def _check(ref: str) -> None:
    # Before it becomes a path: a reference may come from a document somebody else wrote.
    if not _REF.fullmatch(ref):
        raise InputError(f"{ref!r} is not a frame reference: 64 hex characters are expected.")
