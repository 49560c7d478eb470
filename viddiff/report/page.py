"""What all pages are made with: the template engine, the style sheet and scripts, the content security policy.

A page is one file that opens from disk and asks the network for nothing. Text from models, files and names is escaped
by the template engine after ``plain`` took out what acts on a reader unseen; the content security policy allows the one
style sheet and the one script, by their hashes, and embedded pictures and clips. Positions on the time line are rules
of that style sheet, because the policy allows no others. Without its script the page is a document.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from viddiff.core.formatting import one_line, percent, plain
from viddiff.core.version import __version__
from viddiff.report import formatting
from viddiff.report.pictures import MAX_JPEG_BYTES, MAX_JPEG_BYTES_BESIDE_CLIPS
from viddiff.report.player import PageData, PlayerClip, json_in_html
from viddiff.report.sides import measured_value
from viddiff.report.timeline import StageTimeline
from viddiff.signatures.measurements import measurement_text

#: The scripts of a page without clips, and of one with them.
PAGE_SCRIPTS = ("page.js", "coach.js")
PLAYER_SCRIPTS = ("page.js", "clock.js", "player.js", "skeleton.js", "controls.js", "coach.js")
#: A page opened from disk is no origin of its own, one that is served is.
_BESIDE = " file: 'self'"


def page_of(template: str, clips: Sequence[PlayerClip], rules: str, data: PageData, **content: Any) -> str:
    """A page of a template that extends ``page.html.j2``.

    Args:
        template: its name.
        clips: both clips, or none.
        rules: further rules of the style sheet.
        data: what the script gets.
        content: what else the template names.
    """
    style = template_text("report.css") + template_text("player.css") + rules
    script = "".join(map(template_text, PLAYER_SCRIPTS if clips else PAGE_SCRIPTS))
    return (
        environment()
        .get_template(template)
        .render(
            clips=clips,
            data=json_in_html(data),
            # Ours; their hashes must fit to the byte.
            style=Markup(style),
            script=Markup(script),
            policy=content_policy(style, script, linked=any(not clip.src.startswith("data:") for clip in clips)),
            version=__version__,
            **content,
        )
    )


def budget_of(clips: Sequence[PlayerClip]) -> int:
    """Bytes that the frames of a page may have."""
    return MAX_JPEG_BYTES_BESIDE_CLIPS if clips else MAX_JPEG_BYTES


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


def position_rules(line: StageTimeline) -> str:
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
    engine.globals.update(
        formatting=formatting,
        measured_value=measured_value,
        measurement_text=measurement_text,
        one_line=one_line,
        percent=percent,
    )
    engine.globals["names"] = {"a": "Video A", "b": "Video B"}
    return engine


def _plain_text(value: object) -> object:
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
