"""Things of one kind by name. Adding one is a decorator; naming one that there is not says which there are."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from viddiff.core.errors import UsageError

T = TypeVar("T")


class Registry(Generic[T]):
    """Things by name, in the order in which they were added.

    Args:
        kind: what they are, for messages, e.g. "localizer".
        load: adds the entries of the package, before the first look-up; see ``import_task_modules``.

    >>> shapes = Registry[str]("shape")
    >>> shapes.add("square", "four sides")
    'four sides'
    >>> list(shapes)
    ['square']
    """

    def __init__(self, kind: str, load: Callable[[], None] | None = None) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}
        self._load, self._loading, self._lock = load, False, threading.RLock()

    def add(self, name: str, entry: T) -> T:
        """Add ``entry`` under ``name`` and return it.

        Raises:
            ValueError: the name is taken.
        """
        if name in self._loaded():
            raise ValueError(f"there is a {self.kind} {name!r} already")
        self._entries[name] = entry
        return entry

    def register(self, name: str) -> Callable[[T], T]:
        """``add`` as a decorator."""
        return lambda entry: self.add(name, entry)

    def _loaded(self) -> dict[str, T]:
        if self._load is not None:
            with self._lock:
                # What is loaded adds itself here, in this thread; another thread waits for all of it.
                if self._load is not None and not self._loading:
                    self._loading = True
                    try:
                        self._load()
                        self._load = None
                    finally:
                        self._loading = False
        return self._entries

    def __getitem__(self, name: str) -> T:
        """The entry of that name.

        Raises:
            UsageError: there is none.
        """
        try:
            return self._loaded()[name]
        except KeyError:
            raise UsageError(f"There is no {self.kind} {name!r}: choose one of {', '.join(self)}.") from None

    def __contains__(self, name: object) -> bool:
        return name in self._loaded()

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())


def import_task_modules(package: str, module: str) -> None:
    """Import ``module`` of every folder of ``package`` that has one: what is in it registers itself.

    So a task is added by its folder alone, and what tasks share imports none of them.
    """
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        name = f"{found.name}.{module}"
        if found.ispkg and importlib.util.find_spec(name):
            importlib.import_module(name)
