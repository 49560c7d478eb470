"""The contents of a folder: its comparisons, documents and evaluation runs, the damaged ones with the reason.

Files are reached through this index alone, never through a path that a browser sends, and no symbolic link is followed,
so that nothing outside the folder is read. Of each document only a short summary is kept, and it is read again only
when it changes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from viddiff.core.errors import InputError, UsageError
from viddiff.view.documents import DocumentCache
from viddiff.view.items import READERS, DamagedDocument, FolderItem


class Index:
    """The items of a folder; remembers what it read of files that did not change. Safe for several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents = DocumentCache()

    def scan(self) -> list[FolderItem]:
        """The items of the folder and the folders in it, in the order of their paths; hidden folders are left out.

        Raises:
            UsageError: there is no folder.
        """
        if not self.folder.is_dir():
            raise UsageError(
                f"There is no folder {str(self.folder)!r}: name the folder that holds comparisons or runs."
            )
        items: list[FolderItem] = []
        for place, below, names in os.walk(self.folder, followlinks=False):
            below[:] = sorted(name for name in below if not name.startswith("."))
            items += (item for name in READERS if name in names for item in self._items(Path(place), name))
        self.documents.keep_only({item.source_folder for item in items})
        return sorted(items, key=lambda item: item.folder)

    def _items(self, folder: Path, name: str) -> Iterator[FolderItem]:
        try:
            yield from READERS[name](folder, self.documents)
        except InputError as error:
            yield DamagedDocument(folder, name, str(error))


def scan(folder: Path) -> list[FolderItem]:
    """The items of ``folder``, read once; see ``Index.scan``."""
    return Index(folder).scan()
