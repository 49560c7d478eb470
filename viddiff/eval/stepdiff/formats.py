"""The form of StepDiff's files."""

from __future__ import annotations

from viddiff.eval.formats import DataSource, data_format
from viddiff.eval.stepdiff.items import StepData
from viddiff.eval.stepdiff.load import is_step_file, load_items


@data_format("stepdiff", lambda source: is_step_file(source.path), "stepdiff")
def load_steps(source: DataSource) -> StepData:
    """Rows of DiffCap, DiffMCQ or DiffRank."""
    return load_items(source.path)
