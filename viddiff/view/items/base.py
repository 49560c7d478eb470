"""What all items of a folder have in common."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from viddiff.core.formatting import one_line
from viddiff.core.settings import Settings
from viddiff.core.types import Answer
from viddiff.report.documents import AnyDocument
from viddiff.report.media import media_of
from viddiff.report.pages import render_page, write_page
from viddiff.report.player_clips import ClipChoice
from viddiff.view import pages
from viddiff.view.documents import DocumentCache

#: Longest text of a document in its summary, in characters; texts are untrusted, and so is their length.
MAX_TEXT = 300


class RowText(NamedTuple):
    """What the list says of an item beside its title; ``frames``: references of those to be shown small."""

    text: str
    facts: str = ""
    frames: tuple[str, ...] = ()


class PairFacts(NamedTuple):
    """What a comparison, or a pair that could not be compared, is chosen by; answers by statement."""

    status: Literal["done", "incomplete", "failed"]
    answers: tuple[tuple[str, Answer], ...] = ()


@dataclass(frozen=True)
class PageContext:
    """What a page is made with.

    Attributes:
        settings: of this machine.
        root: the folder that is shown.
        items: all that is in it.
        back: address of the list.
        address: that of the item's page on the server; "" for a page on disk, which holds whenever it is read.
    """

    settings: Settings
    root: Path
    items: Sequence[FolderItem]
    back: str = "/"
    address: str = ""


#: First part of an address -> its items.
PAGES: dict[str, type[FolderItem]] = {}


@dataclass(frozen=True)
class FolderItem:
    """Something in a folder that the list shows.

    Attributes:
        kind: what the list calls it.
        order: its place in a list by kind.
        route: the first part of its address; "": it has no page.
        file: the name of its page in a static site.
    """

    kind: ClassVar[str]
    order: ClassVar[int]
    route: ClassVar[str] = ""
    file: ClassVar[str] = "report.html"

    folder: Path

    def __init_subclass__(cls) -> None:
        """Note the items that have addresses."""
        if cls.route:
            PAGES[cls.route] = cls

    @classmethod
    def key_of(cls, folder: Path, root: Path, name: str = "") -> str:
        """The name of an item in addresses: it says nothing about paths and is the same on every scan."""
        kind = f"{cls.__name__} {name}".encode(errors="replace")
        return hashlib.sha256(kind + b"\0" + os.fsencode(folder.relative_to(root))).hexdigest()[:20]

    def key(self, root: Path) -> str:
        """Its own; see ``key_of``."""
        return self.key_of(self.folder, root, self.name)

    @property
    def name(self) -> str:
        """What tells it from others of its kind in its folder."""
        return ""

    @property
    def title(self) -> str:
        """What it is called in a list; never empty."""
        return one_line(self.folder.resolve().name) or "No name"

    @property
    def created_s(self) -> float:
        """When it was made (a run: last written to), in seconds since 1970; 0.0 where unknown."""
        return 0.0

    @property
    def source_folder(self) -> Path:
        """The folder of the file that it was read from."""
        return self.folder

    @property
    def pair(self) -> PairFacts | None:
        """Of a pair of videos alone."""
        return None

    @property
    def search_texts(self) -> tuple[str, ...]:
        """Further texts that a search looks in."""
        return ()

    def row(self, live: bool = True) -> RowText:
        """What the list says of it now, or, where it is not ``live``, whenever it is read."""
        raise NotImplementedError

    def page(self, context: PageContext) -> str:
        """Its page, where it has one."""
        raise NotImplementedError

    def write(self, path: Path, context: PageContext) -> None:
        """Write its page for a static site."""
        path.write_text(self.page(context), encoding="utf-8", newline="\n")


@dataclass(frozen=True)
class DocumentItem(FolderItem):
    """A document with a page of its own, report.html, which may come from anybody and so is framed."""

    def read(self) -> AnyDocument:
        """The whole document.

        Raises:
            InputError: it cannot be read.
        """
        raise NotImplementedError

    def page(self, context: PageContext) -> str:
        """The frame."""
        return pages.frame_page(self.title, f"{context.address}page")

    def content(self, context: PageContext) -> str:
        """What is in the frame, made again, without clips."""
        document = self.read()
        return render_page(document, media_of(context.settings, document))

    def write(self, path: Path, context: PageContext) -> None:
        """The page, with players where the videos lie next to the document."""
        document = self.read()
        write_page(document, path, media_of(context.settings, document), ClipChoice(folders=(self.folder,)))


@dataclass(frozen=True)
class DamagedDocument(FolderItem):
    """A document that cannot be read, and one sentence why."""

    kind = "Damaged"
    order = 6

    file_name: str
    reason: str

    @property
    def name(self) -> str:
        """Its file: a folder may hold several."""
        return self.file_name

    @property
    def search_texts(self) -> tuple[str, ...]:
        """The file, and what it is."""
        return (self.file_name, "damaged")

    def row(self, live: bool = True) -> RowText:
        """The reason."""
        return RowText(f"{self.file_name}: {self.reason}")


#: (folder, documents) -> the items of one file of the folder.
Reader = Callable[[Path, DocumentCache], Iterable[FolderItem]]
#: Name of a file -> what reads it.
READERS: dict[str, Reader] = {}


def item_reader(file: str) -> Callable[[Reader], Reader]:
    """Decorator: the function that gives the items of a file, by its name.

    It raises InputError where the file is damaged.
    """

    def register(reader: Reader) -> Reader:
        READERS[file] = reader
        return reader

    return register
