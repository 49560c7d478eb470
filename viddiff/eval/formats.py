"""The registry of data set formats: each recognizes what ``--data`` names, knows its benchmark, and loads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypeVar

from viddiff.core.errors import InputError
from viddiff.core.registry import Registry
from viddiff.eval.tables import is_hub_id, read_rows

#: Labelled pairs (``viddiff.evaluate``), or rows of DiffCap, DiffMCQ and DiffRank (``viddiff.steps.evaluate``).
Benchmark = Literal["viddiffbench", "stepdiff"]
#: The modules with the formats of this package; what tells them apart from the first line comes first.
_MODULES = ("viddiff.eval.stepdiff.load", "viddiff.eval.viddiffbench.data.load")


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
        return self.location if is_hub_id(self.location) else self.path.name or self.path.resolve().name

    @cached_property
    def rows(self) -> list[Any]:
        """The rows of a table, not yet checked.

        Raises:
            InputError: there is no table, or no row in it. BackendError: the hub or a library is not available.
        """
        rows = read_rows(self.location, [column for found in formats() for column in found.columns])
        if not rows:
            raise InputError(f"{self.name!r} holds no rows to evaluate.")
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
    """A format of data sets.

    Attributes:
        recognizes: whether a source is of it.
        load: reads a source; may raise InputError or BackendError.
        benchmark: what its data sets are evaluated as.
        columns: of Parquet and hub tables, those that it reads.
    """

    recognizes: Callable[[DataSource], bool]
    load: Callable[[DataSource], Any]
    benchmark: Benchmark = "viddiffbench"
    columns: tuple[str, ...] = ()


FORMATS: Registry[Format] = Registry("data set format")
Load = TypeVar("Load", bound=Callable[[DataSource], Any])


def data_format(
    name: str,
    recognizes: Callable[[DataSource], bool],
    benchmark: Benchmark = "viddiffbench",
    columns: tuple[str, ...] = (),
) -> Callable[[Load], Load]:
    """Register a function from a source to its data set as the format ``name``; see ``Format``."""

    def register(load: Load) -> Load:
        FORMATS.add(name, Format(recognizes, load, benchmark, columns))
        return load

    return register


def formats() -> Iterable[Format]:
    """All formats."""
    for module in _MODULES:
        import_module(module)
    return FORMATS.values()


def format_of(source: DataSource, default: str) -> Format:
    """The format that recognizes the source; ``default`` where none does, whose ``load`` says what is missing."""
    return next((found for found in formats() if found.recognizes(source)), FORMATS[default])


def benchmark_of(location: str) -> Benchmark:
    """What the data are evaluated as; labelled pairs where nothing else recognizes them, which says what is missing."""
    source = DataSource(location)
    others = (found for found in formats() if found.benchmark != "viddiffbench")
    return next((found.benchmark for found in others if found.recognizes(source)), "viddiffbench")
