"""The HTML report: one file that opens from disk and asks the network for nothing.

Everything a comparison holds is in it, and both clips where their videos are at hand. Text from models, files and names
is escaped by the template engine after ``plain`` took out what acts on a reader unseen; the content security policy
allows the one style sheet and the one script, by their hashes, and embedded pictures and clips. Positions on the time
line are rules of that style sheet, because the policy allows no others. Without its script the page is a document.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from viddiff.core.comparison import Comparison
from viddiff.core.files import write_document
from viddiff.core.types import Finding, Side
from viddiff.core.version import __version__
from viddiff.report import formatting as words
from viddiff.report.clip_views import ComparedPair, places_of
from viddiff.report.coach import coach_pair
from viddiff.report.curves import Chart, Curves
from viddiff.report.films import NO_VIDEOS, films_of
from viddiff.report.media import Media, poses_of
from viddiff.report.pictures import MAX_JPEG_BYTES, MAX_JPEG_BYTES_BESIDE_CLIPS, ReportImage, album, frames_of
from viddiff.report.player import PageData, PlayerClip, clocks_of, hash_of, json_in_html, page_data
from viddiff.report.sides import shown_frames, video_of
from viddiff.report.timeline import TimeLine, time_line

#: The scripts of a page without clips, and of one with them.
PAGE_SCRIPTS = ("page.js", "coach.js")
PLAYER_SCRIPTS = ("page.js", "clock.js", "player.js", "skeleton.js", "controls.js", "coach.js")
#: A page opened from disk is no origin of its own, one that is served is.
_BESIDE = " file: 'self'"


@dataclass(frozen=True)
class Shot:
    """A frame in a film strip; ``picture`` is None where it could not be had, ``value`` what is measured there."""

    time_s: float
    cited: bool
    picture: ReportImage | None
    value: str = ""


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
class ProgramSummary:
    """One difference, ready to be shown; ``number`` counts from 1 in reading order."""

    number: int
    kind: str
    finding: Finding
    strips: tuple[Strip, Strip]
    charts: tuple[Chart, ...] = ()

    @property
    def named(self) -> bool:
        """Whether the name says more than the beginning of the statement under it."""
        difference = self.finding.difference
        return not difference.statement.casefold().startswith(difference.name.rstrip("…").casefold())


def write_report(
    comparison: Comparison,
    path: Path,
    media: Media,
    *,
    videos: tuple[Path | None, Path | None] = (None, None),
    folders: Sequence[Path] = (),
    clips: bool = True,
    link: bool = False,
) -> Path:
    """Write the self-contained report to ``path``, whole or not at all, and return ``path``.

    A frame that is not to be had is drawn as an empty frame that says so. A page without clips says why.

    Args:
        comparison: what to show.
        path: the file to write.
        media: its frames, videos and poses.
        videos: the files of A and B, where ``media`` does not know them.
        folders: where else to look for them.
        clips: whether to put both clips into the page, with players.
        link: put the clips into a folder next to the page instead, ``report_clips`` for ``report.html``.

    Raises:
        UsageError: the file cannot be written there.
        InputError: a file of ``videos`` is missing, or is another video than the one that was compared.
    """
    films, absent = films_of(comparison, path, media, videos, folders, clips, link)
    return write_document(path, render(comparison, media, films, absent))


def render(comparison: Comparison, media: Media, films: Sequence[PlayerClip] = (), absent: str = NO_VIDEOS) -> str:
    """The report as one HTML document.

    Args:
        comparison: what to show.
        media: its frames and poses.
        films: both clips, or none.
        absent: why there are none.
    """
    line = time_line(comparison)
    poses = poses_of(comparison, media)
    films = [replace(film, pose=poses.get(film.side)) for film in films]
    images = album(frames_of(comparison.differences), media.read_frame, budget_of(films))
    document = hash_of(comparison.to_json())
    return page_of(
        "report.html.j2",
        films,
        position_rules(line),
        page_data(document, comparison, films, places_of(comparison), coach_pair(comparison, document)),
        comparison=comparison,
        cards=cards(
            comparison, words.reading_order(comparison.differences), images.pictures, Curves(comparison, poses)
        ),
        album=images,
        line=line,
        clocks=clocks_of(comparison),
        absent=absent,
        settings=settings_text(comparison.settings),
    )


def page_of(template: str, films: Sequence[PlayerClip], rules: str, data: PageData, **content: Any) -> str:
    """A page of a template that extends ``page.html.j2``.

    Args:
        template: its name.
        films: both clips, or none.
        rules: further rules of the style sheet.
        data: what the script gets.
        content: what else the template names.
    """
    style = template_text("report.css") + template_text("player.css") + rules
    script = "".join(map(template_text, PLAYER_SCRIPTS if films else PAGE_SCRIPTS))
    return (
        environment()
        .get_template(template)
        .render(
            films=films,
            data=json_in_html(data),
            # Ours; their hashes must fit to the byte.
            style=Markup(style),
            script=Markup(script),
            policy=content_policy(style, script, linked=any(not film.src.startswith("data:") for film in films)),
            version=__version__,
            **content,
        )
    )


def budget_of(films: Sequence[PlayerClip]) -> int:
    """Bytes that the frames of a page may have."""
    return MAX_JPEG_BYTES_BESIDE_CLIPS if films else MAX_JPEG_BYTES


def settings_text(settings: Mapping[str, Any]) -> str:
    """Settings as a page shows them."""
    return json.dumps(settings, indent=2, ensure_ascii=False, default=str)


def template_text(name: str) -> str:
    """A style sheet or script of the templates folder."""
    return resources.files("viddiff.report").joinpath("templates").joinpath(name).read_text("utf-8")


def content_policy(style: str, script: str | None = None, *, linked: bool = False) -> str:
    """The content security policy: embedded images, this very style sheet and script, clips where there is a script.

    Args:
        style: the whole text of the style element.
        script: that of the script element; None: no script and no clips.
        linked: clips lie next to the page.
    """
    allowed = ["default-src 'none'", "img-src data:"]
    if script is not None:
        allowed += [f"media-src{_BESIDE if linked else ''} data: blob:", f"script-src {digest_source(script)}"]
    return "; ".join([*allowed, f"style-src {digest_source(style)}", "base-uri 'none'", "form-action 'none'"])


def digest_source(text: str) -> str:
    """What allows this very style sheet or script in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def position_rules(line: TimeLine) -> str:
    """Style rules that place what is on the time line."""

    def rules() -> Iterable[str]:
        for track in line.tracks:
            yield f".track-{track.side} {{ width: {track.width:.3f}% }}"
            for i, bar in enumerate(track.bars):
                yield f".bar-{track.side}{i} {{ left: {bar.left:.3f}%; width: {bar.width:.3f}% }}"
            for i, tick in enumerate(track.ticks):
                yield f".tick-{track.side}{i} {{ left: {tick.left:.3f}% }}"
            for i, flag in enumerate(track.flags):
                yield f".flag-{track.side}{i} {{ left: {flag.left:.3f}% }}"
        for i, mark in enumerate(line.marks):
            yield f".mark-{i} {{ left: {mark.left:.3f}% }}"

    return "".join(f"{rule}\n" for rule in rules())


def cards(
    compared: ComparedPair, findings: Iterable[Finding], pictures: Mapping[str, ReportImage], curves: Curves
) -> list[ProgramSummary]:
    """All findings of two videos, numbered in their order."""

    def strip(finding: Finding, side: Side) -> Strip:
        frames, evidence = shown_frames(finding, side)
        values = [curves.value_at(finding, side, frame.time_s) for frame in frames]
        shots = [
            Shot(frame.time_s, i in evidence, pictures.get(frame.ref), value)
            for i, (frame, value) in enumerate(zip(frames, values, strict=True))
        ]
        shape = next((shot.picture for shot in shots if shot.picture), video_of(compared, side))
        return Strip(side, tuple(shots), portrait=shape.height > shape.width)

    def card(number: int, finding: Finding) -> ProgramSummary:
        charts = tuple(chart for measurement in finding.measurements if (chart := curves.chart(measurement)))
        return ProgramSummary(
            number, words.kind_of(finding.verdict), finding, (strip(finding, "a"), strip(finding, "b")), charts
        )

    return [card(i, finding) for i, finding in enumerate(findings, 1)]


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
    engine.globals["names"] = {"a": "Video A", "b": "Video B"}
    return engine


def _plain_text(value: object) -> object:
    return words.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
