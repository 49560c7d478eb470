"""What players, clocks and time lines need to know of two compared videos, whatever document they are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from viddiff.core.alignment import Alignment
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.types import Answer, Finding, Localization, Side
from viddiff.programs.skilldiff.explanation import SkillExplanationRecord
from viddiff.report.key_frames import key_frames
from viddiff.report.sides import VideoPair, shown_frames


class ComparedPair(VideoPair, Protocol):
    """Two videos, the parts of them that were compared, and where the same stages lie in them."""

    @property
    def localization_a(self) -> Localization:
        """The stages in the first."""

    @property
    def localization_b(self) -> Localization:
        """The stages in the second."""

    @property
    def alignment(self) -> Alignment | None:
        """Which moments of the two are the same."""


#: A document that says in sentences what differs between two videos.
PairDocument = ComparisonRecord | SkillExplanationRecord


@dataclass(frozen=True)
class ClipView:
    """What one card shows of one video, in seconds of the file.

    Attributes:
        looked_s: frames that were looked at.
        cited_s: those that the answer cites.
        key_s: the moment to jump to, None where there is none.
    """

    looked_s: tuple[float, ...] = ()
    cited_s: tuple[float, ...] = ()
    key_s: float | None = None


@dataclass(frozen=True)
class CardViews:
    """Where one card shows in both videos; ``number`` counts from 1 on the page, ``kind`` is its CSS class."""

    number: int
    kind: str
    statement: str
    a: ClipView
    b: ClipView
    answer: Answer | None = None


def view_of(finding: Finding, side: Side) -> ClipView:
    """What one difference shows of one video; its key moment is the first cited frame, else the middle one."""
    frames, evidence = shown_frames(finding, side)
    keys = key_frames(finding, side)
    return ClipView(
        tuple(frame.time_s for frame in frames),
        tuple(frame.time_s for i, frame in enumerate(frames) if i in evidence),
        keys[0].time_s if keys else None,
    )
