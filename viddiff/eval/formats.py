"""The registry of data set formats. Each says whether it is what ``--data`` names, and loads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from viddiff.core.errors import InputError
from viddiff.core.registry import Registry
from viddiff.eval.dataset import DataSet


@dataclass
class DataSource:
    """What ``--data`` names: a hub id, a folder or a file. Its rows are read once, when they are first asked for."""

    location: str

    @property
    def path(self) -> Path:
        """As a file or folder; it need not exist."""
        return Path(self.location)

    @cached_property
    def name(self) -> str:
        """A hub id, or the base name of a file or folder."""
        from viddiff.eval.viddiffbench.data.tables import is_hub_id

        return self.location if is_hub_id(self.location) else self.path.name or self.path.resolve().name

    @cached_property
    def rows(self) -> list[Any]:
        """The rows of a table, not yet checked.

        Raises:
            InputError: there is no table, or no row in it. BackendError: the hub or a library cannot be had.
        """
        from viddiff.eval.viddiffbench.data.tables import read_rows

        rows = read_rows(self.location)
        if not rows:
            raise InputError(f"{self.name!r} holds no rows: there is nothing to evaluate.")
        return rows

    @cached_property
    def first(self) -> Mapping[str, Any]:
        """The first row, by which formats are told apart; empty where there is no table or its rows are no objects."""
        try:
            row = self.rows[0]
        except InputError:
            return {}
        return row if isinstance(row, Mapping) else {}


@dataclass(frozen=True)
class Format:
    """A format; ``recognizes`` looks at a source, ``load`` reads it (it may raise InputError or BackendError)."""

    recognizes: Callable[[DataSource], bool]
    load: Callable[[DataSource], DataSet]


FORMATS: Registry[Format] = Registry("data set format")
Load = Callable[[DataSource], DataSet]


def data_format(name: str, recognizes: Callable[[DataSource], bool]) -> Callable[[Load], Load]:
    """Register a function from a source to its data set as the format ``name``."""

    def register(load: Load) -> Load:
        FORMATS.add(name, Format(recognizes, load))
        return load

    return register


def format_of(source: DataSource, default: str) -> Format:
    """The format that recognizes the source; ``default`` where none does, whose ``load`` says what is missing."""
    return next((one for one in FORMATS.values() if one.recognizes(source)), FORMATS[default])
