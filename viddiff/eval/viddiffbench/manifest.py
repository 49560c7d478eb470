"""The manifest of a run on labelled pairs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from viddiff.eval.manifest import RunManifest
from viddiff.localizer.strategies import STRATEGIES

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
    localizer: Annotated[str | None, AfterValidator(lambda name: name and STRATEGIES.canonical(name))]
    """The localizer strategy; None: the method has none."""
    control: Control
    """The control that was applied, or none."""
    per_action: int | None
    """Pairs of each action at most; None: all."""
    judge: str | None
    """Who matches the statements of open mode; None in closed mode."""
