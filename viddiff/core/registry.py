"""Things of one kind by name. Adding one is a decorator; an unknown name is refused with those there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from viddiff.core.errors import UsageError

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Entries by name, in the order in which they were added.

    Args:
        kind: what the entries are, for messages, e.g. "localizer".

    >>> shapes = Registry[str]("shape")
    >>> shapes.add("square", "four sides", aliases=["quadrat"])
    'four sides'
    >>> list(shapes.items())
    [('square', 'four sides')]
    >>> shapes["quadrat"], shapes.canonical("quadrat")
    ('four sides', 'square')
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}
        self._aliases: dict[str, str] = {}

    def add(self, name: str, entry: T, aliases: Sequence[str] = ()) -> T:
        """Add ``entry`` under ``name`` and return it.

        Args:
            aliases: former names, which find the entry too; they are not listed.

        Raises:
            ValueError: the name or an alias is taken.
        """
        for taken in (name, *aliases):
            if taken in self:
                raise ValueError(f"there is a {self.kind} {taken!r} already")
        self._entries[name] = entry
        self._aliases.update(dict.fromkeys(aliases, name))
        return entry

    def register(self, name: str) -> Callable[[T], T]:
        """``add`` as a decorator."""
        return lambda entry: self.add(name, entry)

    @contextmanager
    def temporary(self) -> Iterator[None]:
        """For tests: what is added inside is removed at the end.

        >>> shapes = Registry[str]("shape")
        >>> with shapes.temporary():
        ...     _ = shapes.add("circle", "round")
        >>> list(shapes)
        []
        """
        entries, aliases = dict(self._entries), dict(self._aliases)
        try:
            yield
        finally:
            self._entries, self._aliases = entries, aliases

    def canonical(self, name: str) -> str:
        """The name that an alias stands for; any other ``name`` as it is, whether or not there is such an entry."""
        return self._aliases.get(name, name)

    def get(self, name: str, default: T | None = None) -> T | None:  # type: ignore[override]
        """The entry of that name, or ``default``."""
        return self._entries.get(self.canonical(name), default)

    def __getitem__(self, name: str) -> T:
        """The entry of that name.

        Raises:
            UsageError: there is none.
        """
        try:
            return self._entries[self.canonical(name)]
        except KeyError:
            raise UsageError(f"There is no {self.kind} {name!r}: choose one of {', '.join(self)}.") from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._aliases

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
