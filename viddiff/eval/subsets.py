"""The subsets of labelled data: to learn from, to choose by, and for the result."""

from __future__ import annotations

from typing import Literal

Subset = Literal["train", "val", "test"]
SUBSETS: tuple[Subset, ...] = ("train", "val", "test")
