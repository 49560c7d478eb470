"""The packages: all in the table of docs/design.md, and no circle of imports among their modules."""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from benchmarks.packages import GROUPS, ROOT, rows

TEXT = (Path(__file__).parents[1] / "docs" / "design.md").read_text("utf-8")


def test_every_package_is_in_one_row_of_the_table() -> None:
    there = {"", *(path.parent.name for path in ROOT.glob("*/__init__.py"))}
    named = [package for group in GROUPS for package in group.packages]
    assert sorted(named) == sorted(there)
    for group in GROUPS:
        assert f"\n| {group.label} | " in TEXT
    assert rows()[-1].startswith("| all | 227 | ")


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports for types alone count, too."""
    grimp = pytest.importorskip("grimp", reason="comes with import-linter")
    graph = grimp.build_graph("viddiff", cache_dir=None)
    order = TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules})
    assert len([*order.static_order()]) > 400
