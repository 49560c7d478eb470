"""``--video-a``, ``--video-b`` and their names by task, for commands that take a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from pathlib import Path

    from viddiff.report.documents import AnyDocument

F = TypeVar("F", bound=Callable[..., Any])
#: Option names and what they say: which video is A and which is B in each task, see docs/exports.md.
_OPTIONS = (
    (("--video-a", "--query", "video_a"), "Video A or the query.  [found next to the document]"),
    (
        ("--video-b", "--candidate", "--expert", "video_b"),
        "Video B, the candidate of steps, or the expert.  [found next to the document]",
    ),
    (("--reference", "reference"), "The reference: video A of steps, the expert of a query."),
)


def video_options(command: F) -> F:
    """Add the options to a command."""
    for names, text in reversed(_OPTIONS):
        command = click.option(*names, metavar="FILE", help=text)(command)
    return command


def named_videos(
    document: AnyDocument, video_a: str | None, video_b: str | None, reference: str | None
) -> tuple[Path | None, Path | None]:
    """The files of A and B that were named; None: not named.

    Raises:
        UsageError: one video is named twice.
    """
    from pathlib import Path

    from viddiff.core.errors import UsageError
    from viddiff.programs.skilldiff.explanation import SkillExplanationRecord

    if reference is not None:
        is_b = isinstance(document, SkillExplanationRecord)
        if (video_b if is_b else video_a) is not None:
            raise UsageError(f"--reference is video {'B' if is_b else 'A'} of this document: name it once.")
        video_a, video_b = (video_a, reference) if is_b else (reference, video_b)
    return Path(video_a) if video_a else None, Path(video_b) if video_b else None
