"""What a user chooses about pose: who estimates it, with which weights, how often, and whose it is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from viddiff.core.record import Record
from viddiff.core.settings import Settings

#: Who is followed where several people are seen: who goes furthest in the picture ("active") or in sizes of the own
#: body ("moving"), is largest, or nearest to the middle.
Person = Literal["active", "largest", "moving", "centre"]


class PoseChoice(Record):
    """The settings of pose.

    Attributes:
        estimator: its name in the registry, or "none".
        model: a file of weights in place of those that ``viddiff weights get`` fetched.
        person: who is followed.
        fps: most frames a second that are estimated.
        cache_dir: where weights and poses lie.
        keep: whether poses are kept there.
        store: the address of what machines share.
    """

    estimator: str = "blazepose"
    model: Path | None = None
    person: Person = "active"
    fps: float = 15.0
    cache_dir: Path
    keep: bool = True
    store: str | None = None

    @property
    def weights_dir(self) -> Path:
        """Where fetched weights lie."""
        return self.cache_dir / "weights"


class NoPose(Record):
    """Why there is no pose of a clip: one sentence that says what to do."""

    why: str


def choice_of(settings: Settings) -> PoseChoice:
    """The choice in the settings."""
    return PoseChoice(
        estimator=settings.pose,
        model=settings.pose_model,
        person=settings.person,
        fps=settings.pose_fps,
        cache_dir=settings.cache_dir,
        keep=settings.cache,
        store=settings.store,
    )
