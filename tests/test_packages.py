"""The packages: all in the table of docs/design.md, and no circle of imports among their modules."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from benchmarks.packages import GROUPS, ROOT, rows

TEXT = (Path(__file__).parents[1] / "docs" / "design.md").read_text("utf-8")


def test_every_package_is_in_one_row_of_the_table() -> None:
    there = {"", *(path.parent.name for path in ROOT.glob("*/__init__.py"))}
    named = [package for group in GROUPS for package in group.packages]
    assert sorted(named) == sorted(there)


def test_the_table_has_the_modules_that_there_are() -> None:
    """Lines are not compared: they change with every commit."""
    in_docs = [line for line in TEXT.splitlines() if re.fullmatch(r"\|[^|]+(\| +[\d,-]+ +){4}\|", line)]
    assert list(map(without_lines, in_docs)) == list(map(without_lines, rows())), "run python -m benchmarks.packages"


def without_lines(row: str) -> str:
    return row.rsplit("|", 2)[0].strip()


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports for types alone count, too."""
    grimp = pytest.importorskip("grimp", reason="comes with import-linter")
    graph = grimp.build_graph("viddiff", cache_dir=None)
    order = TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules})
    assert len([*order.static_order()]) > 400
