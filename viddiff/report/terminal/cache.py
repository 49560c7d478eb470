"""What the cache holds, in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from viddiff.core.formatting import NO_VALUE, elapsed_text, format_bytes
from viddiff.report.terminal.view import table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from viddiff.core.cache_folder import CacheKind


def cache_view(kinds: Iterable[CacheKind]) -> Iterator[RenderableType]:
    """A row for each kind."""
    grid = table("kind", "what", "#files", "#size", "#oldest use")
    for kind in kinds:
        oldest = NO_VALUE if kind.oldest_use_s is None else elapsed_text(kind.oldest_use_s)
        grid.add_row(kind.name, kind.what, f"{kind.n_files:,}", format_bytes(kind.n_bytes), oldest)
    yield grid
