"""The manifest of a run on labelled pairs."""

from __future__ import annotations

from typing import Literal

from viddiff.eval.manifest import RunManifest

Mode = Literal["closed", "open"]
Control = Literal["none", "swap-videos", "same-video", "first-frame"]


class Manifest(RunManifest):
    """The identity of a run."""

    release: str
    """The release of the data."""
    mode: Mode
    """Closed or open evaluation."""
    split: str | None
    """Split of VidDiffBench."""
    localizer: str | None
    """The localizer strategy; None: the method has none."""
    control: Control
    """The control that was applied, or none."""
    per_action: int | None
    """Pairs of each action at most; None: all."""
    judge: str | None
    """Who matches the statements of open mode; None in closed mode."""
