"""What the page's script is told: the clips, the clocks, the moments of the differences, the coach's pair."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from viddiff.core.record import Record
from viddiff.core.types import Answer, Comparison, Finding, Side, VideoInfo
from viddiff.motion.pose.landmarks import Pose
from viddiff.report.clips import Clip
from viddiff.report.coach import CoachPair, coach_pair
from viddiff.report.formatting import reading_order
from viddiff.report.key_frames import key_frames
from viddiff.report.skeleton import LINES, Skeleton, skeleton_of
from viddiff.report.time_alignment import Knot, aligned, raw, synchronised

_SIDES: tuple[Side, Side] = ("a", "b")


@dataclass(frozen=True)
class Film:
    """A clip on the page: its side, its video, where its bytes are (``data:`` or a relative address), its pose."""

    side: Side
    video: VideoInfo
    clip: Clip
    src: str
    pose: Pose | None = None

    @property
    def address(self) -> Markup:
        """The address as it may stand in an attribute: base64, or percent-encoded."""
        return Markup("{}").format(self.src)


class FilmFacts(Record):
    """What the script needs to know of a clip: times in seconds, ``start_s`` in the source file."""

    fps: float
    n_frames: int
    start_s: float
    pose: Skeleton | None


class CardMoment(Record):
    """A difference in the order of the page; ``a`` and ``b``: key moments in seconds of the files, None where none."""

    number: int
    answer: Answer | None
    a: float | None
    b: float | None


class PageData(Record):
    """Everything that the script reads, as one JSON document; each knot is (clock, A, B) in seconds.

    ``lines``: pairs of the skeletons' points.
    """

    document: str
    films: dict[str, FilmFacts]
    lines: tuple[tuple[int, int], ...]
    clocks: dict[str, tuple[tuple[float, float, float], ...]]
    cards: tuple[CardMoment, ...]
    pair: CoachPair


def embedded(clips: tuple[Clip, Clip], comparison: Comparison) -> tuple[Film, Film]:
    """Both clips within the page."""
    return _films(clips, comparison, [f"data:video/mp4;base64,{base64.b64encode(c.mp4).decode()}" for c in clips])


def linked(clips: tuple[Clip, Clip], comparison: Comparison, folder: Path) -> tuple[Film, Film]:
    """Both clips in a folder next to the page; its name is quoted."""
    return _films(clips, comparison, [f"{quote(folder.name)}/{side}.mp4" for side in _SIDES])


def _films(clips: tuple[Clip, Clip], comparison: Comparison, sources: Sequence[str]) -> tuple[Film, Film]:
    videos = (comparison.video_a, comparison.video_b)
    a, b = (Film(*given) for given in zip(_SIDES, videos, clips, sources, strict=True))
    return a, b


def page_data(comparison: Comparison, films: Sequence[Film]) -> PageData:
    """What the script is told; without clips there are no films and no clocks."""
    document = hashlib.sha256(comparison.to_json().encode("utf-8", "surrogatepass")).hexdigest()
    clocks = clocks_of(comparison) if films else {}
    return PageData(
        document=document,
        films={
            film.side: FilmFacts(
                fps=film.clip.fps,
                n_frames=film.clip.n_frames,
                start_s=film.clip.start_s,
                pose=skeleton_of(film.pose) if film.pose else None,
            )
            for film in films
        },
        lines=LINES if any(film.pose for film in films) else (),
        clocks={name: tuple(map(_knot, knots)) for name, knots in clocks.items()},
        cards=tuple(_moment(*numbered) for numbered in enumerate(reading_order(comparison.differences), 1)),
        pair=coach_pair(comparison, document),
    )


def clocks_of(comparison: Comparison) -> dict[str, tuple[Knot, ...]]:
    """The clocks that both clips can be played on, by name."""
    clocks = {"stages": synchronised(comparison), "aligned": aligned(comparison), "raw": raw(comparison)}
    return {name: knots for name, knots in clocks.items() if knots}


def json_in_html(data: PageData) -> Markup:
    """JSON that stands in a script element and means the same: nothing in it can end the element or be markup."""
    text = data.model_dump_json()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


def key_moment(finding: Finding, side: Side) -> float | None:
    """The first cited frame, else the middle of the frames looked at, in seconds of the file; None without frames."""
    frames = key_frames(finding, side)
    return frames[0].time_s if frames else None


def _moment(number: int, finding: Finding) -> CardMoment:
    return CardMoment(
        number=number, answer=finding.verdict.answer, a=key_moment(finding, "a"), b=key_moment(finding, "b")
    )


def _knot(knot: Knot) -> tuple[float, float, float]:
    return knot.clock_s, knot.a_s, knot.b_s
