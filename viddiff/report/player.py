"""What the script of the page gets: the clips, the clocks, the moments of the differences, the coach's pair."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from viddiff.core.record import Record
from viddiff.core.types import Answer, Side, VideoInfo
from viddiff.motion.pose.landmarks import Pose
from viddiff.report.clip_views import ComparedPair, Place
from viddiff.report.clips import EncodedClip
from viddiff.report.coach import CoachPair
from viddiff.report.skeleton import LINES, Skeleton, skeleton_of
from viddiff.report.time_alignment import Knot, align, as_recorded, synchronise

_SIDES: tuple[Side, Side] = ("a", "b")


@dataclass(frozen=True)
class PlayerClip:
    """A clip on the page: its side, its video, where its bytes are (``data:`` or a relative address), its pose."""

    side: Side
    video: VideoInfo
    clip: EncodedClip
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

    ``document`` is its hash; ``lines``: pairs of the skeletons' points; ``pair``: None where none can be labelled.
    """

    document: str
    films: dict[str, FilmFacts]
    lines: tuple[tuple[int, int], ...]
    clocks: dict[str, tuple[tuple[float, float, float], ...]]
    cards: tuple[CardMoment, ...]
    pair: CoachPair | None


def embed_clips(clips: tuple[EncodedClip, EncodedClip], compared: ComparedPair) -> tuple[PlayerClip, PlayerClip]:
    """Both clips within the page."""
    return _player_clips(clips, compared, [f"data:video/mp4;base64,{base64.b64encode(c.mp4).decode()}" for c in clips])


def link_clips(
    clips: tuple[EncodedClip, EncodedClip], compared: ComparedPair, folder: Path
) -> tuple[PlayerClip, PlayerClip]:
    """Both clips in a folder next to the page; its name is quoted."""
    return _player_clips(clips, compared, [f"{quote(folder.name)}/{side}.mp4" for side in _SIDES])


def _player_clips(
    clips: tuple[EncodedClip, EncodedClip], compared: ComparedPair, sources: Sequence[str]
) -> tuple[PlayerClip, PlayerClip]:
    videos = (compared.video_a, compared.video_b)
    a, b = (PlayerClip(*fields) for fields in zip(_SIDES, videos, clips, sources, strict=True))
    return a, b


def page_data(
    document: str,
    compared: ComparedPair,
    films: Sequence[PlayerClip],
    places: Sequence[Place],
    pair: CoachPair | None = None,
) -> PageData:
    """What the script gets; without clips there are no films and no clocks.

    Args:
        document: the hash of the document.
        compared: the videos.
        films: both clips, or none.
        places: those of the cards.
        pair: what a coach may label.
    """
    clocks = clocks_of(compared) if films else {}
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
