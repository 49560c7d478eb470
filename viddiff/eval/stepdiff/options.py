"""What a run on a file of StepDiff is asked to do, and by which method."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import Field

from viddiff import build
from viddiff.core.errors import UsageError
from viddiff.core.extras import check_projector_installed
from viddiff.core.record import Record
from viddiff.core.settings import Settings
from viddiff.eval.stepdiff.items import StepData, Task
from viddiff.eval.stepdiff.methods import METHODS
from viddiff.eval.stepdiff.methods.registry import StepMethod

if TYPE_CHECKING:
    from viddiff.programs.estimate import CostEstimate
    from viddiff.programs.stepdiff.projector.checkpoint import ProjectorCard

Control = Literal["none", "swap-videos", "same-video"]


class RunOptions(Record):
    """What a run is to do."""

    control: Control = "none"
    """Which clips are shown in place of those of an item; "same-video" is for captions."""
    limit: int | None = Field(None, ge=1)
    """Only the first so many rows."""
    shard: tuple[int, int] | None = None
    """(i, n): of these every n-th from the i-th on, counted from 1; None: all."""
    allow_missing: bool = False
    """Rows whose videos are missing count as missing instead of ending the run."""
    keep_failed: bool = False
    """What failed is not asked again."""
    model: Path | None = None
    """The folder of a trained projector, for the method that asks it."""
    features: Path | None = None
    """Where features of clips lie, which are read in place of videos."""

    @property
    def card(self) -> ProjectorCard | None:
        """Of the trained projector.

        Raises:
            InputError: there is none in the folder.
        """
        if self.model is None:
            return None
        from viddiff.programs.stepdiff.projector.checkpoint import load_card

        return load_card(self.model)

    def n_frames(self, settings: Settings) -> int:
        """Frames of a clip that are shown, at the most."""
        return self.card.options.frames if self.card else build.step_frames(settings)

    def rows(self, data: StepData) -> range:
        """The places of the rows that are asked.

        Raises:
            UsageError: there is none.
        """
        index, count = self.shard or (1, 1)
        rows = range(index - 1, len(data.items[: self.limit]), count)
        if not rows:
            raise UsageError("No row is selected: change --limit or --shard.")
        return rows


class ChosenMethod(NamedTuple):
    """A method, and the options with the projector that it asks."""

    method: StepMethod
    options: RunOptions


def choose_method(method: StepMethod | str | None, options: RunOptions, settings: Settings) -> ChosenMethod:
    """The method that was named; else that of the projector that options or the model string name; else "contrast".

    Raises:
        UsageError: there is none of that name.
    """
    if isinstance(method, StepMethod):
        return ChosenMethod(method, options)
    projector = build.projector_folder(None, settings)
    if method is None and options.model is None and projector is not None:
        options = options.model_copy(update={"model": projector})
    return ChosenMethod(METHODS[method or ("projector" if options.model else "contrast")], options)


def estimate_run(data: StepData, method: str | None, options: RunOptions, settings: Settings) -> CostEstimate:
    """What a run would ask at the most; no video is read.

    Raises:
        UsageError: there is no such method, or no row is left.
    """
    chosen, options = choose_method(method, options, settings)
    return chosen.estimate([data.items[row] for row in options.rows(data)], settings)


def check_model(method: StepMethod, options: RunOptions) -> None:
    """Raise UsageError unless there is a trained projector where a method asks one, and BackendError without torch."""
    if not method.trained and (options.model or options.features):
        raise UsageError(f"The method {method.name} uses no projector: leave --model and --features out.")
    if method.trained and options.model is None:
        raise UsageError(
            "The method projector needs a trained projector: give its folder with --model (see viddiff steps train)."
        )
    if method.trained:
        check_projector_installed()


def check_control(control: Control, task: Task) -> None:
    """Raise UsageError where a control would change nothing, or leave nothing to choose."""
    if control == "swap-videos" and task == "diffrank":
        raise UsageError("--swap-videos is not for DiffRank: similarity has no direction.")
    if control == "same-video" and task != "diffcap":
        raise UsageError("--same-video is for DiffCap: identical clips have no right choice or rank.")
