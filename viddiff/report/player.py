"""What the script of the page gets: the clips, the clocks, the moments of the differences, the coach's pair."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup
from pydantic import SerializeAsAny

from viddiff.core.record import Record
from viddiff.core.types import SIDES, Answer, Side, Sides, VideoInfo
from viddiff.motion.pose.landmarks import Pose
from viddiff.report.clip_views import CardViews, ComparedPair
from viddiff.report.clips import EncodedClip
from viddiff.report.skeleton import LINES, Skeleton, skeleton_of
from viddiff.report.time_alignment import Knot, align, as_recorded, synchronise


@dataclass(frozen=True)
class PlayerClip:
    """A clip on the page: its side, its video, its bytes, their address (``data:`` or relative) and its pose."""

    side: Side
    video: VideoInfo
    encoded: EncodedClip
    src: str
    pose: Pose | None = None

    @property
    def address(self) -> Markup:
        """The address as it may stand in an attribute: base64, or percent-encoded."""
        return Markup("{}").format(self.src)


class ClipFacts(Record):
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

    ``document`` is its hash; ``lines``: pairs of the skeletons' points; ``pair``: None where none can be labelled.
    """

    document: str
    clips: dict[str, ClipFacts]
    lines: tuple[tuple[int, int], ...]
    clocks: dict[str, tuple[tuple[float, float, float], ...]]
    cards: tuple[CardMoment, ...]
    pair: SerializeAsAny[Record] | None


def embed_clips(clips: Sides[EncodedClip], compared: ComparedPair) -> tuple[PlayerClip, ...]:
    """Both clips within the page."""
    return _player_clips(clips, compared, [f"data:video/mp4;base64,{base64.b64encode(c.mp4).decode()}" for c in clips])


def link_clips(clips: Sides[EncodedClip], compared: ComparedPair, folder: Path) -> tuple[PlayerClip, ...]:
    """Both clips in a folder next to the page; its name is quoted."""
    return _player_clips(clips, compared, [f"{quote(folder.name)}/{side}.mp4" for side in SIDES])


def _player_clips(clips: Sides[EncodedClip], compared: ComparedPair, sources: Sequence[str]) -> tuple[PlayerClip, ...]:
    videos = (compared.video_a, compared.video_b)
    return tuple(PlayerClip(*fields) for fields in zip(SIDES, videos, clips, sources, strict=True))


def page_data(
    document: str,
    compared: ComparedPair,
    clips: Sequence[PlayerClip],
    places: Sequence[CardViews],
    pair: Record | None = None,
) -> PageData:
    """What the script gets; without clips there are no clips and no clocks.

    Args:
        document: the hash of the document.
        compared: the videos.
        clips: both clips, or none.
        places: those of the cards.
        pair: what a coach may label.
    """
    clocks = clocks_of(compared) if clips else {}
    return PageData(
        document=document,
        clips={
            clip.side: ClipFacts(
                fps=clip.encoded.fps,
                n_frames=clip.encoded.n_frames,
                start_s=clip.encoded.start_s,
                pose=skeleton_of(clip.pose) if clip.pose else None,
            )
            for clip in clips
        },
        lines=LINES if any(clip.pose for clip in clips) else (),
        clocks={name: tuple(map(_knot, knots)) for name, knots in clocks.items()},
        cards=tuple(CardMoment(number=p.number, answer=p.answer, a=p.a.key_s, b=p.b.key_s) for p in places),
        pair=pair,
    )


def hash_of(document: str) -> str:
    """The hash of a document's JSON text."""
    return hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()


def clocks_of(compared: ComparedPair) -> dict[str, tuple[Knot, ...]]:
    """The clocks that both clips can be played on, by name."""
    clocks = {"stages": synchronise(compared), "aligned": align(compared), "raw": as_recorded(compared)}
    return {name: knots for name, knots in clocks.items() if knots}


def json_in_html(data: PageData) -> Markup:
    """JSON that stands in a script element and means the same: nothing in it can end the element or be markup."""
    text = data.model_dump_json()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


def _knot(knot: Knot) -> tuple[float, float, float]:
    return knot.clock_s, knot.a_s, knot.b_s
