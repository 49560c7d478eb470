"""Which files this process opens, as the interpreter itself tells it: no way of opening one goes round it."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_listeners: list[list[Path]] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _listeners and isinstance(arguments[0], (str, os.PathLike)):
        for listener in _listeners:
            listener.append(Path(arguments[0]))


@functools.cache
def _installed() -> None:
    # For good: the interpreter lets no hook go. Without a listener it does nothing.
    sys.addaudithook(_hear)


@contextmanager
def opened_below(folder: Path) -> Iterator[list[str]]:
    """The names of the files below ``folder`` that are opened meanwhile; filled when this ends."""
    _installed()
    heard: list[Path] = []
    names: list[str] = []
    _listeners.append(heard)
    try:
        yield names
    finally:
        _listeners.remove(heard)
        names += [path.name for path in heard if folder in path.parents and not path.is_dir()]
