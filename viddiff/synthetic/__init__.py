"""Rendered clips whose differences are known: ground truth for tests, demonstrations and benchmarks."""

from __future__ import annotations

from viddiff.synthetic.demo import DemoPair, render_demo
from viddiff.synthetic.truth import LabelledDifference

__all__ = ["DemoPair", "LabelledDifference", "render_demo"]
