"""The one way to the terminal: every string on it is text, never markup, and acts on nothing.

A view is an iterable of parts: strings, ``Text`` and tables. Commands print it with ``print_view``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from viddiff.core.formatting import plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.style import StyleType

#: The width of tables that are not shown on a terminal.
PIPE_COLUMNS = 120

__all__ = ["Column", "TextTable", "print_view", "table"]


class TextTable(Table):
    """A table whose cells are text: a string in square brackets or between colons is shown as it is."""

    def add_row(self, *cells: RenderableType | None, style: StyleType | None = None, end_section: bool = False) -> None:
        """Add a row; see ``rich.table.Table.add_row``."""
        super().add_row(*map(printable, cells), style=style, end_section=end_section)


def table(*columns: str | Column, lines: bool = False, title: str | None = None) -> TextTable:
    """An empty table in which nothing is cut off.

    Args:
        columns: names, those of numbers with "#" before them; or columns with more to say.
        lines: whether a line stands below the head; where no column has a name, there is no head.
        title: what stands above it.
    """
    made = [_column(column) for column in columns]
    return TextTable(
        *made,
        box=SIMPLE_HEAD if lines else None,
        title=None if title is None else Text(title),
        show_header=any(map(str, (column.header for column in made))),
        header_style="bold",
        pad_edge=False,
    )


def _column(column: str | Column) -> Column:
    if isinstance(column, str):
        column = Column(column.lstrip("#"), justify="right" if column.startswith("#") else "left")
    column.header, column.overflow = printable(column.header), "fold"
    return column


def print_view(parts: Iterable[RenderableType]) -> None:
    """Print a view on standard output."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    # Who reads a pipe searches it: a line stays a line, and cells are broken late.
    in_pipe = not console.is_terminal
    if in_pipe and "COLUMNS" not in os.environ:
        console.width = PIPE_COLUMNS
    for part in parts:
        shown = printable(part)
        console.print(shown, soft_wrap=in_pipe and isinstance(shown, Text))


def printable(part: RenderableType | None) -> RenderableType:
    """A part of a view: a string is text without what acts on a terminal; what is none is empty."""
    return Text(plain(part or "")) if part is None or isinstance(part, str) else part
