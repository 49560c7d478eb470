"""The HTML report: one file that opens from disk, asks the network for nothing and runs no script.

Everything a comparison holds is in it. Text from models, files and names is escaped by the template engine after
``plain`` took out what acts on a reader unseen; the content security policy allows the one style sheet, by its hash,
and embedded images. Positions on the time line are rules of that style sheet, because the policy allows no others.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from viddiff import __version__
from viddiff.files import write_whole
from viddiff.report import words
from viddiff.report.pictures import Picture, ReadFrame, album, read_from_stores
from viddiff.report.timeline import TimeLine, time_line
from viddiff.settings import load_settings
from viddiff.types import Comparison, Finding, FrameRef, Side, VideoInfo
from viddiff.video.store import FrameStore


@dataclass(frozen=True)
class Shot:
    """A frame in a film strip; ``picture`` is None where it could not be had."""

    time_s: float
    cited: bool
    picture: Picture | None


@dataclass(frozen=True)
class Strip:
    """The frames of one video that were looked at for one difference."""

    side: Side
    shots: tuple[Shot, ...]
    portrait: bool

    @property
    def columns(self) -> int:
        """Frames in a row: large enough to see a detail, and with few holes at the end."""
        n = len(self.shots)
        if not self.portrait:
            return 1 if n == 1 else 2
        return {1: 2, 2: 2, 4: 4}.get(n, 3)


@dataclass(frozen=True)
class Card:
    """One difference, ready to be shown; ``number`` counts from 1 in reading order."""

    number: int
    kind: str
    finding: Finding
    strips: tuple[Strip, Strip]

    @property
    def named(self) -> bool:
        """Whether the name says more than the beginning of the statement under it."""
        difference = self.finding.difference
        return not difference.statement.casefold().startswith(difference.name.rstrip("…").casefold())


def write_report(comparison: Comparison, path: Path) -> Path:
    """Write the self-contained report to ``path``, whole or not at all, and return ``path``.

    The frames come from the open frame stores and, for a document read back, from the cache folder of the settings;
    one that is in none is drawn as an empty frame that says so.

    Raises:
        UsageError: the file cannot be written there.
    """
    kept = load_settings().cache_dir
    store = FrameStore(kept) if kept.is_dir() else None
    page = render(comparison, read_from_stores)
    del store  # held open until here
    return write_whole(path, page)


def render(comparison: Comparison, read_frame: ReadFrame) -> str:
    """The report as one HTML document.

    Args:
        comparison: what to show.
        read_frame: gives the JPEG bytes of a frame reference, None where it is not to be had.
    """
    line = time_line(comparison)
    shown = album(comparison.differences, read_frame)
    style = resources.files("viddiff.report").joinpath("templates/report.css").read_text("utf-8")
    style += position_rules(line)
    template = environment().get_template("report.html.j2")
    return template.render(
        comparison=comparison,
        cards=cards(comparison, shown.pictures),
        album=shown,
        line=line,
        style=Markup(style),  # ours; its hash must fit to the byte
        policy=content_policy(style),
        settings=json.dumps(comparison.settings, indent=2, ensure_ascii=False, default=str),
        version=__version__,
    )


def content_policy(style: str) -> str:
    """The content security policy: embedded images and this very style sheet, nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def position_rules(line: TimeLine) -> str:
    """Style rules that place what is on the time line."""

    def rules() -> Iterable[str]:
        for track in line.tracks:
            yield f".track-{track.side} {{ width: {track.width:.3f}% }}"
            for i, bar in enumerate(track.bars):
                yield f".bar-{track.side}{i} {{ left: {bar.left:.3f}%; width: {bar.width:.3f}% }}"
            for i, tick in enumerate(track.ticks):
                yield f".tick-{track.side}{i} {{ left: {tick.left:.3f}% }}"
        for i, mark in enumerate(line.marks):
            yield f".mark-{i} {{ left: {mark.left:.3f}% }}"

    return "".join(f"{rule}\n" for rule in rules())


def cards(comparison: Comparison, pictures: dict[str, Picture]) -> list[Card]:
    """All differences in reading order."""

    def strip(side: Side, video: VideoInfo, frames: tuple[FrameRef, ...], evidence: tuple[int, ...]) -> Strip:
        shots = [Shot(frame.time_s, i in evidence, pictures.get(frame.ref)) for i, frame in enumerate(frames)]
        shape = next((shot.picture for shot in shots if shot.picture), video)
        return Strip(side, tuple(shots), portrait=shape.height > shape.width)

    def card(number: int, finding: Finding) -> Card:
        verdict = finding.verdict
        strip_a = strip("a", comparison.video_a, finding.frames_a, verdict.evidence_a)
        strip_b = strip("b", comparison.video_b, finding.frames_b, verdict.evidence_b)
        return Card(number, words.kind_of(verdict), finding, (strip_a, strip_b))

    return [card(i, finding) for i, finding in enumerate(words.reading_order(comparison.differences), 1)]


@functools.cache
def environment() -> Environment:
    """The template engine: everything is escaped, an unknown name is an error, text is ``plain`` before it is shown."""
    engine = Environment(
        loader=PackageLoader("viddiff.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_plain_text,
    )
    engine.globals["words"] = words
    return engine


def _plain_text(value: object) -> object:
    return words.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
