"""The table of packages in docs/design.md has every package, in the rows that its command prints."""

from __future__ import annotations

from pathlib import Path

from benchmarks.packages import GROUPS, ROOT, rows

TEXT = (Path(__file__).parents[1] / "docs" / "design.md").read_text("utf-8")


def test_every_package_is_in_one_row_of_the_table() -> None:
    there = {"", *(path.parent.name for path in ROOT.glob("*/__init__.py"))}
    named = [package for group in GROUPS for package in group.packages]
    assert sorted(named) == sorted(there)
    for group in GROUPS:
        assert f"\n| {group.label} | " in TEXT
    assert rows()[-1].startswith("| all | 227 | ")
