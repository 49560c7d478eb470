"""Things of one kind by name. Adding one is a decorator; naming one that there is not says which there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from viddiff.core.errors import UsageError

T = TypeVar("T")


class Registry(Generic[T]):
    """Things by name, in the order in which they were added.

    Args:
        kind: what they are, for messages, e.g. "localizer".

    >>> shapes = Registry[str]("shape")
    >>> shapes.add("square", "four sides")
    'four sides'
    >>> list(shapes)
    ['square']
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> T:
        """Add ``entry`` under ``name`` and return it.

        Raises:
            ValueError: the name is taken.
        """
        if name in self._entries:
            raise ValueError(f"there is a {self.kind} {name!r} already")
        self._entries[name] = entry
        return entry

    def register(self, name: str) -> Callable[[T], T]:
        """``add`` as a decorator."""
        return lambda entry: self.add(name, entry)

    def __getitem__(self, name: str) -> T:
        """The entry of that name.

        Raises:
            UsageError: there is none.
        """
        try:
            return self._entries[name]
        except KeyError:
            raise UsageError(f"There is no {self.kind} {name!r}: choose one of {', '.join(self)}.") from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
