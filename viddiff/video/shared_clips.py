"""A reading of a video in the shared store: its files and frames as one object, so that it is there whole or not."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from viddiff.core.files import MAX_TABLE_BYTES, write_cache_file
from viddiff.video.store import FrameStore

_FRAMES = "frames/"


def upload(store: FrameStore, paths: Sequence[Path], refs: Iterable[str]) -> None:
    """Put files of the cache and the frames that they name into the store that machines share, where there is one.

    Raises:
        StoreError: it cannot be used.
    """
    if store.shared is None:
        return
    buffer = io.BytesIO()
    # Frames are JPEG: nothing would be gained by compressing them again.
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in paths:
            archive.writestr(path.name, path.read_bytes())
        for ref in dict.fromkeys(refs):
            archive.writestr(_FRAMES + ref, store.read(ref))
    store.shared.write(_name(paths[0]), buffer.getvalue())


def download(store: FrameStore, paths: Sequence[Path]) -> bool:
    """Get what another machine put there into the cache; the first path last, which says that the entry is whole.

    Raises:
        StoreError: the shared store cannot be used. InputError: the cache cannot be written.
    """
    data = store.shared.read(_name(paths[0])) if store.shared else None
    if data is None:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_TABLE_BYTES:
                return False
            files = [(path, archive.read(path.name)) for path in reversed(paths)]
            for name in archive.namelist():
                if name.startswith(_FRAMES):
                    # Kept under the hash of its content, whatever it is called here.
                    store.put(archive.read(name))
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError):
        return False
    for path, content in files:
        write_cache_file(path, content)
    return True


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}.zip"
